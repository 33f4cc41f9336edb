"""One question's search with its answers; it goes through recorded executions by itself."""

from collections.abc import Mapping
from typing import Protocol

from mcts.journal_index import JournalIndex
from mcts.policies import SearchRule
from mcts.search import Proposal, propose_paths, question_rng
from mcts.trace import Path, SearchTrace


class Outcome(Protocol):
    """What a session needs of an execution: its verdict and its answer."""

    @property
    def correct(self) -> bool: ...

    @property
    def answer(self) -> str | None: ...


class Recorded(Outcome, Protocol):
    """What a session needs of a recorded execution: also the place of its parent."""

    @property
    def parent(self) -> int | None: ...


class Session:
    """A search that first replays what is recorded, then waits for the outcome of `proposal`.

    `proposal` is the path to run next; it is None when the search is over, and `trace` is then
    complete. A path that was recorded is never proposed. `misplaced` is the first replayed path
    that was recorded with another parent than it has in this search.
    """

    def __init__(
        self,
        question_id: str,
        rule: SearchRule,
        *,
        seed: int,
        shared_seed: bool,
        recorded: Mapping[Path, Recorded],
    ) -> None:
        self.question_id = question_id
        self.trace: SearchTrace | None = None
        self._answers: list[str | None] = []
        self._recorded = recorded
        self.misplaced: Path | None = None
        self._steps = propose_paths(rule, question_rng(seed, question_id, shared_seed=shared_seed))
        self.proposal: Proposal | None = next(self._steps)
        self.num_replayed = 0
        self.num_repeated = self.num_contradicted = 0  # records of a path that has an earlier one
        self._replay()

    @property
    def num_unused(self) -> int:
        """How many recorded executions the search has not come to so far."""
        return len(self._recorded) - self.num_replayed

    def advance(self, outcome: Outcome) -> None:
        """Give the outcome of `proposal`, and go on to the next path that is not recorded."""
        self._send(outcome)
        self._replay()

    def _replay(self) -> None:
        while self.proposal is not None and self.proposal.path in self._recorded:
            recorded = self._recorded[self.proposal.path]
            if self.misplaced is None and recorded.parent != self.proposal.parent:
                self.misplaced = self.proposal.path
            self.num_replayed += 1
            self._send(recorded)

    def _send(self, outcome: Outcome) -> None:
        self._answers.append(outcome.answer)
        try:
            self.proposal = self._steps.send(outcome.correct)
        except StopIteration as stop:
            found: SearchTrace = stop.value
            self.trace = found.with_answers(self._answers)
            self.proposal = None


def resume(
    index: JournalIndex, question_id: str, rule: SearchRule, *, seed: int, shared_seed: bool
) -> Session:
    """The search of a question, gone through all that the journals recorded of it.

    ValueError, with file and line, where an execution has another parent than in this search: it
    was not run by it. Executions that stand there twice with other verdicts explain such a parent.
    """
    records = index.read_all(question_id)
    recorded = {record.path: record for record in reversed(records)}  # the first counts
    session = Session(question_id, rule, seed=seed, shared_seed=shared_seed, recorded=recorded)
    session.num_repeated = len(records) - len(recorded)
    session.num_contradicted = sum(each.correct != recorded[each.path].correct for each in records)
    if session.misplaced is not None and not session.num_repeated:
        raise ValueError(
            f"{index.find_place(question_id, session.misplaced)}: this execution of question"
            f" {question_id!r} has another parent than in the search of these settings: restore the"
            " file from a backup, or delete the line; its execution is then run again"
        )
    return session
