"""Many (prompt, path) jobs at once through stock layers, exactly (docs/engine.md)."""

import time
from collections import deque
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from llm_depth_router.decode_pool import ENDED, DecodePool, Ticket
from llm_depth_router.execute import check_path
from llm_depth_router.jobs import Completion, Finish, Job
from llm_depth_router.kv_store import KvStore, slot_bytes
from llm_depth_router.layer_stack import LayerStack
from llm_depth_router.prefix_trie import Node, PrefixTrie, Prompt
from llm_depth_router.prompts import StopRule
from llm_depth_router.ragged_attention import DecodeRows, PrefillRows
from llm_depth_router.runner import Runner, encode_prompt, end_token_ids
from llm_depth_router.sampling import choose_tokens, decode_text, draw_uniforms
from llm_depth_router.stop_table import StopTable

GIBIBYTE = 1 << 30
MAX_ROWS = 4096
TOKEN_BLOCK = 32  # slots are a multiple of this long
HEAD_ROWS = 256  # rows whose logits exist at a time
CROWD_SHARE = 0.05  # of all generating rows: a sweep turns back for that many
MIN_SHARED = 8  # a shorter common beginning is not worth a trie of its own


@dataclass
class Meter:
    """Work done so far: tokens times layers, rows through the head, and the host's seconds.

    On a GPU the seconds are those of launching, not of running.
    """

    prefill_token_layers: int = 0
    decode_token_layers: int = 0
    head_rows: int = 0
    prefill_seconds: float = 0.0
    decode_seconds: float = 0.0
    layer_calls: int = 0
    sweeps: int = 0


class Engine(Runner):
    """Runs jobs in sweeps over the layers; whoever waits for a layer when it comes, rides."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        preamble: str = "",
        cache_bytes: int = 2 * GIBIBYTE,
        prefix_bytes: int = GIBIBYTE,
        prefill_tokens: int = 512,
        pack_weights: bool | None = None,
    ) -> None:
        self.model, self.tokenizer = model, tokenizer
        pack = model.device.type == "cpu" if pack_weights is None else pack_weights
        self.stack = LayerStack(model, pack=pack)
        self.cache_bytes, self.prefill_tokens = cache_bytes, prefill_tokens
        self.meter = Meter()
        heads, size = self.stack.kv_shape
        token_bytes = (2 * heads * size + self.stack.hidden_size) * self.stack.dtype.itemsize
        self.trie = PrefixTrie(prefix_bytes, token_bytes, self.stack.depth)
        self._preamble_ids = tuple(tokenizer(preamble).input_ids) if preamble else ()
        self._ends = np.array(end_token_ids(model), dtype=np.int64)
        self._stops = StopTable(tokenizer, self.stack.vocabulary)
        self._queue: deque[Ticket] = deque()
        self._prefilling: list[Ticket] = []
        self._failed: list[tuple[int, Completion]] = []
        self._store: KvStore | None = None
        self._pool: DecodePool | None = None
        self._issued = self._returned = 0

    @property
    def pending(self) -> int:
        return self._issued - self._returned

    def submit(
        self,
        job: Job,
        *,
        max_new_tokens: int,
        stop: StopRule | None = None,
        temperature: float = 0.0,
    ) -> int:
        self._issued += 1
        try:
            check_path(job.path, self.stack.depth)
            ids = encode_prompt(self.model, self.tokenizer, job.prompt, max_new_tokens)
        except ValueError as error:
            self._fail(self._issued, str(error))
        else:
            prompt = _cut_prompt(tuple(ids), self._preamble_ids)
            ticket = Ticket(self._issued, job, prompt, max_new_tokens, stop, temperature)
            self._queue.append(ticket)
        return self._issued

    def _fail(self, number: int, reason: str) -> None:
        self._failed.append((number, Completion("", (), "error", reason)))

    @torch.inference_mode()
    def step(self) -> list[tuple[int, Completion]]:
        """One sweep over the layers; every job on its way gets on by at least one layer."""
        self._admit()
        layer = 0
        while layer < self.stack.depth:
            self._prefill(self.trie.take_ready(layer, shared=True), layer)
            self._prefill(self.trie.take_ready(layer, shared=False), layer)
            self._decode(layer)
            layer = self._next_layer(layer)
        self.meter.sweeps += 1
        self._start_decoding()
        finished = self._choose() + self._failed
        self._failed = []
        self._returned += len(finished)
        return finished

    # Admission: a job enters when there is room for all it will ever hold.

    def _admit(self) -> None:
        while self._queue:
            ticket = self._queue[0]
            if not self._reserve(ticket):
                is_idle = not self._prefilling and (self._pool is None or self._pool.is_empty)
                if not is_idle:
                    return
                self._fail(ticket.number, self._explain_refusal(ticket))
            else:
                self._prefilling.append(ticket)
            self._queue.popleft()
        for root in self.trie.pending_roots():
            ids = torch.tensor(root.token_ids, device=self.stack.device)
            self.trie.finish(root, None, self.stack.embed(ids))

    def _reserve(self, ticket: Ticket) -> bool:
        if self._store is None or ticket.tokens > self._store.tokens:
            if self._prefilling or not (self._pool is None or self._pool.is_empty):
                return False  # slots get longer when the jobs of today are through
            self._build_store()
        if self._store is None:
            return False
        slots = self._store.allocate(ticket.job.path)
        if slots is None:
            return False
        ticket.node = self.trie.reserve(ticket.prompt, ticket.job.path)
        if ticket.node is None:
            self._store.release(ticket.job.path, slots)
            return False
        ticket.slots = slots
        return True

    def _build_store(self) -> None:
        """Arenas for the longest job in the queue, as many slots as the budget holds."""
        longest = max(ticket.tokens for ticket in self._queue)
        tokens = -(-longest // TOKEN_BLOCK) * TOKEN_BLOCK
        heads, size = self.stack.kv_shape
        per_row = self.stack.depth * slot_bytes(heads, tokens, size, self.stack.dtype)
        rows = min(self.cache_bytes // per_row, MAX_ROWS)
        self._store = self._pool = None
        if rows == 0:
            return
        device, dtype = self.stack.device, self.stack.dtype
        self._store = KvStore(
            depth=self.stack.depth,
            slots=rows,
            heads=heads,
            tokens=tokens,
            head_size=size,
            dtype=dtype,
            device=device,
        )
        self._pool = DecodePool(rows, self.stack.hidden_size, dtype, device)
        self.stack.prepare_positions(tokens)

    def _explain_refusal(self, ticket: Ticket) -> str:
        if self._store is None or self._store.allocate(ticket.job.path) is None:
            return (
                f"the keys and values of this job ({ticket.tokens} tokens, "
                f"{len(ticket.job.path)} steps) exceed cache_bytes={self.cache_bytes}: raise it"
            )
        needed = self.trie.bytes_of(ticket.prompt, ticket.job.path)
        return (
            f"the prompt's states need prefix_bytes={needed}: raise it from "
            f"{self.trie.budget_bytes}"
        )

    # One layer of a sweep.

    def _prefill(self, nodes: list[Node], layer: int) -> None:
        """Compute the nodes whose last step is `layer`, a bounded number of tokens at a time."""
        started = time.perf_counter()
        for chunk in _cut_chunks(nodes, self.prefill_tokens):
            self._prefill_chunk(chunk, layer)
        self.meter.prefill_seconds += time.perf_counter() - started

    def _prefill_chunk(self, nodes: list[Node], layer: int) -> None:
        bases = [node.base for node in nodes]
        past = [base.kv for base in bases if base is not None and base.kv is not None]
        start = 0 if bases[0] is None else len(bases[0].token_ids)
        lengths = [len(node.token_ids) for node in nodes]
        rows = PrefillRows(lengths, past, self.stack.window(layer), self.stack.device)
        positions = torch.cat([torch.arange(start, start + length) for length in lengths])
        hidden = torch.cat([node.parent.hidden for node in nodes])
        output = self.stack.run(layer, hidden, positions.to(self.stack.device), rows)
        assert rows.new_kv is not None
        parts = rows.new_kv.split(lengths, dim=1)
        for node, kv, state in zip(nodes, parts, output.split(lengths), strict=True):
            self.trie.finish(node, kv.transpose(1, 2).contiguous(), state.clone())
        self.meter.prefill_token_layers += len(hidden)
        self.meter.layer_calls += 1

    def _decode(self, layer: int) -> None:
        """Take every row that waits for `layer` through it."""
        if self._pool is None or self._store is None:
            return
        pool, rows = self._pool, self._pool.rows_waiting_for(layer)
        if not len(rows):
            return
        started = time.perf_counter()
        batch = DecodeRows(
            self._store,
            layer,
            pool.slots_of(rows),
            pool.positions_of(rows),
            self.stack.window(layer),
            self.stack.device,
        )
        index = torch.from_numpy(rows).to(self.stack.device, non_blocking=True)
        hidden = self.stack.run(layer, pool.hidden[index], batch.positions, batch)
        pool.hidden[index] = hidden
        pool.advance(rows)
        self.meter.decode_token_layers += len(rows)
        self.meter.layer_calls += 1
        self.meter.decode_seconds += time.perf_counter() - started

    def _next_layer(self, layer: int) -> int:
        """The next layer up, unless a crowd waits further down: then the lowest such layer."""
        if self._pool is None:
            return layer + 1
        crowds = self._pool.find_crowds(self.stack.depth, CROWD_SHARE)
        return min(int(crowds[0]), layer + 1) if len(crowds) else layer + 1

    # The end of a sweep.

    def _start_decoding(self) -> None:
        """Move the jobs whose prompt is through to a row, with their keys and values."""
        waiting = []
        for ticket in self._prefilling:
            if ticket.node is None or ticket.node.hidden is None:
                waiting.append(ticket)
                continue
            uniforms = None
            if ticket.temperature > 0:
                uniforms = draw_uniforms(ticket.job.seed, ticket.max_new_tokens).numpy()
            self._fill_slots(ticket)
            rule = self._stops.index_of(ticket.stop)
            self._pool.add(ticket, ticket.node.hidden[-1], rule, uniforms)
            self.trie.release(ticket.node)
            ticket.node = None
        self._prefilling = waiting

    def _fill_slots(self, ticket: Ticket) -> None:
        node, start = ticket.node, len(ticket.prompt.preamble)
        for slot in ticket.slots[::-1].tolist():
            self._store.fill(node.layer, slot, start, node.kv)
            if node.base is not None:
                self._store.fill(node.layer, slot, 0, node.base.kv)
            node = node.parent

    def _choose(self) -> list[tuple[int, Completion]]:
        """The next token of every row whose path is through; the rows that are done with it."""
        if self._pool is None:
            return []
        pool, rows = self._pool, self._pool.rows_waiting_for(ENDED)
        if not len(rows):
            return []
        started = time.perf_counter()
        index = torch.from_numpy(rows).to(self.stack.device, non_blocking=True)
        chosen = torch.cat(
            [
                self._choose_some(rows[first : first + HEAD_ROWS], index[first : first + HEAD_ROWS])
                for first in range(0, len(rows), HEAD_ROWS)
            ]
        )
        pool.hidden[index] = self.stack.embed(chosen)
        tokens = chosen.cpu().numpy()  # the only wait for the device in a sweep
        at_limit = pool.add_tokens(rows, tokens)
        finished = self._collect(rows, tokens, at_limit)
        self.meter.head_rows += len(rows)
        self.meter.decode_seconds += time.perf_counter() - started
        return finished

    def _choose_some(self, rows: np.ndarray, index: Tensor) -> Tensor:  # [B]
        logits = self.stack.logits(self._pool.hidden[index])
        temperature = self._pool.temperature[rows]
        if not temperature.any():
            return logits.argmax(dim=-1)
        uniforms = torch.from_numpy(self._pool.next_uniforms(rows)).to(logits.device)
        return choose_tokens(logits, torch.from_numpy(temperature).to(logits.device), uniforms)

    def _collect(
        self, rows: np.ndarray, tokens: np.ndarray, at_limit: np.ndarray
    ) -> list[tuple[int, Completion]]:
        """The completions of rows that may be done; only these are looked at one by one."""
        is_end = np.isin(tokens, self._ends)
        may_close = self._stops.may_close(self._pool.rules[rows], tokens)
        finished = []
        for place in np.flatnonzero(is_end | at_limit | may_close):
            row = int(rows[place])
            ticket, token_ids = self._pool.tickets[row], self._pool.tokens_of(row)
            text = decode_text(self.tokenizer, token_ids)
            finish: Finish | None = None
            if is_end[place]:
                finish = "eos"
            elif may_close[place] and ticket.stop.is_complete(text):
                finish = "stop"
            elif at_limit[place]:
                finish = "length"
            if finish is not None:
                finished.append((ticket.number, Completion(text, tuple(token_ids), finish)))
                self._store.release(ticket.job.path, ticket.slots)
                self._pool.remove(row)
        return finished


def _cut_prompt(ids: tuple[int, ...], preamble: tuple[int, ...]) -> Prompt:
    """Cut where the prompt stops being the preamble, token by token; the own part is not empty.

    >>> _cut_prompt((*range(10), 77), tuple(range(12))).own
    (77,)
    >>> _cut_prompt((1, 2, 3), (1, 2)).preamble
    ()
    """
    pairs = zip(ids[:-1], preamble, strict=False)
    shared = next((n for n, (mine, theirs) in enumerate(pairs) if mine != theirs), None)
    if shared is None:
        shared = min(len(ids) - 1, len(preamble))
    if shared < MIN_SHARED:
        shared = 0
    return Prompt(ids[:shared], ids[shared:])


def _cut_chunks(nodes: list[Node], limit: int) -> list[list[Node]]:
    """Nodes with pasts of equal length and similar own lengths, about `limit` tokens a chunk."""

    def size(node: Node) -> tuple[int, int]:
        return (len(node.base.token_ids) if node.base else 0, len(node.token_ids))

    chunks: list[list[Node]] = []
    tokens = 0
    for node in sorted(nodes, key=size):
        past, length = size(node)
        if not chunks or size(chunks[-1][0])[0] != past or tokens + length > limit:
            chunks.append([])
            tokens = 0
        chunks[-1].append(node)
        tokens += length
    return chunks
