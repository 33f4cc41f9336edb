"""Evaluation: the candidates of every arm run on the test questions, and what they score."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from mcts.edits import SPACES
from mcts.rules import make_rule
from mcts.samples import Sample
from mcts.search import question_rng, search
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
from polar.verify import Outcome, Path, Verifier

Candidates = Mapping[str, Sequence[Path]]  # question id → paths, best first


@dataclass(frozen=True)
class Arm:
    """A way to choose paths for a question; the full path is an arm with one candidate."""

    name: str
    candidates: Candidates


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


Results = dict[str, dict[str, list[Outcome]]]  # arm → question id → outcomes, best first


def full_path_arm(question_ids: Sequence[str], depth: int) -> Arm:
    """The stock model: one candidate, the full path."""
    return Arm("full path", {question_id: (full_path(depth),) for question_id in question_ids})


def random_arm(question_ids: Sequence[str], depth: int, k: int, seed: int) -> Arm:
    """k random programs for each question: 1…6 random edits of the full path, kept if they parse.

    Some questions may get fewer, where the space holds fewer within its bounds.
    """
    return Arm(
        f"random {k}",
        {question_id: _random_paths(question_id, depth, k, seed) for question_id in question_ids},
    )


def _random_paths(question_id: str, depth: int, k: int, seed: int) -> tuple[Path, ...]:
    rule = make_rule("random", SPACES[-1], depth, num_simulations=20 * k + 1)
    steps = search(depth, rule, question_rng(seed, f"random arm {question_id}"))
    next(steps)  # the full path
    found: list[Path] = []
    while len(found) < k:
        try:
            path = steps.send(False)
        except StopIteration:
            break
        if parse_path(path, depth) is not None:
            found.append(path)
    return tuple(found)


def menu_arm(question_ids: Sequence[str], train: Sequence[Sample], k: int) -> Arm:
    """The same k paths for every question: those valid for most training questions."""
    counts = Counter(path for sample in train for path in set(sample.valid_paths))
    menu = tuple(sorted(counts, key=lambda path: (-counts[path], len(path), path))[:k])
    return Arm(f"menu {k}", dict.fromkeys(question_ids, menu))


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


def as_rows(summary: ArmSummary | SearchSummary) -> dict[str, object]:
    """The summary as it stands in a report."""
    return asdict(summary)
