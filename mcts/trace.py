"""What a search leaves behind: every path it ran, with its verdict and its place in the tree."""

from dataclasses import dataclass, replace

Path = tuple[int, ...]  # layer indices, as executed


def full_path(depth: int) -> Path:
    """Every layer once, in order.

    >>> full_path(4)
    (0, 1, 2, 3)
    """
    return tuple(range(depth))


@dataclass(frozen=True)
class Execution:
    """One path that was run for one question.

    `parent` is the place in the trace of the nearest ancestor that was run (None for the full
    path): the release's rule also walks through nodes that it never runs. `visits` and
    `total_reward` are those of the path's node when the search ended.
    """

    path: Path
    correct: bool
    answer: str | None
    parent: int | None
    visits: int
    total_reward: float


@dataclass(frozen=True)
class SearchTrace:
    """All executions of one question, in the order in which they were run."""

    executions: tuple[Execution, ...]

    @property
    def valid_paths(self) -> tuple[Path, ...]:
        """The paths whose answer was right, in the order in which they were run."""
        return tuple(execution.path for execution in self.executions if execution.correct)

    @property
    def invalid_paths(self) -> tuple[Path, ...]:
        """The paths whose answer was wrong, in the order in which they were run."""
        return tuple(execution.path for execution in self.executions if not execution.correct)

    def with_answers(self, answers: list[str | None]) -> "SearchTrace":
        """The same trace with an answer for each execution; a search sees the verdicts alone."""
        pairs = zip(self.executions, answers, strict=True)
        return SearchTrace(tuple(replace(execution, answer=answer) for execution, answer in pairs))
