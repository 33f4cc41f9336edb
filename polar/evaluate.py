"""Evaluation: the paths of every arm, and the sampled draws, run on the test questions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from dart_math.grader import Grader
from llm_depth_router.models import LoadedModel
from mcts.samples import Sample
from polar.arms import Arm, choose_arms, predict
from polar.decode import Candidate
from polar.draws import choose_draws
from polar.eval_config import EvalConfig
from polar.features import FeatureStore
from polar.model import PolarPredictor
from polar.outcomes import Attempt, Outcome
from polar.prompting import Prompting
from polar.questions import Question
from polar.response_log import describe_run, open_response_log
from polar.searched import SearchedData
from polar.summary import SAMPLING, Results
from polar.verify import Verifier, make_engine

Item = TypeVar("Item")
Attempts = Mapping[str, Sequence[Attempt]]  # question id → what is run for it, best first


@dataclass(frozen=True)
class Evaluation:
    """The decoded candidates by question id, and what came of everything that was run.

    `recalled` counts the responses that an earlier start had stored.
    """

    candidates: dict[str, list[Candidate]]
    results: Results
    recalled: int


def evaluate_predictor(
    predictor: PolarPredictor,
    questions: Sequence[Question],
    features: FeatureStore,
    train: Sequence[Sample],
    loaded: LoadedModel,
    prompting: Prompting,
    config: EvalConfig,
    folder: Path,
    *,
    known: Mapping[Attempt, Outcome] | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Evaluation:
    """Run the predictor's candidates on the questions, and the controls beside them.

    The menu is drawn from the samples of `train`; verdicts in `known` are taken as they are.
    Responses are stored in `folder`, so that an interrupted evaluation goes on.
    """
    candidates = predict(predictor, questions, features, config.decode)
    depth = predictor.config.depth
    arms = choose_arms(candidates, train, depth, config.seed)
    draws = {
        f"{SAMPLING}{temperature:g}": choose_draws(
            list(candidates), config.decode.top_k_paths, temperature, config.seed, depth
        )
        for temperature in config.temperatures
    }
    runner = make_engine(loaded, prompting, cache_gb=config.cache_gb, prefix_gb=config.prefix_gb)
    with Grader() as grader, open_response_log(folder, describe_run(loaded, prompting)) as log:
        verifier = Verifier(runner, grader, loaded, prompting, questions, log)
        results = run_arms(arms, verifier, known or {}, draws, progress)
    return Evaluation(candidates, results, log.recalled)


def run_arms(
    arms: Sequence[Arm],
    verifier: Verifier,
    known: Mapping[Attempt, Outcome],
    draws: Mapping[str, Attempts],
    progress: Callable[[int, int], object] | None = None,
) -> Results:
    """Run every distinct (question, path) of all arms once, and every draw, but for those `known`.

    `draws` holds attempts by arm and question id; `progress` gets (newly finished, total).
    """
    wanted: dict[str, Attempts] = {arm.name: _greedy_attempts(arm) for arm in arms} | dict(draws)
    distinct = dict.fromkeys(
        attempt for attempts in wanted.values() for row in attempts.values() for attempt in row
    )
    missing = [attempt for attempt in distinct if attempt not in known]
    outcomes = dict(known) | verifier.run_attempts(
        missing, progress and (lambda count: progress(count, len(missing)))
    )
    return {
        name: {id: [outcomes[attempt] for attempt in row] for id, row in attempts.items()}
        for name, attempts in wanted.items()
    }


def _greedy_attempts(arm: Arm) -> Attempts:
    return {id: [Attempt(id, path) for path in paths] for id, paths in arm.candidates.items()}


def known_outcomes(samples: Sequence[Sample]) -> dict[Attempt, Outcome]:
    """The verdicts that the search recorded, for those who trust them.

    A path that a file lists as valid and as invalid has none.
    """
    answers = {
        (sample.id, execution.path): execution.answer
        for sample in samples
        for execution in sample.trace
    }
    return {
        Attempt(sample.id, path): Outcome(
            path,
            correct,
            answers.get((sample.id, path)),
            "",
            "searched" if (sample.id, path) in answers else "labelled",
        )
        for sample in samples
        for correct, paths in ((True, sample.valid_paths), (False, sample.invalid_paths))
        for path in paths
        if (path in sample.valid_paths) != (path in sample.invalid_paths)
    }


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
