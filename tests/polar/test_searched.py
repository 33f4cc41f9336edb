"""Guaranteed: samples that a predictor is trained on belong together, or are refused by name."""

from pathlib import Path

import pytest

from mcts.samples import Sample, write_samples
from polar.layout import samples_path
from polar.searched import load_searched

HEADER = {"model": "tiny", "depth": 4, "dtype": "float32", "prompt": {"style": "direct"}}


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


@pytest.mark.parametrize(
    ("header", "message"),
    [({"model": 7}, "header.model is int"), ({"prompt": [1]}, "header.prompt is list, not dict")],
)
def test_a_header_of_another_shape_is_named(tmp_path: Path, header: dict, message: str) -> None:
    write(tmp_path, 1, HEADER | header)
    with pytest.raises(ValueError, match=rf"merged_mcts_samples\.json: {message}"):
        load_searched(tmp_path, "tiny", (1,), depth=4)


def test_samples_with_layers_that_the_model_lacks_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, 1, {}, paths=[(0, 7)])
    with pytest.raises(ValueError, match=r"merged_mcts_samples\.json") as error:
        load_searched(tmp_path, "tiny", (1,), depth=4)
    assert str(path) in str(error.value)


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
