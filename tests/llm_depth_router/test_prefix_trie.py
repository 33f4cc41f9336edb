"""Nodes are shared along paths, held while in use, and evicted within the budget."""

import torch

from llm_depth_router.node_store import NodeStore
from llm_depth_router.prefix_trie import PrefixTrie, Prompt, cut_calls

PLAIN = Prompt((), (1, 2))
WITH_PREAMBLE = Prompt((7, 8, 9), (1, 2))


def make_trie(tokens=1000):
    store = NodeStore(
        tokens,
        heads=1,
        head_size=1,
        hidden_size=1,
        dtype=torch.float32,
        device=torch.device("cpu"),
    )
    return PrefixTrie(store, depth=4)


def used_tokens(trie):
    return trie.store.tokens - trie.store.num_free


def compute_all(trie, depth=4):
    """Run every pending node; returns the layers that were run, in order."""
    run = []
    for root in trie.pending_roots():
        trie.finish(root)
    while True:
        before = len(run)
        for layer in range(depth):
            for node in trie.take_ready(layer):
                trie.finish(node)
                run.append((layer, len(node.token_ids)))
        if len(run) == before:
            return run


def test_paths_share_the_nodes_of_their_common_prefix():
    trie = make_trie()
    trie.reserve(PLAIN, (0, 1, 2))
    assert compute_all(trie) == [(0, 2), (1, 2), (2, 2)]
    trie.reserve(PLAIN, (0, 1, 3))
    assert compute_all(trie) == [(3, 2)]
    assert used_tokens(trie) == 2 * (1 + 4)


def test_the_preamble_is_run_first_and_once_for_two_prompts():
    trie = make_trie()
    trie.reserve(WITH_PREAMBLE, (2,))
    trie.reserve(Prompt((7, 8, 9), (5, 5)), (2,))
    assert compute_all(trie) == [(2, 3), (2, 2), (2, 2)]


def test_a_repeated_layer_waits_for_the_next_sweep():
    trie = make_trie()
    trie.reserve(PLAIN, (1, 1))
    for root in trie.pending_roots():
        trie.finish(root)
    first = trie.take_ready(1)
    assert len(first) == 1 and trie.take_ready(1) == []
    trie.finish(first[0])
    assert len(trie.take_ready(1)) == 1


def test_own_parts_ride_with_their_preamble_once_what_they_continue_is_there():
    trie = make_trie()
    trie.reserve(WITH_PREAMBLE, (0, 1))
    for root in trie.pending_roots():
        trie.finish(root)
    base, own = trie.take_ready(0)
    assert own.base is base
    trie.finish(base)
    (next_base,) = trie.take_ready(1)  # the own part of this step still lacks its input
    trie.finish(own)
    trie.finish(next_base)
    (next_own,) = trie.take_ready(1)
    assert next_own.base is next_base and trie.take_ready(0) == []


def test_calls_hold_a_bounded_number_of_tokens_bases_first():
    trie = make_trie(tokens=1000)
    for number in range(3):
        trie.reserve(Prompt((7, 8, 9), (number, 5)), (0,))
    for root in trie.pending_roots():
        trie.finish(root)
    calls = cut_calls(trie.take_ready(0), 5)
    tokens = [[[len(node.token_ids) for node in group] for group in call] for call in calls]
    assert tokens == [[[3], [2]], [[2, 2]]]


def test_what_is_held_is_never_evicted_and_what_is_not_makes_room():
    trie = make_trie(tokens=10)
    held = trie.reserve(PLAIN, (0, 1, 2))  # 2 tokens, 3 steps and the root: 8 slots
    compute_all(trie)
    assert trie.reserve(PLAIN, (3, 3)) is None
    trie.release(held)
    assert trie.reserve(PLAIN, (3, 3)) is not None
    assert used_tokens(trie) <= 10
    assert compute_all(trie) == [(3, 2), (3, 2)]


def test_a_preamble_stays_while_an_own_part_needs_it():
    trie = make_trie(tokens=10)
    held = trie.reserve(WITH_PREAMBLE, (0,))  # (3 + 2) tokens at the root and after one step
    compute_all(trie)
    assert used_tokens(trie) == 10
    assert trie.reserve(PLAIN, (1,)) is None
    assert held.base.users == 1
    trie.release(held)
    assert trie.reserve(PLAIN, (1,)) is not None
    assert used_tokens(trie) <= 10
