"""Two sets of real numbers are equal when they agree on every cell of the line.

The cells are the points where the truth of one of the conditions can change, and the intervals
between them. On an open interval one sample stands for all; at the points themselves a difference
counts as 0 when it is 10^-40 of what it is beside them.
"""

from dataclasses import dataclass
from itertools import pairwise

from mpmath import mp

from dart_math.conditions import interval_of, joined_as
from dart_math.critical import critical_points
from dart_math.evaluate import evaluate
from dart_math.exact import exact_value
from dart_math.functions import NoValueError, TooLargeError, Value
from dart_math.names import simplify_chain, variables
from dart_math.nodes import Apply, Group, Node, Relation

DIGITS = 120
ZERO_DIGITS = 40
MAX_POINTS = 200
_ORDERS = {"=": (0,), "≠": (-1, 1), "<": (-1,), ">": (1,), "≤": (-1, 0), "≥": (0, 1)}
_LOGARITHMS = ("ln", "log", "lg")


class _NoCellsError(Exception):
    """The places where the truth of a condition can change are not found."""


def same_cells(answer: Node, reference: Node) -> bool | None:
    """Whether two conditions or sets hold for the same real numbers.

    None where that is open: a condition has no cells that we can find.

    >>> from dart_math.parse import parse_answer
    >>> same_cells(parse_answer("x^2 < 5"), parse_answer(r"|x| < \\sqrt{5}"))
    True
    """
    names = variables(answer) | variables(reference)
    if len(names) > 1:
        return False
    variable = names.pop() if names else ""
    with mp.workdps(DIGITS):
        try:
            points = _merge(_critical(answer, variable) + _critical(reference, variable))
            line = Line(variable, _line(points))
            return line.truth(answer) == line.truth(reference)
        except _NoCellsError:
            return None
        except NoValueError:
            return False


def _critical(node: Node, variable: str) -> list[Value]:
    """The points where membership in `node` can change."""
    node = _as_set(node)
    if isinstance(node, Relation):
        points: list[Value] = []
        for left, right in pairwise(node.terms):
            try:
                points += critical_points(Apply("+", (left, Apply("neg", (right,)))), variable)
            except NoValueError as error:
                raise _NoCellsError from error
        return points
    if not isinstance(node, Group):
        raise NoValueError("no set")
    if node.kind == "set" or (node.kind == "bracket" and len(node.items) == 2):
        values = [evaluate(item, {}) for item in node.items]
        if any(isinstance(value, tuple) or mp.im(value) for value in values):
            raise NoValueError("no real numbers")
        return [mp.re(value) for value in values if mp.isfinite(value)]
    if node.kind not in ("list", "union", "intersection", "difference"):
        raise NoValueError(f"a {node.kind} is no set")
    return [point for item in node.items for point in _critical(item, variable)]


def _as_set(node: Node) -> Node:
    """A condition that plainly means an interval as that interval."""
    node = simplify_chain(node)
    return interval_of(node) or node


def _close(left: Value, right: Value) -> bool:
    if not (mp.isfinite(left) and mp.isfinite(right)):
        return bool(left == right)
    tolerance = mp.mpf(10) ** (ZERO_DIGITS - DIGITS)
    return bool(abs(left - right) <= tolerance * max(abs(left), abs(right)))


def _merge(points: list[Value]) -> list[Value]:
    """In order, and each once."""
    if len(points) > MAX_POINTS:
        raise _NoCellsError("many points")
    merged: list[Value] = []
    for point in sorted(points):
        if not merged or not _close(merged[-1], point):
            merged.append(point)
    return merged


def _line(points: list[Value]) -> list[Value]:
    """Samples at the even places, the points between them at the odd ones."""
    if not points:
        return [mp.mpf(1) / 3]
    line = [points[0] - 1 - abs(points[0])]
    for point, after in pairwise([*points, points[-1] + 2 + 2 * abs(points[-1])]):
        line += [point, (point + after) / 2]
    return line


@dataclass(frozen=True)
class Line:
    """The cells, each by one number in it."""

    variable: str
    cells: list[Value]

    def truth(self, node: Node) -> list[bool]:
        """For every cell whether `node` holds there, or has it in it."""
        node = _as_set(node)
        if isinstance(node, Relation):
            return self._relation(node)
        assert isinstance(node, Group)
        if node.kind == "bracket":
            low, high = (evaluate(item, {}) for item in node.items)
            return [_is_between(cell, low, high, node) for cell in self.cells]
        if node.kind == "set":
            values = [evaluate(item, {}) for item in node.items]
            return [any(_close(cell, value) for value in values) for cell in self.cells]
        rows = [self.truth(item) for item in node.items]
        columns = list(zip(*rows, strict=True))
        all_hold = [all(column) for column in columns]
        if node.kind == "difference":
            return [column[0] and not any(column[1:]) for column in columns]
        kind = node.kind if node.kind != "list" else joined_as(node, not any(all_hold))
        return [any(column) for column in columns] if kind == "union" else all_hold

    def _relation(self, node: Relation) -> list[bool]:
        zeros = [part for term in node.terms for part in _must_not_vanish(term, self.variable)]
        holes = {place for part in zeros for place in self._vanishing(self._values(part))}
        holds = [place not in holes for place in range(len(self.cells))]
        for (left, right), operator in zip(pairwise(node.terms), node.operators, strict=True):
            values = self._values(Apply("+", (left, Apply("neg", (right,)))))
            vanishing = self._vanishing(values)
            for place, value in enumerate(values):
                order = None
                if place in vanishing:
                    order = 0
                elif value is not None:
                    order = 1 if value > 0 else -1
                holds[place] = holds[place] and order in _ORDERS.get(operator, ())
        return holds

    def _values(self, node: Node) -> list[Value | None]:
        """The value in every cell; None where it is not real."""
        values: list[Value | None] = []
        for cell in self.cells:
            try:
                value = evaluate(node, {self.variable: cell})
            except TooLargeError:
                raise
            except NoValueError:
                value = None
            if isinstance(value, tuple):
                raise NoValueError("a matrix is no condition")
            values.append(_real_part(value))
        return values

    def _vanishing(self, values: list[Value | None]) -> set[int]:
        """The places of points where a value is 0 beside what it is around them."""
        vanishing = {place for place, value in enumerate(values) if value == 0}
        for place in range(1, len(values), 2):
            value, around = values[place], (values[place - 1], values[place + 1])
            sizes = [abs(near) for near in around if near is not None]
            if (
                value is not None
                and sizes
                and abs(value) <= max(sizes) * mp.mpf(10) ** -ZERO_DIGITS
            ):
                vanishing.add(place)
        return vanishing


def _real_part(value: Value | None) -> Value | None:
    if value is None or not mp.isfinite(value):
        return None
    is_real = abs(mp.im(value)) <= mp.mpf(10) ** -ZERO_DIGITS * (1 + abs(mp.re(value)))
    return mp.re(value) if is_real else None


def _is_between(cell: Value, low: Value, high: Value, bracket: Group) -> bool:
    above = low < cell and not _close(cell, low)
    below = cell < high and not _close(cell, high)
    return bool(
        (above or (bracket.left == "[" and _close(cell, low)))
        and (below or (bracket.right == "]" and _close(cell, high)))
    )


def _must_not_vanish(node: Node, variable: str) -> list[Node]:
    """What stands under a fraction bar, or in a logarithm."""
    if not isinstance(node, Apply):
        return []
    parts = [part for arg in node.args for part in _must_not_vanish(arg, variable)]
    exponent = exact_value(node.args[1]) if node.name == "^" else None
    if node.name == "/":
        parts.append(node.args[1])
    elif node.name in _LOGARITHMS or (exponent is not None and exponent.value <= 0):
        parts.append(node.args[0])
    return [part for part in parts if variable in variables(part)]
