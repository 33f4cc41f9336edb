"""Targets: what the loss compares logits with, one row per forward pass of a question.

The loss is linear in the labels and the logits depend on the question alone. So the weighted
labels of paths of a question add up into one soft target, with the same loss and gradient as a row
per path (the release's way), dropout noise aside: of all its paths (`batch_by` question), or of
those that a batch of shuffled paths holds (`batch_by` path).
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from polar.examples import Examples
from polar.program import Op

QUESTIONS_AT_A_TIME = 64


class Targets(NamedTuple):
    """Sums over the examples of each row, weighted; divide by `weight` for means."""

    weight: Tensor  # [B]
    boundary: Tensor  # [B, D] weight of the examples that start a segment here
    op: Tensor  # [B, D, 3] weight / starts of the examples with this op here
    unsolved: Tensor  # [B] share of a question whose full path is not valid; 1 per question

    def to(self, device: torch.device) -> "Targets":
        """The same targets on another device."""
        return Targets(*(tensor.to(device) for tensor in self))

    def take(self, rows: np.ndarray) -> "Targets":
        """The targets of some rows [n]."""
        index = torch.from_numpy(rows)
        return Targets(*(tensor[index] for tensor in self))


def collapse_questions(examples: Examples) -> Targets:
    """The targets [Q] of all questions, collapsed some at a time to bound the memory."""
    total = len(examples.questions)
    parts = []
    for start in range(0, total, QUESTIONS_AT_A_TIME):
        stop = min(start + QUESTIONS_AT_A_TIME, total)
        first, last = np.searchsorted(examples.question_of, [start, stop])
        groups = examples.question_of[first:last] - start
        parts.append(collapse(examples, np.arange(first, last), groups, stop - start))
    return Targets(*(torch.cat(tensors) for tensors in zip(*parts, strict=True)))


def collapse(examples: Examples, rows: np.ndarray, groups: np.ndarray, count: int) -> Targets:
    """Add up the examples `rows` [n] into `count` targets; groups [n] holds 0…count-1."""
    op, ops = examples.op[rows], len(Op)  # [n, D]
    depth = op.shape[1]
    starts = op >= 0
    onehot = op[:, :, None] == np.array(Op, dtype=op.dtype)  # [n, D, 3]
    weight = examples.weight[rows, None]  # [n, 1]
    share = weight / starts.sum(axis=1, keepdims=True, dtype=weight.dtype)
    op_shares = (share[:, :, None] * onehot).reshape(len(op), depth * ops)
    parts = (weight, weight * starts, op_shares, examples.unsolved[rows, None])
    values = torch.from_numpy(np.concatenate(parts, axis=1))
    total = torch.zeros(count, values.shape[1]).index_add_(0, torch.from_numpy(groups), values)
    weights, boundary, by_op, unsolved = total.split([1, depth, depth * ops, 1], dim=1)
    return Targets(weights[:, 0], boundary, by_op.unflatten(1, (depth, ops)), unsolved[:, 0])
