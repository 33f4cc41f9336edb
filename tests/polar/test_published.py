"""Guarantees of polar.published: a file with the release's keys loads into a predictor with equal
logits, its encoder is left out, and nothing but tensors is ever unpickled."""

from pathlib import Path

import pytest
import torch

from polar.checkpoint import load_predictor
from polar.model import PolarPredictor, PredictorConfig
from polar.published import load_published

CONFIG = PredictorConfig(depth=5, encoder_dim=12, d_model=16, heads=4, layers=2)
THEIR_NAMES = {
    "token_projection": "q_proj",
    "layer_queries": "layer_embedding",
    "cross_attention": "cross_attn",
    "boundary_head": "seg_head",
}


@pytest.fixture
def predictor() -> PolarPredictor:
    torch.manual_seed(0)
    return PolarPredictor(CONFIG).eval()


def their_weights(predictor: PolarPredictor, embedding: str) -> dict[str, torch.Tensor]:
    """The predictor's weights as the release names them, with a piece of an encoder."""
    weights = {"embedding_model.layers.0.weight": torch.ones(3, 3)}
    for name, tensor in predictor.state_dict().items():
        first, dot, rest = name.partition(".")
        their = THEIR_NAMES.get(first, first) + dot + rest
        weights[embedding if first == "layer_queries" else their] = tensor
    return weights


@pytest.mark.parametrize("embedding", ["layer_embedding", "layer_embedding.weight"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_file_with_the_releases_keys_gives_equal_logits(
    predictor: PolarPredictor, tmp_path: Path, embedding: str, wrapped: bool
) -> None:
    weights = their_weights(predictor, embedding)
    content = {"epoch": 3, "model_state_dict": weights} if wrapped else weights
    torch.save(content, tmp_path / "their.pt")
    loaded = load_published(tmp_path / "their.pt", depth=5)
    features, mask = torch.randn(2, 7, 12), torch.ones(2, 7, dtype=torch.bool)
    for ours, theirs in zip(predictor(features, mask), loaded(features, mask), strict=True):
        assert torch.equal(ours, theirs)
    assert loaded.config.encoder == "Qwen/Qwen3-Embedding-0.6B"


def test_encoder_and_heads_are_those_that_are_given(
    predictor: PolarPredictor, tmp_path: Path
) -> None:
    torch.save(their_weights(predictor, "layer_embedding"), tmp_path / "their.pt")
    loaded = load_predictor(tmp_path / "their.pt", depth=5, encoder="minilm", heads=2)
    assert (loaded.config.encoder, loaded.config.heads) == ("minilm", 2)
    assert loaded.cross_attention.num_heads == 2
    loaded = load_predictor(tmp_path / "their.pt", depth=5)
    assert (loaded.config.encoder, loaded.config.heads) == ("Qwen/Qwen3-Embedding-0.6B", 4)
    with pytest.raises(ValueError, match="d_model 16 is no multiple of heads 3"):
        load_predictor(tmp_path / "their.pt", depth=5, heads=3)


def test_a_projection_without_bias_is_read_as_one_with_zeros(
    predictor: PolarPredictor, tmp_path: Path
) -> None:
    weights = their_weights(predictor, "layer_embedding")
    del weights["q_proj.bias"]
    torch.save(weights, tmp_path / "their.pt")
    loaded = load_published(tmp_path / "their.pt")
    assert torch.equal(loaded.token_projection.bias, torch.zeros(16))
    assert torch.equal(loaded.token_projection.weight, predictor.token_projection.weight)


def test_a_checkpoint_of_another_depth_is_refused(
    predictor: PolarPredictor, tmp_path: Path
) -> None:
    torch.save(their_weights(predictor, "layer_embedding"), tmp_path / "their.pt")
    with pytest.raises(ValueError, match="a model of 5 layers, this one has 28"):
        load_published(tmp_path / "their.pt", depth=28)


class Payload:
    """An object whose unpickling would run code."""

    def __reduce__(self) -> tuple:
        return (print, ("unpickled",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"x": Payload()}, "cannot read the checkpoint"),
        ({"epoch": 3}, "holds no PoLar predictor: none of q_proj"),
        ({"classifier": torch.zeros(2)}, "holds no PoLar predictor: none of q_proj"),
        ({"layer_embedding": torch.zeros(2)}, "layer_embedding has 1 dimensions, not 2"),
        ({"layer_embedding": torch.zeros(2, 4)}, "'layer_encoder.layers'"),
        (
            {"layer_embedding": torch.zeros(2, 4), "q_proj.weight": torch.zeros(4)}
            | {"layer_encoder.layers.0.x": torch.zeros(1)},
            "out of range",
        ),
    ],
)
def test_other_files_are_refused_and_nothing_in_them_runs(
    tmp_path: Path, content: dict, message: str, capsys: pytest.CaptureFixture
) -> None:
    torch.save(content, tmp_path / "other.pt")
    with pytest.raises(ValueError, match=message):
        load_published(tmp_path / "other.pt")
    assert capsys.readouterr().out == ""


def test_a_file_that_is_not_there_or_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.pt").write_text("hello")
    for name in ("missing.pt", "text.pt"):
        with pytest.raises(ValueError, match="cannot read the checkpoint"):
            load_published(tmp_path / name)
