"""The fixed points at which two expressions are compared."""

import random
from collections.abc import Mapping, Sequence, Set
from functools import lru_cache
from itertools import combinations

from mpmath import mp

from dart_math.functions import Value

Point = Mapping[str, Value]

_POSITIVE_POINTS = 2  # near points with positive values only
# Which of the other near points, and of the mixed far ones, are negative for the first name, the
# second, … in alphabetical order. Each name gets both signs; two names get all four pairs of signs.
_NEAR_NEGATIVE = tuple(combinations(range(4), 3))
_FAR_NEGATIVE = tuple(combinations(range(4), 2))


def near_points(names: Set[str]) -> list[Point]:
    """Six points of size 0.3 to 3, the first two positive; one empty point where no name is.

    >>> [point["x"] < 0 for point in near_points({"x"})]
    [False, False, True, True, True, False]
    """
    return _near_points(tuple(sorted(names))) if names else [{}]


@lru_cache(maxsize=1024)
def _near_points(names: tuple[str, ...]) -> list[Point]:
    points: list[Point] = [_point(names, f"{index}", 0.3, 3.0) for index in range(_POSITIVE_POINTS)]
    for index in range(4):
        point = _point(names, f"{index + _POSITIVE_POINTS}", 0.3, 3.0)
        points.append(_with_signs(point, index, _NEAR_NEGATIVE))
    return points


def far_points(names: Set[str]) -> list[Point]:
    """Six points: one of 800 to 1000, one of -1000 to -800, four of size 10 to 1000 and any sign.

    >>> [point["x"] < 0 for point in far_points({"x"})]
    [False, True, True, True, False, False]
    """
    return _far_points(tuple(sorted(names))) if names else []


@lru_cache(maxsize=1024)
def _far_points(names: tuple[str, ...]) -> list[Point]:
    positive = _point(names, "positive", 800.0, 1000.0)
    negative = {name: -size for name, size in _point(names, "negative", 800.0, 1000.0).items()}
    points: list[Point] = [positive, negative]
    for index, largest in enumerate((30.0, 100.0, 300.0, 1000.0)):
        point = _point(names, f"far {index}", 10.0, largest)
        points.append(_with_signs(point, index, _FAR_NEGATIVE))
    return points


def _point(names: tuple[str, ...], label: str, low: float, high: float) -> Point:
    return {name: mp.mpf(random.Random(f"{name} {label}").uniform(low, high)) for name in names}


def _with_signs(point: Point, index: int, negative: Sequence[tuple[int, ...]]) -> Point:
    """`point` with the signs that its names have at the mixed point `index`."""
    return {
        name: -size if index in negative[rank % len(negative)] else size
        for rank, (name, size) in enumerate(point.items())
    }
