"""The symbolic tier, run in the child process: identities by evaluation, conditions by SymPy.

Two expressions are equal when they agree to 40 digits at fixed pseudo-random points. A single
point where they differ refutes; agreement by accident has no chance worth counting. That needs no
`simplify`, which may run for minutes, and no text ever reaches a parser that evaluates.
"""

import math
import random
from fractions import Fraction

from mpmath import mp

from dart_math.evaluate import (
    DIGITS,
    NoValueError,
    TooLargeError,
    Value,
    evaluate,
    variables,
)
from dart_math.exact import ROUNDING_DIGITS, exact_value, rounds_to
from dart_math.membership import differ_somewhere
from dart_math.nodes import Node, Number, UnparsableError
from dart_math.parse import parse_answer
from dart_math.structure import same
from dart_math.sympy_sets import prepare_polynomials, proportional_numerators, same_real_set

SPARE_DIGITS = 20  # of those computed, lost to rounding at most
POINTS = 6  # the first two with positive values only


def equal_symbolically(answer: str, reference: str) -> tuple[bool, str]:
    """Whether two texts are equal, and why in a few words.

    >>> equal_symbolically("x^2 + 2x + 1", "(x + 1)^2")
    (True, 'equal expressions')
    """
    judge = SymbolicJudge()
    try:
        equal = same(parse_answer(answer), parse_answer(reference), judge)
    except (UnparsableError, RecursionError):
        return False, "unparsable"
    if equal:
        return True, "equal expressions"
    return False, "too large to compare" if judge.too_large else "different expressions"


class SymbolicJudge:
    """Decides by values at points; `too_large` tells that a value could not be computed."""

    def __init__(self) -> None:
        self.too_large = False

    def equal(self, answer: Node, reference: Node) -> bool:
        """Agreement wherever both are real, or where neither is anywhere."""
        equal, digits = self._agree_to(answer, reference, DIGITS)
        if equal and digits > DIGITS:  # very large or very small values need more digits
            equal, _ = self._agree_to(answer, reference, digits)
        return equal

    def _agree_to(self, answer: Node, reference: Node, digits: int) -> tuple[bool, int]:
        """Whether the values agree, and to how many digits that should be looked at."""
        real, other, needed = [], [], digits
        with mp.workdps(digits):
            tolerance = mp.mpf(10) ** (SPARE_DIGITS - digits)
            for left, right in self._values(answer, reference):
                if isinstance(left, tuple) or isinstance(right, tuple):
                    real.append(_rows_agree(left, right, tolerance))
                    continue
                needed = max(needed, DIGITS + _digits_before_or_behind(left))
                if _is_real(left, tolerance) and _is_real(right, tolerance):
                    agrees = _agree(left, right, tolerance)
                    real.append(agrees or _rounds(answer, reference, left, right))
                else:
                    other.append(_agree(left, right, tolerance))
        outcomes = real or other
        return bool(outcomes) and all(outcomes), needed

    def proportional(self, answer: Node, reference: Node, positive: bool) -> bool:
        """A constant quotient, not zero, at three points or more."""
        quotients = []
        with mp.workdps(DIGITS):
            tolerance = mp.mpf(10) ** (SPARE_DIGITS - DIGITS)
            for left, right in self._values(answer, reference):
                if isinstance(left, tuple) or isinstance(right, tuple):
                    return False
                if mp.isfinite(left) and mp.isfinite(right) and abs(right) > tolerance:
                    quotients.append(left / right)
            is_constant = len(quotients) >= 3 and all(
                _agree(quotients[0], quotient, tolerance) for quotient in quotients
            )
            if is_constant and abs(quotients[0]) > tolerance:
                return not positive or (
                    _is_real(quotients[0], tolerance) and mp.re(quotients[0]) > 0
                )
        return not positive and len(quotients) >= 3 and proportional_numerators(answer, reference)

    def same_set(self, answer: Node, reference: Node) -> bool:
        """By probing, which can only refute, then by SymPy's sets of real numbers."""
        return not differ_somewhere(answer, reference) and same_real_set(answer, reference)

    def _values(self, answer: Node, reference: Node) -> list[tuple[Value, Value]]:
        names = sorted(variables(answer) | variables(reference))
        pairs = []
        for index in range(POINTS if names else 1):
            point = {name: _coordinate(name, index) for name in names}
            try:
                pairs.append((evaluate(answer, point), evaluate(reference, point)))
            except TooLargeError:
                self.too_large = True
                return []
            except NoValueError:
                continue
        return pairs


def _coordinate(name: str, index: int) -> Value:
    size = random.Random(f"{name} {index}").uniform(0.3, 3.0)
    is_negative = index >= 2 and random.Random(f"sign {name} {index}").random() < 0.6
    return mp.mpf(-size if is_negative else size)


def _digits_before_or_behind(value: Value) -> int:
    """How many digits stand before the point, or how many zeros behind it."""
    if not mp.isfinite(value) or value == 0:
        return 0
    size = math.ceil(abs(mp.mag(value)) * math.log10(2))
    return size if size > SPARE_DIGITS else 0


def _is_real(value: Value, tolerance: Value) -> bool:
    return bool(abs(mp.im(value)) <= tolerance * (1 + abs(mp.re(value))))


def _agree(left: Value, right: Value, tolerance: Value) -> bool:
    if not (mp.isfinite(left) and mp.isfinite(right)):
        return bool(left == right)
    scale = max(abs(left), abs(right))
    return bool(scale <= tolerance or abs(left - right) <= scale * tolerance)


def _rows_agree(left: Value, right: Value, tolerance: Value) -> bool:
    if not isinstance(left, tuple) or not isinstance(right, tuple) or len(left) != len(right):
        return False
    pairs = list(zip(left, right, strict=True))
    return all(len(x) == len(y) for x, y in pairs) and all(
        _agree(a, b, tolerance) for x, y in pairs for a, b in zip(x, y, strict=True)
    )


def _rounds(answer: Node, reference: Node, left: Value, right: Value) -> bool:
    """Whether one side is a long decimal that rounds the exact other side."""
    for node, other, value in ((answer, reference, right), (reference, answer, left)):
        number = exact_value(node)
        if number is None or number.digits < ROUNDING_DIGITS or not mp.isfinite(value):
            continue
        if variables(other) or _holds_decimal(other):
            continue
        exact = Fraction(int(mp.nint(mp.re(value) * mp.mpf(10) ** 50)), 10**50)
        if rounds_to(number, exact):
            return True
    return False


def _holds_decimal(node: Node) -> bool:
    if isinstance(node, Number):
        return node.digits > 0
    return any(_holds_decimal(arg) for arg in getattr(node, "args", ()))


def warm_up() -> None:
    """Load what the first question would load."""
    prepare_polynomials()
    for answer, reference in (
        (r"\sin(x)^2 + \cos(x)^2", "1 + y"),
        ("x^2 > 4", "x < -2 or x > 2"),
        ("2^x > 8", "x > 3"),
        (r"\tan x < x", r"\cos x < x"),
        (r"|x| \le 2", "[-2, 2]"),
        ("y = 2/x", "xy = 2"),
        (r"x \ne 3", r"\R \setminus \{3\}"),
    ):
        equal_symbolically(answer, reference)
