"""A program drawn as a strip of text: one character a layer, plain ASCII, no colour."""

from polar.program import Op, Program, Segment

LEGEND = "= kept   . skipped   R, Rr, … a block that runs twice"
TICK = 10


def draw_program(program: Program) -> str:
    """One character for each layer; every repeated block starts with an `R` of its own.

    Kept and skipped segments that touch look the same wherever they are cut: they run the same.

    >>> kept, skipped = Segment(0, 2, Op.KEEP), Segment(2, 1, Op.SKIP)
    >>> draw_program(Program((kept, skipped, Segment(3, 3, Op.REPEAT), Segment(6, 1, Op.REPEAT))))
    '==.RrrR'
    """
    return "".join(map(_draw_segment, program.segments))


def _draw_segment(segment: Segment) -> str:
    if segment.op is Op.REPEAT:
        return "R" + "r" * (segment.size - 1)
    return (".", "=")[segment.op] * segment.size


def draw_ruler(depth: int) -> str:
    """The numbers of layers 0, 10, 20 … to write above a strip.

    >>> draw_ruler(24)
    '0         10        20'
    """
    return "".join(str(layer).ljust(TICK) for layer in range(0, depth, TICK)).rstrip()
