"""Labels: the boundary and op vectors the predictor learns, and the program they spell."""

from typing import NamedTuple

from polar.program import Op, Program, Segment

IGNORE = -100  # the op label of a layer that starts no segment


class Labels(NamedTuple):
    """One entry per layer (§3.1).

    `boundary[i]` is 1 where a segment starts, else 0; position 0 is always 1. `op[i]` is the op
    of the segment that starts at i, IGNORE elsewhere.
    """

    boundary: tuple[int, ...]  # [D]
    op: tuple[int, ...]  # [D]


def program_labels(program: Program) -> Labels:
    """The labels of a program.

    >>> labels = program_labels(Program((Segment(0, 1, Op.KEEP), Segment(1, 2, Op.REPEAT))))
    >>> labels.boundary, labels.op
    ((1, 1, 0), (1, 2, -100))
    """
    boundary = [0] * program.depth
    op = [IGNORE] * program.depth
    for segment in program.segments:
        boundary[segment.start] = 1
        op[segment.start] = int(segment.op)
    return Labels(tuple(boundary), tuple(op))


def labels_program(labels: Labels) -> Program:
    """The program that labels spell; the inverse of `program_labels`.

    >>> labels_program(Labels((1, 1, 0), (1, 2, IGNORE))).path
    (0, 1, 2, 1, 2)

    Raises ValueError where layer 0 starts no segment, a start has no op, or a segment is too long.
    """
    if labels.boundary[:1] != (1,):
        raise ValueError("layer 0 must start a segment")
    starts = [layer for layer, starts_here in enumerate(labels.boundary) if starts_here]
    ends = [*starts[1:], len(labels.boundary)]
    return Program(
        tuple(
            Segment(start, end - start, Op(labels.op[start]))
            for start, end in zip(starts, ends, strict=True)
        )
    )
