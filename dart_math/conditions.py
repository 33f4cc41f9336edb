"""Conditions on one variable, and the intervals they stand for."""

from dart_math.exact import exact_value
from dart_math.names import is_closed, is_name
from dart_math.nodes import Apply, Group, Node, Relation, Symbol

_FLIPPED = {">": "<", "≥": "≤", "<": ">", "≤": "≥"}
_INFINITY = Symbol("oo")
_MADE_OF_OTHERS = ("abs", "/", "written", "derivative")
_MINUS_INFINITY = Apply("neg", (_INFINITY,))


def orient(relation: Relation) -> Relation:
    """The same relation read from the other side where it goes down: 5 > x as x < 5."""
    if relation.operators and all(operator in ">≥" for operator in relation.operators):
        operators = tuple(_FLIPPED[operator] for operator in reversed(relation.operators))
        return Relation(operators, tuple(reversed(relation.terms)))
    return relation


def interval_of(node: Node) -> Group | None:
    """The interval, union or finite set that `node` is or means, or None where it is neither.

    x < 5 means (-oo, 5); |x| < 5 means (-5, 5); 0 ≤ f(x) < 1 means [0, 1); x ≠ 2 means the union
    of (-oo, 2) and (2, oo).
    """
    if isinstance(node, Group):
        return node if node.kind in ("bracket", "union", "set") else None
    if not isinstance(node, Relation):
        return None
    relation = orient(node)
    terms, operators = relation.terms, relation.operators
    if len(terms) == 2 and is_closed(terms[1]):
        variable = _inside_bars(terms[0])
        value = exact_value(terms[1])
        if variable is not None and operators[0] in "<≤" and value is not None and value.value > 0:
            low = Apply("neg", (terms[1],))
            return interval_of(Relation(operators * 2, (low, variable, terms[1])))
    if operators == ("≠",) and _is_variable(terms[0]) and is_closed(terms[1]):
        point = terms[1]
        below = Group("bracket", (_MINUS_INFINITY, point), "(", ")")
        return Group("union", (below, Group("bracket", (point, _INFINITY), "(", ")")))
    if not all(operator in "<≤" for operator in operators):
        return None
    if len(terms) == 2 and _is_variable(terms[0]) and is_closed(terms[1]):
        return Group("bracket", (_MINUS_INFINITY, terms[1]), "(", _right(operators[0]))
    if len(terms) == 2 and is_closed(terms[0]) and _is_variable(terms[1]):
        return Group("bracket", (terms[0], _INFINITY), _left(operators[0]), ")")
    is_between = len(terms) == 3 and _is_variable(terms[1])
    if is_between and is_closed(terms[0]) and is_closed(terms[2]):
        return Group("bracket", (terms[0], terms[2]), _left(operators[0]), _right(operators[1]))
    return None


def joined_as(conditions: Group, exclude_each_other: bool) -> str:
    """Whether a list of conditions is a "union" or an "intersection".

    Commas separate alternatives where the conditions exclude each other; else all hold.
    """
    if conditions.joiner:
        return "union" if conditions.joiner == "or" else "intersection"
    return "union" if exclude_each_other else "intersection"


def _is_variable(node: Node) -> bool:
    """A name, but nothing made of others: |x| < 2 and x/|x| < 2 are conditions on x."""
    return is_name(node) and not (isinstance(node, Apply) and node.name in _MADE_OF_OTHERS)


def _inside_bars(node: Node) -> Node | None:
    """x, where `node` is |x|."""
    if isinstance(node, Apply) and node.name == "abs" and is_name(node.args[0]):
        return node.args[0]
    return None


def _left(operator: str) -> str:
    return "(" if operator == "<" else "["


def _right(operator: str) -> str:
    return ")" if operator == "<" else "]"
