"""Programs over layers: a segmentation of 0…D-1 with one op per segment, and the path it runs."""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

MAX_SEGMENT = 4  # K_max, §3.1


class Op(IntEnum):
    """What a segment does; the values are the classes of the op head."""

    SKIP = 0
    KEEP = 1
    REPEAT = 2


class Segment(NamedTuple):
    """The layers start … start + size - 1, treated as one unit."""

    start: int
    size: int
    op: Op


@dataclass(frozen=True)
class Program:
    """Contiguous segments of 1…MAX_SEGMENT layers that cover 0…D-1 (§3.1).

    >>> program = Program((Segment(0, 1, Op.KEEP), Segment(1, 2, Op.REPEAT)))
    >>> program.path
    (0, 1, 2, 1, 2)
    >>> program.depth
    3

    Raises ValueError where the segments leave a gap, overlap, or have a size out of bounds.
    """

    segments: tuple[Segment, ...]

    def __post_init__(self) -> None:
        layer = 0
        for start, size, _ in self.segments:
            if start != layer:
                raise ValueError(f"segment starts at layer {start}, expected {layer}")
            if not 1 <= size <= MAX_SEGMENT:
                raise ValueError(f"segment at layer {start} has {size} layers, not 1…{MAX_SEGMENT}")
            layer += size

    @property
    def depth(self) -> int:
        """The number of layers D the segments cover."""
        return sum(segment.size for segment in self.segments)

    @cached_property
    def path(self) -> tuple[int, ...]:
        """The layers in the order they run; a SKIP emits none, a REPEAT its block twice."""
        layers: list[int] = []
        for start, size, op in self.segments:
            layers.extend([*range(start, start + size)] * int(op))
        return tuple(layers)


def full_path(depth: int) -> tuple[int, ...]:
    """The path of the untouched model.

    >>> full_path(4)
    (0, 1, 2, 3)
    """
    return tuple(range(depth))


def parse_path(path: tuple[int, ...], depth: int) -> Program | None:
    """The canonical program of a path, or None where no program expands to it.

    Canonical means, in this order: fewest segments, fewest skips, most repeats, larger segments
    earlier. How often a layer occurs names the op of its segment, and the distance to its second
    occurrence names the size of a repeated block; so only the cuts inside a stretch of skipped or
    of kept layers are free, and cutting off MAX_SEGMENT layers at a time is best for all four.
    One pass over the path.

    >>> [segment.op.name for segment in parse_path((0, 1, 2, 2, 3), depth=4).segments]
    ['KEEP', 'REPEAT', 'KEEP']
    >>> parse_path((0, 2, 1, 3), depth=4) is None
    True
    """
    segments: list[Segment] = []
    layer = position = 0  # layers below `layer` and steps below `position` are accounted for
    while position < len(path):
        start = path[position]
        end = position + 1  # path[position:end] counts up by one
        while end < len(path) and path[end] == path[end - 1] + 1:
            end += 1
        after = start + end - position  # the layer behind that stretch
        if start < layer or after > depth:
            return None
        _cut(segments, layer, start, Op.SKIP)
        layer, position = after, end
        if end == len(path) or path[end] >= after:
            _cut(segments, start, after, Op.KEEP)
            continue
        back = path[end]  # the path turns back: back … after - 1 must run a second time
        size = after - back
        if back < start or size > MAX_SEGMENT or path[end : end + size] != path[end - size : end]:
            return None
        _cut(segments, start, back, Op.KEEP)
        segments.append(Segment(back, size, Op.REPEAT))
        position = end + size
    _cut(segments, layer, depth, Op.SKIP)
    return Program(tuple(segments))


def _cut(segments: list[Segment], start: int, stop: int, op: Op) -> None:
    """Append the layers start … stop - 1 in as few segments as possible, the large ones first."""
    while start < stop:
        size = min(MAX_SEGMENT, stop - start)
        segments.append(Segment(start, size, op))
        start += size
