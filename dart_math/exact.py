"""Exact values: what a tree of digits and operators is worth as a Fraction, within bounds."""

import math
import operator
import re
from collections.abc import Callable
from fractions import Fraction
from functools import partial

from dart_math.nodes import Apply, Node, Number, Quantity

MAX_BITS = 4_096
MAX_FACTORIAL = 400
# A decimal with so many significant digits may stand for the exact value it rounds or cuts.
ROUNDING_DIGITS = 6

PLAIN_NUMBER = (
    r"\s*+\$?\s*+(?P<sign>[-+]?)\s*+\$?(?:"
    r"(?P<digits>[1-9]\d{0,2}(?:,\d{3})+|\d+)"
    r"|(?P<decimal>[1-9]\d{0,2}(?:,\d{3})+\.\d+|\d+\.\d+|\.\d+)"
    r"|(?:(?P<before>\d+)\s+(?=\d{1,2}\s*/))?(?P<over>\d+)\s*/\s*(?P<under>\d+)"
    r"|(?P<whole>\d*)\s*\\[dt]?frac\s*(?:\{\s*(?P<minus>-?)\s*(?P<top>\d+)\s*\}\s*\{\s*"
    r"(?P<bottom>\d+)\s*\}|(?P<upper>\d)\s*(?P<lower>\d)))"
)
_PLAIN = re.compile(PLAIN_NUMBER + r"\s*+\$?\s*+\.?\s*+$")


def read_number(text: str) -> Number | None:
    r"""The number that `text` plainly spells (12, 1,234, 1.5, 3/4, \frac{3}{4}), else None.

    >>> read_number("0012").value, read_number(r"-\frac{3}{4}").value, read_number("1,234").value
    (Fraction(12, 1), Fraction(-3, 4), Fraction(1234, 1))
    """
    match = _PLAIN.match(text) if len(text) <= MAX_BITS // 4 else None
    return None if match is None else plain_number(match)


def plain_number(match: re.Match[str]) -> Number | None:
    """The number whose parts a pattern that begins with PLAIN_NUMBER has found; None where a
    fraction behind a whole number is not the rest of a mixed one, or has nothing below it.
    """
    sign, digits, decimal, before, over, under, whole, minus, top, bottom, upper, lower = (
        match.groups()[:12]
    )
    written = 0
    if digits is not None:
        value = Fraction(int(digits.replace(",", "")))
    elif decimal is not None:
        decimal = decimal.replace(",", "")
        front, _, behind = decimal.partition(".")
        value = Fraction(int(front + behind), 10 ** len(behind))  # five times as fast as from text
        written = significant_digits(decimal)
    else:
        dividend, divisor = int(over or top or upper), int(under or bottom or lower)
        if divisor == 0:
            return None
        value = Fraction(dividend, divisor)
        if before or whole:
            if minus or not 0 < dividend < divisor:
                return None
            value += int(before or whole)
    return Number(-value if (sign == "-") != (minus == "-") else value, written)


def significant_digits(decimal: str) -> int:
    """How many significant digits a decimal is written with.

    >>> significant_digits("0.0330"), significant_digits("12.5")
    (3, 3)
    """
    return len(decimal.replace(".", "").lstrip("0"))


def numbers_equal(answer: Number, reference: Number) -> bool:
    """Equal values; or a long decimal on one side that is the other side, rounded or cut.

    >>> third = Number(Fraction(1, 3))
    >>> numbers_equal(read_number("0.333"), third), numbers_equal(read_number("0.333333"), third)
    (False, True)
    """
    if answer.value == reference.value:
        return True
    if answer.digits >= ROUNDING_DIGITS and not reference.digits:
        return rounds_to(answer, reference.value)
    if reference.digits >= ROUNDING_DIGITS and not answer.digits:
        return rounds_to(reference, answer.value)
    return False


def rounds_to(decimal: Number, exact: Fraction) -> bool:
    """Whether `decimal` is `exact` rounded, or cut, at the last digit that is written."""
    written = abs(decimal.value)
    unit = Fraction(1)
    leading = written
    for _ in range(MAX_BITS):  # the place of the last written digit
        if leading >= 10 ** (decimal.digits - 1):
            break
        leading, unit = leading * 10, unit / 10
    difference = abs(exact) - written
    same_sign = (exact < 0) == (decimal.value < 0)
    return same_sign and -unit / 2 <= difference < unit


def exact_value(node: Node) -> Number | None:
    """What `node` is worth where that is a rational number of bounded size, else None."""
    if isinstance(node, Number):
        return node
    if isinstance(node, Quantity):
        value = exact_value(node.value) if node.unit == "%" else None
        return None if value is None else Number(value.value / 100, value.digits)
    if not isinstance(node, Apply) or node.name not in _OPERATIONS:
        return None
    values = []
    for arg in node.args:
        value = exact_value(arg)
        if value is None:
            return None
        values.append(value)
    if node.name == "neg":
        return Number(-values[0].value, values[0].digits)
    result = apply_exactly(node.name, *(value.value for value in values))
    return None if result is None else Number(result)


def apply_exactly(name: str, *values: Fraction) -> Fraction | None:
    """The operation `name` of the grammar on `values`; None where it is not rational, or too large.

    >>> apply_exactly("sqrt", Fraction(9, 4)), apply_exactly("sqrt", Fraction(2))
    (Fraction(3, 2), None)
    """
    result = _OPERATIONS[name](*values)
    return result if result is not None and _is_small(result) else None


def _is_small(value: Fraction) -> bool:
    return value.numerator.bit_length() + value.denominator.bit_length() <= MAX_BITS


def _fold(
    operation: Callable[[Fraction, Fraction], Fraction], *values: Fraction
) -> Fraction | None:
    """`operation` from left to right, given up where a result on the way is too large."""
    folded = values[0]
    for value in values[1:]:
        folded = operation(folded, value)
        if not _is_small(folded):
            return None
    return folded


def _divide(over: Fraction, under: Fraction) -> Fraction | None:
    return over / under if under else None


def _raise(base: Fraction, exponent: Fraction) -> Fraction | None:
    if exponent.denominator != 1:
        root = _root(base, Fraction(exponent.denominator))
        return None if root is None else _raise(root, Fraction(exponent.numerator))
    over, under, power = base.numerator, base.denominator, exponent.numerator
    bits = max(over.bit_length(), under.bit_length())
    if abs(power) * bits > MAX_BITS or (over == 0 and power <= 0):
        return None
    return Fraction(over**power) if under == 1 and power >= 0 else base**power


def _root(radicand: Fraction, index: Fraction) -> Fraction | None:
    if index.denominator != 1 or not 2 <= index.numerator <= 5 or radicand.numerator < 0:
        return None
    over = _integer_root(radicand.numerator, index.numerator)
    under = _integer_root(radicand.denominator, index.numerator)
    return None if over is None or under is None else Fraction(over, under)


def _integer_root(value: int, index: int) -> int | None:
    if value.bit_length() > 1000:
        return None
    guess = math.isqrt(value) if index == 2 else round(value ** (1 / index))
    return guess if guess**index == value else None


def _factorial(value: Fraction) -> Fraction | None:
    if value.denominator != 1 or not 0 <= value <= MAX_FACTORIAL:
        return None
    return Fraction(math.factorial(value.numerator))


def _binomial(upper: Fraction, lower: Fraction) -> Fraction | None:
    if upper.denominator != 1 or lower.denominator != 1 or not 0 <= lower <= upper <= MAX_FACTORIAL:
        return None
    return Fraction(math.comb(upper.numerator, lower.numerator))


_OPERATIONS: dict[str, Callable[..., Fraction | None]] = {
    "neg": lambda value: -value,
    "+": partial(_fold, operator.add),
    "*": partial(_fold, operator.mul),
    "/": _divide,
    "^": _raise,
    "sqrt": lambda radicand: _root(radicand, Fraction(2)),
    "root": _root,
    "!": _factorial,
    "binom": _binomial,
    "abs": abs,
    "floor": lambda value: Fraction(math.floor(value)),
    "ceil": lambda value: Fraction(math.ceil(value)),
    "mod": lambda value, modulus: value % modulus if modulus else None,
}
