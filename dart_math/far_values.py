"""Two expressions at one far point, where terms are long and may cancel."""

from collections.abc import Sequence

from mpmath import mp

from dart_math.agreement import compare_values, gaps_between
from dart_math.evaluate import DIGITS, SPARE_DIGITS, evaluate
from dart_math.functions import NoValueError, Value
from dart_math.nodes import Node
from dart_math.points import Point

# More than the terms of any identity we know have at points up to 1000; and 500 more, by which a
# difference shrinks that only rounding makes.
FAR_DIGITS = (DIGITS, 1_500, 2_000)


def compare_far(
    answer: Node, reference: Node, point: Point, factor: Value = 1
) -> tuple[bool, bool] | None:
    """As `_compare`: an answer, and `factor` times a reference; None where they have no value.

    Terms may be as long as MAX_MAGNITUDE there and cancel (cosh² - sinh²), so that values that
    seem to differ are computed again with more digits than any term has: a difference that only
    rounding makes shrinks with them. What agrees is real only without any imaginary part.
    """
    gaps: list[list[Value]] = []
    outcome = None
    for digits in FAR_DIGITS:
        with mp.workdps(digits):
            tolerance = mp.mpf(10) ** (SPARE_DIGITS - DIGITS)
            try:
                left, right = evaluate(answer, point), evaluate(reference, point)
            except NoValueError:
                break  # where more digits cannot be had, what was seen with fewer stands
            right = right if isinstance(right, tuple) else factor * right
            is_real, agrees = compare_values(left, right, tolerance)
            gaps.append(gaps_between(left, right))
            if agrees or (len(gaps) == len(FAR_DIGITS) and _shrinks(*gaps[-2:])):
                return compare_values(left, right, mp.mpf(0))[0], True
            outcome = is_real, False
    return outcome


def _shrinks(rough: Sequence[Value], fine: Sequence[Value]) -> bool:
    """Whether every distance shrinks by half of the digits that were added, or more."""
    if not fine or not all(map(mp.isfinite, (*rough, *fine))):
        return False
    rate = mp.mpf(10) ** ((FAR_DIGITS[1] - FAR_DIGITS[2]) // 2)
    return all(after <= rate * before for before, after in zip(rough, fine, strict=True))
