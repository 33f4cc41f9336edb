"""The one loss of training and validation (§3.2, Eqs. for L_seg and L_op)."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from polar.model import PredictorLogits
from polar.program import Op
from polar.targets import Targets

TINY = torch.finfo(torch.float32).tiny  # a divisor where all weights are 0, and the sums with them


class LossSums(NamedTuple):
    """Sums over a batch, float32 scalars; they add up over batches and processes."""

    boundary: Tensor
    op: Tensor
    weight: Tensor
    keep: Tensor
    unsolved: Tensor


class Loss(NamedTuple):
    """Weighted means; `total` is what training minimises."""

    total: float
    boundary: float
    op: float
    keep: float  # mean KEEP probability over the questions whose full path is not valid


def loss_sums(logits: PredictorLogits, targets: Targets) -> LossSums:
    """Boundary cross-entropy averaged over layers 1…D-1, op cross-entropy over the starts.

    Differs from the paper, as the release does: it writes sums over the layers from 0.
    """
    boundary_logits = logits.boundary.float()[:, 1:]
    boundary = targets.weight[:, None] * F.softplus(boundary_logits)
    boundary = boundary - targets.boundary[:, 1:] * boundary_logits  # [B, D - 1]
    log_probs = torch.log_softmax(logits.op.float(), dim=-1)  # [B, D, 3]
    keep = log_probs[..., Op.KEEP].exp().mean(dim=1)  # [B]
    return LossSums(
        boundary=boundary.sum() / max(1, boundary.shape[1]),
        op=-(targets.op * log_probs).sum(),
        weight=targets.weight.sum(),
        keep=(targets.unsolved * keep).sum(),
        unsolved=targets.unsolved.sum(),
    )


def total_loss(
    sums: LossSums, anti_original_lambda: float, *, weight: Tensor, unsolved: Tensor
) -> Tensor:
    """The scalar to minimise; `weight` and `unsolved` are those of the whole batch.

    Dividing by the batch's weight is the release's "weights renormalised to mean 1".
    """
    cross_entropy = (sums.boundary + sums.op) / weight.clamp_min(TINY)
    if anti_original_lambda == 0:  # spares a step the gradient of nothing
        return cross_entropy
    return cross_entropy + anti_original_lambda * sums.keep / unsolved.clamp_min(TINY)


def mean_loss(sums: LossSums, anti_original_lambda: float) -> Loss:
    """The means behind sums, as plain numbers."""
    total = total_loss(sums, anti_original_lambda, weight=sums.weight, unsolved=sums.unsolved)
    weight = float(sums.weight.clamp_min(TINY))
    return Loss(
        total=float(total),
        boundary=float(sums.boundary) / weight,
        op=float(sums.op) / weight,
        keep=float(sums.keep / sums.unsolved.clamp_min(TINY)),
    )
