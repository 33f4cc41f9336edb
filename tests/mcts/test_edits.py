"""Guaranteed: edits change exactly the named block, and never leave the bounds."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from mcts.edits import SPACES, Bounds, Edit, apply_edit, list_edits


def results(path, bounds, max_block=4):
    return [apply_edit(path, edit) for edit in list_edits(path, bounds, max_block)]


def test_skip_space_lists_every_block_that_leaves_enough_layers():
    bounds = Bounds("skip", 2, 9, max_block=4, max_repeats=1, max_visits=0)
    assert results((0, 1, 2, 3), bounds) == [
        *[(1, 2, 3), (0, 2, 3), (0, 1, 3), (0, 1, 2)],
        *[(2, 3), (0, 3), (0, 1)],
    ]


def test_loop_space_repeats_blocks_up_to_the_length_and_count_allowed():
    bounds = Bounds("loop", 1, 5, max_block=2, max_repeats=3, max_visits=0)
    assert results((0, 1, 2), bounds) == [
        *[(0, 0, 1, 2), (0, 1, 1, 2), (0, 1, 2, 2)],
        *[(0, 0, 0, 1, 2), (0, 1, 1, 1, 2), (0, 1, 2, 2, 2)],
        *[(0, 1, 0, 1, 2), (0, 1, 2, 1, 2)],
    ]


def test_a_layer_is_not_visited_more_often_than_allowed():
    bounds = Bounds("loop", 1, 9, max_block=4, max_repeats=1, max_visits=2)
    assert results((0, 0, 1), bounds) == [(0, 0, 1, 1)]
    assert results((0, 1, 0), bounds) == [(0, 1, 1, 0)]


def test_blocks_below_the_root_may_be_kept_smaller():
    bounds = Bounds("skip", 1, 9, max_block=4, max_repeats=1, max_visits=0)
    assert results((0, 1, 2), bounds, max_block=1) == [(1, 2), (0, 2), (0, 1)]


def test_a_repeated_block_follows_itself():
    assert apply_edit((4, 5, 6, 7), Edit(1, 2, 2)) == (4, 5, 6, 5, 6, 5, 6, 7)


@given(
    path=st.lists(st.integers(0, 5), min_size=3, max_size=8).map(tuple),
    space=st.sampled_from(SPACES),
    max_block=st.integers(1, 4),
    max_repeats=st.integers(1, 4),
    max_visits=st.sampled_from([0, 2, 3]),
)
def test_every_listed_edit_keeps_every_bound(path, space, max_block, max_repeats, max_visits):
    bounds = Bounds(space, 3, 9, max_block, max_repeats, max_visits)
    edits = list_edits(path, bounds, max_block)
    assert len(set(edits)) == len(edits)
    for edit in edits:
        after = apply_edit(path, edit)
        assert 3 <= len(after) <= 9
        assert 1 <= edit.size <= max_block and 0 <= edit.repeats <= max_repeats
        assert space != "skip" or edit.repeats == 0
        assert space != "loop" or edit.repeats > 0
        if edit.repeats and max_visits:
            changed = set(path[edit.start : edit.start + edit.size])
            assert max(Counter(after)[layer] for layer in changed) <= max_visits
