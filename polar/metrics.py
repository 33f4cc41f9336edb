"""Numbers over outcomes: pass@k, rates with their counts, and paired intervals."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from polar.outcomes import Outcome

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
Drawn = Sequence[Sequence[Outcome]]  # the draws' outcomes of each question, the same number of all


def pass_at_k(ranked: Ranked, k: int) -> Rate:
    """pass@k = the share of questions that any of their first k candidates answers (§4.1)."""
    return Rate(sum(solves(outcomes, k) for outcomes in ranked), len(ranked))


def solves(outcomes: Sequence[Outcome], k: int) -> bool:
    """Whether one of the first k candidates is right."""
    return any(outcome.correct for outcome in outcomes[:k])


def sampled_pass_at_k(drawn: Drawn, k: int) -> Rate:
    """pass@k of sampling: the share of all sets of k draws that hold a right one.

    Of n draws of a question, c are right: pass@k = mean over questions of 1 - C(n-c, k) / C(n, k),
    the unbiased estimator of Chen et al. 2021 (human-eval). pass@1 is the mean over all draws;
    pass@n is whether any draw is right. Hits and total count sets of k draws.

    >>> draw = [Outcome((0,), right, "1", "", "executed") for right in (True, False, False)]
    >>> [sampled_pass_at_k([draw], k) for k in (1, 2, 3)]
    [Rate(hits=1, total=3), Rate(hits=2, total=3), Rate(hits=1, total=1)]
    """
    hits = total = 0
    for outcomes in drawn:
        wrong = sum(not outcome.correct for outcome in outcomes)
        sets = math.comb(len(outcomes), k)
        hits += sets - math.comb(wrong, k)
        total += sets
    return Rate(hits, total)


def no_answer_rate(ranked: Ranked) -> Rate:
    """How many candidates gave no answer at all, of those whose answer is known."""
    outcomes = [outcome for row in ranked for outcome in row if outcome.source != "labelled"]
    return Rate(sum(outcome.answer is None for outcome in outcomes), len(outcomes))


def mean_layers(ranked: Ranked, k: int = 1) -> float:
    """Executed layers of the first k candidates, on average."""
    return mean([len(outcome.path) for row in ranked for outcome in row[:k]])


def mean_unique_layers(ranked: Ranked, k: int = 1) -> float:
    """Distinct layers of the first k candidates, on average."""
    return mean([len(set(outcome.path)) for row in ranked for outcome in row[:k]])


def mean(values: Sequence[float]) -> float:
    """The average; 0 of nothing.

    >>> mean([1, 2]), mean([])
    (1.5, 0.0)
    """
    return sum(values) / len(values) if values else 0.0


def paired_interval(
    ours: Sequence[float], theirs: Sequence[float], seed: int = 0
) -> tuple[float, float]:
    """95% bootstrap interval of mean(ours) - mean(theirs), resampling questions.

    >>> paired_interval([1.0] * 50, [0.0] * 50)
    (1.0, 1.0)
    """
    differences = [a - b for a, b in zip(ours, theirs, strict=True)]
    if not differences:
        return (0.0, 0.0)
    # A resample matters only by how often it takes each value, and there are few values.
    values, counts = np.unique(differences, return_counts=True)
    shares = counts / len(differences)
    drawn = np.random.default_rng(seed).multinomial(len(differences), shares, BOOTSTRAP_DRAWS)
    means = np.sort(drawn @ values / len(differences))
    low, high = round(0.025 * BOOTSTRAP_DRAWS), round(0.975 * BOOTSTRAP_DRAWS) - 1
    return float(means[low]), float(means[high])
