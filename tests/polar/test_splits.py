"""Guaranteed: no question stands in two splits; every sample is in one, or counted as dropped."""

import pytest

from mcts.samples import Sample
from polar.splits import split_samples


def sample(number: int, question: str | None = None, split: str | None = None) -> Sample:
    return Sample(f"s{number}", question or f"Question {number}?", "1", split, 0.0, (), ())


def test_samples_without_a_split_are_cut_in_file_order() -> None:
    splits = split_samples([sample(number) for number in range(16)])
    assert [item.id for item in splits.validation] == ["s10", "s11"]
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [10, 2, 4]
    assert {item.split for item in splits.test} == {"test"}


def test_a_question_that_recurs_counts_once_whatever_its_case_and_spacing() -> None:
    rows = [sample(number) for number in range(8)] + [sample(8, "  QUESTION\n3?")]
    splits = split_samples(rows)
    assert splits.duplicates == 1
    assert len(splits.train) + len(splits.validation) + len(splits.test) == 8


def test_given_splits_are_kept() -> None:
    splits = split_samples([sample(0, split="test"), sample(1, split="train")])
    assert [item.id for item in splits.test] == ["s0"]
    assert [item.id for item in splits.train] == ["s1"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([sample(0, "Q", "train"), sample(1, "q ", "test")], "one split only"),
        ([sample(0, split="train"), sample(1)], "1 of 2 samples have no split"),
        ([sample(0, split="dev")], "split 'dev' is not one of"),
    ],
)
def test_splits_that_leak_or_lack_are_refused(rows: list[Sample], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        split_samples(rows)
