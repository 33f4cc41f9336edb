"""A token's slot is one node's until that gives it back; what is put there is what is read."""

import numpy as np
import torch

from llm_depth_router.node_store import PADDING, NodeStore


def make_store(tokens=5):
    return NodeStore(
        tokens,
        heads=2,
        head_size=3,
        hidden_size=4,
        dtype=torch.float32,
        device=torch.device("cpu"),
    )


def test_no_slot_is_given_twice_and_the_padding_never():
    store = make_store()
    first, second = store.allocate(2), store.allocate(3)
    assert sorted([*first, *second]) == [1, 2, 3, 4, 5]
    assert PADDING not in (*first, *second) and store.num_free == 0
    store.release(first)
    assert sorted(store.allocate(2)) == sorted(first)


def test_states_come_back_in_the_order_that_is_asked_for():
    store = make_store()
    states = torch.randn(3, 4)
    store.put_states(torch.tensor([4, 1, 2]), states)
    assert torch.equal(store.states_of(torch.tensor([2, 4])), states[[2, 0]])


def test_keys_and_values_come_back_as_attention_takes_them():
    store = make_store()
    keys, values = torch.randn(3, 2, 3), torch.randn(3, 2, 3)
    store.put_kv(torch.tensor([4, 1, 2]), keys, values)
    read = store.kv_of(torch.tensor([[1, 4], [2, PADDING]]))
    assert read.shape == (2, 2, 2, 2, 3)
    assert torch.equal(read[0, 0], keys[[1, 0]].transpose(0, 1))
    assert torch.equal(read[1, 1, :, 0], values[2])
    assert read[:, 1, :, 1].abs().sum() == 0


def test_a_slot_outlives_what_is_done_with_those_around_it():
    store = make_store()
    kept, gone = store.allocate(1), store.allocate(4)
    store.put_states(torch.from_numpy(kept), torch.ones(1, 4))
    store.release(gone)
    again = store.allocate(4)
    store.put_states(torch.from_numpy(np.sort(again)), torch.zeros(4, 4))
    assert store.states_of(torch.from_numpy(kept)).tolist() == [[1, 1, 1, 1]]
