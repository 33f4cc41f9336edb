"""Real roots are all found, each once, to the digits asked for; what cannot be told is refused."""

import contextlib
from fractions import Fraction

import pytest
from mpmath import mp

from dart_math.functions import NoValueError
from dart_math.polynomials import divide, multiply, real_roots


def polynomial(*coefficients: int) -> tuple[Fraction, ...]:
    """The constant first."""
    return tuple(map(Fraction, coefficients))


@pytest.mark.parametrize(
    ("coefficients", "roots"),
    [
        ((5,), []),
        ((-6, 3), [2]),
        ((1, 0, 1), []),
        ((4, -4, 1), [2]),
        ((6, -5, -2, 1), [-2, 1, 3]),
        ((0, 0, 0, -1, 1), [0, 1]),
        ((1, -4, 6, -4, 1), [1]),
        ((4, 0, -5, 0, 1), [-2, -1, 1, 2]),
        ((24, -50, 35, -10, 1), [1, 2, 3, 4]),
        ((-12, 28, -23, 8, -1), [1, 2, 3]),
        ((1, 0, 0, 0, 0, 0, 0, 1), [-1]),
        ((-(10**30), 10**15 + 10**15, -1), [10**15]),
    ],
)
def test_real_roots_by_hand(coefficients: tuple[int, ...], roots: list[int]) -> None:
    with mp.workdps(120):
        found = sorted(real_roots(polynomial(*coefficients)))
        assert len(found) == len(roots)
        assert all(abs(a - b) < mp.mpf(10) ** -80 for a, b in zip(found, roots, strict=True))


def test_roots_that_lie_close_together_are_told_apart_or_refused() -> None:
    close = multiply(polynomial(-(10**12), 10**12), polynomial(-(10**12) - 1, 10**12))
    cubic = multiply(close, polynomial(-3, 1))
    with mp.workdps(120):
        assert len(real_roots(close)) == 2
        with contextlib.suppress(NoValueError):
            assert len(real_roots(cubic)) == 3


def test_division_leaves_what_it_should() -> None:
    quotient, rest = divide(polynomial(5, 0, 1), polynomial(1, 1))
    assert (quotient, rest) == (polynomial(-1, 1), polynomial(6))


def test_high_degrees_are_refused() -> None:
    with pytest.raises(NoValueError, match="high degree"):
        multiply(polynomial(*[1] * 20), polynomial(*[1] * 20))
