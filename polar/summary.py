"""What outcomes come to: the scores of every arm on a group of questions, and the search's."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mcts.samples import Sample
from polar.metrics import (
    Rate,
    mean,
    mean_layers,
    mean_unique_layers,
    no_answer_rate,
    paired_interval,
    pass_at_k,
    sampled_pass_at_k,
    solves,
)
from polar.outcomes import Outcome
from polar.program import full_path, parse_path

Results = dict[str, dict[str, list[Outcome]]]  # arm → question id → outcomes, best first

SAMPLING = "sampling "  # the arms of draws are called so, with their temperature


@dataclass(frozen=True)
class ArmSummary:
    """What an arm scores on some questions; rates are (hits, total).

    `pass_at` holds pass@1, pass@2, …; of draws it is `sampled_pass_at_k`. Layers and `no_answer`
    are those of the first candidates, or of all draws. `interval` is the paired 95% bootstrap
    interval of pass@1 against the full path's.
    """

    questions: int
    pass_at: list[Rate]
    mean_layers: float
    mean_unique_layers: float
    no_answer: Rate
    top1_is_full_path: Rate
    interval: tuple[float, float]
    sources: dict[str, int]


def summarise(results: Results, question_ids: Sequence[str], depth: int) -> dict[str, ArmSummary]:
    """What each arm scores on `question_ids`; the arm "full path" is what all are held against."""
    baseline = [float(solves(results["full path"][id], 1)) for id in question_ids]
    return {
        arm: _summarise_arm(
            [outcomes[id] for id in question_ids], baseline, depth, arm.startswith(SAMPLING)
        )
        for arm, outcomes in results.items()
    }


def _summarise_arm(
    ranked: list[list[Outcome]], baseline: list[float], depth: int, is_sampled: bool
) -> ArmSummary:
    widest = max((len(row) for row in ranked), default=0)
    estimate = sampled_pass_at_k if is_sampled else pass_at_k
    first = [row if is_sampled else row[:1] for row in ranked]  # what pass@1 is the mean of
    ours = [mean([outcome.correct for outcome in row]) for row in first]
    full = full_path(depth)
    return ArmSummary(
        questions=len(ranked),
        pass_at=[estimate(ranked, k) for k in range(1, widest + 1)],
        mean_layers=mean_layers(ranked),
        mean_unique_layers=mean_unique_layers(ranked),
        no_answer=no_answer_rate(first),
        top1_is_full_path=Rate(sum(row[0].path == full for row in ranked if row), len(ranked)),
        interval=paired_interval(ours, baseline),
        sources=dict(Counter(outcome.source for row in ranked for outcome in row)),
    )


@dataclass(frozen=True)
class BestSampling:
    """The best temperature for one k, chosen on the very questions that it is reported on."""

    temperature: str
    pass_at: Rate


def choose_best_sampling(summaries: Mapping[str, ArmSummary]) -> list[BestSampling]:
    """The best temperature for pass@1, pass@2, …, as the paper reports them; [] without draws."""
    sampled = {
        arm.removeprefix(SAMPLING): summary.pass_at
        for arm, summary in summaries.items()
        if arm.startswith(SAMPLING)
    }
    shortest = min(map(len, sampled.values()), default=0)
    best = []
    for k in range(shortest):
        temperature = max(sampled, key=lambda name: sampled[name][k].share)
        best.append(BestSampling(temperature, sampled[temperature][k]))
    return best


def count_verdicts(results: Results, question_ids: Sequence[str]) -> dict[str, int]:
    """How the distinct verdicts came about: by execution, from the search's labels, …"""
    greedy: dict[tuple[str, tuple[int, ...]], str] = {}
    drawn: Counter[str] = Counter()
    for arm, outcomes in results.items():
        for id in question_ids:
            if arm.startswith(SAMPLING):
                drawn.update(outcome.source for outcome in outcomes[id])
            else:
                greedy |= {(id, outcome.path): outcome.source for outcome in outcomes[id]}
    return dict(Counter(greedy.values()) + drawn)


@dataclass(frozen=True)
class SearchSummary:
    """What the search found for some questions."""

    questions: int
    solved: int  # some executed path is right
    full_path_correct: int
    executions: int
    valid_paths: int
    parsed_valid_paths: int  # a program expands to them
    shorter_than_full: int  # questions solved by a path shorter than the full one


def summarise_search(samples: Sequence[Sample], depth: int) -> SearchSummary:
    """Count what the search found, and how much of it the predictor can learn."""
    valid = [path for sample in samples for path in sample.valid_paths]
    return SearchSummary(
        questions=len(samples),
        solved=sum(bool(sample.valid_paths) for sample in samples),
        full_path_correct=sum(sample.initial_score > 0 for sample in samples),
        executions=sum(len(sample.valid_paths) + len(sample.invalid_paths) for sample in samples),
        valid_paths=len(valid),
        parsed_valid_paths=sum(parse_path(path, depth) is not None for path in valid),
        shorter_than_full=sum(
            any(len(path) < depth for path in sample.valid_paths) for sample in samples
        ),
    )
