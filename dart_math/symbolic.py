"""The symbolic tier, run in the child process: identities by evaluation, conditions by SymPy.

Two expressions are equal when they agree to 40 digits at fixed pseudo-random points, near and far
(`points.py`). A single point where they differ refutes. That needs no `simplify`, which may run for
minutes, and no text ever reaches a parser that evaluates.
"""

import math
from fractions import Fraction

from mpmath import mp

from dart_math.cells import same_cells
from dart_math.evaluate import (
    DIGITS,
    NoValueError,
    TooLargeError,
    Value,
    evaluate,
)
from dart_math.exact import ROUNDING_DIGITS, exact_value, rounds_to
from dart_math.membership import differ_somewhere
from dart_math.names import variables
from dart_math.nodes import Apply, Node, Number, UnparsableError
from dart_math.parse import parse_answer
from dart_math.points import Point, far_points, near_points
from dart_math.structure import same
from dart_math.sympy_sets import prepare_polynomials, proportional_numerators, same_real_set

SPARE_DIGITS = 20  # of those computed, lost to rounding at most
FAR_DIGITS = 1_500  # more than the terms of any identity we know have at points up to 1000


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
        spare = max(_digits_of_terms(answer), _digits_of_terms(reference))
        real, other, digits = self._compare_near(answer, reference, DIGITS + spare)
        if digits > DIGITS + spare and all(
            real or other
        ):  # very large or small values need more digits
            real, other, _ = self._compare_near(answer, reference, digits)
        if not (real or other) or not all(real):
            return False
        for point in far_points(variables(answer) | variables(reference)):
            outcome = _compare_far(answer, reference, point)
            if outcome is not None:
                is_real, agrees = outcome
                if is_real and not agrees:
                    return False
                (real if is_real else other).append(agrees)
        return all(real or other)

    def _compare_near(
        self, answer: Node, reference: Node, digits: int
    ) -> tuple[list[bool], list[bool], int]:
        """Agreement at real and at other points, and how many digits should be looked at."""
        real: list[bool] = []
        other: list[bool] = []
        needed = digits
        with mp.workdps(digits):
            tolerance = mp.mpf(10) ** (SPARE_DIGITS - digits)
            for left, right in self._near_values(answer, reference):
                is_real, agrees = _compare(left, right, tolerance)
                if not isinstance(left, tuple) and not isinstance(right, tuple):
                    sizes = map(_digits_before_or_behind, (left, right))
                    needed = max(needed, *(DIGITS + size for size in sizes))
                    agrees = agrees or (is_real and _rounds(answer, reference, left, right))
                (real if is_real else other).append(agrees)
        return real, other, needed

    def proportional(self, answer: Node, reference: Node, positive: bool) -> bool:
        """A constant quotient, not zero, at three points or more."""
        quotients = []
        digits = DIGITS + max(_digits_of_terms(answer), _digits_of_terms(reference))
        with mp.workdps(digits):
            tolerance = mp.mpf(10) ** (SPARE_DIGITS - digits)
            for left, right in self._near_values(answer, reference):
                if isinstance(left, tuple) or isinstance(right, tuple):
                    return False
                if mp.isfinite(left) and mp.isfinite(right) and abs(right) > tolerance:
                    quotients.append(left / right)
            is_constant = len(quotients) >= 3 and all(
                _agree(quotients[0], quotient, tolerance) for quotient in quotients
            )
            if is_constant and abs(quotients[0]) > tolerance:
                is_constant = _keeps_quotient(answer, reference, quotients[0])
                if is_constant or positive:
                    return is_constant and (
                        not positive
                        or (_is_real(quotients[0], tolerance) and mp.re(quotients[0]) > 0)
                    )
        return not positive and len(quotients) >= 3 and proportional_numerators(answer, reference)

    def same_set(self, answer: Node, reference: Node) -> bool:
        """By the cells of the line; else by probing, which can only refute, and by SymPy's sets."""
        equal = same_cells(answer, reference)
        if equal is not None:
            return equal
        return not differ_somewhere(answer, reference) and same_real_set(answer, reference)

    def _near_values(self, answer: Node, reference: Node) -> list[tuple[Value, Value]]:
        pairs = []
        for point in near_points(variables(answer) | variables(reference)):
            try:
                pairs.append((evaluate(answer, point), evaluate(reference, point)))
            except TooLargeError:
                self.too_large = True
                return []
            except NoValueError:
                continue
        return pairs


def _compare(left: Value, right: Value, tolerance: Value) -> tuple[bool, bool]:
    """Whether both values are real, and whether they agree; matrices count as real."""
    if isinstance(left, tuple) or isinstance(right, tuple):
        return True, _rows_agree(left, right, tolerance)
    is_real = _is_real(left, tolerance) and _is_real(right, tolerance)
    return is_real, _agree(left, right, tolerance)


def _compare_far(answer: Node, reference: Node, point: Point) -> tuple[bool, bool] | None:
    """As `_compare`, at a far point; None where there is no value, or one too large.

    Terms may be as long as MAX_MAGNITUDE there and cancel (cosh² - sinh²), so that real values
    that seem to differ are computed again with more digits than any term has.
    """
    outcome = None
    for digits in (DIGITS, FAR_DIGITS):
        with mp.workdps(digits):
            tolerance = mp.mpf(10) ** (SPARE_DIGITS - DIGITS)
            try:
                outcome = _compare(evaluate(answer, point), evaluate(reference, point), tolerance)
            except NoValueError:
                return None
            is_real, agrees = outcome
            if agrees or not is_real:
                break
    return outcome


def _keeps_quotient(answer: Node, reference: Node, quotient: Value) -> bool:
    """Whether answer = quotient * reference at every far point where both are real."""
    # The quotient is exact where it is a fraction; what is compared has DIGITS digits at most.
    for point in far_points(variables(answer) | variables(reference)):
        for digits in (DIGITS, FAR_DIGITS):
            with mp.workdps(digits):
                tolerance = mp.mpf(10) ** (SPARE_DIGITS - DIGITS)
                try:
                    left, right = evaluate(answer, point), evaluate(reference, point)
                except NoValueError:
                    break
                is_real, agrees = _compare(left, quotient * right, tolerance)
                if agrees or not is_real:
                    break
        else:
            return False
    return True


def _digits_before_or_behind(value: Value) -> int:
    """How many digits stand before the point, or how many zeros behind it."""
    if not mp.isfinite(value) or value == 0:
        return 0
    size = math.ceil(abs(mp.mag(value)) * math.log10(2))
    return size if size > SPARE_DIGITS else 0


def _digits_of_terms(node: Node) -> int:
    """How many digits the terms without variables of its sums have before or behind the point.

    pi + e^{-100} needs 44 more digits than pi.
    """
    if not isinstance(node, Apply):
        return 0
    sizes = [_digits_of_terms(arg) for arg in node.args]
    if node.name == "+":
        with mp.workdps(DIGITS):
            for term in node.args:
                try:
                    value = 0 if variables(term) else evaluate(term, {})
                except NoValueError:
                    continue
                sizes.append(0 if isinstance(value, tuple) else _digits_before_or_behind(value))
    return max(sizes, default=0)


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
    return isinstance(node, Apply) and any(_holds_decimal(arg) for arg in node.args)


def warm_up() -> None:
    """Load what the first question would load, all that SymPy imports late included."""
    prepare_polynomials()
    for answer, reference in (
        (r"\sin(x)^2 + \cos(x)^2", "1 + y"),
        ("2^x > 8", "x > 3"),
        ("y = 2/x", "xy = 2"),
        (r"x \ne 3", r"\R \setminus \{3\}"),
    ):
        equal_symbolically(answer, reference)
    for answer, reference in (
        ("x^2 > 4", "x < -2 or x > 2"),
        ("2^x > 8", "x > 3"),
        (r"\tan x < x", r"\cos x < x"),
        (r"\sin x > 0", r"\sin x > \frac12"),
        (r"|x| \le 2", "[-2, 2]"),
        (r"x \ne 3", r"\R \setminus \{3\}"),
    ):
        same_real_set(parse_answer(answer), parse_answer(reference))
