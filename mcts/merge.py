"""The journals of a search into one samples file."""

import pathlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from mcts.journal_index import JournalIndex, read_journals
from mcts.policies import SearchRule
from mcts.records import FORMAT, question_digest
from mcts.rules import rule_from_constants
from mcts.samples import Sample, make_sample, write_samples
from mcts.session import Session, resume
from mcts.trace import SearchTrace

NUM_NAMED = 10  # ids in a message


class QuestionRow(Protocol):
    """What the merge reads of a question."""

    @property
    def id(self) -> str: ...
    @property
    def question(self) -> str: ...
    @property
    def answer(self) -> str: ...
    @property
    def split(self) -> str | None: ...


@dataclass
class MergeReport:
    """What went into the merged file, and the ids of what is worth knowing about.

    `missing`: questions whose search has not ended. `repeated`: questions with executions that
    stand in the journals twice (the first counts); `contradicted`: those of them where the verdicts
    differ. `strangers`: questions of the journals that are not in the list. `unused`: of finished
    questions, how many recorded executions are not part of the search.
    """

    counts: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    contradicted: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    unused: dict[str, int] = field(default_factory=dict)

    def remarks(self) -> list[str]:
        """A line about each kind of questions that a reader should know of."""
        num_unused = sum(self.unused.values())
        kinds = (
            (self.missing, "not searched to the end, left out"),
            (self.repeated, "with executions recorded twice, the first counts"),
            (self.contradicted, "recorded twice with different verdicts: see which one is right"),
            (list(self.unused), f"with {num_unused} executions that are no part of the search"),
            (self.strangers, "in the journals but not in the list, left out"),
        )
        return [f"questions {what}: {len(ids)} ({name_some(ids)})" for ids, what in kinds if ids]


class UnfinishedSearch(ValueError):
    """Some questions have no complete search yet; `missing` lists them."""

    def __init__(self, missing: list[str], total: int) -> None:
        super().__init__(
            f"at least {len(missing)} of {total} questions are not searched to the end"
            f" ({name_some(missing)}): start the search again to finish them, or merge the others"
            " with --allow_missing; a search with --num_questions is merged with the same number"
        )
        self.missing = missing


def merge_journals(
    journals: Sequence[pathlib.Path],
    questions: Sequence[QuestionRow],
    output: str | pathlib.Path,
    *,
    allow_missing: bool = False,
    progress: Callable[[int], object] = lambda count: None,
) -> MergeReport:
    """Replay the searches of `questions`, in their order, into a samples file.

    The file depends on settings and verdicts alone: not on the number of journals, on seconds, or
    on interruptions. UnfinishedSearch (nothing is written) unless `allow_missing`; ValueError for
    journals of different settings, damaged journals, a question that is another than when it was
    searched, an id that stands in the list twice.
    """
    twice = [id for id, n in Counter(question.id for question in questions).items() if n > 1]
    if twice:
        raise ValueError(f"question id {twice[0]!r} is listed twice: every id must be unique")
    index = read_journals(sorted(journals))
    index.check_questions({q.id: question_digest(q.question, q.answer) for q in questions})
    try:
        return _merge_index(index, questions, output, allow_missing, progress)
    finally:
        index.close()


def _merge_index(
    index: JournalIndex,
    questions: Sequence[QuestionRow],
    output: str | pathlib.Path,
    allow_missing: bool,
    progress: Callable[[int], object],
) -> MergeReport:
    rule = journal_rule(index.settings)
    report = MergeReport()
    listed = {question.id for question in questions}
    report.strangers = [id for id in index.question_ids if id not in listed]
    unbegun = [question.id for question in questions if not index.num_executions(question.id)]
    if unbegun and not allow_missing:  # replaying the others may take an hour
        raise UnfinishedSearch(unbegun, len(questions))

    def samples() -> Iterator[Sample]:
        for question in questions:
            trace = _replay(index, question.id, rule, report)
            progress(1)
            if trace is None:
                report.missing.append(question.id)
            else:
                yield make_sample(
                    question.id, question.question, question.answer, question.split, trace
                )
        if report.missing and not allow_missing:
            raise UnfinishedSearch(report.missing, len(questions))

    report.counts = write_samples(output, index.settings, samples())
    return report


def _replay(
    index: JournalIndex, question_id: str, rule: SearchRule, report: MergeReport
) -> SearchTrace | None:
    session = _resume(index, question_id, rule)
    if session.num_repeated:
        report.repeated.append(question_id)
    if session.num_contradicted:
        report.contradicted.append(question_id)
    if session.trace is not None and session.num_unused:
        report.unused[question_id] = session.num_unused
    return session.trace


def _resume(index: JournalIndex, question_id: str, rule: SearchRule) -> Session:
    settings = index.settings
    return resume(
        index, question_id, rule, seed=settings["seed"], shared_seed=settings["shared_seed"]
    )


def journal_rule(settings: Mapping[str, Any]) -> SearchRule:
    """The rule of a journal's settings; ValueError if they are not of this version's format."""
    if settings.get("format") != FORMAT:
        raise ValueError(
            f"the journals have format {settings.get('format')!r}, this version reads {FORMAT}:"
            " merge them with the version that wrote them"
        )
    for key, kind in (("rule", dict), ("seed", int), ("shared_seed", bool)):
        if not isinstance(settings.get(key), kind):
            raise ValueError(f"the journals' settings have no sound {key!r} in their first line")
    return rule_from_constants(settings["rule"])


def find_finished(index: JournalIndex, question_ids: Sequence[str]) -> dict[str, bool]:
    """Which of the questions are searched to their end, found by replay; True: a path was right."""
    rule = journal_rule(index.settings)
    finished = {}
    for question_id in question_ids:
        is_begun = index.num_executions(question_id) > 0
        trace = _resume(index, question_id, rule).trace if is_begun else None
        if trace is not None:
            finished[question_id] = bool(trace.valid_paths)
    return finished


def name_some(ids: Sequence[str]) -> str:
    """The first few of many ids.

    >>> name_some(["q1", "q2"])
    'q1, q2'
    """
    rest = len(ids) - NUM_NAMED
    return ", ".join(ids[:NUM_NAMED]) + (f" and {rest} more" if rest > 0 else "")
