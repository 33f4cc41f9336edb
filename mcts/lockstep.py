"""Many searches at once: one path of each in the evaluator's hands, every outcome in the journal.

What runs beside a question changes nothing in its tree.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mcts.journal import Journal
from mcts.policies import SearchRule
from mcts.records import Record
from mcts.session import Session, resume
from mcts.trace import Path, SearchTrace

Item = TypeVar("Item")


@dataclass(frozen=True)
class Finished:
    """What came of running one path for one question."""

    question_id: str
    path: Path
    correct: bool
    answer: str | None
    response: str
    seconds: float


class Evaluator(Protocol):
    """A stream that runs paths: what is submitted comes back from some later step, in any order."""

    def submit(self, question_id: str, path: Path) -> None:
        """Take a path to run."""

    def step(self) -> list[Finished]:
        """Work for a while; return what is done, perhaps nothing."""


@dataclass(frozen=True)
class Progress:
    """Where a run of searches stands: numbers so far, and the questions that just ended."""

    num_questions: int
    num_done: int
    num_solved: int
    num_executed: int
    num_replayed: int
    just_finished: tuple[tuple[str, SearchTrace], ...]


def deal(items: Sequence[Item], rank: int, num_processes: int) -> list[Item]:
    """The share of one process: every `num_processes`-th item, from `rank` on.

    >>> deal(["a", "b", "c", "d", "e"], rank=1, num_processes=2)
    ['b', 'd']
    """
    if not 0 <= rank < num_processes:
        raise ValueError(f"rank {rank} of {num_processes} processes: it counts from 0")
    return list(items[rank::num_processes])


def run_searches(
    question_ids: Sequence[str],
    *,
    depth: int,
    rule: SearchRule,
    seed: int,
    shared_seed: bool,
    evaluator: Evaluator,
    journal: Journal,
    width: int,
    progress: Callable[[Progress], None] | None = None,
    keep_traces: bool = True,
) -> dict[str, SearchTrace]:
    """Search every question, `width` at a time; executions in the journal are not run again.

    Returns the trace of each question in the order of `question_ids`; without `keep_traces`,
    nothing: a long run need not hold what its journal holds. ValueError: a question listed twice,
    a rule of another depth. OSError: the journal could not be written (nothing recorded is lost).
    """
    _check(question_ids, depth, rule, width)
    run = _Run(question_ids, rule, seed, shared_seed, evaluator, journal, width)
    traces: dict[str, SearchTrace] = {}
    for report in run.rounds():
        if keep_traces:
            traces.update(report.just_finished)
        if progress is not None:
            progress(report)
    return {question_id: traces[question_id] for question_id in question_ids if keep_traces}


def _check(question_ids: Sequence[str], depth: int, rule: SearchRule, width: int) -> None:
    if depth != rule.depth:
        raise ValueError(f"the rule is made for {rule.depth} layers, the model has {depth}")
    if width < 1:
        raise ValueError(f"the number of questions at a time is 1 or more, not {width}")
    repeated = [question_id for question_id, n in Counter(question_ids).items() if n > 1]
    if repeated:
        raise ValueError(f"question id {repeated[0]!r} is listed twice: every id must be unique")


class _Run:
    """The state of one call of `run_searches`."""

    def __init__(
        self,
        question_ids: Sequence[str],
        rule: SearchRule,
        seed: int,
        shared_seed: bool,
        evaluator: Evaluator,
        journal: Journal,
        width: int,
    ) -> None:
        self.rule, self.seed, self.shared_seed = rule, seed, shared_seed
        self.evaluator, self.journal, self.width = evaluator, journal, width
        self.num_questions = len(question_ids)
        self.waiting = deque(question_ids)
        self.running: dict[str, Session] = {}
        self.ended: list[Session] = []
        self.num_done = self.num_solved = self.num_executed = self.num_replayed = 0

    def rounds(self) -> Iterator[Progress]:
        """Start what fits, wait for outcomes, record them, go on; one report per round."""
        while self.waiting or self.running:
            while self.waiting and len(self.running) < self.width:
                self._start(self.waiting.popleft())
                if self.ended:  # it was recorded to its end
                    yield self._report()
            if self.running:
                self._finish(self.evaluator.step())
                yield self._report()

    def _start(self, question_id: str) -> None:
        session = resume(
            self.journal.index,
            question_id,
            self.rule,
            seed=self.seed,
            shared_seed=self.shared_seed,
        )
        self.num_replayed += session.num_replayed
        self._submit_or_end(session)

    def _finish(self, outcomes: list[Finished]) -> None:
        self.journal.append([self._record(outcome) for outcome in outcomes])
        self.num_executed += len(outcomes)
        for outcome in outcomes:
            session = self.running.pop(outcome.question_id)
            session.advance(outcome)
            self._submit_or_end(session)

    def _record(self, outcome: Finished) -> Record:
        proposal = self.running[outcome.question_id].proposal
        if proposal is None or proposal.path != outcome.path:
            raise RuntimeError(f"{outcome.question_id} did not submit the path {outcome.path}")
        return Record(
            question=outcome.question_id,
            asked=self.journal.asked[outcome.question_id],
            path=outcome.path,
            correct=outcome.correct,
            answer=outcome.answer,
            response=outcome.response,
            parent=proposal.parent,
            seconds=outcome.seconds,
        )

    def _submit_or_end(self, session: Session) -> None:
        if session.proposal is not None:
            self.running[session.question_id] = session
            self.evaluator.submit(session.question_id, session.proposal.path)
            return
        self.ended.append(session)

    def _report(self) -> Progress:
        ended = [(s.question_id, s.trace) for s in self.ended if s.trace is not None]
        self.ended = []
        self.num_done += len(ended)
        self.num_solved += sum(1 for _, trace in ended if trace.valid_paths)
        return Progress(
            num_questions=self.num_questions,
            num_done=self.num_done,
            num_solved=self.num_solved,
            num_executed=self.num_executed,
            num_replayed=self.num_replayed,
            just_finished=tuple(ended),
        )
