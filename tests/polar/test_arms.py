"""Guaranteed: every arm offers distinct paths of the same grammar, from its own source alone."""

import numpy as np
import torch

from mcts.samples import Sample
from polar.arms import full_path_arm, menu_arm, polar_arm, predict, random_arm
from polar.decode import DecodeConfig
from polar.features import FeatureStore
from polar.model import PolarPredictor, PredictorConfig
from polar.program import full_path, parse_path
from polar.questions import Question

DEPTH = 8
FULL = full_path(DEPTH)


def test_the_full_path_is_one_candidate() -> None:
    assert full_path_arm(["a", "b"], DEPTH).candidates == {"a": (FULL,), "b": (FULL,)}


def test_random_paths_parse_differ_and_depend_on_seed_and_question_alone() -> None:
    arm = random_arm(["a", "b"], DEPTH, 5, seed=0)
    for paths in arm.candidates.values():
        assert len(set(paths)) == len(paths) == 5
        assert all(parse_path(path, DEPTH) is not None for path in paths)
        assert FULL not in paths
    assert arm.candidates["a"] != arm.candidates["b"]
    assert random_arm(["b"], DEPTH, 5, seed=0).candidates["b"] == arm.candidates["b"]
    assert random_arm(["b"], DEPTH, 5, seed=1).candidates["b"] != arm.candidates["b"]


def test_the_menu_is_what_is_valid_most_often_and_the_same_for_all() -> None:
    short, rare, long = FULL[1:], FULL[2:], (0, *FULL)
    train = [
        Sample("1", "Q1", "1", "train", 1.0, (FULL, short), ()),
        Sample("2", "Q2", "1", "train", 0.0, (short, long), ()),
        Sample("3", "Q3", "1", "train", 0.0, (short, short, rare), ()),
    ]
    arm = menu_arm(["x", "y"], train, k=3)
    menu = (short, rare, FULL)  # thrice, once, once and longer; so is long
    assert arm.candidates == {"x": menu, "y": menu}


def test_predicted_programs_do_not_depend_on_their_batch(tmp_path) -> None:
    questions = [Question(str(n), f"What is {n}?", "1") for n in range(70)]
    store = FeatureStore(tmp_path, "none")
    rng = np.random.default_rng(0)
    texts = [question.question for question in questions]
    store.add(texts, [rng.standard_normal((1 + n % 5, 6)).astype(np.float32) for n in range(70)])
    torch.manual_seed(0)
    config = PredictorConfig(depth=DEPTH, encoder_dim=6, d_model=16, heads=2)
    predictor = PolarPredictor(config).eval()
    together = predict(predictor, questions, store, DecodeConfig(top_k_ops=3))
    alone = predict(predictor, questions[69:], store, DecodeConfig(top_k_ops=3))
    assert list(together) == [question.id for question in questions]
    paths = polar_arm(together).candidates
    assert paths["69"] == [candidate.program.path for candidate in alone["69"]]
    assert all(len(ranked) == 5 for ranked in paths.values())
