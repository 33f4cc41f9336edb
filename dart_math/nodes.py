"""What an answer text is read as: a small tree of frozen nodes."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Union

Node = Union[
    "Number", "Symbol", "Word", "Apply", "Group", "Matrix", "Relation", "Quantity", "Based"
]


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number; `digits` significant digits were written, if there was a decimal point."""

    value: Fraction
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Symbol:
    """A variable or a constant: "x", "x_1", "pi", "e", "i", "oo"."""

    name: str


@dataclass(frozen=True, slots=True)
class Word:
    """Words that stand for themselves, in lower case: "odd", "june 20"."""

    text: str


@dataclass(frozen=True, slots=True)
class Apply:
    """An operator ("+", "*", "/", "^", "neg", "±", "∓", "!") or function ("sin") with operands."""

    name: str
    args: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Items in brackets.

    `kind`: "list" (bare commas), "set", "bracket" (a point or an interval, by its `left` and
    `right` brackets), "ratio", "time", "union", "intersection" or "difference". `joiner` is the
    word between the items of a list: "or", "and", or "" for commas.
    """

    kind: str
    items: tuple["Node", ...]
    left: str = ""
    right: str = ""
    joiner: str = ""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of entries, all of one length."""

    rows: tuple[tuple["Node", ...], ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain `terms[0] operators[0] terms[1] …`; operators are = < > ≤ ≥ ≠ ≈ ∈."""

    operators: tuple[str, ...]
    terms: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with a unit; the unit "%" is a percentage."""

    value: "Node"
    unit: str


@dataclass(frozen=True, slots=True)
class Based:
    """Digits in a stated base: 1012_3."""

    digits: str
    base: int


class UnparsableError(ValueError):
    """The text has no reading."""
