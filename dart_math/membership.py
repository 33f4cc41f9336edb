"""Whether a number lies in a set or meets a condition: a quick way to tell two sets apart."""

from mpmath import mp

from dart_math.evaluate import NoValueError, Value, evaluate
from dart_math.names import simplify_chain, variables
from dart_math.nodes import Apply, Group, Node, Relation

PROBE_DIGITS = 30
_PROBES = (-1000.5, -7, -3, -2, -1.3, -1, -0.4, 0, 0.6, 1, 1.7, 2, 3, 5, 10.1, 1000.5)


class UnknownMembershipError(ValueError):
    """The node is no set or condition that can be probed."""


def differ_somewhere(answer: Node, reference: Node) -> bool:
    """Whether some probe lies in one of two sets and not in the other; False settles nothing."""
    names = variables(answer) | variables(reference)
    with mp.workdps(PROBE_DIGITS):
        try:
            return any(
                holds(answer, mp.mpf(x), names) != holds(reference, mp.mpf(x), names)
                for x in _PROBES
            )
        except (NoValueError, UnknownMembershipError):
            return False


def holds(node: Node, value: Value, names: set[str]) -> bool:
    """Whether `value` meets the condition `node` for each of the variables `names`, or is in it."""
    node = simplify_chain(node)
    point = dict.fromkeys(names, value)
    if isinstance(node, Relation):
        return _relation_holds(node, value, point)
    if not isinstance(node, Group):
        raise UnknownMembershipError
    if node.kind == "bracket" and len(node.items) == 2:
        low, high = (evaluate(item, point) for item in node.items)
        above = low < value or (node.left == "[" and low == value)
        return bool(above and (value < high or (node.right == "]" and high == value)))
    if node.kind == "set":
        return any(evaluate(item, point) == value for item in node.items)
    inside = [holds(item, value, names) for item in node.items]
    if node.kind == "union":
        return any(inside)
    if node.kind == "intersection":
        return all(inside)
    if node.kind == "difference":
        return inside[0] and not inside[1]
    raise UnknownMembershipError


def _relation_holds(node: Relation, value: Value, point: dict[str, Value]) -> bool:
    terms = [value if _is_call(term) else evaluate(term, point) for term in node.terms]
    for left, right, operator in zip(terms, terms[1:], node.operators, strict=False):
        if isinstance(left, tuple) or isinstance(right, tuple) or mp.im(left) or mp.im(right):
            raise UnknownMembershipError
        order = 0 if left == right else (-1 if left < right else 1)
        if order not in _ORDERS.get(operator, ()):
            return False
    return True


def _is_call(node: Node) -> bool:
    """f(x) stands for itself in 0 < f(x) < 1."""
    return isinstance(node, Apply) and node.name.startswith("call ")


_ORDERS = {"=": (0,), "≠": (-1, 1), "<": (-1,), ">": (1,), "≤": (-1, 0), "≥": (0, 1)}
