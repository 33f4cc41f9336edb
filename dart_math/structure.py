"""Equality of trees: what is compared with what. The values at the leaves are for a judge."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Protocol

from dart_math.conditions import interval_of, orient
from dart_math.exact import exact_value, numbers_equal
from dart_math.names import base_letter, is_closed, is_named_value, simplify_chain
from dart_math.nodes import (
    Apply,
    Based,
    Group,
    Matrix,
    Node,
    Number,
    Quantity,
    Relation,
    Symbol,
    Word,
)
from dart_math.units import LETTER_UNITS, units_conflict

MAX_COMPARISONS = 900  # of items that stand in no order
MAX_UNORDERED_DEPTH = 3
_HUNDREDTH = Number(Fraction(1, 100))


class Judge(Protocol):
    """Decides what exact numbers and the shape of the trees leave open."""

    def equal(self, answer: Node, reference: Node) -> bool:
        """Whether two expressions have the same value."""

    def proportional(self, answer: Node, reference: Node, positive: bool) -> bool:
        """Whether one expression is a constant (positive) multiple of the other."""

    def same_set(self, answer: Node, reference: Node) -> bool:
        """Whether two sets of real numbers, or conditions on one variable, are the same."""


def same(answer: Node, reference: Node, judge: Judge) -> bool:
    """Whether an answer says what the reference says; see docs/grading.md for the rules."""
    answer, reference = simplify_chain(answer), simplify_chain(reference)
    if answer == reference:
        return True
    if is_named_value(answer) and not isinstance(reference, Relation):
        return same(_value(answer), reference, judge)
    if is_named_value(reference) and not isinstance(answer, Relation):
        return same(answer, _value(reference), judge)
    if isinstance(answer, Relation) and isinstance(reference, Relation):
        return _same_relation(answer, reference, judge)
    if isinstance(answer, Relation) or isinstance(reference, Relation):
        return _same_range(answer, reference, judge)
    if isinstance(answer, Group) or isinstance(reference, Group):
        return _same_group(answer, reference, judge)
    if isinstance(answer, Quantity) or isinstance(reference, Quantity):
        return _same_quantity(answer, reference, judge)
    return _same_value(answer, reference, judge)


def _value(named: Node) -> Node:
    assert isinstance(named, Relation)
    return simplify_chain(named.terms[-1])


def _same_value(answer: Node, reference: Node, judge: Judge) -> bool:
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
        return _same_matrix(answer, reference, judge)
    if isinstance(answer, Symbol) and isinstance(reference, Symbol):
        return False  # not the same name
    if exact_reference is not None and isinstance(answer, Apply) and answer.name == "*":
        *factors, last = answer.args
        if isinstance(last, Symbol) and last.name in LETTER_UNITS:  # "5 m" for 5
            return len(factors) == 1 and same(factors[0], reference, judge)
    return judge.equal(answer, reference)


def spelling(node: Node) -> str | None:
    """The letters of words, or of a product of letters, in lower case."""
    if isinstance(node, Word):
        return node.text.replace(" ", "").casefold()
    if isinstance(node, Symbol):
        return node.name.casefold()
    if isinstance(node, Number) and node.value.denominator == 1:
        return str(node.value)
    if isinstance(node, Apply) and node.name == "*":
        letters = [spelling(arg) for arg in node.args]
        return None if None in letters else "".join(letter or "" for letter in letters)
    return None


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


def _same_matrix(answer: Matrix, reference: Matrix, judge: Judge) -> bool:
    pairs = list(zip(answer.rows, reference.rows, strict=False))
    if len(answer.rows) != len(reference.rows) or any(len(a) != len(r) for a, r in pairs):
        return False
    return all(same(x, y, judge) for a, r in pairs for x, y in zip(a, r, strict=True))


def _same_quantity(answer: Node, reference: Node, judge: Judge) -> bool:
    """Units count when both sides have one; "%" by its own rules."""
    answer_value, answer_unit = split_unit(answer)
    reference_value, reference_unit = split_unit(reference)
    if "%" in (answer_unit, reference_unit) and answer_unit != reference_unit:
        if answer_unit and reference_unit:
            return False
        if same(answer_value, reference_value, judge):  # the sign left out: 28% and 28
            return True
        scaled = [
            Apply("*", (value, _HUNDREDTH)) if unit else value
            for value, unit in ((answer_value, answer_unit), (reference_value, reference_unit))
        ]
        return same(scaled[0], scaled[1], judge)
    if units_conflict(answer_unit, reference_unit):
        return False
    return same(answer_value, reference_value, judge)


def split_unit(node: Node) -> tuple[Node, str]:
    """The value of a quantity and its unit; no unit is ""."""
    return (node.value, node.unit) if isinstance(node, Quantity) else (node, "")


def _same_group(answer: Node, reference: Node, judge: Judge) -> bool:
    """Lists, sets, points, intervals, ratios and unions."""
    if isinstance(answer, Matrix) or isinstance(reference, Matrix):
        answer, reference = _as_point(answer), _as_point(reference)
    if isinstance(answer, Quantity):
        return same(answer.value, reference, judge)
    if isinstance(reference, Quantity):
        return same(answer, reference.value, judge)
    if not isinstance(answer, Group) or not isinstance(reference, Group):
        return _same_ratio_or_set(answer, reference, judge)
    kinds = {answer.kind, reference.kind}
    if kinds == {"bracket"}:
        brackets_agree = (answer.left, answer.right) == (reference.left, reference.right)
        return brackets_agree and _same_in_order(answer.items, reference.items, judge)
    if kinds == {"bracket", "list"} and not _has_condition((*answer.items, *reference.items)):
        bracket = answer if answer.kind == "bracket" else reference
        is_point = (bracket.left, bracket.right) == ("(", ")")
        return is_point and _same_in_order(answer.items, reference.items, judge)
    if "time" in kinds:
        return kinds <= {"time", "ratio"} and _same_in_order(answer.items, reference.items, judge)
    if kinds == {"ratio"}:
        return _same_ratio(answer.items, reference.items, judge)
    if kinds <= {"list", "set"}:
        return _same_list(answer, reference, judge)
    return _same_range(answer, reference, judge)


def _as_point(node: Node) -> Node:
    """A row or a column as a point; anything else as it is."""
    if isinstance(node, Matrix) and len(node.rows) == 1:
        return Group("bracket", node.rows[0], "(", ")")
    if isinstance(node, Matrix) and all(len(row) == 1 for row in node.rows):
        return Group("bracket", tuple(row[0] for row in node.rows), "(", ")")
    return node


def _same_ratio_or_set(answer: Node, reference: Node, judge: Judge) -> bool:
    """One side has several values and the other has one: only a : b and a / b can agree."""
    for group, other in ((answer, reference), (reference, answer)):
        if isinstance(group, Group) and group.kind == "ratio" and len(group.items) == 2:
            return same(Apply("/", group.items), other, judge)
        if isinstance(group, Group) and group.kind == "set" and len(group.items) == 1:
            return same(group.items[0], other, judge)
        if isinstance(group, Group) and group.kind in ("union", "intersection", "difference"):
            return False
    return False


def _same_ratio(answer: Sequence[Node], reference: Sequence[Node], judge: Judge) -> bool:
    if len(answer) != len(reference):
        return False
    if _same_in_order(answer, reference, judge):
        return True
    first = (answer[0], reference[0])
    return all(
        same(Apply("*", (a, first[1])), Apply("*", (r, first[0])), judge)
        for a, r in zip(answer[1:], reference[1:], strict=True)
    )


def _same_in_order(answer: Sequence[Node], reference: Sequence[Node], judge: Judge) -> bool:
    if len(answer) != len(reference):
        return False
    return all(same(a, r, judge) for a, r in zip(answer, reference, strict=True))


def _same_list(answer: Group, reference: Group, judge: Judge) -> bool:
    """The same items, in any order, however often; values of different names keep their order."""
    if _needs_order(answer.items, reference.items):
        return _same_in_order(answer.items, reference.items, judge)
    too_many = len(answer.items) * len(reference.items) > MAX_COMPARISONS
    if too_many or _depth(answer, MAX_UNORDERED_DEPTH) > MAX_UNORDERED_DEPTH:
        return _same_in_order(answer.items, reference.items, judge)
    if all(_matches_any(a, reference.items, judge) for a in answer.items) and all(
        any(same(a, r, judge) for a in answer.items) for r in reference.items
    ):
        return True
    is_condition = _has_condition((*answer.items, *reference.items))
    return is_condition and _same_range(answer, reference, judge)


def _has_condition(items: Sequence[Node]) -> bool:
    """Whether an inequality is among the items."""
    return any(isinstance(item, Relation) and item.operators[0] in "<>≤≥≠" for item in items)


def _depth(node: Node, most: int) -> int:
    """How deep groups stand in groups; not looked at beyond `most` + 1."""
    if not isinstance(node, Group) or most < 0:
        return 0
    return 1 + max((_depth(item, most - 1) for item in node.items), default=0)


def _matches_any(answer: Node, references: Sequence[Node], judge: Judge) -> bool:
    return any(same(answer, reference, judge) for reference in references)


def _needs_order(answer: Sequence[Node], reference: Sequence[Node]) -> bool:
    """Whether one side names its values by different letters and the other names none."""
    named = [
        [is_named_value(simplify_chain(item)) for item in side] for side in (answer, reference)
    ]
    if all(named[0]) == all(named[1]) or any(named[0]) == any(named[1]):
        return False
    side = answer if all(named[0]) else reference
    return len({base_letter(simplify_chain(item)) for item in side}) == len(side)


def _same_relation(answer: Relation, reference: Relation, judge: Judge) -> bool:
    if is_named_value(answer) and is_named_value(reference):
        if answer.terms[0] == reference.terms[0]:
            return same(_value(answer), _value(reference), judge)
        if is_closed(_value(answer)) and is_closed(_value(reference)):
            return False  # different names
    answer, reference = orient(answer), orient(reference)
    if answer.operators == reference.operators:
        if _same_in_order(answer.terms, reference.terms, judge):
            return True
        if len(answer.operators) == 1 and answer.operators != ("∈",):
            positive = answer.operators[0] in "<≤"
            if judge.proportional(_difference(answer), _difference(reference), positive):
                return True
    if "=" in answer.operators or "=" in reference.operators:
        return False
    return _same_range(answer, reference, judge)


def _difference(relation: Relation) -> Node:
    left, right = relation.terms
    return Apply("+", (right, Apply("neg", (left,))))


def _same_range(answer: Node, reference: Node, judge: Judge) -> bool:
    """Conditions on one variable, intervals and their unions."""
    first, second = interval_of(answer), interval_of(reference)
    if first is None or second is None:
        return judge.same_set(answer, reference)
    if first == second:
        return True
    if first.kind == second.kind == "bracket":
        return _same_group(first, second, judge)
    if len(first.items) == len(second.items) and first.kind == second.kind == "union":
        pieces = (Group("list", first.items), Group("list", second.items))
        if _same_list(pieces[0], pieces[1], judge):
            return True
    return judge.same_set(answer, reference)
