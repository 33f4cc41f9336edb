"""The search of one question, as a generator: it yields a path and is sent whether it was right."""

import hashlib
import random
from collections.abc import Generator
from typing import NamedTuple

from mcts.policies import SearchRule
from mcts.trace import Path, SearchTrace, full_path
from mcts.tree import Node, Tree, executed_parent


class Proposal(NamedTuple):
    """A path to run, and the place in the trace of its nearest ancestor that was run."""

    path: Path
    parent: int | None


def search(depth: int, rule: SearchRule, rng: random.Random) -> Generator[Path, bool, SearchTrace]:
    """Yield one distinct path after the other, the full path first; return what was found.

    >>> from mcts.rules import make_rule
    >>> steps = search(4, make_rule("random", "skip", 4, num_simulations=2), random.Random(0))
    >>> next(steps)
    (0, 1, 2, 3)
    >>> len(steps.send(False)) < 4
    True
    """
    if depth != rule.depth:
        raise ValueError(f"the rule is made for {rule.depth} layers, the model has {depth}")
    proposals = propose_paths(rule, rng)
    proposal = next(proposals)
    while True:
        correct = yield proposal.path
        try:
            proposal = proposals.send(correct)
        except StopIteration as stop:
            trace: SearchTrace = stop.value
            return trace


def propose_paths(rule: SearchRule, rng: random.Random) -> Generator[Proposal, bool, SearchTrace]:
    """Like `search`, with each path's parent. It depends on the verdicts and `rng` alone."""
    tree = Tree(full_path(rule.depth))
    node: Node | None = tree.root
    num_valid = 0
    while node is not None:
        correct = yield Proposal(node.path, executed_parent(node))
        tree.back_up(node, correct)
        num_valid += correct
        node = None if _is_over(rule, len(tree.executed), num_valid) else _choose(tree, rule, rng)
    return tree.trace()


def _is_over(rule: SearchRule, num_executions: int, num_valid: int) -> bool:
    has_enough = 0 < rule.stop_after_valid <= num_valid
    is_hopeless = num_valid == 0 and 0 < rule.give_up_after <= num_executions
    return num_executions >= rule.num_simulations or has_enough or is_hopeless


def _choose(tree: Tree, rule: SearchRule, rng: random.Random) -> Node | None:
    """Descend to the next node to run; None when everything within the bounds has been run."""
    node = tree.root
    while not tree.root.is_explored:
        fresh = rule.expand(rule, tree, node, rng)
        if fresh is not None:
            return fresh
        node = tree.root if node.is_explored else rule.follow(rule, tree, node, rng)
    return None


def question_rng(seed: int, question_id: str, *, shared_seed: bool = False) -> random.Random:
    """The random stream of a question: the same in every process, on every machine.

    With `shared_seed` all questions have one stream, as in the release.

    >>> question_rng(0, "q1").random() == question_rng(0, "q2").random()
    False
    """
    if shared_seed:
        return random.Random(seed)
    digest = hashlib.sha256(f"{seed}:{question_id}".encode()).digest()
    return random.Random(int.from_bytes(digest, "big"))
