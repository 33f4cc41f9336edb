"""Guaranteed: a checkpoint is found by file or directory; one that is not there says what to do."""

import hashlib
from pathlib import Path

import pytest

from polar.checkpoint import describe_checkpoint, load_predictor, read_origin


def test_a_missing_predictor_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="train one first, or give --checkpoint_path"):
        load_predictor(tmp_path, depth=4)


def test_a_published_file_takes_the_encoder_it_does_not_name(tmp_path: Path) -> None:
    ours = tmp_path / "predictor.safetensors"
    ours.touch()
    with pytest.raises(ValueError, match=r"--encoder is for training and for a published \.pt"):
        load_predictor(ours, depth=4, encoder="minilm")


def test_a_run_is_named_by_its_directory_or_its_file(tmp_path: Path) -> None:
    file = tmp_path / "predictor.safetensors"
    file.write_bytes(b"weights")
    (tmp_path / "config.json").write_text('{"train": {}, "samples": {}}')
    for named in (tmp_path, file):
        assert read_origin(named) == {"train": {}, "samples": {}}
        assert describe_checkpoint(named) == {
            "checkpoint": str(named),
            "checkpoint_sha256": hashlib.sha256(b"weights").hexdigest(),
        }


def test_a_config_of_another_shape_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"train": {}, "samples": ["a"]}')
    with pytest.raises(ValueError, match=r"config\.json is damaged \(it\.samples is list"):
        read_origin(tmp_path)


def test_the_config_of_save_pretrained_tells_nothing_of_the_training(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"config": {"depth": 4}}')
    assert read_origin(tmp_path) is None
