"""Attention over rows of different lengths, for stock layers that are handed packed tokens.

A layer sees one packed row of tokens, [1, S, hidden], from many jobs. Only attention must know
which token belongs to whom: the layer passes its `rows` argument on to `attend_rows`, which writes
the new keys and values and lays queries and keys out for the model's own attention function.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface

from llm_depth_router.kv_store import KvStore
from llm_depth_router.node_store import PADDING, NodeStore
from llm_depth_router.prefix_trie import Node

ATTENTION_NAME = "llm_depth_router_rows"
READ_IN_PLACE_SHARE = 0.45  # of the slots in use; below it, gathering moves fewer bytes

Attend = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


class Rows(Protocol):
    """A batch of rows: how many tokens, and where each stands."""

    size: int
    positions: Tensor  # [S]

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
    rows: "PackedRows",
    stock_attention: str,
    **kwargs: Any,
) -> tuple[Tensor, None]:  # [1, S, H, d]
    """The attention function that the engine's layer views call."""

    def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
        if stock_attention == "eager":
            return _attend_eagerly(module, query, key, value, mask, **kwargs)
        return _attend_fused(query, key, value, mask, kwargs["scaling"])

    packed = [part[0].transpose(0, 1) for part in (query, key, value)]
    return rows.attend(packed[0], packed[1], packed[2], attend).unsqueeze(0), None


def _attend_eagerly(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor, **kwargs: Any
) -> Tensor:
    """The eager attention of the layer's own model file."""
    eager = sys.modules[type(module).__module__].eager_attention_forward
    barred = torch.finfo(query.dtype).min
    bias = torch.zeros_like(mask, dtype=query.dtype).masked_fill_(~mask, barred)
    output: Tensor = eager(module, query, key, value, bias, **kwargs)[0]
    return output


def _attend_fused(
    query: Tensor,  # [N, H, L, d]
    key: Tensor,  # [N, H_kv, T, d]
    value: Tensor,
    mask: Tensor,  # [N or 1, 1, L, T]
    scaling: float | None,
) -> Tensor:  # [N, L, H, d]
    """torch's attention; query heads that share a key head are queries of that head.

    So keys and values are never repeated in memory, as the stock function does for more than one
    query per row.
    """
    rows, heads, length, size = query.shape
    groups = heads // key.shape[1]
    folded = query.reshape(rows, key.shape[1], groups * length, size)
    output = functional.scaled_dot_product_attention(
        folded, key, value, attn_mask=mask.repeat(1, 1, groups, 1), scale=scaling
    )
    return output.reshape(rows, heads, length, size).transpose(1, 2)


class PackedRows:
    """Several batches of rows as one, each behind the other; they attend in this order.

    Tokens behind the last batch are padding and get zeros.
    """

    def __init__(self, parts: Sequence[Rows]) -> None:
        self.parts = parts
        self.size = sum(part.size for part in parts)
        self.positions = torch.cat([part.positions for part in parts])

    def attend(self, query: Tensor, key: Tensor, value: Tensor, attend: Attend) -> Tensor:
        sizes = [part.size for part in self.parts]
        split = [packed[: self.size].split(sizes) for packed in (query, key, value)]
        outputs = [
            part.attend(*mine, attend) for part, *mine in zip(self.parts, *split, strict=True)
        ]
        return torch.cat([*outputs, torch.zeros_like(query[self.size :])])


class PrefillRows:
    """Nodes of a prefix trie, each with its tokens behind a past of the same length for all.

    New keys and values are put into the store before the past is read from it: the nodes that
    others have as their past may ride in the same call, in a batch before.
    """

    def __init__(
        self, nodes: Sequence[Node], store: NodeStore, window: int | None, device: torch.device
    ) -> None:
        lengths = [len(node.slots) for node in nodes]
        self.store, self.size = store, sum(lengths)
        self.count, self.longest = len(nodes), max(lengths)
        self.past_tokens = nodes[0].past_tokens
        offsets = [np.arange(length) for length in lengths]
        index = np.concatenate([part + row * self.longest for row, part in enumerate(offsets)])
        positions = np.concatenate(offsets) + self.past_tokens
        own = np.concatenate([node.slots for node in nodes])
        keys = np.full((self.count, self.past_tokens + self.longest), PADDING)
        for row, node in zip(keys, nodes, strict=True):
            row[: self.past_tokens + len(node.slots)] = node.all_slots
        self.is_dense = self.size == self.count * self.longest
        host_plan = np.concatenate((index, positions, own, keys.ravel()))
        plan = torch.from_numpy(host_plan).to(device, non_blocking=True)
        # Of each token: its place among count * longest, its position, its slot. [S] each.
        self.index, self.positions, self.slots = plan[: 3 * self.size].chunk(3)
        self.key_slots = plan[3 * self.size :].view(keys.shape)
        self.mask = self._make_mask(window, device)

    def _make_mask(self, window: int | None, device: torch.device) -> Tensor:
        """[1, 1, longest, P + longest]; padding stands behind what a real query may see."""
        keys = torch.arange(self.past_tokens + self.longest, device=device)
        queries = keys[self.past_tokens :].unsqueeze(1)
        mask = keys <= queries
        if window is not None:
            mask &= keys > queries - window
        return mask[None, None]

    def attend(self, query: Tensor, key: Tensor, value: Tensor, attend: Attend) -> Tensor:
        self.store.put_kv(self.slots, key, value)
        kv = self.store.kv_of(self.key_slots)  # [2, N, H_kv, P + longest, d]
        if not self.is_dense:
            padded = query.new_zeros(self.count * self.longest, *query.shape[1:])
            query = padded.index_copy_(0, self.index, query)
        query = query.unflatten(0, (self.count, self.longest)).transpose(1, 2)
        output = attend(query, kv[0], kv[1], self.mask).flatten(0, 1)
        return output if self.is_dense else output.index_select(0, self.index)


class DecodeRows:
    """A few new tokens per row; keys and values lie in the slots of one layer's arena."""

    def __init__(
        self,
        store: KvStore,
        layer: int,
        slots: np.ndarray,  # [B]
        starts: np.ndarray,  # [B] the position of each row's first new token
        owners: np.ndarray,  # [S] the row of each token
        offsets: np.ndarray,  # [S] its place among the new tokens of its row
        window: int | None,
        device: torch.device,
    ) -> None:
        self.store, self.layer, self.size = store, layer, len(owners)
        self.longest = int(offsets.max()) + 1
        self.reach = int((starts[owners] + offsets).max()) + 1  # keys that any row may see
        used_slots = int(slots.max()) + 1
        # In place, slots of jobs that are elsewhere are read too, and their result is dropped.
        self.in_place = len(slots) >= READ_IN_PLACE_SHARE * used_slots
        self.count = used_slots if self.in_place else len(slots)
        homes = slots if self.in_place else np.arange(len(slots))
        index = homes[owners] * self.longest + offsets
        host_plan = np.stack((slots[owners], starts[owners] + offsets, index))
        plan = torch.from_numpy(host_plan).to(device, non_blocking=True)
        self.slots, self.positions, self.index = plan[0], plan[1], plan[2]  # [S] each
        first = np.zeros(self.count, dtype=np.int64)
        first[homes] = starts
        rows = torch.from_numpy(np.stack((first, np.resize(slots, self.count)))).to(device)
        self.first, self.gathered = rows[0], rows[1]  # [count] each
        self.mask = self._make_mask(window)

    def _make_mask(self, window: int | None) -> Tensor:  # [count, 1, longest, reach]
        device = self.first.device
        queries = self.first[:, None, None] + torch.arange(self.longest, device=device)[:, None]
        keys = torch.arange(self.reach, device=device)
        mask = keys <= queries
        if window is not None:
            mask &= keys > queries - window
        return mask.unsqueeze(1)

    def attend(self, query: Tensor, key: Tensor, value: Tensor, attend: Attend) -> Tensor:
        self.store.append(self.layer, self.slots, self.positions, key, value)
        if self.in_place:
            kv = self.store.arenas[self.layer][:, : self.count, :, : self.reach]
        else:
            kv = self.store.gather(self.layer, self.gathered, self.reach)
        padded = query.new_zeros(self.count * self.longest, *query.shape[1:])
        padded = padded.index_copy_(0, self.index, query)
        padded = padded.unflatten(0, (self.count, self.longest)).transpose(1, 2)
        output = attend(padded, kv[0], kv[1], self.mask)  # [count, longest, H, d]
        return output.flatten(0, 1).index_select(0, self.index)
