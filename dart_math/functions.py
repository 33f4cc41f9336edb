"""The functions that have values, by name, and what is too large for them."""

import operator
from collections.abc import Callable
from functools import reduce
from math import gcd, lcm
from typing import Any

from mpmath import mp

MAX_EXPONENT = 10**6
MAX_GAMMA_DIGITS = 500

Value = Any  # mpf or mpc; mpmath has no types


class NoValueError(ValueError):
    """The expression has no value there: a pole, a word, a form that is no expression."""


class TooLargeError(NoValueError):
    """The value is too large to be worked with."""


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


def _modulo(value: Value, modulus: Value) -> Value:
    return value - modulus * _real(mp.floor)(value / modulus)


def _whole(function: Callable[..., int]) -> Callable[..., Value]:
    def on_whole_numbers(*values: Value) -> Value:
        if not all(mp.isint(value) for value in values):
            raise NoValueError("no whole number")
        return mp.mpf(function(*(int(value) for value in values)))

    return on_whole_numbers


_HYPERBOLIC = ("sinh", "cosh", "tanh")
FUNCTIONS: dict[str, Callable[..., Value]] = {
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
    "mod": _modulo,
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
