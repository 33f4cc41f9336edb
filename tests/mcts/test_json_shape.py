"""Guaranteed: JSON of another shape is one line that says where, however it was nested."""

import pytest

from mcts.json_shape import check_shape, parse_json


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "{", ""])
def test_what_cannot_be_read_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse_json(text)


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (1, float),
        (None, int | None),
        ([1.5, 2], (float, int)),
        ([], [int]),
        ((1, 2), [int]),
        ({}, {str: int}),
        ({"a": {"b": [1]}}, {"a": {str: [int]}}),
    ],
)
def test_a_value_of_the_shape_passes(value: object, shape: object) -> None:
    check_shape(value, shape)


@pytest.mark.parametrize(
    ("value", "shape", "message"),
    [
        (True, int, "it is bool, not int"),
        (1.0, int, "it is float, not int"),
        (10**400, float, "it is too large a number"),
        ("1", int | None, "it is str, not int or NoneType"),
        ([1], (float, float), "it has 1 items, not 2"),
        ({"a": 1}, [int], "it is dict, not a list"),
        ([1], {"a": int}, "it is list, not an object"),
        ({}, {"a": int}, r"it\.a is missing"),
        ({"a": {"b": [1, None]}}, {"a": {str: [int]}}, r"it\.a\.b\[1\] is NoneType, not int"),
    ],
)
def test_a_value_of_another_shape_is_refused_by_its_place(
    value: object, shape: object, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_shape(value, shape)
