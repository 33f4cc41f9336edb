"""Guaranteed: a run is its training config; another one in its directory is refused."""

import json
import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest

from polar.run import RunIdentity, hold_run, is_trained
from polar.train_config import TrainConfig

IDENTITY = RunIdentity("tiny", "minilm", 4, {1: "abc"}, TrainConfig())


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


def test_a_start_that_failed_before_training_claims_nothing(tmp_path: Path) -> None:
    assert is_trained(tmp_path, IDENTITY) is False
    changed = replace(IDENTITY, encoder="other")
    assert is_trained(tmp_path, changed) is False


def test_a_predictor_without_a_config_is_nobodys_run(tmp_path: Path) -> None:
    (tmp_path / "predictor.safetensors").touch()
    with pytest.raises(ValueError, match=r"without its config\.json.*--checkpoint_path"):
        is_trained(tmp_path, IDENTITY)
    assert not (tmp_path / "config.json").exists()


def test_where_another_predictor_was_evaluated_a_run_may_begin(tmp_path: Path) -> None:
    (tmp_path / "report-20260101T000000.json").touch()  # of --checkpoint_path
    assert is_trained(tmp_path, IDENTITY) is False
    assert (tmp_path / "config.json").exists()


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
    with pytest.raises(ValueError, match=r"batch_by is question here, path there"):
        is_trained(tmp_path, replace(IDENTITY, train=TrainConfig(batch_by="question")))
