"""What prompts left behind, token by token: states and, of the last step, keys and values."""

import numpy as np
import torch
from torch import Tensor

from llm_depth_router.kv_store import make_zeros

PADDING = 0  # the slot that stays zero


class NodeStore:
    """Slots for `tokens` tokens of prompts after some step of a path.

    Allocated once: short-lived tensors between long-lived ones would leave holes that no bound on
    bytes accounts for.
    """

    def __init__(
        self,
        tokens: int,
        *,
        heads: int,
        head_size: int,
        hidden_size: int,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        self.tokens = tokens
        self.hidden = make_zeros((tokens + 1, hidden_size), dtype, device)
        self.kv = make_zeros((tokens + 1, 2, heads, head_size), dtype, device)
        self._free = np.arange(tokens, 0, -1)  # a stack: its first `num_free` are free
        self.num_free = tokens

    def allocate(self, count: int) -> np.ndarray:  # [count]
        """Slots for the tokens of a node; there must be as many free ones."""
        self.num_free -= count
        return self._free[self.num_free : self.num_free + count].copy()

    def release(self, slots: np.ndarray) -> None:
        """Give the slots of a node back."""
        self._free[self.num_free : self.num_free + len(slots)] = slots
        self.num_free += len(slots)

    def put_states(self, slots: Tensor, hidden: Tensor) -> None:
        """Keep the states [S, hidden] of the tokens in `slots` [S]."""
        self.hidden.index_copy_(0, slots, hidden)

    def states_of(self, slots: Tensor) -> Tensor:  # [S] → [S, hidden]
        """The states of the tokens in `slots`."""
        return self.hidden.index_select(0, slots)

    def put_kv(self, slots: Tensor, keys: Tensor, values: Tensor) -> None:
        """Keep keys and values, [S, heads, head_size] each, of the tokens in `slots` [S]."""
        self.kv.index_copy_(0, slots, torch.stack((keys, values), dim=1))

    def kv_of(self, slots: Tensor) -> Tensor:  # [N, T] → [2, N, heads, T, head_size]
        """Keys and values of the tokens in `slots`, as attention takes them."""
        gathered = self.kv.index_select(0, slots.flatten())
        return gathered.unflatten(0, slots.shape).permute(2, 0, 3, 1, 4)


def token_bytes(heads: int, head_size: int, hidden_size: int, dtype: torch.dtype) -> int:
    """The bytes of one token's slot.

    >>> token_bytes(heads=3, head_size=64, hidden_size=576, dtype=torch.float32)
    3840
    """
    return (2 * heads * head_size + hidden_size) * dtype.itemsize
