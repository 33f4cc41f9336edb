"""Values of expressions at given points, to 60 digits; what would grow too large is refused."""

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from math import gcd, lcm
from typing import Any

from mpmath import mp

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
MAX_EXPONENT = 10**6
MAX_MAGNITUDE = 20_000  # bits before or behind the point
MAX_ENTRIES = 400
MAX_GAMMA_DIGITS = 500

Value = Any  # mpf or mpc; mpmath has no types
Rows = tuple[tuple[Value, ...], ...]


class NoValueError(ValueError):
    """The expression has no value there: a pole, a word, a form that is no expression."""


class TooLargeError(NoValueError):
    """The value is too large to be worked with."""


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
    function = _FUNCTIONS.get(node.name)
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


def _power(base: Value, exponent: Value) -> Value:
    if abs(exponent) > MAX_EXPONENT:
        raise TooLargeError("a large exponent")
    if mp.isint(exponent):
        return mp.power(base, exponent)
    if mp.im(base) == 0 and mp.im(exponent) == 0 and mp.re(base) < 0:
        odd = _odd_root(mp.re(base), mp.re(exponent))
        if odd is not None:
            return odd
    return mp.power(base, exponent)


def _odd_root(base: Value, exponent: Value) -> Value | None:
    """The real value of (-8)^(1/3), (-8)^(2/3): roots of odd order stay real."""
    for order in (3, 5, 7, 9):
        scaled = exponent * order
        if mp.isint(mp.nint(scaled)) and abs(scaled - mp.nint(scaled)) < mp.mpf(10) ** -50:
            times = int(mp.nint(scaled))
            if times % order:
                root = mp.root(-base, order)
                return (-root) ** times
    return None


def _root(radicand: Value, index: Value) -> Value:
    return _power(radicand, 1 / index)


def _gamma(function: Callable[..., Value]) -> Callable[..., Value]:
    """Factorials and binomials: of moderate size, and of many digits for whole numbers only."""

    def on_moderate(*values: Value) -> Value:
        if any(abs(value) > MAX_EXPONENT for value in values):
            raise TooLargeError("a large factorial or binomial")
        if mp.dps > MAX_GAMMA_DIGITS and not all(mp.isint(value) for value in values):
            raise NoValueError("a gamma function to many digits")  # its tables take seconds
        return function(*values)

    return on_moderate


def _exp(value: Value) -> Value:
    if abs(value) > MAX_EXPONENT:
        raise TooLargeError("a large exponential")
    return mp.exp(value)


def _real(function: Callable[[Value], Value]) -> Callable[[Value], Value]:
    """floor and ceil, which jump: a value within rounding of a whole number is that number."""

    def on_reals(value: Value) -> Value:
        if mp.im(value) != 0:
            raise NoValueError("no real number")
        nearest = mp.nint(mp.re(value))
        return nearest if abs(value - nearest) < mp.mpf(10) ** -40 else function(mp.re(value))

    return on_reals


def _whole(function: Callable[..., int]) -> Callable[..., Value]:
    def on_whole_numbers(*values: Value) -> Value:
        if not all(mp.isint(value) for value in values):
            raise NoValueError("no whole number")
        return mp.mpf(function(*(int(value) for value in values)))

    return on_whole_numbers


_CONSTANTS: dict[str, Callable[[], Value]] = {
    "pi": lambda: +mp.pi,
    "e": lambda: +mp.e,
    "i": lambda: mp.mpc(0, 1),
    "oo": lambda: mp.inf,
}
_HYPERBOLIC = ("sinh", "cosh", "tanh")
_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "+": lambda *values: reduce(operator.add, values),
    "*": lambda *values: reduce(operator.mul, values),
    "/": operator.truediv,
    "neg": operator.neg,
    "^": _power,
    "sqrt": mp.sqrt,
    "root": _root,
    "!": _gamma(mp.factorial),
    "binom": _gamma(mp.binomial),
    "abs": abs,
    "floor": _real(mp.floor),
    "ceil": _real(mp.ceil),
    "exp": _exp,
    "ln": mp.log,
    "lg": mp.log10,
    "log": lambda value, base=None: mp.log10(value) if base is None else mp.log(value, base),
    "arcsin": mp.asin,
    "arccos": mp.acos,
    "arctan": mp.atan,
    "arccot": mp.acot,
    "arcsec": mp.asec,
    "arccsc": mp.acsc,
    "max": max,
    "min": min,
    "gcd": _whole(gcd),
    "lcm": _whole(lcm),
    "sgn": mp.sign,
    "Re": mp.re,
    "Im": mp.im,
    "arg": mp.arg,
} | {
    name: getattr(mp, name)
    for name in ("sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", *_HYPERBOLIC)
}
