"""The grader: a response and a reference in, a verdict out, whatever the response holds."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from types import TracebackType

from dart_math.equal import Decision, decide
from dart_math.extract import CONTRACTS, extract_answer
from dart_math.foreign import reference_answer
from dart_math.pool import ENDED, WorkerPool, worker_command
from dart_math.restated import repeats_question
from dart_math.spellings import align_notation, plain_spelling

DEFAULT_MEMORY_LIMIT = 1 << 30
CACHE_ENTRIES = 100_000
CACHED_LENGTH = 2_000  # characters of a pair; longer ones are not kept


@dataclass(frozen=True)
class Verdict:
    """Whether a response is right, and who decided.

    `tier` is "text", "number", "structure" or "symbolic", the first of them that could decide, or
    "none" when there was no answer; `answer` is the extracted text. `reason` is a few words; it is
    "timeout", "memory" or "crashed" when the child process was ended, "unparsable" when the two
    texts differ and one of them has no reading, "repeats the question" when it does no more.
    """

    correct: bool
    tier: str
    answer: str | None
    reason: str


class Grader:
    r"""Grades responses; only what text and numbers cannot decide goes to a child process.

    A context manager, usable from any thread. `time_limit` (seconds) and `memory_limit` (bytes)
    hold for one answer in a child; `workers` is how many children may work at a time.

    >>> with Grader() as grader:
    ...     grader.grade(r"It is \boxed{\frac{1}{2}}.", "0.5").correct
    True
    """

    def __init__(
        self,
        workers: int = 1,
        time_limit: float = 5.0,
        memory_limit: int = DEFAULT_MEMORY_LIMIT,
    ) -> None:
        if workers < 1 or time_limit <= 0:
            raise ValueError(
                f"a Grader needs at least 1 worker and a positive time limit, not "
                f"workers={workers}, time_limit={time_limit}"
            )
        self._pool = WorkerPool(workers, time_limit, worker_command(memory_limit, time_limit))
        self._decisions: OrderedDict[tuple[str, str, bool], Decision] = OrderedDict()
        self._lock = threading.Lock()

    def grade(
        self, response: str, reference: str, contract: str = "boxed", question: str | None = None
    ) -> Verdict:
        """The verdict on `response` to a question whose answer is `reference`.

        With the `question`, an answer that only says it again (restated.py) is wrong, whatever it
        is worth. Raises ValueError for an unknown contract; whatever the texts hold is a verdict.
        """
        answer = extract_answer(response, contract)
        if answer is None:
            return Verdict(False, "none", None, "no answer")
        if contract == "any":
            reference = reference_answer(reference)
        decision = self._decide(answer, reference, is_choice=contract == "choice")
        if (
            question is not None
            and decision.equal
            and decision.tier != "text"
            and repeats_question(answer, reference, question)
        ):
            return Verdict(False, decision.tier, answer, "repeats the question")
        return Verdict(decision.equal, decision.tier, answer, decision.reason)

    def process_ids(self) -> list[int]:
        """The child processes that run now, for those who watch them."""
        return self._pool.process_ids()

    def close(self) -> None:
        """End the child processes; a closed grader refuses symbolic questions."""
        self._pool.close()

    def __enter__(self) -> "Grader":
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _decide(self, answer: str, reference: str, is_choice: bool) -> Decision:
        key = (answer, reference, is_choice)
        with self._lock:
            known = self._decisions.get(key)
            if known is not None:
                self._decisions.move_to_end(key)
                return known
        decision = decide(answer, reference, is_choice)
        if decision is None:
            reply = self._pool.ask(
                *align_notation(plain_spelling(answer), plain_spelling(reference))
            )
            decision = Decision(reply.equal, "symbolic", reply.reason)
            if reply.reason in ENDED:  # of the machine, perhaps, and not of the question
                return decision
        if len(answer) + len(reference) > CACHED_LENGTH:
            return decision
        with self._lock:
            self._decisions[key] = decision
            if len(self._decisions) > CACHE_ENTRIES:
                self._decisions.popitem(last=False)
        return decision


__all__ = ["CONTRACTS", "Grader", "Verdict"]
