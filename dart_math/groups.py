"""Equality of groups: lists, sets, points, intervals, ratios and unions."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from dart_math.exact import exact_value
from dart_math.names import (
    base_letter,
    is_closed,
    is_named_value,
    name_rank,
    simplify_chain,
    variables,
)
from dart_math.nodes import Apply, Group, Matrix, Node, Quantity, Relation, Symbol
from dart_math.values import ValueComparer, split_unit

MAX_COMPARISONS = 900  # of items that stand in no order
MAX_UNORDERED_DEPTH = 3
_DOTS = Symbol("dots")


class GroupComparer(ValueComparer, ABC):
    """Compares groups item by item; what stands for a set of numbers is the subclass's."""

    @abstractmethod
    def same_range(self, answer: Node, reference: Node) -> bool:
        """Whether two conditions, intervals or unions of them hold for the same numbers."""

    def same_group(self, answer: Node, reference: Node) -> bool:
        """Lists, sets, points, intervals, ratios and unions."""
        if isinstance(answer, Matrix) or isinstance(reference, Matrix):
            answer, reference = _as_point(answer), _as_point(reference)
        if isinstance(answer, Quantity):
            return self.same(answer.value, reference)
        if isinstance(reference, Quantity):
            return self.same(answer, reference.value)
        if not isinstance(answer, Group) or not isinstance(reference, Group):
            return self._same_ratio_or_set(answer, reference)
        kinds = {answer.kind, reference.kind}
        if kinds == {"bracket"}:
            brackets_agree = (answer.left, answer.right) == (reference.left, reference.right)
            return brackets_agree and self._same_by_name(answer.items, reference.items)
        if kinds == {"bracket", "list"} and not _has_condition((*answer.items, *reference.items)):
            bracket = answer if answer.kind == "bracket" else reference
            is_point = (bracket.left, bracket.right) == ("(", ")")
            is_point = is_point and "or" not in (answer.joiner, reference.joiner)
            return is_point and self._same_by_name(answer.items, reference.items)
        if "time" in kinds:
            return kinds <= {"time", "ratio"} and self.same_in_order(answer.items, reference.items)
        if kinds == {"ratio"}:
            return self._same_ratio(answer.items, reference.items)
        if kinds <= {"list", "set"}:
            return self._same_list(answer, reference)
        return self.same_range(answer, reference)

    def _same_ratio_or_set(self, answer: Node, reference: Node) -> bool:
        """One side has several values and the other has one: only a : b and a / b can agree."""
        for group, other in ((answer, reference), (reference, answer)):
            if isinstance(group, Group) and group.kind == "ratio" and len(group.items) == 2:
                return self.same(Apply("/", group.items), other)
            if isinstance(group, Group) and group.kind == "set" and group.items:
                return all(self._same_item(item, other, False) for item in group.items)
            if isinstance(group, Group) and group.kind in ("union", "intersection", "difference"):
                return False
        return False

    def _same_ratio(self, answer: Sequence[Node], reference: Sequence[Node]) -> bool:
        if len(answer) != len(reference):
            return False
        if self.same_in_order(answer, reference):
            return True
        pairs = list(zip(answer, reference, strict=True))
        first, *others = [pair for pair in pairs if not all(map(_is_zero, pair))] or [pairs[0]]
        if any(map(_is_zero, first)):  # 0 : 1 is no multiple of 2 : 3, nor 0 : 0 of anything
            return False
        return all(
            self.same(Apply("*", (a, first[1])), Apply("*", (r, first[0]))) for a, r in others
        )

    def same_in_order(self, answer: Sequence[Node], reference: Sequence[Node]) -> bool:
        """Whether both sides have the same items in one order."""
        if len(answer) != len(reference):
            return False
        return all(self.same(a, r) for a, r in zip(answer, reference, strict=True))

    def _same_by_name(self, answer: Sequence[Node], reference: Sequence[Node]) -> bool:
        """In one order: of the names where each item has one, else as written."""
        return self.same_in_order(_in_name_order(answer), _in_name_order(reference))

    def _same_list(self, answer: Group, reference: Group) -> bool:
        """The same items in any order, however often; names and labels keep theirs."""
        is_condition = _has_condition((*answer.items, *reference.items))
        if answer.joiner != reference.joiner and not _joiners_agree(answer, reference):
            return is_condition and self.same_range(answer, reference)
        if _needs_order(answer.items, reference.items):
            if all(is_named_value(simplify_chain(item)) for item in reference.items):
                return self.same_in_order(answer.items, reference.items)  # as the reference tells
            return self._same_by_name(answer.items, reference.items)
        too_many = len(answer.items) * len(reference.items) > MAX_COMPARISONS
        if too_many or _depth(answer, MAX_UNORDERED_DEPTH) > MAX_UNORDERED_DEPTH:
            return self.same_in_order(answer.items, reference.items)
        is_labelled = _has_labels(answer.items)
        if all(
            any(self._same_item(a, r, is_labelled) for r in reference.items) for a in answer.items
        ) and all(
            any(self._same_item(a, r, is_labelled) for a in answer.items) for r in reference.items
        ):
            return True
        return is_condition and self.same_range(answer, reference)

    def _same_item(self, answer: Node, reference: Node, is_labelled: bool) -> bool:
        if _is_set(answer) != _is_set(reference):  # {1, {2}} is not {1, 2}
            return False
        if is_labelled and split_unit(answer)[1] != split_unit(reference)[1]:
            return False
        return self.same(answer, reference)


def _is_zero(node: Node) -> bool:
    number = exact_value(node)
    return number is not None and number.value == 0


def _as_point(node: Node) -> Node:
    """A row or a column as a point; anything else as it is."""
    if isinstance(node, Matrix) and len(node.rows) == 1:
        return Group("bracket", node.rows[0], "(", ")")
    if isinstance(node, Matrix) and all(len(row) == 1 for row in node.rows):
        return Group("bracket", tuple(row[0] for row in node.rows), "(", ")")
    return node


def _is_set(node: Node) -> bool:
    return isinstance(node, Group) and node.kind == "set"


def _has_condition(items: Sequence[Node]) -> bool:
    """Whether an inequality is among the items."""
    return any(isinstance(item, Relation) and item.operators[0] in "<>≤≥≠" for item in items)


def _depth(node: Node, most: int) -> int:
    """How deep groups stand in groups; not looked at beyond `most` + 1."""
    if not isinstance(node, Group) or most < 0:
        return 0
    return 1 + max((_depth(item, most - 1) for item in node.items), default=0)


def _joiners_agree(answer: Group, reference: Group) -> bool:
    """Whether lists joined by different words may be compared item by item.

    "1 or 2" lists what "1 and 2" and "1, 2" list. Propositions and conditions do not; a condition
    on one variable is a set, whatever stands between its parts.
    """
    joiners, items = {answer.joiner, reference.joiner}, (*answer.items, *reference.items)
    if _has_condition(items):
        is_one_variable = len(set().union(*map(variables, items))) == 1
        return "or" not in joiners and not is_one_variable
    if "or" in joiners and _are_on_many_names(answer.items, reference.items):
        return False
    return "" in joiners or all(
        is_closed(item.terms[-1] if isinstance(item, Relation) else item)
        for item in map(simplify_chain, items)
    )


def _are_on_many_names(answer: Sequence[Node], reference: Sequence[Node]) -> bool:
    """Whether values of different names are joined; x_1 and x_2 may be one beside bare values."""
    sides = [
        [item for item in map(simplify_chain, side) if is_named_value(item)]
        for side in (answer, reference)
    ]
    both = all(sides)
    names = (item.terms[0] for side in sides for item in side if isinstance(item, Relation))
    return len({repr(name) if both else base_letter(name) for name in names}) > 1


def _needs_order(answer: Sequence[Node], reference: Sequence[Node]) -> bool:
    """Whether only one side tells its values apart, by letters or labels, or a list goes on."""
    if _DOTS in (*answer, *reference):
        return True
    if _has_labels(answer) or _has_labels(reference):
        labels = [sorted(split_unit(item)[1] for item in side) for side in (answer, reference)]
        return labels[0] != labels[1] and not (all(labels[0]) and all(labels[1]))
    named = [
        [is_named_value(simplify_chain(item)) for item in side] for side in (answer, reference)
    ]
    if all(named[0]) == all(named[1]) or any(named[0]) == any(named[1]):
        return False
    side = answer if all(named[0]) else reference
    return len({base_letter(simplify_chain(item)) for item in side}) == len(side)


def _has_labels(items: Sequence[Node]) -> bool:
    """Whether the items differ in their units: 3 apples, 4 oranges."""
    return len({split_unit(item)[1] for item in items}) > 1


def _in_name_order(items: Sequence[Node]) -> Sequence[Node]:
    """Named values in the order of their letters; anything else as it is."""
    chains = [simplify_chain(item) for item in items]
    ranks = [name_rank(item.terms[0]) if isinstance(item, Relation) else "" for item in chains]
    if not all(ranks) or not all(is_named_value(item) for item in chains):
        return items
    return [item for _, item in sorted(zip(ranks, items, strict=True), key=lambda pair: pair[0])]
