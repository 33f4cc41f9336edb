"""Guaranteed: what stands in two splits is counted, in questions and in rows, in any file."""

import json
from pathlib import Path

import pytest

from mcts.samples import Sample, write_samples
from polar.overlap import Placed, Shared, measure_overlap, read_placed
from polar.questions import Question, save_questions


def test_shared_questions_and_rows_are_counted_apart() -> None:
    rows = [Placed("Q?", "train"), Placed("q ?", "test"), Placed("Q?", "test")]
    rows += [Placed("R?", "test"), Placed("R?", "validation")]
    overlap = measure_overlap(rows)
    assert overlap.shared == {
        ("test", "train"): Shared(1, 2),
        ("test", "validation"): Shared(1, 1),
        ("validation", "train"): Shared(0, 0),
    }
    assert overlap.describe() == [
        "train: 1 rows, 1 different questions",
        "validation: 1 rows, 1 different questions",
        "test: 3 rows, 2 different questions",
        "1 of 2 test questions (2 of 3 rows) also stand in train",
        "1 of 2 test questions (1 of 3 rows) also stand in validation",
        "0 of 1 validation questions (0 of 1 rows) also stand in train",
    ]


def test_questions_and_samples_files_are_read_with_their_splits(tmp_path: Path) -> None:
    questions, samples = tmp_path / "q.jsonl", tmp_path / "s.json.gz"
    save_questions(questions, [Question("a", "Q?", "1", split="test")])
    write_samples(samples, {}, [Sample("a", "Q?", "1", "train", 0.0, ((0,),), ())])
    assert read_placed(questions) == ([Placed("Q?", "test")], False)
    assert read_placed(samples) == ([Placed("Q?", "train")], False)


def published(path: Path, count: int) -> Path:
    """The release's shape: rows that repeat every question ten times, without splits."""
    rows = [
        {"question": f"Q{n // 10}?", "gt_ans": "1", "final_valid_transitions": []}
        for n in range(count)
    ]
    path.write_text(json.dumps(rows))
    return path


def test_a_published_file_is_cut_where_the_release_cuts_it(tmp_path: Path) -> None:
    rows, by_position = read_placed(published(tmp_path / "s.json", 2100))
    assert by_position
    overlap = measure_overlap(rows)
    assert overlap.rows == {"train": 1250, "validation": 250, "test": 500}
    rows, _ = read_placed(published(tmp_path / "s.json", 16))
    overlap = measure_overlap(rows)
    assert overlap.rows == {"train": 10, "validation": 2, "test": 4}
    assert overlap.shared["test", "validation"] == Shared(1, 4)


def test_half_split_and_strangely_split_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    save_questions(path, [Question("a", "Q?", "1", split="test"), Question("b", "R?", "1")])
    with pytest.raises(ValueError, match="1 of 2 rows have no split"):
        read_placed(path)
    save_questions(path, [Question("a", "Q?", "1", split="dev")])
    with pytest.raises(ValueError, match="'dev' is none of the splits"):
        read_placed(path)
    with pytest.raises(ValueError, match="does not exist"):
        read_placed(tmp_path / "none.json")
