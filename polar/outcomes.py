"""What is run for a question, and what came of it."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Path = tuple[int, ...]
Source = Literal["executed", "searched", "labelled", "empty", "error"]


class Attempt(NamedTuple):
    """A path to run for a question: greedily, or with a temperature and the seed of its draw."""

    question_id: str
    path: Path
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of a path for a question.

    `source` says how we know: it was executed; verdict and answer were taken from the search, or
    the verdict alone ("labelled": nobody recorded the answer); the path is empty and there is
    nothing to run; or the runner refused the job (`response` is why).
    """

    path: Path
    correct: bool
    answer: str | None
    response: str
    source: Source
