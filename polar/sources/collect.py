"""Gathers the questions of a source: repeats, malformed rows and rows left out are counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from polar.questions import Question
from polar.sources.records import BadRow, Item, LeftOut
from polar.splits import fold


@dataclass(frozen=True)
class Wanted:
    """What to gather.

    `keep_repeats` keeps rows that ask the same again; `same_ids` says that rows of one id ask the
    same, whatever their text. Of each difficulty no more than `enough` are kept; the rest is not
    even read where one difficulty is wanted.
    """

    difficulty: int | None = None
    keep_repeats: bool = False
    same_ids: bool = False
    skip_bad: bool = False
    enough: int | None = None


@dataclass(frozen=True)
class Collection:
    """The questions in the order of the rows, and what became of the other rows.

    `repeats` counts rows that ask what an earlier row asked, of any difficulty; `conflicts` names
    each other answer that they give; `unneeded` counts questions of other difficulties and those
    beyond what is enough.
    """

    questions: tuple[Question, ...]
    rows: int
    repeats: int
    unneeded: int
    conflicts: tuple[str, ...]
    bad: tuple[BadRow, ...]
    left_out: Mapping[str, int]


@dataclass
class _Gatherer:
    wanted: Wanted
    questions: list[Question] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    conflicts: dict[tuple[str, str], str] = field(default_factory=dict)  # folded, answer → place
    counts: Counter[str] = field(default_factory=Counter)
    kept: Counter[int | None] = field(default_factory=Counter)  # by difficulty
    left_out: Counter[str] = field(default_factory=Counter)
    by_text: dict[str, tuple[str, str]] = field(default_factory=dict)  # folded → id, answer
    by_id: dict[str, str] = field(default_factory=dict)  # id → folded
    made_ids: set[str] = field(default_factory=set)  # of kept repeats

    def add(self, place: str, question: Question) -> None:
        """Keep a question, or count why not; of questions that recur, the first one counts."""
        text = fold(question.question)
        known = self.by_id.setdefault(question.id, text)
        if question.id in self.made_ids or (known != text and not self.wanted.same_ids):
            self.add_bad(BadRow(place, f"the id {question.id!r} stands for another question too"))
            return
        first = self.by_text.setdefault(known, (question.id, question.answer))
        is_repeat = self.counts[known] > 0
        self.counts[known] += 1
        if is_repeat and first[1].strip() != question.answer.strip():
            conflict = f"{place}: {question.answer!r}, but {first[1]!r} in {first[0]}"
            self.conflicts.setdefault((known, question.answer), conflict)
        level = question.difficulty
        if is_repeat and not self.wanted.keep_repeats:
            return
        if self.wanted.difficulty in (None, level) and self.kept[level] != self.wanted.enough:
            self.kept[level] += 1
            id = self._make_id(first[0], self.counts[known]) if is_repeat else question.id
            self.questions.append(replace(question, id=id))

    def _make_id(self, first: str, count: int) -> str:
        """An id for the `count`-th row that asks what the row `first` asks."""
        while (id := f"{first}#{count}") in self.by_id or id in self.made_ids:
            count += 1
        self.made_ids.add(id)
        return id

    def add_bad(self, row: BadRow) -> None:
        """Count a malformed row, or raise ValueError."""
        if not self.wanted.skip_bad:
            raise ValueError(
                f"{row.place}: {row.fault}; correct it, or add --skip_bad to leave such rows out"
            )
        self.bad.append(row)


def collect(items: Iterable[Item], wanted: Wanted) -> Collection:
    """Gather what is wanted of the rows of a source.

    Raises ValueError, with file, row and fault, at the first malformed row unless `skip_bad`.
    """
    gathered = _Gatherer(wanted)
    rows = 0
    for place, value in items:
        rows += 1
        if isinstance(value, LeftOut):
            gathered.left_out[value.reason] += 1
        elif isinstance(value, BadRow):
            gathered.add_bad(value)
        else:
            gathered.add(place, value)
        if wanted.difficulty is not None and gathered.kept[wanted.difficulty] == wanted.enough:
            break
    repeats = sum(gathered.counts.values()) - len(gathered.counts)
    sound = rows - len(gathered.bad) - sum(gathered.left_out.values())
    dropped = 0 if wanted.keep_repeats else repeats
    return Collection(
        questions=tuple(gathered.questions),
        rows=rows,
        repeats=repeats,
        unneeded=sound - dropped - len(gathered.questions),
        conflicts=tuple(gathered.conflicts.values()),
        bad=tuple(gathered.bad),
        left_out=gathered.left_out,
    )
