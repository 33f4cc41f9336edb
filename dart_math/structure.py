"""Equality of trees: what is compared with what. The values at the leaves are for a judge."""

from itertools import pairwise

from dart_math.conditions import interval_of, orient
from dart_math.exact import numbers_equal
from dart_math.groups import GroupComparer
from dart_math.judge import Judge
from dart_math.names import is_closed, is_named_value, simplify_chain
from dart_math.nodes import Apply, Group, Node, Number, Quantity, Relation, Symbol


def same(answer: Node, reference: Node, judge: Judge) -> bool:
    """Whether an answer says what the reference says; see docs/grading.md for the rules."""
    return Comparer(judge).same(answer, reference)


class Comparer(GroupComparer):
    """Compares two trees of any kind."""

    def same(self, answer: Node, reference: Node) -> bool:
        """Whether an answer says what the reference says; see docs/grading.md for the rules."""
        if isinstance(answer, Number) and isinstance(reference, Number):
            return numbers_equal(answer, reference)
        if isinstance(answer, Quantity) and isinstance(reference, Quantity):
            return self.same_quantity(answer, reference)
        if _are_on_different_names(answer, reference):
            return False
        answer, reference = simplify_chain(answer), simplify_chain(reference)
        if answer == reference:
            return True
        if is_named_value(answer) and not isinstance(reference, Relation):
            return self.same(_value(answer), reference)
        if is_named_value(reference) and not isinstance(answer, Relation):
            return self.same(answer, _value(reference))
        if isinstance(answer, Relation) and isinstance(reference, Relation):
            return self._same_relation(answer, reference)
        if isinstance(answer, Relation) or isinstance(reference, Relation):
            return self.same_range(answer, reference)
        if isinstance(answer, Group) or isinstance(reference, Group):
            return self.same_group(answer, reference)
        if isinstance(answer, Quantity) or isinstance(reference, Quantity):
            return self.same_quantity(answer, reference)
        return self.same_value(answer, reference)

    def _same_relation(self, answer: Relation, reference: Relation) -> bool:
        if is_named_value(answer) and is_named_value(reference):
            if answer.terms[0] == reference.terms[0]:
                return self.same(_value(answer), _value(reference))
            if is_closed(_value(answer)) and is_closed(_value(reference)):
                return False  # different names
        answer, reference = orient(answer), orient(reference)
        if interval_of(answer) is not None and interval_of(reference) is not None:
            return _same_subject(answer, reference) and self.same_range(answer, reference)
        if answer.operators == reference.operators:
            if self.same_in_order(answer.terms, reference.terms):
                return True
            if "∈" not in answer.operators and all(
                self.judge.proportional(left, right, operator in "<≤")
                for left, right, operator in zip(
                    _differences(answer), _differences(reference), answer.operators, strict=True
                )
            ):
                return True
        if "=" in answer.operators or "=" in reference.operators:
            return False
        return self.same_range(answer, reference)

    def same_range(self, answer: Node, reference: Node) -> bool:
        """Conditions on one variable, intervals and their unions."""
        first, second = interval_of(answer), interval_of(reference)
        if first is None or second is None:
            return self.judge.same_set(answer, reference)
        if first == second:
            return True
        if first.kind == second.kind == "bracket":
            return self.same_group(first, second)
        if len(first.items) == len(second.items) and first.kind == second.kind == "union":
            pieces = (Group("list", first.items), Group("list", second.items))
            if self._same_list(pieces[0], pieces[1]):
                return True
        return self.judge.same_set(answer, reference)


def _value(named: Node) -> Node:
    assert isinstance(named, Relation)
    return simplify_chain(named.terms[-1])


def _are_on_different_names(answer: Node, reference: Node) -> bool:
    """Whether two conditions, one of them a membership, are on different letters."""
    if not isinstance(answer, Relation) or not isinstance(reference, Relation):
        return False
    is_membership = "∈" in answer.operators or "∈" in reference.operators
    return is_membership and not _same_subject(answer, reference)


def _same_subject(answer: Relation, reference: Relation) -> bool:
    """Whether two conditions can be on the same thing: x < 5 and y < 5 are not."""
    subjects = [
        next((term for term in node.terms if not is_closed(term)), None)
        for node in (answer, reference)
    ]
    are_letters = all(isinstance(subject, Symbol) for subject in subjects)
    return not are_letters or subjects[0] == subjects[1]


def _differences(relation: Relation) -> list[Node]:
    """What each operator of a chain compares with 0."""
    return [Apply("+", (right, Apply("neg", (left,)))) for left, right in pairwise(relation.terms)]
