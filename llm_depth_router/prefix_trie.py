"""What prompts left behind on path prefixes, shared between jobs: a radix cache over layers."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from llm_depth_router.node_store import NodeStore

TokenIds = tuple[int, ...]
ROOT_LAYER = -1
MIN_SHARED = 8  # a shorter common beginning is not worth nodes of its own


@dataclass(frozen=True)
class Prompt:
    """A prompt's tokens, cut into the part that other prompts share and its own part."""

    preamble: TokenIds
    own: TokenIds

    def __len__(self) -> int:
        return len(self.preamble) + len(self.own)


@dataclass(eq=False, slots=True)
class Node:
    """The states of one part of a prompt after one path prefix; `layer` was its last step."""

    parent: "Node | None"  # what the last step is applied to
    layer: int
    base: "Node | None"  # the same path prefix on the preamble, where the prompt has one
    token_ids: TokenIds
    slots: np.ndarray  # [T] of the store
    is_done: bool = False
    users: int = 0  # children, nodes that have this one as base, and jobs
    children: dict[int, "Node"] = field(default_factory=dict)
    awaiting: list["Node"] = field(default_factory=list)  # pending nodes that have this as base

    @property
    def past_tokens(self) -> int:
        """How many tokens stand in front of its own."""
        return len(self.base.token_ids) if self.base else 0

    @property
    def all_slots(self) -> np.ndarray:  # [P + T]
        """The slots of the tokens in front of its own, of the same step, and of its own."""
        return np.concatenate((self.base.slots, self.slots)) if self.base else self.slots

    def steps(self) -> list["Node"]:
        """The nodes of the path's steps from the first to this one, the root left out."""
        chain = [self]
        while (parent := chain[-1].parent) is not None:
            chain.append(parent)
        return chain[-2::-1]

    @property
    def is_ready(self) -> bool:
        """Whether everything it is computed from is there."""
        parts = (self.parent, self.base)
        return not self.is_done and all(part is None or part.is_done for part in parts)


class PrefixTrie:
    """Nodes by prompt and path prefix, as many as the store has slots for.

    What nobody uses is evicted, least recently used first, when a new job needs the room; an
    evicted node is computed again when it is asked for again, so no result depends on eviction.
    """

    def __init__(self, store: NodeStore, depth: int) -> None:
        self.store = store
        self._roots: dict[tuple[TokenIds, TokenIds], Node] = {}
        self._unused: OrderedDict[Node, None] = OrderedDict()
        self._ready: list[list[Node]] = [[] for _ in range(depth)]

    def reserve(self, prompt: Prompt, path: tuple[int, ...]) -> Node | None:
        """The node of the whole path, with all that lead to it, held until `release`.

        Missing nodes are made as pending. None where their slots cannot be had now.
        """
        base = self._walk((prompt.preamble, ()), path) if prompt.preamble else None
        own = self._walk((prompt.preamble, prompt.own), path)
        held = [chain[-1] for chain in (base, own) if chain]
        for node in held:
            self._pin(node)
        missing = len(prompt.own) * (len(path) + 1 - len(own))
        if base is not None:
            missing += len(prompt.preamble) * (len(path) + 1 - len(base))
        final = self._grow(prompt, path) if self._make_room(missing) else None
        if final is not None:
            self._pin(final)
        for node in held:
            self._unpin(node)
        return final

    def release(self, node: Node) -> None:
        """Let go of a reserved node."""
        self._unpin(node)

    def take_ready(self, layer: int) -> list[Node]:
        """The nodes that one call of `layer` can compute now, each behind its base.

        A node whose base is among them rides along, as the call makes the base's keys before.
        """
        taken, self._ready[layer] = self._ready[layer], []
        for base in list(taken):
            riding = [node for node in base.awaiting if node.parent and node.parent.is_done]
            base.awaiting = [node for node in base.awaiting if node not in riding]
            taken += riding
        return taken

    def finish(self, node: Node) -> None:
        """Its states are in the store: queue what waited for them."""
        node.is_done = True
        self._queue(node.children.values())
        self._queue(node.awaiting)
        node.awaiting = []

    def pending_roots(self) -> list[Node]:
        """Roots that still need their embedding."""
        return [root for root in self._roots.values() if not root.is_done]

    def _queue(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            if node.is_ready and node.layer != ROOT_LAYER:
                self._ready[node.layer].append(node)

    def _walk(self, key: tuple[TokenIds, TokenIds], path: tuple[int, ...]) -> list[Node]:
        """The nodes that are there along `path`, from the root."""
        node = self._roots.get(key)
        chain = []
        for layer in (*path, ROOT_LAYER):
            if node is None:
                break
            chain.append(node)
            node = node.children.get(layer)
        return chain

    def _grow(self, prompt: Prompt, path: tuple[int, ...]) -> Node:
        base = None
        if prompt.preamble:
            base = self._get_root((prompt.preamble, ()), prompt.preamble, None)
        own = self._get_root((prompt.preamble, prompt.own), prompt.own, base)
        for layer in path:
            if base is not None:
                base = self._get_child(base, layer, None)
            own = self._get_child(own, layer, base)
        return own

    def _get_root(self, key: tuple[TokenIds, TokenIds], ids: TokenIds, base: Node | None) -> Node:
        if key not in self._roots:
            self._roots[key] = self._add(Node(None, ROOT_LAYER, base, ids, self._allocate(ids)))
        return self._roots[key]

    def _get_child(self, parent: Node, layer: int, base: Node | None) -> Node:
        if layer not in parent.children:
            ids = parent.token_ids
            child = self._add(Node(parent, layer, base, ids, self._allocate(ids)))
            parent.children[layer] = child
            self._queue([child])
        return parent.children[layer]

    def _allocate(self, ids: TokenIds) -> np.ndarray:
        return self.store.allocate(len(ids))

    def _add(self, node: Node) -> Node:
        for part in (node.parent, node.base):
            if part is not None:
                self._pin(part)
        if node.base is not None and not node.base.is_done:
            node.base.awaiting.append(node)
        self._unused[node] = None
        return node

    def _pin(self, node: Node) -> None:
        node.users += 1
        self._unused.pop(node, None)

    def _unpin(self, node: Node) -> None:
        node.users -= 1
        if node.users == 0:
            self._unused[node] = None

    def _make_room(self, needed: int) -> bool:
        while self.store.num_free < needed and self._unused:
            self._evict(self._unused.popitem(last=False)[0])
        return self.store.num_free >= needed

    def _evict(self, node: Node) -> None:
        """Forget a node without users; all such nodes are done, as jobs hold the pending ones."""
        self.store.release(node.slots)
        if node.parent is not None:
            del node.parent.children[node.layer]
            self._unpin(node.parent)
        else:
            self._roots = {key: root for key, root in self._roots.items() if root is not node}
        if node.base is not None:
            self._unpin(node.base)
        node.parent = node.base = None


def cut_prompt(ids: tuple[int, ...], preamble: tuple[int, ...]) -> Prompt:
    """Cut where the prompt stops being the preamble, token by token; the own part is not empty.

    >>> cut_prompt((*range(10), 77), tuple(range(12))).own
    (77,)
    >>> cut_prompt((1, 2, 3), (1, 2)).preamble
    ()
    """
    pairs = zip(ids[:-1], preamble, strict=False)
    shared = next((n for n, (mine, theirs) in enumerate(pairs) if mine != theirs), None)
    if shared is None:
        shared = min(len(ids) - 1, len(preamble))
    if shared < MIN_SHARED:
        shared = 0
    return Prompt(ids[:shared], ids[shared:])


def cut_calls(nodes: Sequence[Node], limit: int) -> list[list[list[Node]]]:
    """Calls of about `limit` tokens; in a call, lists of nodes with pasts of equal length.

    Nodes of similar length come together; nodes without a past, the bases, come first.
    """
    calls: list[list[list[Node]]] = []
    tokens = 0
    for node in sorted(nodes, key=lambda node: (node.past_tokens, len(node.token_ids))):
        if not calls or tokens + len(node.token_ids) > limit:
            calls.append([])
            tokens = 0
        if not calls[-1] or calls[-1][-1][0].past_tokens != node.past_tokens:
            calls[-1].append([])
        calls[-1][-1].append(node)
        tokens += len(node.token_ids)
    return calls
