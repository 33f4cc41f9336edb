"""What a rule is: its constants and three functions; and the functions that the rules are made of.

- `edits(rule, node)` lists the edits that may lead from the node to a child.
- `expand(rule, tree, node, rng)` returns the new node to run. Or it returns None: then either the
  node has open children and the descent goes on, or nothing is left below it and `expand` has
  marked it explored.
- `follow(rule, tree, node, rng)` picks one of the node's open children.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from mcts.edits import Bounds, Edit, apply_edit, list_edits
from mcts.tree import Node, Tree


@dataclass(frozen=True)
class SearchRule:
    """Constants and three functions; `mcts.rules.make_rule` builds one from a name.

    A search runs `num_simulations` distinct paths, the full path included. It ends earlier after
    `stop_after_valid` valid paths, or when the first `give_up_after` executions found none
    (0: never). `used` names the constants that the rule reads; the others stay 0.
    """

    name: str
    depth: int
    bounds: Bounds
    edits: Callable[["SearchRule", Node], list[Edit]]
    expand: Callable[["SearchRule", Tree, Node, random.Random], Node | None]
    follow: Callable[["SearchRule", Tree, Node, random.Random], Node]
    num_simulations: int
    stop_after_valid: int = 0
    give_up_after: int = 0
    max_block_below: int = 0
    exploration: float = 0.0
    length_penalty: float = 0.0
    random_child: float = 0.0
    widening: float = 0.0
    max_edits: int = 0
    max_draws: int = 0
    used: tuple[str, ...] = ()

    def constants(self) -> dict[str, str | int | float]:
        """Every constant that the rule reads, by name; `rule_from_constants` is the way back."""
        values = {**vars(self.bounds), **vars(self)}
        return {key: values[key] for key in ("name", "space", "depth", *self.used)}


def edit_blocks(rule: SearchRule, node: Node) -> list[Edit]:
    """Blocks of up to `max_block` positions at every node."""
    return list_edits(node.path, rule.bounds, rule.bounds.max_block)


def edit_blocks_at_root(rule: SearchRule, node: Node) -> list[Edit]:
    """Blocks of up to `max_block` positions at the root, of `max_block_below` below it."""
    is_root = node.parent is None
    max_block = rule.bounds.max_block if is_root else rule.max_block_below
    return list_edits(node.path, rule.bounds, max_block)


def expand_all(rule: SearchRule, tree: Tree, node: Node, rng: random.Random) -> Node | None:
    """Give a childless node all its fresh edits as children, and run one of them at random.

    The others stay unvisited: they are walked through later, but never run themselves.
    """
    if node.children:
        return None
    for edit in rule.edits(rule, node):
        path = apply_edit(node.path, edit)
        if not tree.holds(path):
            tree.add_child(node, path)
    node.is_exhausted = True
    if not node.children:
        tree.mark_explored(node)
        return None
    return node.children[rng.randrange(len(node.children))]


def expand_one(rule: SearchRule, tree: Tree, node: Node, rng: random.Random) -> Node | None:
    """Add one random fresh edit, as long as the node has fewer than ⌈widening·√visits⌉ children.

    A node whose children are all explored is widened whatever its visits.
    """
    has_open_child = any(not child.is_explored for child in node.children)
    is_wide = len(node.children) >= math.ceil(rule.widening * math.sqrt(node.visits))
    if node.is_exhausted or (is_wide and has_open_child):
        return None
    edits = rule.edits(rule, node)
    while edits:
        index = rng.randrange(len(edits))
        edits[index], edits[-1] = edits[-1], edits[index]
        path = apply_edit(node.path, edits.pop())
        if not tree.holds(path):
            return tree.add_child(node, path)
    node.is_exhausted = True
    if not has_open_child:
        tree.mark_explored(node)
    return None


def draw_path(rule: SearchRule, tree: Tree, node: Node, rng: random.Random) -> Node | None:
    """No tree: a path of 1…`max_edits` uniform edits of the full path, hung below the root.

    After `max_draws` draws in a row that brought nothing new the search is over.
    """
    for _ in range(rule.max_draws):
        drawn = node
        for _ in range(1 + rng.randrange(rule.max_edits)):
            edits = rule.edits(rule, drawn)
            if not edits:
                break
            drawn = Node(apply_edit(drawn.path, edits[rng.randrange(len(edits))]), parent=drawn)
        if not tree.holds(drawn.path):
            return tree.add_child(node, drawn.path)
    tree.mark_explored(node)
    return None


def follow_stale_score(rule: SearchRule, tree: Tree, node: Node, rng: random.Random) -> Node:
    """With probability `random_child` any open child, else the best by its last known score.

    A child's score dates from the last simulation that passed through it; one that none has
    passed scores minus infinity. Ties go to the first.
    """
    children = node.open_children
    if rng.random() < rule.random_child:
        return children[rng.randrange(len(children))]

    def score(child: Node) -> float:
        bonus = math.sqrt(math.log(child.root_visits + 1) / child.visits)
        return _value(rule, child) + rule.exploration * bonus

    visited = [child for child in children if child.visits]
    return max(visited, key=score) if visited else children[0]


def follow_ucb(rule: SearchRule, tree: Tree, node: Node, rng: random.Random) -> Node:
    """The open child of highest UCB (Appendix B.3), V being all simulations of the question.

    Ties go to the first.
    """
    log_total = math.log(tree.root.visits)

    def score(child: Node) -> float:
        return _value(rule, child) + rule.exploration * math.sqrt(log_total / child.visits)

    return max(node.open_children, key=score)


def _value(rule: SearchRule, child: Node) -> float:
    penalty = rule.length_penalty * len(child.path) / rule.depth
    return child.total_reward / child.visits - penalty


def follow_nothing(rule: SearchRule, tree: Tree, node: Node, rng: random.Random) -> Node:
    """For a rule that draws every path at the root: there is nothing to descend to."""
    raise AssertionError(f"rule {rule.name} never descends")
