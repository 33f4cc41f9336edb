"""Edits of a path: skip a block of positions, or repeat it; and the bounds they must keep."""

from dataclasses import dataclass
from typing import NamedTuple

from mcts.trace import Path

SPACES = ("skip", "loop", "skip_loop")


class Edit(NamedTuple):
    """Skip the `size` positions from `start` (`repeats` = 0), or run them `repeats` more times."""

    start: int
    size: int
    repeats: int


@dataclass(frozen=True)
class Bounds:
    """What an edit may do (Appendix B.2), and what its result may look like.

    `space` is one of SPACES. A block has 1…`max_block` positions and is repeated 1…`max_repeats`
    more times; the result has `min_length`…`max_length` layers and visits none of them more than
    `max_visits` times (0: any number).
    """

    space: str
    min_length: int
    max_length: int
    max_block: int
    max_repeats: int
    max_visits: int


def apply_edit(path: Path, edit: Edit) -> Path:
    """The path after the edit.

    >>> apply_edit((0, 1, 2, 3), Edit(start=1, size=2, repeats=0))
    (0, 3)
    >>> apply_edit((0, 1, 2, 3), Edit(start=1, size=2, repeats=1))
    (0, 1, 2, 1, 2, 3)
    """
    start, end = edit.start, edit.start + edit.size
    if edit.repeats == 0:
        return path[:start] + path[end:]
    return path[:end] + path[start:end] * edit.repeats + path[end:]


def list_edits(path: Path, bounds: Bounds, max_block: int) -> list[Edit]:
    """All edits of at most `max_block` positions that keep the bounds, skips first.

    >>> bounds = Bounds("skip_loop", 1, 3, max_block=4, max_repeats=1, max_visits=2)
    >>> [apply_edit((0, 1), edit) for edit in list_edits((0, 1), bounds, max_block=4)]
    [(1,), (0,), (0, 0, 1), (0, 1, 1)]
    """
    sizes = range(1, min(max_block, len(path)) + 1)
    edits: list[Edit] = []
    if bounds.space != "loop":
        edits += [
            Edit(start, size, 0)
            for size in sizes
            if len(path) - size >= bounds.min_length
            for start in range(len(path) - size + 1)
        ]
    if bounds.space != "skip":
        longest = {
            repeats: _longest_blocks(path, bounds, repeats, max_block)
            for repeats in range(1, bounds.max_repeats + 1)
        }
        edits += [
            Edit(start, size, repeats)
            for size in sizes
            for repeats in longest
            if len(path) + size * repeats <= bounds.max_length
            for start in range(len(path) - size + 1)
            if size <= longest[repeats][start]
        ]
    return edits


def _longest_blocks(path: Path, bounds: Bounds, repeats: int, max_block: int) -> list[int]:
    """For each start, the most positions whose repetition keeps the bound on visits."""
    if bounds.max_visits == 0:
        return [max_block] * len(path)
    spare = {layer: bounds.max_visits - path.count(layer) for layer in set(path)}
    longest = []
    for start in range(len(path)):
        block = path[start : start + max_block]
        while any(repeats * block.count(layer) > spare[layer] for layer in block):
            block = block[:-1]
        longest.append(len(block))
    return longest
