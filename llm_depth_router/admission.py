"""Who may enter the engine: a job does when there is room for all it will ever hold."""

from collections import deque

import torch

from llm_depth_router.decode_pool import Admitted, DecodePool, Ticket
from llm_depth_router.kv_store import KvStore, slot_bytes
from llm_depth_router.layer_stack import LayerStack
from llm_depth_router.node_store import NodeStore, token_bytes
from llm_depth_router.prefix_trie import Node, PrefixTrie

MAX_ROWS = 4096
MIN_SLOTS = 8  # a longer job is given a store of its own rather than one this small to all
TOKEN_BLOCK = 32  # slots are a multiple of this long


class Admission:
    """The waiting jobs, and the room for those inside: slots, rows and nodes.

    `cache_bytes` bounds the slots, `prefix_bytes` the nodes. Between two jobs the store and the
    pool may be replaced by others of another shape.
    """

    store: KvStore
    pool: DecodePool

    def __init__(self, stack: LayerStack, cache_bytes: int, prefix_bytes: int) -> None:
        self.stack, self.cache_bytes = stack, cache_bytes
        self.prefix_bytes = prefix_bytes
        store = make_node_store(stack, prefix_bytes // _token_bytes(stack))
        self.trie = PrefixTrie(store, stack.depth)
        self.queue: deque[Ticket] = deque()
        self._num_inside = 0
        self._build_store(longest=0)

    def admit(self) -> tuple[list[Admitted], list[tuple[int, str]]]:
        """Let in whom there is room for, in order; the jobs that can never fit, and why."""
        entered: list[Admitted] = []
        refused: list[tuple[int, str]] = []
        while self.queue:
            admitted = self._reserve(self.queue[0])
            if admitted is not None:
                entered.append(admitted)
                self._num_inside += 1
            elif self._num_inside:
                break
            else:
                refused.append((self.queue[0].number, self._explain_refusal(self.queue[0])))
            self.queue.popleft()
        for root in self.trie.pending_roots():
            self._embed(root)
        return entered, refused

    def _embed(self, root: Node) -> None:
        plan = torch.tensor((root.token_ids, root.slots.tolist()), device=self.stack.device)
        self.trie.store.put_states(plan[1], self.stack.embed(plan[0]))
        self.trie.finish(root)

    def leave(self, job: Admitted) -> None:
        """Free the slots of a finished job; its row and its nodes are free already."""
        self.store.release(job.ticket.job.path, job.slots)
        self._num_inside -= 1

    def _reserve(self, ticket: Ticket) -> Admitted | None:
        if not self._num_inside:
            self._fit_store(ticket)
        if ticket.tokens > self.store.tokens:
            return None  # slots get longer when the jobs of today are through
        slots = self.store.allocate(ticket.job.path)
        if slots is None:
            return None
        node = self.trie.reserve(ticket.prompt, ticket.job.path)
        if node is None:
            self.store.release(ticket.job.path, slots)
            return None
        return Admitted(ticket, slots, node)

    def _fit_store(self, ticket: Ticket) -> None:
        """With no job inside, give the slots the length that the next jobs need."""
        ample = [q.tokens for q in self.queue if self._count_slots(q.tokens) >= MIN_SLOTS]
        longest = max([ticket.tokens, *ample])
        fits = ticket.tokens <= self.store.tokens and self.store.can_ever_hold(ticket.job.path)
        if not fits or self.store.tokens > 2 * longest + TOKEN_BLOCK:
            self.store.arenas.clear()  # before the new ones are made
            self._build_store(longest if self._count_slots(longest) else ticket.tokens)

    def _count_slots(self, tokens: int) -> int:
        """How many slots of at least `tokens` the budget holds at every layer."""
        heads, size = self.stack.kv_shape
        one = slot_bytes(heads, _round_up_tokens(tokens), size, self.stack.dtype)
        return min(self.cache_bytes // (self.stack.depth * one), MAX_ROWS) if one else 0

    def _build_store(self, longest: int) -> None:
        """Arenas for jobs of up to `longest` tokens, as many slots as the budget holds."""
        tokens = _round_up_tokens(longest)
        heads, size = self.stack.kv_shape
        device, dtype = self.stack.device, self.stack.dtype
        self.store = KvStore(
            depth=self.stack.depth,
            slots=self._count_slots(longest),
            heads=heads,
            tokens=tokens,
            head_size=size,
            dtype=dtype,
            device=device,
        )
        self.pool = DecodePool(self.store.slots, self.stack.hidden_size, dtype, device)
        self.stack.prepare_positions(tokens)

    def _explain_refusal(self, ticket: Ticket) -> str:
        if not self.store.can_ever_hold(ticket.job.path):
            return (
                f"the keys and values of this job ({ticket.tokens} tokens, "
                f"{len(ticket.job.path)} steps) exceed cache_bytes={self.cache_bytes}: raise it"
            )
        needed = len(ticket.prompt) * (len(ticket.job.path) + 1) * _token_bytes(self.stack)
        return f"the prompt's states take prefix_bytes={needed}: raise it from {self.prefix_bytes}"


def make_node_store(stack: LayerStack, tokens: int) -> NodeStore:
    """Slots for so many tokens of prompts of this model."""
    heads, size = stack.kv_shape
    return NodeStore(
        tokens,
        heads=heads,
        head_size=size,
        hidden_size=stack.hidden_size,
        dtype=stack.dtype,
        device=stack.device,
    )


def _token_bytes(stack: LayerStack) -> int:
    heads, size = stack.kv_shape
    return token_bytes(heads, size, stack.hidden_size, stack.dtype)


def _round_up_tokens(tokens: int) -> int:
    return -(-tokens // TOKEN_BLOCK) * TOKEN_BLOCK
