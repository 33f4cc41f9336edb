"""The overlap audit: how many questions of one split also stand in another."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mcts.sample_rows import SPLITS
from mcts.samples import SamplesReader
from polar.questions import load_questions
from polar.splits import RELEASE_SIZES, fold, split_sizes

PAIRS = (("test", "train"), ("test", "validation"), ("validation", "train"))


class Placed(NamedTuple):
    """A question and its split."""

    question: str
    split: str


class Shared(NamedTuple):
    """How many different questions of a split, and how many of its rows, stand in another too."""

    questions: int
    rows: int


@dataclass(frozen=True)
class Overlap:
    """Rows and different questions (but for case and spacing) of each split, and what is shared."""

    rows: dict[str, int]
    questions: dict[str, int]
    shared: dict[tuple[str, str], Shared]

    def describe(self) -> list[str]:
        """Lines for a reader."""
        lines = [
            f"{split}: {self.rows[split]} rows, {self.questions[split]} different questions"
            for split in SPLITS
            if self.rows[split]
        ]
        for split, other in PAIRS:
            if self.rows[split] and self.rows[other]:
                shared = self.shared[split, other]
                lines.append(
                    f"{shared.questions} of {self.questions[split]} {split} questions "
                    f"({shared.rows} of {self.rows[split]} rows) also stand in {other}"
                )
        return lines


def measure_overlap(rows: Iterable[Placed]) -> Overlap:
    """Count what the splits share.

    >>> rows = [Placed("1 + 1?", "train"), Placed("1  +  1?", "test"), Placed("2 + 2?", "test")]
    >>> measure_overlap(rows).shared["test", "train"]
    Shared(questions=1, rows=1)
    """
    counts: dict[str, dict[str, int]] = {split: defaultdict(int) for split in SPLITS}
    for question, split in rows:
        counts[split][fold(question)] += 1
    return Overlap(
        rows={split: sum(found.values()) for split, found in counts.items()},
        questions={split: len(found) for split, found in counts.items()},
        shared={pair: _count_shared(counts[pair[0]], counts[pair[1]]) for pair in PAIRS},
    )


def _count_shared(split: dict[str, int], other: dict[str, int]) -> Shared:
    both = split.keys() & other.keys()
    return Shared(len(both), sum(split[text] for text in both))


def read_placed(path: Path) -> tuple[list[Placed], bool]:
    """Questions and splits of a questions.jsonl or of a samples file in any published shape.

    Where no row has a split, its position gives it (the second value is True): as in the release
    where there are enough rows, else 62.5 / 12.5 / 25 percent. Raises ValueError where only some
    rows have one, or one is unknown.
    """
    if path.is_dir():
        raise ValueError(f"{path} is a folder: give the questions or samples file in it")
    if not path.is_file():
        raise ValueError(f"{path} does not exist: give a questions or samples file that does")
    rows: list[tuple[str, str | None]]
    if path.suffix == ".jsonl":
        rows = [(item.question, item.split) for item in load_questions(path)]
    else:
        rows = [(item.question, item.split) for item in SamplesReader(path, keep_trace=False)]
    placed = [Placed(question, split) for question, split in rows if split is not None]
    if placed and len(placed) < len(rows):
        raise ValueError(
            f"{path}: {len(rows) - len(placed)} of {len(rows)} rows have no split: "
            "give every row one, or none"
        )
    strange = {row.split for row in placed} - set(SPLITS)
    if strange:
        raise ValueError(f"{path}: {min(strange)!r} is none of the splits {', '.join(SPLITS)}")
    return (placed, False) if placed else (_place_by_position([text for text, _ in rows]), True)


def _place_by_position(questions: list[str]) -> list[Placed]:
    """Train, validation and test in file order; rows behind the release's 2,000 are in none."""
    is_long = len(questions) > RELEASE_SIZES[0] + RELEASE_SIZES[1]
    sizes = RELEASE_SIZES if is_long else split_sizes(len(questions))
    splits = [split for split, size in zip(SPLITS, sizes, strict=True) for _ in range(size)]
    return [Placed(text, split) for text, split in zip(questions, splits, strict=False)]
