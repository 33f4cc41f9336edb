"""Rows on their way to questions: a record, a malformed row, a row left out; and typed fields."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from polar.questions import Question


class Record(NamedTuple):
    """A row as its file has it; `place` (file and row) is what a message names."""

    place: str
    default_id: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class BadRow:
    """A row that is not a question, and why."""

    place: str
    fault: str


@dataclass(frozen=True)
class LeftOut:
    """A sound row that does not belong to the benchmark, and why."""

    reason: str


class Item(NamedTuple):
    """What came of a row, and where it stands."""

    place: str
    value: Question | BadRow | LeftOut


Maker = Callable[[Record], Question | LeftOut]


class RecordError(ValueError):
    """A malformed row; the message says what is wrong with it."""


def make_questions(records: Iterable[Record | BadRow], make: Maker) -> Iterator[Item]:
    """What `make` makes of each record; where it raises RecordError, a `BadRow`."""
    for record in records:
        if isinstance(record, BadRow):
            yield Item(record.place, record)
            continue
        try:
            yield Item(record.place, make(record))
        except RecordError as error:
            yield Item(record.place, BadRow(record.place, str(error)))


def find(fields: Mapping[str, Any], *names: str) -> Any:
    """The first of the named fields that is there and not null; `a.b` is field b of object a.

    >>> find({"a": None, "b": {"c": 3}}, "a", "b.c"), find({}, "a")
    (3, None)
    """
    for name in names:
        value: Any = fields
        for key in [name] if name in fields else name.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is not None:
            return value
    return None


def read_text(fields: Mapping[str, Any], *names: str) -> str:
    """The text of the first named field that is there; a number counts as its text.

    Raises RecordError where there is none, where it is blank or of another type.
    """
    value = find(fields, *names)
    if value is None:
        what = f"field {names[0]!r}" if len(names) == 1 else f"any of {', '.join(names)}"
        raise RecordError(f"has no {what.removeprefix('any of ')}; it has {_names(fields)}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return format_number(value)
    if not isinstance(value, str):
        raise RecordError(f"{names[0]!r} must be a text or a number, not {type(value).__name__}")
    if not value.strip():
        raise RecordError(f"{names[0]!r} is empty")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise RecordError(f"{names[0]!r} holds half of a character (a surrogate)") from error
    return value


def _names(fields: Mapping[str, Any]) -> str:
    return ", ".join(list(fields)[:10]) or "no fields at all"


def read_optional(fields: Mapping[str, Any], *names: str) -> str | None:
    """As `read_text`, but None where no field is there or it is blank."""
    value = find(fields, *names)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return read_text(fields, *names)


def read_level(fields: Mapping[str, Any], *names: str) -> int:
    """A difficulty, 1…5, written as 3, "3" or "Level 3"."""
    text = read_text(fields, *names)
    match = re.fullmatch(r"\s*(?:level)?\s*([1-5])\s*", text, re.IGNORECASE)
    if match is None:
        raise RecordError(f"{names[0]!r} is {text!r:.40}, not one of Level 1 to Level 5")
    return int(match[1])


def format_number(number: int | float) -> str:
    """A number as one writes it.

    >>> format_number(43.0), format_number(0.5), format_number(-7), format_number(1e-05)
    ('43', '0.5', '-7', '0.00001')
    """
    if isinstance(number, float):
        if not math.isfinite(number):
            raise RecordError(f"{number} is not an answer")
        if number.is_integer() and abs(number) < 2**53:
            return str(int(number))
        return format(Decimal(repr(number)), "f")  # 0.00001, not 1e-05
    try:
        return str(number)
    except ValueError as error:  # Python refuses to write integers of more than 4,300 digits
        raise RecordError("a number of thousands of digits is not an answer") from error


def make_id(source: str, record: Record, *names: str) -> str:
    """The row's own id where it has one, else one of the source and the row's place."""
    own = read_optional(record.fields, *names)
    return own if own is not None else f"{source}/{record.default_id}"
