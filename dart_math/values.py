"""Equality of leaves: numbers, words, digits in a base, matrices, quantities with units."""

import re
from abc import ABC, abstractmethod
from fractions import Fraction

from dart_math.exact import exact_value, numbers_equal
from dart_math.judge import Judge
from dart_math.nodes import Apply, Based, Matrix, Node, Number, Quantity, Symbol, Word
from dart_math.units import (
    LETTER_UNITS,
    are_opposite,
    singular_unit,
    split_directions,
    units_conflict,
)

_ARTICLE = re.compile(r"^(?:an?|the) (?=.)")
_HUNDREDTH = Number(Fraction(1, 100))


class ValueComparer(ABC):
    """Compares what is no group and no relation; values are for `judge`."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge

    @abstractmethod
    def same(self, answer: Node, reference: Node) -> bool:
        """Whether an answer says what the reference says."""

    def same_value(self, answer: Node, reference: Node) -> bool:
        """Two leaves: numbers, words, matrices, expressions."""
        exact_answer, exact_reference = exact_value(answer), exact_value(reference)
        if exact_answer is not None and exact_reference is not None:
            return numbers_equal(exact_answer, exact_reference)
        if isinstance(answer, Word) or isinstance(reference, Word):
            spelled = spelling(answer)
            return spelled is not None and spelled == spelling(reference)
        if isinstance(answer, Based) or isinstance(reference, Based):
            return _same_digits(answer, reference)
        if isinstance(answer, Matrix) and isinstance(reference, Matrix):
            return self._same_matrix(answer, reference)
        if isinstance(answer, Symbol) and isinstance(reference, Symbol):
            return False  # not the same name
        capitals = _capitals(answer), _capitals(reference)
        if all(capitals):  # names of points: ABC is not BCA
            return capitals[0] == capitals[1]
        letter = _letter_unit(answer) if exact_reference is not None else None
        if letter is not None:  # "5 m" for 5
            return self.same(letter[0], reference)
        return self.judge.equal(answer, reference)

    def _same_matrix(self, answer: Matrix, reference: Matrix) -> bool:
        pairs = list(zip(answer.rows, reference.rows, strict=False))
        if len(answer.rows) != len(reference.rows) or any(len(a) != len(r) for a, r in pairs):
            return False
        return all(self.same(x, y) for a, r in pairs for x, y in zip(a, r, strict=True))

    def same_quantity(self, answer: Node, reference: Node) -> bool:
        """Units count when both sides have one; "%" by its own rules."""
        answer_value, answer_unit = split_unit(answer)
        reference_value, reference_unit = split_unit(reference)
        answer_unit, answer_way = split_directions(answer_unit)
        reference_unit, reference_way = split_directions(reference_unit)
        if are_opposite(answer_way, reference_way):
            return False
        if not (answer_unit and reference_unit):
            for bare, unit, measured in (
                (answer, reference_unit, reference_value),
                (reference, answer_unit, answer_value),
            ):
                letter = _letter_unit(bare)
                if unit and letter is not None:
                    value = letter[0]
                    return letter[1] == unit and self.same(
                        *((value, measured) if bare is answer else (measured, value))
                    )
        if "%" in (answer_unit, reference_unit) and answer_unit != reference_unit:
            if answer_unit and reference_unit:
                return False
            if self.same(answer_value, reference_value):  # the sign left out: 28% and 28
                return True
            scaled = [
                Apply("*", (value, _HUNDREDTH)) if unit else value
                for value, unit in ((answer_value, answer_unit), (reference_value, reference_unit))
            ]
            return self.same(scaled[0], scaled[1])
        if units_conflict(answer_unit, reference_unit):
            return False
        return self.same(answer_value, reference_value)


def spelling(node: Node) -> str | None:
    """The letters of words, or of a product of letters, in lower case."""
    if isinstance(node, Word):
        return _ARTICLE.sub("", node.text, count=1).replace(" ", "").casefold()
    if isinstance(node, Symbol):
        return node.name.casefold()
    if isinstance(node, Number) and node.value.denominator == 1:
        return str(node.value)
    if isinstance(node, Apply) and node.name == "*":
        letters = [spelling(arg) for arg in node.args]
        return None if None in letters else "".join(letter or "" for letter in letters)
    return None


def _letter_unit(node: Node) -> tuple[Node, str] | None:
    """The value and the unit of "5 m", which is read as a product."""
    if isinstance(node, Apply) and node.name == "*" and len(node.args) == 2:
        value, last = node.args
        if isinstance(last, Symbol) and last.name in LETTER_UNITS:
            return value, singular_unit(last.name.lower())
    return None


def _capitals(node: Node) -> str:
    """The letters of a product of distinct capitals; "" for anything else."""
    if isinstance(node, Symbol):
        return node.name if len(node.name) == 1 and node.name.isupper() else ""
    if not isinstance(node, Apply) or node.name != "*":
        return ""
    parts = [_capitals(arg) for arg in node.args]
    letters = "".join(parts)
    return letters if all(parts) and len(set(letters)) == len(letters) else ""


def _same_digits(answer: Node, reference: Node) -> bool:
    """Digits in one base; a base left out is not held against the answer."""
    digits = []
    for node in (answer, reference):
        number = exact_value(node)
        if isinstance(node, Based):
            digits.append(node.digits)
        elif number is not None:
            digits.append(str(number.value))
    bases = {node.base for node in (answer, reference) if isinstance(node, Based)}
    return len(digits) == 2 and len(bases) == 1 and digits[0].lstrip("0") == digits[1].lstrip("0")


def split_unit(node: Node) -> tuple[Node, str]:
    """The value of a quantity and its unit; no unit is ""."""
    return (node.value, node.unit) if isinstance(node, Quantity) else (node, "")
