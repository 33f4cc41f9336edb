"""Batches of training: which rows go together, and what the predictor and the loss see of them."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from polar.examples import Examples
from polar.features import FeatureStore, pad_features
from polar.targets import Targets, collapse


class Batch(NamedTuple):
    """One process's part of a batch; `weight` and `unsolved` are totals over all processes."""

    features: Tensor  # [B, T, E]
    mask: Tensor  # [B, T]
    targets: Targets
    weight: Tensor  # []
    unsolved: Tensor  # []


class BatchPlan(NamedTuple):
    """How an epoch is cut; `rank` of `world` processes takes every world-th row of a batch.

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
    first = np.searchsorted(examples.question_of, np.arange(len(examples.questions) + 1))
    for start in range(0, count, size):
        whole = order[start : start + size]
        part = whole[plan.rank :: plan.world]
        yield _make_batch(examples, features, plan, first, whole, part)


def _make_batch(
    examples: Examples,
    features: FeatureStore,
    plan: BatchPlan,
    first: np.ndarray,
    whole: np.ndarray,
    part: np.ndarray,
) -> Batch:
    """Features and targets of `part`, totals of `whole`; `first` [Q + 1] cuts paths by question."""
    if plan.batch_by == "path":
        rows, groups, questions = part, np.arange(len(part)), examples.question_of[part]
        all_rows = whole
    else:
        (rows, groups), questions = _paths_of(first, part), part
        all_rows = rows if plan.world == 1 else _paths_of(first, whole)[0]
    matrices = [features[examples.questions[question]] for question in questions]
    tokens, mask = pad_features(matrices, dim=features.dim)
    return Batch(
        tokens.to(plan.device),
        mask.to(plan.device),
        collapse(examples, rows, groups, len(part)).to(plan.device),
        torch.tensor(examples.weight[all_rows].sum(), device=plan.device),
        torch.tensor(examples.unsolved[all_rows].sum(), device=plan.device),
    )


def _paths_of(first: np.ndarray, questions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows of all paths of some questions, and which of those questions each belongs to.

    >>> rows, groups = _paths_of(np.array([0, 2, 5]), np.array([1, 0]))
    >>> rows.tolist(), groups.tolist()
    ([2, 3, 4, 0, 1], [0, 0, 0, 1, 1])
    """
    sizes = first[questions + 1] - first[questions]
    groups = np.repeat(np.arange(len(questions)), sizes)
    within = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return first[questions][groups] + within, groups
