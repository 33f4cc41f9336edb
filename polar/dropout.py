"""Where dropout drops, drawn as gaps between places: a tenth of the random numbers at 0.1."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def draw_places(sizes: Sequence[int], p: float) -> list[Tensor]:
    """For tensors of these sizes, which elements are dropped, each with probability p.

    Ascending, int64, counted within each tensor.

    >>> [places.tolist() for places in draw_places([2, 3], 0.0)]
    [[], []]
    """
    if p == 0:
        return [torch.zeros(0, dtype=torch.int64) for _ in sizes]
    ends = np.cumsum(sizes)
    size = int(ends[-1])
    count = math.ceil(size * p + 4 * math.sqrt(size * p)) + 1  # nearly always enough
    walk = _walk(count, p)
    while walk[-1] <= size:
        walk = np.concatenate([walk, walk[-1] + _walk(count, p)])
    cuts = np.searchsorted(walk, ends, side="right").tolist()  # walk counts from 1
    places = []
    for start, stop, end, length in zip([0, *cuts], cuts, ends.tolist(), sizes, strict=False):
        part = walk[start:stop]
        part -= end - length + 1
        places.append(torch.from_numpy(part))
    return places


def _walk(steps: int, p: float) -> np.ndarray:
    """Where geometric steps lead from 0: P(step > k) = (1 - p)^k."""
    uniform = torch.rand(steps)
    return uniform.neg_().log1p_().div_(math.log1p(-p)).add_(1).to(torch.int64).cumsum(0).numpy()
