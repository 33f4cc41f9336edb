"""Values of expressions at given points, to 60 digits; what would grow too large is refused."""

from collections.abc import Callable, Mapping
from functools import reduce

from mpmath import mp

from dart_math.functions import FUNCTIONS, NoValueError, TooLargeError, Value
from dart_math.nodes import (
    Apply,
    Based,
    Group,
    Matrix,
    Node,
    Number,
    Quantity,
    Relation,
    Symbol,
    Word,
)

DIGITS = 60
SPARE_DIGITS = 20  # of those computed, lost to rounding at most
MAX_MAGNITUDE = 20_000  # bits before or behind the point
MAX_ENTRIES = 400

Rows = tuple[tuple[Value, ...], ...]


def evaluate(node: Node, point: Mapping[str, Value]) -> Value | Rows:
    """The value of `node` with `point` for its variables, to DIGITS digits; matrices as rows.

    Raises NoValueError where there is none. Call it inside `mp.workdps(DIGITS)`.
    """
    if isinstance(node, Apply):
        return _apply(node, point)
    if isinstance(node, Number):
        over, under = node.value.as_integer_ratio()
        return mp.mpf(over) if under == 1 else mp.mpf(over) / under
    if isinstance(node, Symbol):
        return _symbol(node.name, point)
    if isinstance(node, Quantity):
        return _quantity(node, point)
    if isinstance(node, Matrix):
        if sum(len(row) for row in node.rows) > MAX_ENTRIES:
            raise TooLargeError("a matrix of many entries")
        return tuple(tuple(evaluate(cell, point) for cell in row) for row in node.rows)
    if isinstance(node, Group | Relation | Word | Based):
        raise NoValueError(f"a {type(node).__name__} is no expression")
    raise AssertionError(node)


def _symbol(name: str, point: Mapping[str, Value]) -> Value:
    if name in _CONSTANTS:
        return _CONSTANTS[name]()
    if name not in point:
        raise NoValueError(f"no value for {name}")
    return point[name]


def _quantity(node: Quantity, point: Mapping[str, Value]) -> Value:
    factor = {"%": mp.mpf(1) / 100, "degree": mp.pi / 180}.get(node.unit)
    if factor is None:
        raise NoValueError(f"a quantity of {node.unit} inside an expression")
    return _multiply(factor, evaluate(node.value, point))


def _apply(node: Apply, point: Mapping[str, Value]) -> Value | Rows:
    values: list[Value] = [evaluate(arg, point) for arg in node.args]
    if tuple in map(type, values):
        return _apply_to_matrices(node.name, values)
    function = FUNCTIONS.get(node.name)
    if function is None:
        if node.name.startswith("call "):  # an unknown function: some fixed one of its argument
            return mp.cos(values[0] + ord(node.name[-1])) * 7 + values[0] / 3
        raise NoValueError(f"{node.name} is no known function")
    try:
        value = function(*values)
    except NoValueError:
        raise
    except (ZeroDivisionError, OverflowError, ValueError, TypeError, NotImplementedError) as error:
        raise NoValueError(f"{node.name}: {error}") from error
    return _bounded(value)


def _bounded(value: Value) -> Value:
    size = mp.mag(value)  # a whole number where the value is finite and not 0
    if isinstance(size, int):
        if not -MAX_MAGNITUDE <= size <= MAX_MAGNITUDE:
            raise TooLargeError("too many digits")
    elif mp.isnan(size):
        raise NoValueError("not a number")
    return value


def _apply_to_matrices(name: str, values: list[Value | Rows]) -> Value | Rows:
    if name == "+":
        return reduce(_add_rows, values)
    if name == "*":
        return reduce(_multiply, values)
    if name == "neg":
        return _multiply(mp.mpf(-1), values[0])
    if name == "/" and not isinstance(values[1], tuple) and values[1] != 0:
        return _multiply(1 / values[1], values[0])
    if name == "det" and len(values[0]) == len(values[0][0]):
        return mp.det(mp.matrix([list(row) for row in values[0]]))
    raise NoValueError(f"{name} of a matrix")


def _add_rows(left: Value | Rows, right: Value | Rows) -> Rows:
    if not isinstance(left, tuple) or not isinstance(right, tuple) or len(left) != len(right):
        raise NoValueError("a sum of different shapes")
    if len(left[0]) != len(right[0]):
        raise NoValueError("a sum of different shapes")
    return tuple(
        tuple(a + b for a, b in zip(x, y, strict=True)) for x, y in zip(left, right, strict=True)
    )


def _multiply(left: Value | Rows, right: Value | Rows) -> Value | Rows:
    if not isinstance(left, tuple) and not isinstance(right, tuple):
        return left * right
    if not isinstance(left, tuple):
        return tuple(tuple(left * cell for cell in row) for row in right)
    if not isinstance(right, tuple):
        return tuple(tuple(right * cell for cell in row) for row in left)
    if len(left[0]) != len(right):
        raise NoValueError("a product of shapes that do not fit")
    columns = list(zip(*right, strict=True))
    return tuple(
        tuple(sum(a * b for a, b in zip(row, column, strict=True)) for column in columns)
        for row in left
    )


_CONSTANTS: dict[str, Callable[[], Value]] = {
    "pi": lambda: +mp.pi,
    "e": lambda: +mp.e,
    "i": lambda: mp.mpc(0, 1),
    "oo": lambda: mp.inf,
}
