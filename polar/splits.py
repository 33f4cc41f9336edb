"""Train, validation and test: disjoint by question, 62.5 / 12.5 / 25 percent."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mcts.sample_rows import SPLITS, Sample


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
    sizes = split_sizes(count)
    splits = [split for split, size in zip(SPLITS, sizes, strict=True) for _ in range(size)]
    rng.shuffle(splits)
    return splits


def fold(question: str) -> str:
    """The question as it is compared: case and white space do not count.

    >>> fold("What  is\\n1 + 1?") == fold("what is 1 + 1?")
    True
    """
    return " ".join(question.split()).casefold()


def split_samples(samples: Sequence[Sample]) -> Splits:
    """The samples by their `split`; where none has one, deduplicated and cut in file order.

    Raises ValueError where only some have a split, a split is unknown, or a question stands in
    two splits.
    """
    unique = _drop_duplicates(samples)
    named = [sample for sample in unique if sample.split is not None]
    if named and len(named) != len(unique):
        raise ValueError(
            f"{len(unique) - len(named)} of {len(unique)} samples have no split: "
            "give every sample one, or none"
        )
    if not named:
        sizes = split_sizes(len(unique))
        cut = [split for split, size in zip(SPLITS, sizes, strict=True) for _ in range(size)]
        unique = [replace(sample, split=split) for sample, split in zip(unique, cut, strict=True)]
    train, validation, test = (
        tuple(sample for sample in unique if sample.split == split) for split in SPLITS
    )
    return Splits(train, validation, test, duplicates=len(samples) - len(unique))


def _drop_duplicates(samples: Sequence[Sample]) -> list[Sample]:
    first: dict[str, Sample] = {}
    for sample in samples:
        if sample.split not in (None, *SPLITS):
            raise ValueError(
                f"sample {sample.id!r}: split {sample.split!r} is not one of {', '.join(SPLITS)}"
            )
        seen = first.setdefault(fold(sample.question), sample)
        if seen.split != sample.split:
            raise ValueError(
                f"samples {seen.id!r} and {sample.id!r} ask the same question but stand in the "
                f"splits {seen.split} and {sample.split}: a question may be in one split only"
            )
    return list(first.values())
