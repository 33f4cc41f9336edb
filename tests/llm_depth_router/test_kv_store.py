"""Slots belong to one step of one job, and what is written there is what is read."""

import torch

from llm_depth_router.kv_store import KvStore


def make_store(slots=3, heads=1):
    return KvStore(
        depth=2,
        slots=slots,
        heads=heads,
        tokens=4,
        head_size=2,
        dtype=torch.float32,
        device=torch.device("cpu"),
    )


def test_every_visit_of_a_layer_gets_its_own_lowest_free_slot():
    store = make_store()
    assert store.allocate((0, 1, 0)).tolist() == [0, 0, 1]
    assert store.allocate((0,)).tolist() == [2]
    assert store.allocate((1, 0)) is None  # layer 0 is full, and layer 1 gave nothing away
    store.release((0, 1, 0), torch.tensor([0, 0, 1]).numpy())
    assert store.allocate((1, 0)).tolist() == [0, 0]


def test_a_path_that_visits_a_layer_too_often_can_never_be_held():
    store = make_store(slots=2)
    assert store.can_ever_hold((0, 1, 0))
    assert not store.can_ever_hold((0, 0, 0))


def test_a_prompt_is_filled_in_and_a_token_appended_behind_it():
    store = make_store()
    store.fill(1, 2, torch.ones(2, 1, 3, 2))
    row = torch.full((1, 1, 2), 7.0)
    store.append(1, torch.tensor([2]), torch.tensor([3]), row, 2 * row)
    keys, values = store.arenas[1][:, 2, 0]
    assert keys.tolist() == [[1, 1], [1, 1], [1, 1], [7, 7]]
    assert values.tolist() == [[1, 1], [1, 1], [1, 1], [14, 14]]
    assert store.arenas[0].abs().sum() == 0


def test_gathered_slots_are_those_of_the_arena_up_to_their_reach():
    store = make_store(slots=5, heads=3)
    store.arenas[1].copy_(torch.randn(store.arenas[1].shape))
    slots = torch.tensor([4, 0, 3])
    for reach in (1, 3, 4):
        gathered = store.gather(1, slots, reach)
        assert torch.equal(gathered, store.arenas[1][:, slots, :, :reach])
