"""Two expressions compared by their values at fixed pseudo-random points, near and far.

They are equal when they agree to 40 digits (`points.py`). A single point where they differ refutes.
What agrees is measured by the values' own size, however small; a difference that is no part of the
values is one that shrinks as more digits are computed. That needs no `simplify`, which may run for
minutes.
"""

import math
from collections.abc import Iterator
from fractions import Fraction

from mpmath import mp

from dart_math.agreement import agree, compare_values, entries_of, is_real_value
from dart_math.evaluate import DIGITS, SPARE_DIGITS, evaluate
from dart_math.exact import ROUNDING_DIGITS, exact_value, rounds_to
from dart_math.far_values import compare_far
from dart_math.functions import NoValueError, TooLargeError, Value
from dart_math.jumps import jump_points
from dart_math.names import variables
from dart_math.nodes import Apply, Node, Number
from dart_math.points import Point, far_points, near_points


def equal_values(answer: Node, reference: Node) -> bool:
    """Agreement where both are real, or where neither is anywhere; TooLargeError as `evaluate`."""
    point = near_points(variables(answer) | variables(reference))[0]
    spare = max(_digits_of_terms(answer, point), _digits_of_terms(reference, point))
    real, other, digits = _compare_near(answer, reference, DIGITS + spare)
    if digits > DIGITS + spare and all(real or other):  # very large or small values need more
        real, other, _ = _compare_near(answer, reference, digits)
    if not (real or other) or not all(real):
        return False
    for point in jump_points(answer, reference):
        if compare_far(answer, reference, point) == (True, False):
            return False
    for point in far_points(variables(answer) | variables(reference)):
        outcome = compare_far(answer, reference, point)
        if outcome is not None:
            if outcome == (True, False):
                return False
            is_real, agrees = outcome
            (real if is_real else other).append(agrees)
    return all(real or other)


def _near_values(answer: Node, reference: Node) -> Iterator[tuple[Value, Value]]:
    """Both values at every near point where both have one; TooLargeError as `evaluate`."""
    for point in near_points(variables(answer) | variables(reference)):
        try:
            yield evaluate(answer, point), evaluate(reference, point)
        except TooLargeError:
            raise
        except NoValueError:
            continue


def _compare_near(answer: Node, reference: Node, digits: int) -> tuple[list[bool], list[bool], int]:
    """Agreement at real and at other points, and how many digits should be looked at.

    The first real point where they differ ends it.
    """
    real: list[bool] = []
    other: list[bool] = []
    needed = digits
    with mp.workdps(digits):
        tolerance = mp.mpf(10) ** (SPARE_DIGITS - digits)
        for left, right in _near_values(answer, reference):
            is_real, agrees = compare_values(left, right, tolerance, smallest=tolerance)
            entries = (*entries_of(left), *entries_of(right))
            needed = max(needed, *(DIGITS + _digits_before_or_behind(entry) for entry in entries))
            if len(entries) == 2:
                agrees = agrees or (is_real and _rounds(answer, reference, left, right))
            (real if is_real else other).append(agrees)
            if is_real and not agrees:
                break
    return real, other, needed


def constant_quotient(answer: Node, reference: Node) -> Value | None:
    """The one quotient, not zero, at three near points or more and at all far ones, else None."""
    quotients: list[Value] = []
    point = near_points(variables(answer) | variables(reference))[0]
    digits = DIGITS + max(_digits_of_terms(answer, point), _digits_of_terms(reference, point))
    with mp.workdps(digits):
        tolerance = mp.mpf(10) ** (SPARE_DIGITS - digits)
        for left, right in _near_values(answer, reference):
            if isinstance(left, tuple) or isinstance(right, tuple):
                return None
            if mp.isfinite(left) and mp.isfinite(right) and abs(right) > tolerance:
                quotients.append(left / right)
                if not agree(quotients[0], quotients[-1], tolerance):
                    return None
        if len(quotients) < 3 or abs(quotients[0]) <= tolerance:
            return None
        quotient = quotients[0]
        if is_real_value(quotient, tolerance):
            quotient = mp.re(quotient)
        return quotient if _keeps_quotient(answer, reference, quotient) else None


def _keeps_quotient(answer: Node, reference: Node, quotient: Value) -> bool:
    """Whether answer = quotient * reference at every far point and step where both are real."""
    # The quotient is exact where it is a fraction; what is compared has DIGITS digits at most.
    points = [*far_points(variables(answer) | variables(reference))]
    points += jump_points(answer, reference)
    outcomes = [compare_far(answer, reference, point, quotient) for point in points]
    return all(outcome is None or outcome != (True, False) for outcome in outcomes)


def _digits_before_or_behind(value: Value) -> int:
    """How many digits stand before the point, or how many zeros behind it."""
    if not mp.isfinite(value) or value == 0:
        return 0
    size = math.ceil(abs(mp.mag(value)) * math.log10(2))
    return size if size > SPARE_DIGITS else 0


def _digits_of_terms(node: Node, point: Point) -> int:
    """How many digits the terms of its sums have before or behind the decimal point, at `point`.

    pi + e^{-100} needs 44 more digits than pi.
    """
    if not isinstance(node, Apply):
        return 0
    sizes = [_digits_of_terms(arg, point) for arg in node.args]
    if node.name == "+":
        with mp.workdps(DIGITS):
            for term in node.args:
                try:
                    value = evaluate(term, point)
                except NoValueError:
                    continue
                sizes.append(0 if isinstance(value, tuple) else _digits_before_or_behind(value))
    return max(sizes, default=0)


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
