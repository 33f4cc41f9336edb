"""Arms: the ways to choose paths for questions whose results stand side by side."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from mcts.edits import SPACES
from mcts.rules import make_rule
from mcts.samples import Sample
from mcts.search import question_rng, search
from polar.decode import Candidate, DecodeConfig, beam_decode
from polar.features import FeatureStore, pad_features
from polar.model import PolarPredictor
from polar.program import full_path, parse_path
from polar.questions import Question
from polar.verify import Path

PREDICT_BATCH = 64

Candidates = Mapping[str, Sequence[Path]]  # question id → paths, best first


@dataclass(frozen=True)
class Arm:
    """A way to choose paths for a question; the full path is an arm with one candidate."""

    name: str
    candidates: Candidates


def predict(
    predictor: PolarPredictor,
    questions: Sequence[Question],
    features: FeatureStore,
    config: DecodeConfig,
) -> dict[str, list[Candidate]]:
    """The decoded programs of every question, by id, best first."""
    found: dict[str, list[Candidate]] = {}
    for start in range(0, len(questions), PREDICT_BATCH):
        batch = questions[start : start + PREDICT_BATCH]
        decoded = predict_batch(predictor, [features[item.question] for item in batch], config)
        found |= {item.id: ranked for item, ranked in zip(batch, decoded, strict=True)}
    return found


def predict_batch(
    predictor: PolarPredictor, matrices: Sequence[np.ndarray], config: DecodeConfig
) -> list[list[Candidate]]:
    """The decoded programs of questions with these token features [T, encoder_dim], best first."""
    device = predictor.layer_queries.device
    tokens, mask = pad_features(matrices, predictor.config.encoder_dim)
    with torch.inference_mode():
        logits = predictor(tokens.to(device), mask.to(device))
    return beam_decode(logits, config)


def polar_arm(candidates: Mapping[str, Sequence[Candidate]]) -> Arm:
    """The predictor's programs."""
    return Arm(
        "polar",
        {
            question_id: [candidate.program.path for candidate in ranked]
            for question_id, ranked in candidates.items()
        },
    )


def choose_arms(
    candidates: Mapping[str, Sequence[Candidate]], train: Sequence[Sample], depth: int, seed: int
) -> list[Arm]:
    """The predictor's arm and what stands beside it, with as many paths a question."""
    question_ids = list(candidates)
    k = max(map(len, candidates.values()))
    return [
        full_path_arm(question_ids, depth),
        polar_arm(candidates),
        random_arm(question_ids, depth, k, seed),
        menu_arm(question_ids, train, k),
    ]


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
