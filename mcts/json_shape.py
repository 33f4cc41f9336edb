"""JSON of files that anybody may have written: parsed, and compared with the shape it must have."""

import json
from collections.abc import Mapping
from dataclasses import fields
from types import UnionType
from typing import Any, get_args

Shape = Any  # see check_shape
MAX_INTEGER = 2**63


def parse_json(text: str | bytes) -> Any:
    """The value; ValueError where the text is none, or is nested too deeply to be read."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def check_shape(value: object, shape: Shape, place: str = "it") -> None:
    """Raise ValueError, naming the first place in `value` that is not of the `shape`.

    A shape is a type or a union of types (float takes whole numbers too, no number takes a bool);
    `[shape]` is a list of it, `(shape, shape)` a list of exactly these; `{"name": shape}` is an
    object with at least these names, `{str: shape}` one of any names.

    >>> check_shape({"a": [1, 2.5], "more": 0}, {"a": [float]})
    >>> check_shape({"a": [1, "2"]}, {"a": [float]})
    Traceback (most recent call last):
        ...
    ValueError: it.a[1] is str, not float
    """
    if isinstance(shape, list | tuple):
        if not isinstance(value, list | tuple):
            raise ValueError(f"{place} is {type(value).__name__}, not a list")
        shapes = shape if isinstance(shape, tuple) else shape * len(value)
        if len(value) != len(shapes):
            raise ValueError(f"{place} has {len(value)} items, not {len(shapes)}")
        for index, (item, inner) in enumerate(zip(value, shapes, strict=True)):
            check_shape(item, inner, f"{place}[{index}]")
    elif isinstance(shape, dict):
        if not isinstance(value, dict):
            raise ValueError(f"{place} is {type(value).__name__}, not an object")
        names = {name: shape[str] for name in value} if str in shape else shape
        for name, inner in names.items():
            if name not in value:
                raise ValueError(f"{place}.{name} is missing")
            check_shape(value[name], inner, f"{place}.{name}")
    else:
        _check_type(value, shape, place)


def check_present(value: Mapping[str, object], shapes: Mapping[str, Shape], place: str) -> None:
    """`check_shape` for the names of `shapes` that stand in `value`; others may be missing."""
    check_shape(dict(value), {name: shapes[name] for name in shapes if name in value}, place)


def check_fields(made: Any, place: str) -> None:
    """`check_shape` for a dataclass's values: each of the type that its field is annotated with."""
    check_shape(vars(made), {field.name: field.type for field in fields(made)}, place)


def _check_type(value: object, shape: Shape, place: str) -> None:
    wanted = get_args(shape) if isinstance(shape, UnionType) else (shape,)
    fits = type(value) in wanted or (float in wanted and type(value) is int)
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise ValueError(f"{place} is too large a number")
    if not fits:
        names = " or ".join(kind.__name__ for kind in wanted)
        raise ValueError(f"{place} is {type(value).__name__}, not {names}")
