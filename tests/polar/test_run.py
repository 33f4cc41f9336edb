"""Guaranteed: a run is its training config; files that do not fit are refused by name."""

import json
import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest

from mcts.samples import Sample, write_samples
from polar.checkpoint import load_predictor
from polar.encoder import default_encoder
from polar.layout import samples_path
from polar.run import RunIdentity, hold_run, is_trained
from polar.searched import load_searched
from polar.train_config import TrainConfig

HEADER = {"model": "tiny", "depth": 4, "dtype": "float32", "prompt": {"style": "direct"}}
IDENTITY = RunIdentity("tiny", "minilm", 4, {1: "abc"}, TrainConfig())


def write(root: Path, difficulty: int, header: dict, paths=((0, 1, 2, 3),)) -> Path:
    path = samples_path(root, "tiny", difficulty)
    rows = [Sample(f"{n}", f"Q{n}?", "1", None, 1.0, tuple(paths), ()) for n in range(8)]
    write_samples(path, header, rows)
    return path


def test_samples_of_several_difficulties_are_joined_with_ids_of_their_own(tmp_path: Path) -> None:
    for difficulty in (1, 2):
        write(tmp_path, difficulty, HEADER)
    data = load_searched(tmp_path, "tiny", (1, 2), depth=4)
    assert len({sample.id for sample in data.all_of("train")}) == 10
    assert data.header == HEADER
    assert len(data.digests[1]) == 64


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER | {"model": "other"}, "searched with the model 'other', not 'tiny'"),
        (HEADER | {"dtype": "bfloat16"}, "searched otherwise than .*dtype is bfloat16 here"),
    ],
)
def test_samples_of_another_model_or_search_are_refused(
    tmp_path: Path, header: dict, message: str
) -> None:
    write(tmp_path, 1, HEADER)
    write(tmp_path, 2, header)
    with pytest.raises(ValueError, match=message):
        load_searched(tmp_path, "tiny", (1, 2), depth=4)


def test_samples_with_layers_that_the_model_lacks_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, 1, {}, paths=[(0, 7)])
    with pytest.raises(ValueError, match=r"merged_mcts_samples\.json") as error:
        load_searched(tmp_path, "tiny", (1,), depth=4)
    assert str(path) in str(error.value)


def test_the_same_training_config_is_reused_and_another_refused(tmp_path: Path) -> None:
    assert is_trained(tmp_path, IDENTITY) is False
    (tmp_path / "predictor.safetensors").touch()
    assert is_trained(tmp_path, IDENTITY) is True
    changed = replace(IDENTITY, train=TrainConfig(num_epochs=3))
    with pytest.raises(ValueError, match=r"train\.num_epochs is 3 here, 20 there.*--run_tag"):
        is_trained(tmp_path, changed)
    with pytest.raises(ValueError, match=r"samples\.1 is xyz here, abc there"):
        is_trained(tmp_path, replace(IDENTITY, samples={1: "xyz"}))


def test_a_damaged_config_is_named(tmp_path: Path) -> None:
    (tmp_path / "predictor.safetensors").touch()
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match=r"config\.json is damaged"):
        is_trained(tmp_path, IDENTITY)
    (tmp_path / "config.json").write_text(json.dumps([1]))
    with pytest.raises(ValueError, match="not an object"):
        is_trained(tmp_path, IDENTITY)


def test_a_missing_predictor_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="train one first, or give --checkpoint_path"):
        load_predictor(tmp_path, depth=4)


def test_the_small_model_goes_with_the_small_encoder() -> None:
    assert default_encoder("smollm2-135m") == "minilm"
    assert default_encoder("Qwen/Qwen3-8B") == "Qwen/Qwen3-Embedding-0.6B"


def test_rows_that_share_an_id_stay_apart(tmp_path: Path) -> None:
    path = samples_path(tmp_path, "tiny", 1)
    rows = [Sample("same", f"Q{n}?", str(n), None, 1.0, ((0, 1, 2, 3),), ()) for n in range(8)]
    write_samples(path, {}, rows)
    data = load_searched(tmp_path, "tiny", (1,), depth=4)
    assert len({sample.id for sample in data.samples[1]}) == 8


def test_a_question_in_different_splits_of_two_difficulties_is_refused(tmp_path: Path) -> None:
    for difficulty, split in ((1, "train"), (2, "test")):
        row = Sample("q", "What is 1 + 1?", "2", split, 1.0, ((0, 1, 2, 3),), ())
        write_samples(samples_path(tmp_path, "tiny", difficulty), {}, [row])
    with pytest.raises(ValueError, match=r"diff-1/q \(train\) and diff-2/q \(test\) ask the same"):
        load_searched(tmp_path, "tiny", (1, 2), depth=4)


def test_a_start_that_failed_before_training_claims_nothing(tmp_path: Path) -> None:
    assert is_trained(tmp_path, IDENTITY) is False
    changed = replace(IDENTITY, encoder="other")
    assert is_trained(tmp_path, changed) is False


def test_the_release_split_goes_by_position_and_keeps_repeats(tmp_path: Path) -> None:
    path = samples_path(tmp_path, "tiny", 1)
    splits = ["train", "train", "validation", "test"]
    rows = [
        Sample(f"{n}", "What is 1 + 1?", "2", split, 1.0, ((0, 1, 2, 3),), ())
        for n, split in enumerate(splits)
    ]
    write_samples(path, {}, rows)
    with pytest.raises(ValueError, match="test"):
        load_searched(tmp_path, "tiny", (1,), depth=4)
    data = load_searched(tmp_path, "tiny", (1,), depth=4, release_split=True)
    assert [len(data.all_of(split)) for split in ("train", "validation", "test")] == [2, 1, 1]


def test_a_run_by_position_is_another_run(tmp_path: Path) -> None:
    is_trained(tmp_path, IDENTITY)
    (tmp_path / "predictor.safetensors").touch()
    with pytest.raises(ValueError, match="release_split is True here, False there"):
        is_trained(tmp_path, replace(IDENTITY, release_split=True))


def try_to_hold(directory: Path, said: multiprocessing.SimpleQueue) -> None:
    try:
        with hold_run(directory):
            said.put("held")
    except ValueError as error:
        said.put(str(error))


def test_two_processes_do_not_train_in_one_directory(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    said = context.SimpleQueue()

    def from_another_process() -> str:
        other = context.Process(target=try_to_hold, args=(tmp_path / "run", said))
        other.start()
        other.join(timeout=60)
        return said.get()

    with hold_run(tmp_path / "run"):
        assert "another process trains in" in from_another_process()
    assert from_another_process() == "held"


@pytest.mark.parametrize("left", ["history.csv", "report-20260101T000000.json"])
def test_a_run_whose_predictor_was_deleted_keeps_its_directory(tmp_path: Path, left: str) -> None:
    assert is_trained(tmp_path, IDENTITY) is False
    (tmp_path / left).touch()
    assert is_trained(tmp_path, IDENTITY) is False
    with pytest.raises(ValueError, match=r"encoder is other here, minilm there.*--run_tag"):
        is_trained(tmp_path, replace(IDENTITY, encoder="other"))


def test_a_setting_that_an_earlier_version_did_not_have_is_at_its_default(tmp_path: Path) -> None:
    is_trained(tmp_path, IDENTITY)
    (tmp_path / "predictor.safetensors").touch()
    config = json.loads((tmp_path / "config.json").read_text())
    del config["release_split"], config["train"]["batch_by"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert is_trained(tmp_path, IDENTITY) is True
    with pytest.raises(ValueError, match="release_split is True here, False there"):
        is_trained(tmp_path, replace(IDENTITY, release_split=True))
    with pytest.raises(ValueError, match=r"batch_by is path here, question there"):
        is_trained(tmp_path, replace(IDENTITY, train=TrainConfig(batch_by="path")))


def test_a_published_file_takes_the_encoder_it_does_not_name(tmp_path: Path) -> None:
    ours = tmp_path / "predictor.safetensors"
    ours.touch()
    with pytest.raises(ValueError, match=r"--encoder is for training and for a published \.pt"):
        load_predictor(ours, depth=4, encoder="minilm")
