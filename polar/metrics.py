"""Numbers over outcomes: pass@k, rates with their counts, and paired intervals."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from polar.verify import Outcome

BOOTSTRAP_DRAWS = 10_000


class Rate(NamedTuple):
    """A share and what it is a share of."""

    hits: int
    total: int

    @property
    def share(self) -> float:
        """hits / total; 0 where there is nothing to count."""
        return self.hits / self.total if self.total else 0.0

    def __str__(self) -> str:
        return f"{100 * self.share:5.1f}%  {self.hits}/{self.total}"


Ranked = Sequence[Sequence[Outcome]]  # the candidates' outcomes of each question, best first


def pass_at_k(ranked: Ranked, k: int) -> Rate:
    """pass@k = the share of questions that any of their first k candidates answers (§4.1)."""
    return Rate(sum(solves(outcomes, k) for outcomes in ranked), len(ranked))


def solves(outcomes: Sequence[Outcome], k: int) -> bool:
    """Whether one of the first k candidates is right."""
    return any(outcome.correct for outcome in outcomes[:k])


def no_answer_rate(ranked: Ranked) -> Rate:
    """How many candidates gave no answer at all."""
    outcomes = [outcome for row in ranked for outcome in row]
    return Rate(sum(outcome.answer is None for outcome in outcomes), len(outcomes))


def mean_layers(ranked: Ranked, k: int = 1) -> float:
    """Executed layers of the first k candidates, on average."""
    return _mean([len(outcome.path) for row in ranked for outcome in row[:k]])


def mean_unique_layers(ranked: Ranked, k: int = 1) -> float:
    """Distinct layers of the first k candidates, on average."""
    return _mean([len(set(outcome.path)) for row in ranked for outcome in row[:k]])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def paired_interval(
    ours: Sequence[bool], theirs: Sequence[bool], seed: int = 0
) -> tuple[float, float]:
    """95% bootstrap interval of mean(ours) - mean(theirs), resampling questions.

    >>> paired_interval([True] * 50, [False] * 50)
    (1.0, 1.0)
    """
    differences = [int(a) - int(b) for a, b in zip(ours, theirs, strict=True)]
    if not differences:
        return (0.0, 0.0)
    rng = random.Random(seed)
    count = len(differences)
    means = sorted(sum(rng.choices(differences, k=count)) / count for _ in range(BOOTSTRAP_DRAWS))
    return means[round(0.025 * BOOTSTRAP_DRAWS)], means[round(0.975 * BOOTSTRAP_DRAWS) - 1]
