"""Keys and values of running jobs: an arena per layer, a slot in it for each step of a path."""

import heapq
import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


class KvStore:
    """Slots for keys and values, `slots` of them at every layer, each `tokens` long.

    A job owns one slot for every step of its path, in the arena of that step's layer; so the rows
    that run through a layer together are close neighbours, and attention can read them in place.
    """

    def __init__(
        self,
        *,
        depth: int,
        slots: int,
        heads: int,
        tokens: int,
        head_size: int,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        # Zeros, not `empty`: a masked NaN would still poison the sum over values.
        shape = (2, slots, heads, tokens, head_size)
        self.arenas = [make_zeros(shape, dtype, device) for _ in range(depth)]
        self.slots, self.tokens = slots, tokens
        self._free = [list(range(slots)) for _ in range(depth)]  # heaps: the lowest slot goes first

    def allocate(self, path: Sequence[int]) -> np.ndarray | None:  # [len(path)]
        """A slot for every step, or None where an arena of the path is full."""
        visits = np.bincount(path)
        if any(count > len(self._free[layer]) for layer, count in enumerate(visits)):
            return None
        return np.array([heapq.heappop(self._free[layer]) for layer in path])

    def release(self, path: Sequence[int], slots: np.ndarray) -> None:
        """Give the slots of a finished job back."""
        for layer, slot in zip(path, slots.tolist(), strict=True):
            heapq.heappush(self._free[layer], slot)

    def can_ever_hold(self, path: Sequence[int]) -> bool:
        """Whether the path would fit into an empty store."""
        return bool(np.bincount(path).max() <= self.slots)

    def fill(self, layer: int, slot: int, kv: Tensor) -> None:
        """Copy the keys and values of a prompt, [2, heads, tokens, head_size], into a slot."""
        self.arenas[layer][:, slot, :, : kv.shape[2]] = kv

    def append(
        self,
        layer: int,
        slots: Tensor,  # [B]
        positions: Tensor,  # [B]
        keys: Tensor,  # [B, heads, head_size]
        values: Tensor,  # [B, heads, head_size]
    ) -> None:
        """Write one token of every row."""
        arena = self.arenas[layer]
        arena[0][slots, :, positions] = keys
        arena[1][slots, :, positions] = values

    def gather(self, layer: int, slots: Tensor, reach: int) -> Tensor:
        """A copy of the first `reach` tokens of `slots` [B]: [2, B, heads, reach, head_size].

        As rows of a matrix, which are copied as a whole: three times as fast as by plain indexing.
        """
        arena = self.arenas[layer]
        heads, size = arena.shape[2], arena.shape[4]
        planes = torch.arange(2, device=slots.device)[:, None, None] * self.slots
        rows = (planes + slots[:, None]) * heads + torch.arange(heads, device=slots.device)
        flat = arena.view(-1, self.tokens * size)[:, : reach * size]
        return flat.index_select(0, rows.flatten()).view(2, len(slots), heads, reach, size)


def make_zeros(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Zeros that take memory (on a CPU) only as they are written; `torch.zeros` writes them all."""
    if device.type != "cpu" or 0 in shape:
        return torch.zeros(shape, dtype=dtype, device=device)
    untouched = np.zeros(math.prod(shape) * dtype.itemsize, dtype=np.uint8)
    return torch.from_numpy(untouched).view(dtype).reshape(shape)


def slot_bytes(heads: int, tokens: int, head_size: int, dtype: torch.dtype) -> int:
    """The bytes of one slot: keys and values of one step of one job.

    >>> slot_bytes(heads=3, tokens=160, head_size=64, dtype=torch.float32)
    245760
    """
    return 2 * heads * tokens * head_size * dtype.itemsize
