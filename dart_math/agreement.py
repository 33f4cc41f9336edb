"""When two computed values, numbers or matrices, are the same but for rounding."""

from itertools import chain

from mpmath import mp

from dart_math.functions import Value


def compare_values(
    left: Value, right: Value, tolerance: Value, smallest: Value = 0
) -> tuple[bool, bool]:
    """Whether both values are real, and whether they agree; matrices count as real.

    Values up to `smallest` are not told from 0.
    """
    if isinstance(left, tuple) or isinstance(right, tuple):
        return True, _have_same_shape(left, right) and all(
            agree(a, b, tolerance, smallest)
            for a, b in zip(entries_of(left), entries_of(right), strict=True)
        )
    is_real = is_real_value(left, tolerance) and is_real_value(right, tolerance)
    return is_real, agree(left, right, tolerance, smallest)


def entries_of(value: Value) -> tuple[Value, ...]:
    """The entries of a matrix; a number is its own."""
    return tuple(chain.from_iterable(value)) if isinstance(value, tuple) else (value,)


def _have_same_shape(left: Value, right: Value) -> bool:
    if not isinstance(left, tuple) or not isinstance(right, tuple):
        return False
    return [len(row) for row in left] == [len(row) for row in right]


def gaps_between(left: Value, right: Value) -> list[Value]:
    """How far the values are apart, entry by entry; none where their shapes differ."""
    if isinstance(left, tuple) != isinstance(right, tuple):
        return []
    if isinstance(left, tuple) and not _have_same_shape(left, right):
        return []
    return [abs(a - b) for a, b in zip(entries_of(left), entries_of(right), strict=True)]


def is_real_value(value: Value, tolerance: Value) -> bool:
    return bool(abs(mp.im(value)) <= tolerance * abs(mp.re(value)))


def agree(left: Value, right: Value, tolerance: Value, smallest: Value = 0) -> bool:
    if not (mp.isfinite(left) and mp.isfinite(right)):
        return bool(left == right)
    scale = max(abs(left), abs(right))
    return bool(scale <= smallest or abs(left - right) <= scale * tolerance)
