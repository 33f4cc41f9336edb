"""Attention over rows of different lengths, for stock layers that are handed packed tokens.

A layer sees one packed row of tokens, [1, S, hidden], from many jobs. Only attention must know
which token belongs to whom: the layer passes its `rows` argument on to `attend_rows`, which writes
the new keys and values and lays queries and keys out for the model's own attention function.
"""

import sys
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from llm_depth_router.kv_store import KvStore

ATTENTION_NAME = "llm_depth_router_rows"
READ_IN_PLACE_SHARE = 0.45  # of the slots in use; below it, gathering moves fewer bytes

Attend = Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]


class Rows(Protocol):
    """What a packed batch knows about its rows; `size` is its number of real tokens."""

    size: int

    def attend(self, query: Tensor, key: Tensor, value: Tensor, attend: Attend) -> Tensor:
        """query: [S, H, d], key and value: [S, H_kv, d] → [S, H, d]."""


def register_attention() -> None:
    """Tell transformers about `attend_rows` (once; a second time changes nothing)."""
    AttentionInterface.register(ATTENTION_NAME, attend_rows)


def attend_rows(
    module: nn.Module,
    query: Tensor,  # [1, H, S, d]
    key: Tensor,  # [1, H_kv, S, d]
    value: Tensor,  # [1, H_kv, S, d]
    attention_mask: Tensor | None,
    rows: Rows,
    stock_attention: str,
    **kwargs: Any,
) -> tuple[Tensor, None]:  # [1, S, H, d]
    """The attention function that the engine's layer views call."""
    stock = _stock_function(module, stock_attention)

    def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        if mask is not None and stock_attention == "eager":
            mask = torch.zeros_like(mask, dtype=query.dtype).masked_fill_(
                ~mask, torch.finfo(query.dtype).min
            )
        output: Tensor = stock(module, query, key, value, mask, **kwargs)[0]
        return output

    mine = [part[0, :, : rows.size].transpose(0, 1) for part in (query, key, value)]
    output = rows.attend(mine[0], mine[1], mine[2], attend)
    padding = query.shape[2] - rows.size
    return functional.pad(output, (0, 0, 0, 0, 0, padding)).unsqueeze(0), None


def _stock_function(module: nn.Module, name: str) -> Callable[..., Any]:
    if name == "eager":  # every model file brings its own
        eager: Callable[..., Any] = sys.modules[type(module).__module__].eager_attention_forward
        return eager
    found: Callable[..., Any] = ALL_ATTENTION_FUNCTIONS["sdpa"]
    return found


class PrefillRows:
    """Rows of several new tokens each, after an optional past of the same length for all."""

    def __init__(
        self,
        lengths: list[int],
        past: list[Tensor],  # per row [2, H_kv, P, d], or empty
        window: int | None,
        device: torch.device,
    ) -> None:
        self.count, self.longest = len(lengths), max(lengths)
        self.past = past
        self.past_tokens = past[0].shape[2] if past else 0
        index = np.concatenate(
            [np.arange(length) + row * self.longest for row, length in enumerate(lengths)]
        )
        self.size = len(index)
        self.index = torch.from_numpy(index).to(device, non_blocking=True)  # [S] into N * longest
        self.is_dense = len(index) == self.count * self.longest
        self.mask = self._make_mask(window, device)
        self.new_kv: Tensor | None = None  # [2, S, H_kv, d] of the new tokens, once attended

    def _make_mask(self, window: int | None, device: torch.device) -> Tensor:
        """[1, 1, longest, P + longest]; padding stands behind what a real query may see."""
        keys = torch.arange(self.past_tokens + self.longest, device=device)
        queries = keys[self.past_tokens :].unsqueeze(1)
        mask = keys <= queries
        if window is not None:
            mask &= keys > queries - window
        return mask[None, None]

    def attend(self, query: Tensor, key: Tensor, value: Tensor, attend: Attend) -> Tensor:
        self.new_kv = torch.stack((key, value))
        query = self._pad(query.unsqueeze(0))[0]  # [N, H, longest, d]
        kv = self._pad(self.new_kv)  # [2, N, H_kv, longest, d]
        if self.past:
            kv = torch.cat((torch.stack(self.past, dim=1), kv), dim=3)
        output = attend(query, kv[0], kv[1], self.mask)  # [N, longest, H, d]
        output = output.reshape(self.count * self.longest, *output.shape[2:])
        return output if self.is_dense else output.index_select(0, self.index)

    def _pad(self, packed: Tensor) -> Tensor:  # [c, S, H, d] → [c, N, H, longest, d]
        copies, _, heads, size = packed.shape
        if not self.is_dense:
            padded = packed.new_zeros(copies, self.count * self.longest, heads, size)
            packed = padded.index_copy_(1, self.index, packed)
        return packed.reshape(copies, self.count, self.longest, heads, size).transpose(2, 3)


class DecodeRows:
    """One new token per row; keys and values lie in the slots of one layer's arena."""

    def __init__(
        self,
        store: KvStore,
        layer: int,
        slots: np.ndarray,  # [B]
        positions: np.ndarray,  # [B]
        window: int | None,
        device: torch.device,
    ) -> None:
        self.store, self.layer, self.size = store, layer, len(slots)
        both = torch.from_numpy(np.stack((slots, positions))).to(device, non_blocking=True)
        self.slots, self.positions = both[0], both[1]
        self.tokens = int(positions.max()) + 1
        self.used_slots = int(slots.max()) + 1
        self.in_place = len(slots) >= READ_IN_PLACE_SHARE * self.used_slots
        self.mask = self._make_mask(window)

    def _make_mask(self, window: int | None) -> Tensor:  # [rows, 1, 1, tokens]
        last = self.positions
        if self.in_place:
            last = last.new_zeros(self.used_slots).index_copy_(0, self.slots, last)
        keys = torch.arange(self.tokens, device=last.device)
        mask = keys <= last.unsqueeze(1)
        if window is not None:
            mask &= keys > last.unsqueeze(1) - window
        return mask[:, None, None]

    def attend(self, query: Tensor, key: Tensor, value: Tensor, attend: Attend) -> Tensor:
        self.store.append(self.layer, self.slots, self.positions, key, value)
        query = query.unsqueeze(2)  # [B, H, 1, d]
        if not self.in_place:
            kv = self.store.arenas[self.layer][:, :, :, : self.tokens][:, self.slots]
            return attend(query, kv[0], kv[1], self.mask).squeeze(1)
        # Slots of jobs that are elsewhere are read too and their result dropped.
        kv = self.store.arenas[self.layer][:, : self.used_slots, :, : self.tokens]
        spread = query.new_zeros(self.used_slots, *query.shape[1:])
        output = attend(spread.index_copy_(0, self.slots, query), kv[0], kv[1], self.mask)
        return output.squeeze(1).index_select(0, self.slots)
