"""Guarantees of polar.loss and polar.targets: the loss of a batch is the weighted mean of the
losses written out path by path, and soft targets change nothing about it."""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from polar.examples import Examples, build_examples
from polar.labels import program_labels
from polar.loss import loss_sums, mean_loss
from polar.model import PredictorLogits
from polar.program import parse_path
from polar.targets import collapse
from polar.train_config import TrainConfig

FULL, SHORT, REPEAT = (0, 1, 2, 3), (0, 1, 3), (0, 1, 1, 2, 3)


class Row(NamedTuple):
    question: str
    valid_paths: tuple[tuple[int, ...], ...]
    initial_score: float = 0.0


def examples_of(*paths: tuple[int, ...]) -> Examples:
    config = TrainConfig(policy_mode="polar_lenpref", lenpref_beta=0.5)
    return build_examples([Row("a", paths)], 4, config, limit=None)


def loss_of_one_path(logits: PredictorLogits, path: tuple[int, ...]) -> float:
    """§3.2 for one path, with torch's own cross-entropies."""
    program = parse_path(path, 4)
    assert program is not None
    labels = program_labels(program)
    boundary = torch.tensor(labels.boundary, dtype=torch.float32)
    op = torch.tensor(labels.op)
    binary = F.binary_cross_entropy_with_logits(logits.boundary[0, 1:], boundary[1:])
    return float(binary + F.cross_entropy(logits.op[0], op))  # skips IGNORE, means over the starts


def test_the_loss_is_the_weighted_mean_over_paths() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = PredictorLogits(
        torch.randn(1, 4, generator=generator), torch.randn(1, 4, 3, generator=generator)
    )
    examples = examples_of(FULL, SHORT, REPEAT)
    targets = collapse(examples, np.arange(3), np.zeros(3, dtype=np.int64), 1)
    weights = [math.exp(-0.5 * length) for length in (4, 3, 5)]
    losses = [loss_of_one_path(logits, path) for path in (FULL, SHORT, REPEAT)]
    expected = np.average(losses, weights=weights)
    assert mean_loss(loss_sums(logits, targets), 0.0).total == pytest.approx(expected, rel=1e-5)


def test_certain_and_right_logits_cost_nothing_and_certain_and_wrong_ones_much() -> None:
    targets = collapse(examples_of(SHORT), np.arange(1), np.arange(1), 1)
    boundary = torch.tensor([[0.0, -50.0, 50.0, 50.0]])
    op = torch.zeros(1, 4, 3)
    op[0, 0, 1] = op[0, 2, 0] = op[0, 3, 1] = 50.0
    right = mean_loss(loss_sums(PredictorLogits(boundary, op), targets), 0.0)
    wrong = mean_loss(loss_sums(PredictorLogits(-boundary, -op), targets), 0.0)
    assert right.total == pytest.approx(0.0, abs=1e-6)
    assert wrong.boundary == pytest.approx(50.0)


def test_layer_zero_carries_no_boundary_loss_and_inner_layers_no_op_loss() -> None:
    targets = collapse(examples_of(FULL), np.arange(1), np.arange(1), 1)
    boundary = torch.zeros(1, 4, requires_grad=True)
    op = torch.zeros(1, 4, 3, requires_grad=True)
    sums = loss_sums(PredictorLogits(boundary, op), targets)
    (sums.boundary + sums.op).backward()
    assert boundary.grad is not None
    assert op.grad is not None
    assert (boundary.grad != 0).tolist() == [[False, True, True, True]]
    assert (op.grad != 0).any(dim=-1).tolist() == [[True, False, False, False]]


def test_the_anti_full_path_penalty_is_the_mean_keep_probability_of_unsolved_questions() -> None:
    rows = [Row("unsolved", (SHORT,)), Row("solved", (FULL,))]
    examples = build_examples(rows, 4, TrainConfig(), limit=None)
    targets = collapse(examples, np.arange(2), np.arange(2), 2)
    op = torch.zeros(2, 4, 3)
    op[0, :2, 1] = 50.0  # KEEP is certain in two of four layers, one third in the others
    loss = mean_loss(loss_sums(PredictorLogits(torch.zeros(2, 4), op), targets), 0.5)
    assert loss.keep == pytest.approx((1 + 1 + 1 / 3 + 1 / 3) / 4)
    assert loss.total == pytest.approx(loss.boundary + loss.op + 0.5 * loss.keep)


def test_weights_of_zero_and_solved_questions_alone_leave_the_loss_finite() -> None:
    config = TrainConfig(reweight_original_path_if_shorter_valid=True, original_path_weight=0.0)
    examples = build_examples([Row("a", (FULL, SHORT))], 4, config, limit=None)
    targets = collapse(examples, np.array([0]), np.array([0]), 1)
    loss = mean_loss(loss_sums(PredictorLogits(torch.ones(1, 4), torch.ones(1, 4, 3)), targets), 1)
    assert loss.total == 0.0


def test_a_model_of_one_layer_has_no_boundary_loss() -> None:
    examples = build_examples([Row("a", ((0, 0),))], 1, TrainConfig(), limit=None)
    targets = collapse(examples, np.arange(1), np.arange(1), 1)
    loss = mean_loss(loss_sums(PredictorLogits(torch.ones(1, 1), torch.zeros(1, 1, 3)), targets), 0)
    assert loss.boundary == 0.0
    assert loss.op == pytest.approx(math.log(3))


def test_the_scale_of_the_weights_changes_nothing_however_small() -> None:
    examples = examples_of(FULL, SHORT, REPEAT)
    logits = PredictorLogits(torch.ones(1, 4), torch.zeros(1, 4, 3))
    losses = []
    for scale in (1.0, 1e-20):
        scaled = replace(examples, weight=examples.weight * np.float32(scale))
        targets = collapse(scaled, np.arange(3), np.zeros(3, dtype=np.int64), 1)
        losses.append(mean_loss(loss_sums(logits, targets), 0.0).total)
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
