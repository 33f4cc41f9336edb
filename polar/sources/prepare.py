"""From a source's name and what is asked of it to questions with splits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from polar.arithmetic import make_arithmetic
from polar.questions import Question
from polar.sources.catalog import SOURCES, Source
from polar.sources.collect import Collection, Wanted, collect
from polar.sources.extras import read_hub
from polar.sources.field_names import FieldNames
from polar.sources.files import read_paths
from polar.sources.gym import generate
from polar.sources.records import Item, make_questions
from polar.splits import RELEASE_SIZES, assign_release_splits, assign_splits

NAMES = ("arithmetic", *SOURCES, "jsonl", "reasoning-gym")
MADE_HERE = ("arithmetic", "reasoning-gym")  # and not read
SPLIT_KINDS = ("random", "release", "test")
DEFAULT_COUNT = 96  # of the sources that are made here
Sizes = tuple[int, int, int]


@dataclass(frozen=True)
class Preparation:
    """Which questions to prepare, and how to split them.

    `split`: drawn at random without repeats, by position like the release, or all rows as test
    (None: the source's own default). `sizes` and `count` hold for each difficulty. `fields` are of
    the source jsonl, `task` and `task_settings` of reasoning-gym.
    """

    source: str
    inputs: tuple[Path, ...] = ()
    difficulty: int | None = None
    count: int | None = None
    split: str | None = None
    sizes: Sizes | None = None
    seed: int = 0
    skip_bad: bool = False
    fields: FieldNames = field(default_factory=FieldNames)
    task: str | None = None
    task_settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if self.source in MADE_HERE and self.inputs:
            raise ValueError(f"--source {self.source} reads no files: leave --input away")
        if self.source not in MADE_HERE and not self.inputs and self.table.hub is None:
            raise ValueError(f"--source {self.source} needs --input, a file or a folder")
        if self.source == "arithmetic" and self.difficulty is None:
            raise ValueError("--source arithmetic needs --target_diff, 1 to 5")
        if self.difficulty is not None and not self.has_difficulty:
            raise ValueError(f"--source {self.source} has no levels: leave --target_diff away")
        if (self.source == "reasoning-gym") != (self.task is not None):
            raise ValueError("--task names a task of --source reasoning-gym: give both or none")
        if self.count is not None and (self.sizes is not None or self.split == "release"):
            raise ValueError("--num_questions goes with neither --split_sizes nor --split release")
        if self.count is not None and self.count < 1:
            raise ValueError(f"--num_questions must be at least 1, not {self.count}")
        if self.split == "test" and self.sizes is not None:
            raise ValueError("--split test makes every question a test question: no --split_sizes")

    @property
    def table(self) -> Source:
        """How rows of the source are read."""
        return SOURCES.get(self.source) or Source(self.fields.make)

    @property
    def has_difficulty(self) -> bool:
        """Whether the source can be asked for one difficulty."""
        return self.source in ("arithmetic", "jsonl") or self.table.has_difficulty

    @property
    def split_kind(self) -> str:
        """One of SPLIT_KINDS."""
        if self.split is not None:
            return self.split
        return "test" if self.table.is_benchmark and self.sizes is None else "random"

    @property
    def num_made(self) -> int:
        """How many questions a source that is made here must make."""
        sizes = RELEASE_SIZES if self.split == "release" and self.sizes is None else self.sizes
        return sum(sizes) if sizes is not None else self.count or DEFAULT_COUNT


def gather(wish: Preparation) -> Collection:
    """The questions of the source, not split yet.

    Raises ValueError, naming file and row, where there are none or a row is malformed.
    """
    is_release = wish.split_kind == "release"
    wanted = Wanted(
        difficulty=wish.difficulty,
        keep_repeats=wish.split_kind != "random",
        same_ids=wish.table.has_same_question_ids,
        skip_bad=wish.skip_bad,
        enough=sum(wish.sizes or RELEASE_SIZES) if is_release else None,
    )
    found = collect(_read(wish), wanted)
    if not found.questions:
        of_level = f" of difficulty {wish.difficulty}" if wish.difficulty else ""
        raise ValueError(f"--source {wish.source}: no question{of_level} in {found.rows} rows")
    return found


def _read(wish: Preparation) -> Iterator[Item]:
    if wish.source == "arithmetic":
        assert wish.difficulty is not None  # __post_init__
        made = make_arithmetic(wish.difficulty, wish.num_made, wish.seed)
        return (Item(question.id, question) for question in made)
    if wish.task is not None:
        return generate(wish.task, wish.num_made, wish.seed, wish.task_settings)
    table = wish.table
    if wish.inputs:
        return make_questions(read_paths(wish.inputs, table.columns), table.make)
    assert table.hub is not None  # __post_init__
    return make_questions(read_hub(table.hub, table.columns), table.make)


def split_questions(wish: Preparation, questions: tuple[Question, ...]) -> list[Question]:
    """The questions that are wanted, each with its split; ValueError where there are too few."""
    if wish.split_kind == "release":
        return assign_release_splits(questions, wish.sizes or RELEASE_SIZES)
    if wish.split_kind == "random":
        if wish.source == "arithmetic" and wish.sizes is None:
            return list(questions)  # dealt when they were made
        return assign_splits(questions, wish.seed, sizes=wish.sizes, count=wish.count)
    if wish.count is not None:
        return assign_splits(questions, wish.seed, sizes=(0, 0, wish.count), count=wish.count)
    return [replace(question, split="test") for question in questions]
