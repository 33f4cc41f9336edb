"""Polynomials with exact coefficients, and their real roots.

A polynomial is a tuple of Fractions, the constant first, without zeros at its end; () is 0.
"""

from fractions import Fraction
from itertools import combinations, pairwise

from mpmath import mp

from dart_math.functions import NoValueError, Value

Polynomial = tuple[Fraction, ...]
MAX_DEGREE = 24
MAX_COEFFICIENT_BITS = 4_000
MAX_STEPS = 100  # towards all roots at once
ONE: Polynomial = (Fraction(1),)


def trim(coefficients: list[Fraction]) -> Polynomial:
    """Without the zeros of the highest powers; NoValueError where it is too large to work with."""
    while coefficients and not coefficients[-1]:
        coefficients.pop()
    if len(coefficients) > MAX_DEGREE + 1:
        raise NoValueError("a polynomial of high degree")
    if any(c.numerator.bit_length() > MAX_COEFFICIENT_BITS for c in coefficients):
        raise NoValueError("a polynomial with large coefficients")
    return tuple(coefficients)


def add(left: Polynomial, right: Polynomial) -> Polynomial:
    """The sum."""
    if len(left) < len(right):
        left, right = right, left
    return trim([a + b for a, b in zip(left, right, strict=False)] + list(left[len(right) :]))


def multiply(left: Polynomial, right: Polynomial) -> Polynomial:
    """The product."""
    if not left or not right:
        return ()
    if len(left) + len(right) > MAX_DEGREE + 2:
        raise NoValueError("a polynomial of high degree")
    product = [Fraction(0)] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            product[i + j] += a * b
    return trim(product)


def divide(left: Polynomial, right: Polynomial) -> tuple[Polynomial, Polynomial]:
    """Quotient and remainder; `right` is not zero.

    >>> [[int(c) for c in part] for part in divide((Fraction(-1), Fraction(0), *ONE), (*ONE, *ONE))]
    [[-1, 1], []]
    """
    rest = list(left)
    quotient = [Fraction(0)] * max(len(left) - len(right) + 1, 0)
    for place in range(len(quotient) - 1, -1, -1):
        factor = rest[place + len(right) - 1] / right[-1]
        quotient[place] = factor
        for offset, c in enumerate(right):
            rest[place + offset] -= factor * c
    return trim(quotient), trim(rest[: len(right) - 1])


def real_roots(polynomial: Polynomial) -> list[Value]:
    """The distinct real roots to the digits that `mp` works with, in no order.

    Numerical roots are counted against Sturm's theorem: NoValueError where some are missing.
    """
    if len(polynomial) < 2:
        return []
    if not polynomial[0]:
        while not polynomial[0]:
            polynomial = polynomial[1:]
        return [mp.mpf(0), *real_roots(polynomial)]
    if len(polynomial) == 2:
        return [-_value(polynomial[0]) / _value(polynomial[1])]
    if len(polynomial) == 3:
        return _quadratic_roots(polynomial)
    if not any(polynomial[1::2]):  # in x²
        squares = real_roots(polynomial[::2])
        return [s * mp.sqrt(y) for y in squares if y >= 0 for s in ((1, -1) if y else (1,))]
    chain = _sturm_chain(polynomial)
    simple = divide(polynomial, chain[-1])[0] if len(chain[-1]) > 1 else polynomial
    try:
        roots = _numerical_roots(simple)
    except (OverflowError, ZeroDivisionError) as error:
        raise NoValueError("roots not found") from error
    apart = all(abs(a - b) > mp.mpf(10) ** -30 * (1 + abs(a)) for a, b in combinations(roots, 2))
    if not apart or len(roots) != _sign_changes(chain, -1) - _sign_changes(chain, 1):
        raise NoValueError("roots too close together")
    return roots


def _quadratic_roots(polynomial: Polynomial) -> list[Value]:
    c, b, a = polynomial
    discriminant = b * b - 4 * a * c
    if discriminant < 0:
        return []
    middle = _value(-b / (2 * a))
    if discriminant == 0:
        return [middle]
    away = mp.sqrt(_value(discriminant)) / abs(_value(2 * a))
    far = middle + away if middle >= 0 else middle - away  # no cancellation
    return [far, _value(c / a) / far] if c else [far, mp.mpf(0)]


def _sturm_chain(polynomial: Polynomial) -> list[Polynomial]:
    """Sturm's chain; its last member is the greatest common divisor with the derivative."""
    derivative = tuple(c * power for power, c in enumerate(polynomial))[1:]
    chain = [polynomial, derivative]
    while True:
        rest = divide(chain[-2], chain[-1])[1]
        if not rest:
            return chain
        largest = max(abs(c) for c in rest)
        chain.append(tuple(-c / largest for c in rest))


def _sign_changes(chain: list[Polynomial], side: int) -> int:
    """Changes of sign along the chain far on one side: 1 for the right, -1 for the left."""
    signs = [(member[-1] > 0) == (side > 0 or len(member) % 2 == 1) for member in chain]
    return sum(a != b for a, b in pairwise(signs))


def _numerical_roots(polynomial: Polynomial) -> list[Value]:
    """The real roots of a polynomial without double roots: from 15 digits, by Newton's steps."""
    coefficients = [_value(c) for c in reversed(polynomial)]
    powers = range(len(polynomial) - 1, 0, -1)
    slopes = [c * power for c, power in zip(coefficients[:-1], powers, strict=True)]
    roots = []
    for start in _rough_roots([float(c / polynomial[-1]) for c in reversed(polynomial)]):
        if abs(start.imag) > 1e-6 * (1 + abs(start)):
            continue
        root = mp.mpf(start.real)
        for _ in range(6):
            slope = mp.polyval(slopes, root)
            if slope:
                root -= mp.polyval(coefficients, root) / slope
        roots.append(root)
    return roots


def _rough_roots(coefficients: list[float]) -> list[complex]:
    """All roots of a polynomial that begins with 1, to about 15 digits, by Weierstrass' steps."""
    size = 1 + max(abs(c) for c in coefficients)  # no root is larger
    roots = [size * (0.4 + 0.9j) ** power for power in range(len(coefficients) - 1)]
    for _ in range(MAX_STEPS):
        largest = 0.0
        for place, root in enumerate(roots):
            value = 0j
            for c in coefficients:
                value = value * root + c
            for other, distant in enumerate(roots):
                if other != place:
                    value /= root - distant
            roots[place] = root - value
            largest = max(largest, abs(value) / (1e-12 + abs(root)))
        if largest < 1e-14:
            break
    return roots


def _value(number: Fraction) -> Value:
    return mp.mpf(number.numerator) / number.denominator
