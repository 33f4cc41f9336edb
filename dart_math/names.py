"""Equations that only name a value: x = 3, f(x) = x + 1, (p, q) = (3, 2), S = a = b ≈ 1.2."""

from dataclasses import replace
from fractions import Fraction

from dart_math.exact import exact_value
from dart_math.nodes import (
    Apply,
    Group,
    Matrix,
    Node,
    Number,
    Quantity,
    Relation,
    Symbol,
    Word,
)

_CONSTANTS = frozenset(("pi", "oo"))
_NAMING_GROUPS = ("bracket", "list", "ratio")
_MINUS_ONE = Number(Fraction(-1))


def simplify_chain(node: Node) -> Node:
    """A chain of equalities cut to its name and final exact value, membership to its set.

    x = 1/3 ≈ 1.3 becomes x = 1/3; x ≈ 11 becomes x = 11; 2 + 3 = 5 becomes 5; x ∈ S becomes S.
    """
    if not isinstance(node, Relation):
        return node
    if node.operators == ("∈",) and is_name(node.terms[0]):
        return node.terms[1]
    if not set(node.operators) <= {"=", "≈"}:
        return node
    terms = node.terms
    if "≈" in node.operators:
        exact = node.operators.index("≈") + 1
        terms = terms[: max(exact, 2)] if is_name(terms[0]) else terms[:exact]
    if len(terms) == 1:
        return terms[0]
    first, last = terms[0], terms[-1]
    if is_name(last) and not is_name(first):
        first, last = last, first
    if is_name(first):
        return _by_letters(first, last)
    if any(is_name(term) for term in terms) or not _may_be_equal(first, last):
        return node  # 5 = x = 6
    if len(terms) > 2 or (is_closed(first) and is_closed(last)):
        return last
    return Relation(("=",), (first, last))


def _by_letters(names: Node, values: Node) -> Relation:
    """(y, x) = (1, 2) as (x, y) = (2, 1); anything else as it is."""
    if isinstance(names, Group) and isinstance(values, Group):
        ranks = [name_rank(name) for name in names.items]
        if all(ranks) and names.kind == "bracket" and len(ranks) == len(values.items):
            order = sorted(range(len(ranks)), key=ranks.__getitem__)
            names, values = (
                replace(side, items=tuple(side.items[place] for place in order))
                for side in (names, values)
            )
    return Relation(("=",), (names, values))


def _may_be_equal(left: Node, right: Node) -> bool:
    """False for two different exact numbers, neither of them a decimal."""
    first, second = exact_value(left), exact_value(right)
    if first is None or second is None or first.digits or second.digits:
        return True
    return first.value == second.value


def is_named_value(node: Node) -> bool:
    """Whether `node`, a simplified chain, gives a name a value."""
    return isinstance(node, Relation) and node.operators == ("=",) and is_name(node.terms[0])


def is_name(node: Node) -> bool:
    r"""Whether `node` can stand for the thing asked: x, x_1, f(2), |AB|, (p, q), \angle ABC."""
    if isinstance(node, Symbol):
        return node.name not in _CONSTANTS
    if isinstance(node, Word):
        return True
    if isinstance(node, Group):
        return node.kind in _NAMING_GROUPS and all(is_name(item) for item in node.items)
    if isinstance(node, Apply):
        if node.name.startswith("call ") or node.name in ("written", "derivative"):
            return True
        if node.name in ("abs", "angle", "triangle", "overline", "overrightarrow", "vec", "hat"):
            return is_name(node.args[0])
        if node.name == "^":  # an inverse function or matrix
            return _is_function(node.args[0]) and exact_value(node.args[1]) == _MINUS_ONE
        if node.name == "/":  # AB/CD; x/y = 5 is an equation
            return all(
                isinstance(arg, Apply) and arg.name == "*" and is_name(arg) for arg in node.args
            )
        return node.name == "*" and _is_named_product(node)
    return False


def _is_named_product(node: Apply) -> bool:
    """AB, P(A), m∠A, Δx, f⁻¹(x), p(x, y): what is read as a product and names one thing."""
    first, *others = node.args
    if first == Symbol("P"):
        return all(is_name(arg) or not isinstance(arg, Apply) for arg in others)
    if first in (Symbol("m"), Symbol("Delta")):
        return all(is_name(arg) for arg in others)
    is_first = _is_capital(first) or (isinstance(first, Apply) and is_name(first))
    is_pair = any(isinstance(arg, Group) for arg in others)  # p(x, y)
    if is_pair or (isinstance(first, Apply) and first.name == "^"):
        return is_name(first) and all(is_name(arg) for arg in others)
    return (is_first or isinstance(first, Word)) and all(
        _is_capital(arg) or (not isinstance(arg, Symbol) and is_name(arg)) for arg in others
    )


def _is_capital(node: Node) -> bool:
    return isinstance(node, Symbol) and node.name[:1].isupper()


def _is_function(node: Node) -> bool:
    return _is_capital(node) or (isinstance(node, Symbol) and node.name in ("f", "g", "h"))


def name_rank(name: Node) -> str:
    """What a letter is sorted by among names of coordinates; "" for what is no letter.

    >>> [name_rank(Symbol(letter)) for letter in ("rho", "theta", "phi", "x_1")]
    ['r', 'theta', 'u', 'x_1']
    """
    if not isinstance(name, Symbol):
        return ""
    return {"rho": "r", "phi": "u"}.get(name.name, name.name)  # rho, theta, phi


def base_letter(node: Node) -> str:
    """The letter of a named value, without its subscript."""
    name = node.terms[0] if isinstance(node, Relation) else node
    return name.name.partition("_")[0] if isinstance(name, Symbol) else repr(name)


def is_closed(node: Node) -> bool:
    """Whether `node` holds no variable, word or relation."""
    if isinstance(node, Number):
        return True
    if isinstance(node, Symbol):
        return node.name in ("pi", "e", "i", "oo")
    if isinstance(node, Quantity):
        return is_closed(node.value)
    if isinstance(node, Apply):
        return not node.name.startswith("call ") and all(is_closed(arg) for arg in node.args)
    if isinstance(node, Group):
        return all(is_closed(item) for item in node.items)
    return False


def variables(node: Node) -> set[str]:
    """The names of the variables in `node`; pi, e, i and infinity are none."""
    if isinstance(node, Symbol):
        return set() if node.name in ("pi", "e", "i", "oo") else {node.name}
    if isinstance(node, Quantity):
        return variables(node.value)
    if isinstance(node, Apply):
        return set().union(*map(variables, node.args))
    if isinstance(node, Group):
        return set().union(*map(variables, node.items))
    if isinstance(node, Relation):
        return set().union(*map(variables, node.terms))
    if isinstance(node, Matrix):
        return set().union(*(variables(cell) for row in node.rows for cell in row))
    return set()
