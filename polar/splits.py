"""Train, validation and test: disjoint by question, 62.5 / 12.5 / 25 percent."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mcts.sample_rows import SPLITS, Sample
from polar.questions import Question

# Of the rows of one difficulty, in file order.
RELEASE_SIZES = (1250, 250, 500)

# A blank between two numbers, of which the first may end and the second begin with a
# point: "1 .5" and "1. 5" are not 1.5. Signs and commas vary in spacing, so "3 -5" is "3-5". Behind
# a subscript of one digit LaTeX ignores blanks: "\log_8 2" is "\log_82".
BETWEEN_NUMBERS = re.compile(r" (?:(?<=\d )|(?<=\d\. ))(?<!_\d )(?=\.?\d)")


@dataclass(frozen=True)
class Splits:
    """Samples by split; `duplicates` counts rows dropped because their question recurs."""

    train: tuple[Sample, ...]
    validation: tuple[Sample, ...]
    test: tuple[Sample, ...]
    duplicates: int = 0


def split_sizes(count: int) -> tuple[int, int, int]:
    """How many of `count` questions each split gets.

    >>> split_sizes(2000), split_sizes(64)
    ((1250, 250, 500), (40, 8, 16))
    """
    train, validation = round(count * 0.625), round(count * 0.125)
    return train, validation, count - train - validation


def deal_splits(count: int, rng: random.Random) -> list[str]:
    """A split for each of `count` questions, in random order and exact proportion."""
    splits = _repeat(split_sizes(count))
    rng.shuffle(splits)
    return splits


def assign_splits(
    questions: Sequence[Question],
    seed: int,
    *,
    sizes: tuple[int, int, int] | None = None,
    count: int | None = None,
) -> list[Question]:
    """Each question with a split, drawn at random for each difficulty on its own.

    The questions must differ. `sizes` (default: 62.5 / 12.5 / 25 percent of `count`, default: all)
    hold for each difficulty; a `count` beside them is what an error speaks of. What is drawn
    depends on the set of questions alone, not on their order or on other difficulties; the order
    stays. Raises ValueError where there are too few.
    """
    splits: dict[str, str] = {}
    for difficulty, group in _by_difficulty(questions).items():
        wanted = _check_count(len(group), sizes, count, difficulty)
        rng = random.Random(f"splits {seed} {difficulty}")
        drawn = rng.sample(sorted(group, key=lambda item: fold(item.question)), sum(wanted))
        splits |= {item.id: split for item, split in zip(drawn, _repeat(wanted), strict=True)}
    return [replace(item, split=splits[item.id]) for item in questions if item.id in splits]


def assign_release_splits(
    questions: Sequence[Question], sizes: tuple[int, int, int] = RELEASE_SIZES
) -> list[Question]:
    """The release's splits: the first rows of each difficulty, cut by position, repeats and all."""
    splits: dict[str, str] = {}
    for difficulty, group in _by_difficulty(questions).items():
        wanted = _check_count(len(group), sizes, None, difficulty)
        splits |= {item.id: split for item, split in zip(group, _repeat(wanted), strict=False)}
    return [replace(item, split=splits[item.id]) for item in questions if item.id in splits]


def _by_difficulty(questions: Sequence[Question]) -> dict[int | None, list[Question]]:
    groups: dict[int | None, list[Question]] = {}
    for question in questions:
        groups.setdefault(question.difficulty, []).append(question)
    return groups


def _check_count(
    there: int, sizes: tuple[int, int, int] | None, count: int | None, difficulty: int | None
) -> tuple[int, int, int]:
    wanted = sizes or split_sizes(there if count is None else count)
    if sum(wanted) > there:
        of_difficulty = "" if difficulty is None else f" of difficulty {difficulty}"
        sizes_there = "/".join(map(str, split_sizes(there)))
        asked = "/".join(map(str, wanted)) if count is None else f"--num_questions {count}"
        at_most = f"--split_sizes {sizes_there}" if count is None else f"--num_questions {there}"
        raise ValueError(
            f"{asked} needs {sum(wanted)} questions{of_difficulty}, there are {there}: "
            f"ask for at most {at_most}"
        )
    return wanted


def _repeat(sizes: tuple[int, int, int]) -> list[str]:
    return [split for split, size in zip(SPLITS, sizes, strict=True) for _ in range(size)]


def fold(question: str) -> str:
    """The question as it is compared: case and white space do not count.

    White space is left out, not made one blank: data sets repeat a question with and without a
    blank before the question mark or around an operator. It stays between two numbers.

    >>> fold("What  is\\n1 + 1 ?") == fold("what is 1+1?"), fold("2 3/4") == fold("23/4")
    (True, False)
    """
    marked = BETWEEN_NUMBERS.sub("\n", " ".join(question.split()))
    return marked.replace(" ", "").replace("\n", " ").casefold()


def split_samples(samples: Sequence[Sample], *, release: bool = False) -> Splits:
    """The samples by their `split`; where none has one, deduplicated and cut in file order.

    With `release` as the release does it: nothing is dropped, a question may stand in several
    splits, and what has no split is cut at 1250, 1500 and 2000. Raises ValueError where only some
    samples have a split, a split is unknown, or (without `release`) a question is in two splits.
    """
    for sample in samples:
        if sample.split not in (None, *SPLITS):
            raise ValueError(
                f"sample {sample.id!r}: split {sample.split!r} is not one of {', '.join(SPLITS)}"
            )
    unique = list(samples) if release else _drop_duplicates(samples)
    named = [sample for sample in unique if sample.split is not None]
    if named and len(named) != len(unique):
        raise ValueError(
            f"{len(unique) - len(named)} of {len(unique)} samples have no split: "
            "give every sample one, or none"
        )
    if not named:
        cut = _repeat(RELEASE_SIZES if release else split_sizes(len(unique)))
        unique = [replace(sample, split=split) for sample, split in zip(unique, cut, strict=False)]
    train, validation, test = (
        tuple(sample for sample in unique if sample.split == split) for split in SPLITS
    )
    return Splits(train, validation, test, duplicates=0 if release else len(samples) - len(unique))


def _drop_duplicates(samples: Sequence[Sample]) -> list[Sample]:
    first: dict[str, Sample] = {}
    for sample in samples:
        seen = first.setdefault(fold(sample.question), sample)
        if seen.split != sample.split:
            raise ValueError(
                f"samples {seen.id!r} and {sample.id!r} ask the same question but stand in the "
                f"splits {seen.split} and {sample.split}: a question may be in one split only"
            )
    return list(first.values())
