"""Guaranteed: the edges of steps are found, near their start, and nowhere without a step."""

from mpmath import mp

from dart_math.jumps import jump_points
from dart_math.parse import parse_answer

ZERO = parse_answer("0")


def edges(text: str) -> set[float]:
    return {round(float(point["x"]), 9) for point in jump_points(parse_answer(text), ZERO)}


def test_whole_numbers_are_the_edges_of_floor() -> None:
    found = edges(r"\lfloor x \rfloor")
    assert {0.0, 1.0, 2.0} <= found
    assert all(edge == int(edge) for edge in found)


def test_powers_of_two_are_the_edges_of_their_logarithm() -> None:
    assert {1.0, 2.0} <= edges(r"\lceil \log_2 x \rceil") <= {0.25, 0.5, 1.0, 2.0, 4.0}


def test_edges_may_lie_at_no_fraction() -> None:
    assert round(float(mp.pi), 9) in edges(r"\lfloor x/\pi \rfloor")


def test_without_a_step_there_is_none() -> None:
    assert edges("x^2 + 1") == set() == edges(r"\lfloor 3.5 \rfloor + x")
