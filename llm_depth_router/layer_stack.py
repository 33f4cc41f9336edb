"""The stock parts of a decoder, callable one at a time on packed tokens."""

import copy
import threading
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from llm_depth_router.execute import find_decoder
from llm_depth_router.packed_linear import PackedLinear, can_pack
from llm_depth_router.ragged_attention import ATTENTION_NAME, PackedRows, register_attention

PACKED_ROWS = 128  # the batch size that packed weights are laid out for; others run as well


class LayerStack:
    """Embedding, layers and head of `model`, which itself is left as it is.

    The layers are views that share the stock weights and differ in the attention function they
    call (ragged_attention.py) and, with `pack`, in the memory layout of their linear weights.
    """

    def __init__(self, model: PreTrainedModel, *, pack: bool) -> None:
        register_attention()
        self._is_packed = pack
        decoder = find_decoder(model)
        self.config = decoder.config
        self.device, self.dtype = model.device, model.dtype
        self._stock_attention = "eager" if self.config._attn_implementation == "eager" else "sdpa"
        config = copy.copy(self.config)
        config._attn_implementation = ATTENTION_NAME
        self._layers: list[Any] = [_view(layer, config, pack) for layer in decoder.layers]
        self._embedding, self._norm, self._rotary = (
            decoder.embed_tokens,
            decoder.norm,
            decoder.rotary_emb,
        )
        self._head: Any = _view(model.get_output_embeddings(), config, pack)
        self._soft_cap: float | None = getattr(self.config, "final_logit_softcapping", None)
        self.layer_types = _list_layer_types(self.config, len(self._layers))
        self._tables: dict[str, tuple[Tensor, Tensor]] = {}
        self._tables_length = 0
        self._tables_lock = threading.Lock()  # engines in several threads share a stack

    @property
    def hidden_size(self) -> int:
        return int(self.config.hidden_size)

    @property
    def vocabulary(self) -> int:
        return int(self.config.vocab_size)

    @property
    def depth(self) -> int:
        return len(self._layers)

    @property
    def kv_shape(self) -> tuple[int, int]:
        """Key heads and head size."""
        config = self.config
        size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        return int(config.num_key_value_heads), int(size)

    @property
    def longest(self) -> int:
        """The longest text whose position embeddings are those of shorter ones, in tokens.

        Beyond its original length "longrope" turns every position by other angles, "dynamic" too.
        """
        limits = [int(self.config.max_position_embeddings)]
        rope = self.config.rope_parameters
        for part in (rope, *rope.values()):  # one for all layers, or one for each type
            if isinstance(part, dict) and part.get("rope_type") == "longrope":
                limits.append(int(part["original_max_position_embeddings"]))
        return min(limits)

    def window(self, layer: int) -> int | None:
        """The sliding window of `layer`, or None where it sees everything."""
        is_sliding = self.layer_types[layer] == "sliding_attention"
        return int(self.config.sliding_window) if is_sliding else None

    def embed(self, token_ids: Tensor) -> Tensor:  # [S] → [S, hidden]
        embedded: Tensor = self._embedding(token_ids)
        return embedded

    def run(self, layer: int, hidden: Tensor, rows: PackedRows) -> Tensor:
        """One layer on the packed tokens of `rows`: hidden [S, hidden] → [S, hidden]."""
        count, positions = len(hidden), rows.positions
        if self._is_packed:  # oneDNN prepares a kernel per batch size: keep to a few sizes
            missing = round_up_rows(count) - count
            hidden = functional.pad(hidden, (0, 0, 0, missing))
            positions = functional.pad(positions, (0, missing))
        cos, sin = (
            table.index_select(0, positions).unsqueeze(0)
            for table in self._tables[self.layer_types[layer]]
        )
        output: Tensor = self._layers[layer](
            hidden.unsqueeze(0),
            position_embeddings=(cos, sin),
            attention_mask=None,
            position_ids=positions.unsqueeze(0),
            past_key_values=None,
            rows=rows,
            stock_attention=self._stock_attention,
        )
        return output[0, :count]

    def logits(self, hidden: Tensor) -> Tensor:  # [B, hidden] → [B, V]
        count = len(hidden)
        if self._is_packed:
            hidden = functional.pad(hidden, (0, 0, 0, round_up_rows(count) - count))
        logits: Tensor = self._head(self._norm(hidden))[:count]
        if self._soft_cap is not None:
            logits = torch.tanh(logits / self._soft_cap) * self._soft_cap
        return logits

    def prepare_positions(self, count: int) -> None:
        """Make position embeddings for the positions 0…count-1, as far as `longest` reaches."""
        count = min(count, self.longest)
        with self._tables_lock:
            if self._tables_length < count:
                self._make_tables(count)
                self._tables_length = count

    def _make_tables(self, count: int) -> None:
        positions = torch.arange(count, device=self.device).unsqueeze(0)
        like = torch.empty(0, dtype=self.dtype, device=self.device)
        per_type = isinstance(self._rotary.rope_type, dict)
        for name in set(self.layer_types):
            arguments = (like, positions, name) if per_type else (like, positions)
            cos, sin = self._rotary(*arguments)
            self._tables[name] = (cos[0], sin[0])


def round_up_rows(count: int) -> int:
    """The next batch size of a short list: steps of 16 or 32.

    >>> [round_up_rows(count) for count in (1, 16, 129, 257)]
    [16, 16, 160, 288]
    """
    step = 16 if count <= 128 else 32
    return -(-count // step) * step


def _view(module: Any, config: Any, pack: bool) -> Any:
    if pack and type(module) is nn.Linear and can_pack(module):
        return PackedLinear(module, PACKED_ROWS)
    view = copy.copy(module)
    view._modules = {
        name: None if child is None else _view(child, config, pack)
        for name, child in module._modules.items()
    }
    if "config" in view.__dict__:
        view.config = config
    return view


def _list_layer_types(config: Any, depth: int) -> list[str]:
    types = getattr(config, "layer_types", None)
    if types is None:
        is_sliding = getattr(config, "sliding_window", None) is not None
        types = ["sliding_attention" if is_sliding else "full_attention"] * depth
    return list(types)
