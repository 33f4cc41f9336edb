"""Guaranteed: no question stands in two splits; every sample is in one, or counted as dropped."""

import pytest

from mcts.samples import Sample
from polar.questions import Question
from polar.splits import assign_release_splits, assign_splits, fold, split_samples


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


def test_release_splits_keep_repeats_where_they_stand() -> None:
    leak = [sample(0, "Q", "train"), sample(1, "q ", "test")]
    splits = split_samples(leak, release=True)
    assert [len(splits.train), len(splits.test), splits.duplicates] == [1, 1, 0]
    rows = [sample(number, f"Question {number % 7}?") for number in range(2100)]
    splits = split_samples(rows, release=True)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [
        *(1250, 250, 500)
    ]
    assert splits.test[0].id == "s1500"


def question(number: int, difficulty: int | None = None) -> Question:
    return Question(f"q{number}", f"Question {number}?", "1", difficulty=difficulty)


@pytest.mark.parametrize("seed", range(5))
def test_drawn_splits_have_their_sizes_and_cover_everything(seed: int) -> None:
    dealt = assign_splits([question(number) for number in range(80)], seed)
    counts = [sum(q.split == split for q in dealt) for split in ("train", "validation", "test")]
    assert counts == [50, 10, 20]
    assert [q.id for q in dealt] == [f"q{number}" for number in range(80)]


def test_sizes_hold_for_each_difficulty() -> None:
    questions = [question(number, difficulty=1 + number % 2) for number in range(20)]
    dealt = assign_splits(questions, 0, sizes=(3, 1, 2))
    for difficulty in (1, 2):
        part = sorted(q.split or "" for q in dealt if q.difficulty == difficulty)
        assert part == ["test", "test", "train", "train", "train", "validation"]


def test_too_few_questions_are_refused_with_the_counts() -> None:
    questions = [question(number, difficulty=4) for number in range(16)]
    message = "10/4/4 needs 18 questions of difficulty 4, there are 16: .* --split_sizes 10/2/4"
    with pytest.raises(ValueError, match=message):
        assign_splits(questions, 0, sizes=(10, 4, 4))
    with pytest.raises(ValueError, match="needs 17 questions of difficulty 4"):
        assign_splits(questions, 0, count=17)
    with pytest.raises(ValueError, match="1250/250/500 needs 2000"):
        assign_release_splits(questions)


def test_folding_ignores_case_and_white_space_and_nothing_else() -> None:
    assert fold("How many\u00a0did SHE give to Sam ?") == fold("how many did she\ngive to Sam?")
    assert fold("Compute 1 + 2.") != fold("Compute 1 - 2.")


@pytest.mark.parametrize(
    ("apart", "together"),
    [
        ("What is 2 3/4 of 8?", "What is 23/4 of 8?"),
        ("Add 1 000 and 5.", "Add 1000 and 5."),
        ("Read 1 .5 aloud.", "Read 1.5 aloud."),
        ("She has 1. 5 more come.", "She has 1.5 more come."),
        ("Find $x^2 3$.", "Find $x^23$."),
    ],
)
def test_white_space_between_two_numbers_counts(apart: str, together: str) -> None:
    assert fold(apart) != fold(together)
    assert fold(apart) == fold(apart.replace(" ", "\n  ").upper())


@pytest.mark.parametrize(
    ("spaced", "tight"),
    [
        ("Find f(1, 2) - 3 .", "Find f(1,2)-3."),
        ("Is 3 -5 > 2 x?", "Is 3-5>2x?"),
        ("Evaluate $\\log_8 2$.", "Evaluate $\\log_82$."),  # one and the same to LaTeX
    ],
)
def test_white_space_elsewhere_does_not_count(spaced: str, tight: str) -> None:
    assert fold(spaced) == fold(tight)
