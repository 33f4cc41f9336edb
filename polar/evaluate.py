"""Evaluation: the paths of every arm run on the test questions, and what they score."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mcts.samples import Sample
from polar.arms import Arm
from polar.metrics import (
    Rate,
    mean_layers,
    mean_unique_layers,
    no_answer_rate,
    paired_interval,
    pass_at_k,
    solves,
)
from polar.program import full_path, parse_path
from polar.questions import Question
from polar.run import SearchedData
from polar.verify import Outcome, Path, Verifier


@dataclass(frozen=True)
class ArmSummary:
    """What an arm scores on some questions; rates are (hits, total).

    `interval` is the paired 95% bootstrap interval of pass@1 against the full path's.
    """

    questions: int
    pass_at: list[Rate]
    mean_layers: float
    mean_unique_layers: float
    no_answer: Rate
    top1_is_full_path: Rate
    interval: tuple[float, float]
    sources: dict[str, int]


Item = TypeVar("Item")
Results = dict[str, dict[str, list[Outcome]]]  # arm → question id → outcomes, best first


def known_outcomes(samples: Sequence[Sample]) -> dict[tuple[str, Path], Outcome]:
    """The verdicts that the search recorded, for those who trust them."""
    answers = {
        (sample.id, execution.path): execution.answer
        for sample in samples
        for execution in sample.trace
    }
    return {
        (sample.id, path): Outcome(path, correct, answers.get((sample.id, path)), "", "searched")
        for sample in samples
        for correct, paths in ((True, sample.valid_paths), (False, sample.invalid_paths))
        for path in paths
    }


def run_arms(
    arms: Sequence[Arm],
    verifier: Verifier,
    known: Mapping[tuple[str, Path], Outcome],
    progress: Callable[[int, int], object] | None = None,
) -> Results:
    """Run every distinct (question, path) of all arms once, but for those in `known`.

    `progress` is called with (newly finished, total).
    """
    pairs = dict.fromkeys(
        (question_id, path)
        for arm in arms
        for question_id, paths in arm.candidates.items()
        for path in paths
    )
    missing = [pair for pair in pairs if pair not in known]
    outcomes = dict(known) | verifier.run_all(
        missing, progress and (lambda count: progress(count, len(missing)))
    )
    return {
        arm.name: {
            question_id: [outcomes[question_id, path] for path in paths]
            for question_id, paths in arm.candidates.items()
        }
        for arm in arms
    }


def summarise(results: Results, question_ids: Sequence[str], depth: int) -> dict[str, ArmSummary]:
    """What each arm scores on `question_ids`; the arm "full path" is what all are held against."""
    baseline = [solves(results["full path"][question_id], 1) for question_id in question_ids]
    summaries = {}
    for name, outcomes in results.items():
        ranked = [outcomes[question_id] for question_id in question_ids]
        widest = max((len(row) for row in ranked), default=0)
        full = full_path(depth)
        summaries[name] = ArmSummary(
            questions=len(ranked),
            pass_at=[pass_at_k(ranked, k) for k in range(1, widest + 1)],
            mean_layers=mean_layers(ranked),
            mean_unique_layers=mean_unique_layers(ranked),
            no_answer=no_answer_rate(ranked),
            top1_is_full_path=Rate(sum(row[0].path == full for row in ranked if row), len(ranked)),
            interval=paired_interval([solves(row, 1) for row in ranked], baseline),
            sources=dict(Counter(outcome.source for row in ranked for outcome in row)),
        )
    return summaries


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


def choose_test(data: SearchedData, limit: int) -> dict[int, list[Question]]:
    """The test questions by difficulty, at most `limit` of each; difficulties without are left out.

    Raises ValueError where there are none.
    """
    chosen = {
        difficulty: [
            Question(sample.id, sample.question, sample.answer, difficulty, sample.split)
            for sample in splits.test[:limit]
        ]
        for difficulty, splits in data.splits.items()
    }
    if not any(chosen.values()):
        raise ValueError("no sample is in the test split: there is nothing to evaluate on")
    return {difficulty: members for difficulty, members in chosen.items() if members}


def by_group(items: Mapping[int, Sequence[Item]]) -> dict[str, list[Item]]:
    """Items by group as they are reported: each difficulty, then all where there are several.

    >>> by_group({1: ["a"], 2: ["b"]})
    {'1': ['a'], '2': ['b'], 'all': ['a', 'b']}
    """
    groups = {str(difficulty): list(members) for difficulty, members in items.items()}
    if len(groups) > 1:
        groups["all"] = [item for members in items.values() for item in members]
    return groups
