"""Batches of training: which rows go together, and what the predictor and the loss see of them."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from polar.examples import Examples
from polar.features import FeatureStore, pad_features
from polar.targets import Targets, collapse, collapse_questions


class Batch(NamedTuple):
    """One process's part of a batch; `weight` and `unsolved` are totals over all processes."""

    features: Tensor  # [B, T, E]
    mask: Tensor  # [B, T]
    targets: Targets
    weight: Tensor  # []
    unsolved: Tensor  # []


class BatchPlan(NamedTuple):
    """How an epoch is cut; `rank` of `world` processes takes every world-th row of a batch.

    By path, the paths of a batch that belong to one question share its forward pass.
    `batch_size` counts paths. By question, a batch holds the questions that have so many paths on
    average, and one at least: as many steps as by path, so that learning rate and warm-up mean the
    same, as long as the batch is no smaller than the paths of a question. Below that there are
    fewer: at the defaults, 16 and 50 paths, 1,250 questions are 1,250 steps, by path 3,907.
    """

    batch_size: int
    batch_by: Literal["question", "path"]
    device: torch.device
    rank: int = 0
    world: int = 1


def count_batches(examples: Examples, plan: BatchPlan) -> int:
    """The steps of one epoch."""
    rows, size = _rows_and_size(examples, plan)
    return -(-rows // size)


def _rows_and_size(examples: Examples, plan: BatchPlan) -> tuple[int, int]:
    """How many rows an epoch has, and how many of them make a batch."""
    questions, paths = len(examples.questions), len(examples.question_of)
    if plan.batch_by == "path":
        return paths, plan.batch_size
    return questions, max(1, round(plan.batch_size * questions / paths))


def iterate_batches(
    examples: Examples,
    features: FeatureStore,
    plan: BatchPlan,
    shuffle: np.random.Generator | None = None,
) -> Iterator[Batch]:
    """The batches of one epoch, in the order of the examples or shuffled; reads the disk alone."""
    count, size = _rows_and_size(examples, plan)
    order = np.arange(count) if shuffle is None else shuffle.permutation(count)
    by_question = collapse_questions(examples) if plan.batch_by == "question" else None
    for start in range(0, count, size):
        whole = order[start : start + size]
        part = whole[plan.rank :: plan.world]
        yield _make_batch(examples, features, plan, by_question, whole, part)


def _make_batch(
    examples: Examples,
    features: FeatureStore,
    plan: BatchPlan,
    by_question: Targets | None,
    whole: np.ndarray,
    part: np.ndarray,
) -> Batch:
    """Features and targets of `part`, totals of `whole`: questions, or paths without targets."""
    if by_question is None:
        questions, groups = np.unique(examples.question_of[part], return_inverse=True)
        targets = collapse(examples, part, groups, len(questions))
        weight, unsolved = (
            torch.tensor(values[whole].sum()) for values in (examples.weight, examples.unsolved)
        )
    else:
        questions, targets = part, by_question.take(part)
        total = targets if plan.world == 1 else by_question.take(whole)
        weight, unsolved = total.weight.sum(), total.unsolved.sum()
    matrices = [features[examples.questions[question]] for question in questions]
    tokens, mask = pad_features(matrices, dim=features.dim)
    return Batch(
        tokens.to(plan.device),
        mask.to(plan.device),
        targets.to(plan.device),
        weight.to(plan.device),
        unsolved.to(plan.device),
    )
