"""Targets: what the loss compares logits with, one row per forward pass of a question.

The loss is linear in the labels and the logits depend on the question alone. So the weighted
labels of all paths of a question add up into one soft target (`batch_by` question), with the same
loss and gradient as a row per path (`batch_by` path, the release's way), dropout noise aside.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from polar.examples import Examples
from polar.program import Op


class Targets(NamedTuple):
    """Sums over the examples of each row, weighted; divide by `weight` for means."""

    weight: Tensor  # [B]
    boundary: Tensor  # [B, D] weight of the examples that start a segment here
    op: Tensor  # [B, D, 3] weight / starts of the examples with this op here
    unsolved: Tensor  # [B] share of a question whose full path is not valid; 1 per question

    def to(self, device: torch.device) -> "Targets":
        """The same targets on another device."""
        return Targets(*(tensor.to(device) for tensor in self))


def collapse(examples: Examples, rows: np.ndarray, groups: np.ndarray, count: int) -> Targets:
    """Add up the examples `rows` [n] into `count` targets; groups [n] holds 0…count-1."""
    op = torch.from_numpy(examples.op[rows])  # [n, D]
    starts = op >= 0
    weight = torch.from_numpy(examples.weight[rows])  # [n]
    onehot = torch.stack([op == value for value in Op], dim=-1).float()  # [n, D, 3]
    share = weight / starts.sum(dim=1)
    return Targets(
        weight=_add_up(weight, groups, count),
        boundary=_add_up(weight[:, None] * starts, groups, count),
        op=_add_up(share[:, None, None] * onehot, groups, count),
        unsolved=_add_up(torch.from_numpy(examples.unsolved[rows]), groups, count),
    )


def _add_up(values: Tensor, groups: np.ndarray, count: int) -> Tensor:
    """Sum values [n, …] within groups [n]."""
    total = torch.zeros(count, *values.shape[1:])
    return total.index_add_(0, torch.from_numpy(groups), values)
