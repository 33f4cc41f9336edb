"""Points at the edges of steps, where floor, ceil, mod and sgn jump: no other point shows them."""

from collections.abc import Iterator

from mpmath import mp

from dart_math.evaluate import DIGITS, evaluate
from dart_math.functions import NoValueError, Value
from dart_math.names import variables
from dart_math.nodes import Apply, Node
from dart_math.points import Point, near_points

MAX_ARGUMENTS = 6  # of functions that jump, and of the names in one of them that are moved
MAX_STEPS = 60  # of the secant method
_STARTS = 3  # near points from which an edge is looked for
_JUMPING = ("floor", "ceil", "mod", "sgn")
_WHOLE_PARTS = 60  # edges that close to a multiple of a 60th are that multiple


def jump_points(answer: Node, reference: Node) -> list[Point]:
    """Points where an argument of a jumping function passes a step; none without such a function.

    One name of the argument is moved until the argument is a whole number (for sgn, 0).
    """
    arguments = list(dict.fromkeys((*_arguments(answer), *_arguments(reference))))[:MAX_ARGUMENTS]
    starts = near_points(variables(answer) | variables(reference))[:_STARTS]
    points: list[Point] = []
    for argument, is_sign in arguments:
        for name in sorted(variables(argument))[:MAX_ARGUMENTS]:
            for start in starts:
                for target in _targets(argument, start, is_sign):
                    edge = _solve(argument, name, start, target)
                    if edge is not None:
                        points.append({**start, name: edge})
    return points


def _arguments(node: Node) -> Iterator[tuple[Node, bool]]:
    """What jumps where it is a whole number, or (True) where it is 0."""
    if not isinstance(node, Apply):
        return
    for arg in node.args:
        yield from _arguments(arg)
    if node.name in _JUMPING and variables(node):
        yield (Apply("/", node.args) if node.name == "mod" else node.args[0]), node.name == "sgn"


def _targets(argument: Node, start: Point, is_sign: bool) -> list[Value]:
    """The whole numbers around the value of `argument` at `start`."""
    if is_sign:
        return [mp.mpf(0)]
    with mp.workdps(DIGITS):
        try:
            value = evaluate(argument, start)
        except NoValueError:
            return []
        if isinstance(value, tuple) or mp.im(value) != 0 or not mp.isfinite(value):
            return []
        nearest = mp.nint(mp.re(value))
        return [nearest - 1, nearest, nearest + 1]


def _solve(argument: Node, name: str, start: Point, target: Value) -> Value | None:
    """The value of `name` near `start` at which `argument` is `target`, by the secant method."""
    with mp.workdps(DIGITS):
        last, here = start[name], start[name] + mp.mpf(1) / 8
        try:
            missed = evaluate(argument, {**start, name: last}) - target
            for _ in range(MAX_STEPS):
                missing = evaluate(argument, {**start, name: here}) - target
                if mp.im(missing) != 0:
                    return None
                if abs(missing) < mp.mpf(10) ** -50:
                    return _rounded(here)
                if missing == missed:
                    return None
                last, here = here, here - missing * (here - last) / (missing - missed)
                missed = missing
        except (NoValueError, TypeError):  # no value there, or a matrix
            return None
    return None


def _rounded(edge: Value) -> Value:
    part = mp.nint(edge * _WHOLE_PARTS) / _WHOLE_PARTS
    return part if abs(edge - part) < mp.mpf(10) ** -40 else edge
