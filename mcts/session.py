"""One question's search with its answers; it goes through recorded executions by itself."""

from collections.abc import Mapping
from typing import Protocol

from mcts.policies import SearchRule
from mcts.search import Proposal, propose_paths, question_rng
from mcts.trace import Path, SearchTrace


class Outcome(Protocol):
    """What a session needs of an execution: its verdict and its answer."""

    @property
    def correct(self) -> bool: ...

    @property
    def answer(self) -> str | None: ...


class Session:
    """A search that first replays what is recorded, then waits for the outcome of `proposal`.

    `proposal` is the path to run next; it is None when the search is over, and `trace` is then
    complete. A path that was recorded is never proposed.
    """

    def __init__(
        self,
        question_id: str,
        rule: SearchRule,
        *,
        seed: int,
        shared_seed: bool,
        recorded: Mapping[Path, Outcome],
    ) -> None:
        self.question_id = question_id
        self.trace: SearchTrace | None = None
        self._answers: list[str | None] = []
        self._recorded = recorded
        self._steps = propose_paths(rule, question_rng(seed, question_id, shared_seed=shared_seed))
        self.proposal: Proposal | None = next(self._steps)
        self._replay()
        self.num_replayed = len(self._answers)

    def advance(self, outcome: Outcome) -> None:
        """Give the outcome of `proposal`, and go on to the next path that is not recorded."""
        self._send(outcome)
        self._replay()

    def _replay(self) -> None:
        while self.proposal is not None and self.proposal.path in self._recorded:
            self._send(self._recorded[self.proposal.path])

    def _send(self, outcome: Outcome) -> None:
        self._answers.append(outcome.answer)
        try:
            self.proposal = self._steps.send(outcome.correct)
        except StopIteration as stop:
            found: SearchTrace = stop.value
            self.trace = found.with_answers(self._answers)
            self.proposal = None
