"""Guaranteed: rewards are counted up to the root, and a trace names executed ancestors only."""

from mcts.trace import Execution
from mcts.tree import Tree


def test_back_up_counts_visits_and_rewards_on_the_way_to_the_root():
    tree = Tree((0, 1, 2))
    tree.back_up(tree.root, correct=False)
    skipped = tree.add_child(tree.root, (1, 2))  # never run itself
    leaf = tree.add_child(skipped, (2,))
    tree.back_up(leaf, correct=True)

    assert tree.trace().executions == (
        Execution((0, 1, 2), False, None, parent=None, visits=2, total_reward=1.0),
        Execution((2,), True, None, parent=0, visits=1, total_reward=1.0),
    )
    assert (skipped.visits, skipped.total_reward, skipped.root_visits) == (1, 1.0, 2)


def test_a_node_is_explored_once_it_is_exhausted_and_all_its_children_are_explored():
    tree = Tree((0, 1))
    first, second = tree.add_child(tree.root, (0,)), tree.add_child(tree.root, (1,))
    tree.mark_explored(first)
    assert not tree.root.is_explored and tree.root.open_children == [second]
    tree.mark_explored(second)
    assert not tree.root.is_explored  # it may still get more children
    tree.root.is_exhausted = True
    tree.mark_explored(second)
    assert tree.root.is_explored


def test_a_path_stands_in_the_tree_once_it_was_added():
    tree = Tree((0, 1))
    assert tree.holds((0, 1)) and not tree.holds((1,))
    tree.add_child(tree.root, (1,))
    assert tree.holds((1,))
