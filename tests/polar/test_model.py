"""Guarantees of polar.model: the paper's size, padding without influence, and a checkpoint that
gives back equal logits or says why it cannot be used."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from huggingface_hub import ModelCard
from safetensors.torch import save_file

from polar.model import (
    METADATA_KEY,
    METRICS_KEY,
    TRAINED_KEY,
    WEIGHTS,
    PolarPredictor,
    PredictorConfig,
)

SMALL = PredictorConfig(depth=6, encoder_dim=12, encoder="minilm", model="m", d_model=16, heads=2)


@pytest.fixture
def predictor() -> PolarPredictor:
    torch.manual_seed(0)
    return PolarPredictor(SMALL).eval()


def inputs(tokens: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    features = torch.randn(3, tokens, 12, generator=torch.Generator().manual_seed(1))
    return features, torch.ones(3, tokens, dtype=torch.bool)


@pytest.mark.parametrize(("depth", "millions"), [(24, 2.11), (28, 2.11), (36, 2.12)])
def test_parameter_counts_are_those_of_table_11(depth: int, millions: float) -> None:
    predictor = PolarPredictor(PredictorConfig(depth=depth, encoder_dim=1024))
    count = sum(parameter.numel() for parameter in predictor.parameters())
    assert round(count / 1e6, 2) == millions


def test_logits_have_one_row_per_layer(predictor: PolarPredictor) -> None:
    logits = predictor(*inputs())
    assert logits.boundary.shape == (3, 6)
    assert logits.op.shape == (3, 6, 3)


def test_padding_changes_nothing(predictor: PolarPredictor) -> None:
    features, mask = inputs()
    padded = torch.cat([features, torch.full((3, 4, 12), 7.0)], dim=1)
    padded_mask = torch.cat([mask, torch.zeros(3, 4, dtype=torch.bool)], dim=1)
    plain, long = predictor(features, mask), predictor(padded, padded_mask)
    torch.testing.assert_close(plain.boundary, long.boundary)
    torch.testing.assert_close(plain.op, long.op)


def test_the_question_changes_the_logits(predictor: PolarPredictor) -> None:
    logits = predictor(*inputs())
    assert not torch.allclose(logits.op[0], logits.op[1])


def test_weights_saved_and_loaded_give_equal_logits(
    predictor: PolarPredictor, tmp_path: Path
) -> None:
    predictor.save_weights(tmp_path / WEIGHTS)
    loaded = PolarPredictor.load_weights(tmp_path / WEIGHTS, depth=6)
    assert loaded.config == SMALL
    for ours, theirs in zip(predictor(*inputs()), loaded(*inputs()), strict=True):
        assert torch.equal(ours, theirs)
    assert [path.name for path in tmp_path.iterdir()] == [WEIGHTS]


def test_save_pretrained_and_from_pretrained_round_trip(
    predictor: PolarPredictor, tmp_path: Path
) -> None:
    predictor.save_pretrained(tmp_path / "saved")
    assert json.loads((tmp_path / "saved" / "config.json").read_text())["depth"] == 6
    card = (tmp_path / "saved" / "README.md").read_text()
    assert "license: mit" in card
    assert "arxiv.org/abs/2606.06574" in card
    loaded = PolarPredictor.from_pretrained(tmp_path / "saved")
    assert loaded.config == SMALL
    for ours, theirs in zip(predictor(*inputs()), loaded(*inputs()), strict=True):
        assert torch.equal(ours, theirs)


class FakeHub:
    """The hub's client, as far as an upload needs it: keeps what it is given."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def __call__(self, token: str | None) -> "FakeHub":
        return self

    def create_repo(self, repo_id: str, **options: object) -> SimpleNamespace:
        return SimpleNamespace(repo_id=repo_id)

    def upload_folder(self, repo_id: str, folder_path: Path, **options: object) -> str:
        self.files = {path.name: path.read_bytes() for path in Path(folder_path).iterdir()}
        return f"https://hub/{repo_id}"


def test_an_upload_is_weights_config_and_a_card_that_says_what_they_are(
    predictor: PolarPredictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = FakeHub()
    monkeypatch.setattr("huggingface_hub.hub_mixin.HfApi", hub)
    predictor.config = replace(SMALL, model="Qwen/Qwen3-8B")
    predictor.metrics = {"validation_loss": 1.25, "epoch": 7}
    assert predictor.push_to_hub("me/polar") == "https://hub/me/polar"
    assert hub.files.keys() == {WEIGHTS, "config.json", "README.md"}
    card = ModelCard(hub.files["README.md"].decode())
    assert (card.data.license, card.data.base_model) == ("mit", "Qwen/Qwen3-8B")
    assert {"polar", "dynamic-depth"} <= set(card.data.tags)
    for line in ("a frozen LLM of 6 layers", "| validation loss | 1.25 |", "| epoch | 7 |"):
        assert line in card.content
    (tmp_path / WEIGHTS).write_bytes(hub.files[WEIGHTS])
    assert PolarPredictor.load_weights(tmp_path / WEIGHTS).metrics == predictor.metrics


def test_the_card_of_a_local_model_names_no_base_model(
    predictor: PolarPredictor, tmp_path: Path
) -> None:
    predictor.config = replace(SMALL, model="/models/mine")
    card = predictor.generate_model_card()
    assert card.data.base_model is None and "No metrics" in card.content


def test_a_checkpoint_of_another_depth_is_refused(
    predictor: PolarPredictor, tmp_path: Path
) -> None:
    predictor.save_pretrained(tmp_path)
    for load in (
        lambda: PolarPredictor.load_weights(tmp_path / WEIGHTS, depth=30),
        lambda: PolarPredictor.from_pretrained(tmp_path, depth=30),
    ):
        with pytest.raises(ValueError, match="a model of 6 layers, this one has 30"):
            load()


def test_files_that_hold_no_predictor_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no tensors here")
    save_file({"x": torch.zeros(1)}, tmp_path / "other")
    for name, message in [
        ("missing", "cannot read"),
        ("text", "cannot read"),
        ("other", "holds no predictor"),
    ]:
        with pytest.raises(ValueError, match=message):
            PolarPredictor.load_weights(tmp_path / name)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"depth": 0}, "depth must be at least 1"),
        ({"d_model": 10, "heads": 4}, "no multiple of heads 4"),
        ({"dropout": 1.0}, "dropout must be in"),
    ],
)
def test_impossible_sizes_are_refused(sizes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PredictorConfig(**{"depth": 4, "encoder_dim": 8} | sizes)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({METADATA_KEY: '{"depth": 4.0, "encoder_dim": 6}'}, "depth is float, not int"),
        ({METADATA_KEY: '{"depth": 4, "encoder_dim": 6, "encoder": 5}'}, "encoder is int, not str"),
        ({METADATA_KEY: "[" * 100_000}, "nested too deeply"),
        ({METRICS_KEY: "[1]"}, "metrics is list, not an object"),
        ({TRAINED_KEY: "[[1]]"}, r"trained_on\[0\] is list, not str"),
    ],
)
def test_metadata_of_another_shape_is_refused(tmp_path: Path, metadata: dict, message: str) -> None:
    whole = {METADATA_KEY: '{"depth": 4, "encoder_dim": 6}'} | metadata
    save_file({}, tmp_path / "odd.safetensors", metadata=whole)
    with pytest.raises(ValueError, match=message):
        PolarPredictor.load_weights(tmp_path / "odd.safetensors")


def test_weights_that_are_not_finite_are_refused(predictor: PolarPredictor, tmp_path: Path) -> None:
    with torch.no_grad():
        predictor.op_head.bias[1] = torch.nan
    predictor.save_weights(tmp_path / WEIGHTS)
    with pytest.raises(ValueError, match="some weights are not finite"):
        PolarPredictor.load_weights(tmp_path / WEIGHTS)


def test_a_loaded_predictor_does_not_change_with_its_file(
    predictor: PolarPredictor, tmp_path: Path
) -> None:
    predictor.save_weights(tmp_path / WEIGHTS)
    loaded = PolarPredictor.load_weights(tmp_path / WEIGHTS)
    size = (tmp_path / WEIGHTS).stat().st_size
    with open(tmp_path / WEIGHTS, "r+b") as file:
        file.write(b"\xff" * size)
    for name, tensor in predictor.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)


@pytest.mark.parametrize(
    "odd", [torch.full((3,), 1e300, dtype=torch.float64), torch.zeros(3).long()]
)
def test_weights_of_other_kinds_are_refused(
    predictor: PolarPredictor, tmp_path: Path, odd: torch.Tensor
) -> None:
    tensors = dict(predictor.state_dict()) | {"op_head.bias": odd}
    with pytest.raises(ValueError, match="some weights are"):
        PolarPredictor.fill(predictor.config, tensors)


@pytest.mark.parametrize(
    "sizes", [{"d_model": 2**20}, {"layers": 2**40}, {"d_model": 2**60}, {"encoder_dim": 2**62}]
)
def test_a_small_file_that_names_large_sizes_takes_no_memory(
    tmp_path: Path, sizes: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, make = [], torch.randn
    monkeypatch.setattr(torch, "randn", lambda *size: made.append(make(*size)) or made[-1])
    config = {"depth": 4, "encoder_dim": 6, **sizes}
    metadata = {METADATA_KEY: json.dumps(config)}
    save_file({"op_head.bias": torch.zeros(3)}, tmp_path / "big.safetensors", metadata=metadata)
    with pytest.raises(ValueError, match="does not hold what its config says"):
        PolarPredictor.load_weights(tmp_path / "big.safetensors")
    assert {tensor.device.type for tensor in made} <= {"meta"}


def test_a_checkpoint_whose_config_or_tensors_do_not_fit_is_refused(tmp_path: Path) -> None:
    odd = {"depth": 4, "encoder_dim": 6, "surprise": 1}
    save_file({}, tmp_path / "odd.safetensors", metadata={METADATA_KEY: json.dumps(odd)})
    with pytest.raises(ValueError, match="no predictor of this version"):
        PolarPredictor.load_weights(tmp_path / "odd.safetensors")
    bare = {"depth": 4, "encoder_dim": 6}
    save_file({}, tmp_path / "bare.safetensors", metadata={METADATA_KEY: json.dumps(bare)})
    with pytest.raises(ValueError, match="does not hold what its config says"):
        PolarPredictor.load_weights(tmp_path / "bare.safetensors")
