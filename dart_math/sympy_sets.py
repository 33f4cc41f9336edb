"""Conditions and sets of real numbers by SymPy, built from our trees: no text is parsed here."""

from collections.abc import Callable

import sympy
from sympy.logic.boolalg import Boolean
from sympy.polys.monomials import MonomialOps
from sympy.solvers.inequalities import solve_rational_inequalities

from dart_math.conditions import interval_of, joined_as, orient
from dart_math.evaluate import MAX_EXPONENT
from dart_math.exact import exact_value
from dart_math.names import simplify_chain, variables
from dart_math.nodes import Apply, Group, Node, Number, Relation, Symbol

MAX_GENERATORS = 12
_RELATIONS: dict[str, Callable[..., Boolean]] = {
    "=": sympy.Eq,
    "≠": sympy.Ne,
    "<": sympy.Lt,
    ">": sympy.Gt,
    "≤": sympy.Le,
    "≥": sympy.Ge,
}
_SIGNS = {"=": "==", "≠": "!=", "<": "<", ">": ">", "≤": "<=", "≥": ">="}
_FAILURES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
)


class NoSympyError(ValueError):
    """The tree has no counterpart in SymPy here."""


def prepare_polynomials() -> None:
    """Let SymPy generate its code for polynomials in up to MAX_GENERATORS variables.

    SymPy writes and executes small functions for each *number* of variables when it first meets
    it, and keeps them. Done here, before the process refuses to execute text.
    """
    for count in range(1, MAX_GENERATORS + 1):
        operations = MonomialOps(count)
        for name in ("mul", "pow", "mulpow", "ldiv", "div", "lcm", "gcd"):
            getattr(operations, name)()


def same_real_set(answer: Node, reference: Node) -> bool:
    """Whether two conditions, intervals or unions of them hold for the same real numbers."""
    names = variables(answer) | variables(reference)
    if len(names) > 1:
        return False
    try:
        difference = sympy.SymmetricDifference(real_set(answer), real_set(reference))
        return bool(difference.is_empty)
    except _FAILURES:  # SymPy has no answer
        return False


def proportional_numerators(answer: Node, reference: Node) -> bool:
    """Whether two rational expressions vanish together: y = 2/x and xy = 2."""
    try:
        left, right = (
            sympy.fraction(sympy.together(to_sympy(node)))[0] for node in (answer, reference)
        )
        quotient = sympy.cancel(left / right)
        return bool(quotient.is_number and quotient != 0)
    except _FAILURES:
        return False


def real_set(node: Node) -> sympy.Set:
    """The set of real numbers that `node` is, or for which it holds."""
    node = simplify_chain(node)
    if isinstance(node, Relation):
        node = _without_bars(node)
        if isinstance(node, Relation):
            return _solution_set(node)
    if not isinstance(node, Group):
        raise NoSympyError(f"{type(node).__name__} is no set")
    if node.kind == "bracket" and len(node.items) == 2:
        low, high = (to_sympy(item) for item in node.items)
        return sympy.Interval(low, high, node.left == "(", node.right == ")")
    if node.kind == "set":
        return sympy.FiniteSet(*(to_sympy(item) for item in node.items))
    sets = [real_set(item) for item in node.items]
    kind = node.kind
    if kind == "list":
        kind = joined_as(node, bool(sympy.Intersection(*sets).is_empty))
    if kind == "union":
        return sympy.Union(*sets)
    if kind == "intersection":
        return sympy.Intersection(*sets)
    if node.kind == "difference":
        return sympy.Complement(sets[0], sets[1])
    raise NoSympyError(f"a {node.kind} is no set of real numbers")


def _solution_set(relation: Relation) -> sympy.Set:
    interval = interval_of(relation)
    if interval is not None:
        return real_set(interval)
    names = variables(relation)
    if len(names) != 1 or "∈" in relation.operators:
        raise NoSympyError("a condition on more than one variable")
    variable = sympy.Symbol(names.pop(), real=True)
    terms = [to_sympy(term) for term in relation.terms]
    pairs = zip(terms, terms[1:], relation.operators, strict=False)
    return sympy.Intersection(*(_solve(a, b, operator, variable) for a, b, operator in pairs))


def _without_bars(relation: Relation) -> Node:
    """|f| < c as -c < f < c, and |f| > c as f < -c or f > c; anything else as it is."""
    relation = orient(relation)
    if len(relation.terms) != 2:
        return relation
    for inside, bound, is_below in (
        (relation.terms[0], relation.terms[1], True),
        (relation.terms[1], relation.terms[0], False),
    ):
        is_bars = isinstance(inside, Apply) and inside.name == "abs" and not variables(bound)
        if not is_bars or not isinstance(inside, Apply) or relation.operators[0] not in "<≤":
            continue
        value, minus = inside.args[0], Apply("neg", (bound,))
        operators = relation.operators
        if is_below:
            return Relation(operators * 2, (minus, value, bound))
        either = Relation(operators, (value, minus)), Relation(operators, (bound, value))
        return Group("union", either)
    return relation


def _solve(left: sympy.Expr, right: sympy.Expr, operator: str, variable: sympy.Symbol) -> sympy.Set:
    """The solutions of one relation: fast where it is rational, by `solveset` elsewhere."""
    over, under = sympy.fraction(sympy.together(left - right))
    try:
        quotient = sympy.Poly(over, variable), sympy.Poly(under, variable)
        return solve_rational_inequalities([[(quotient, _SIGNS[operator])]])
    except (sympy.PolynomialError, *_FAILURES):
        return sympy.solveset(_RELATIONS[operator](left, right), variable, sympy.S.Reals)


def to_sympy(node: Node) -> sympy.Expr:
    """The SymPy expression of a tree of numbers, names and operators, built piece by piece."""
    if isinstance(node, Number):
        return sympy.Rational(node.value.numerator, node.value.denominator)
    if isinstance(node, Symbol):
        return _SYMBOLS[node.name] if node.name in _SYMBOLS else sympy.Symbol(node.name, real=True)
    if not isinstance(node, Apply) or node.name not in _FUNCTIONS:
        raise NoSympyError(f"{node!r:.40} has no counterpart")
    if node.name == "^":
        exponent = exact_value(node.args[1])
        if exponent is not None and abs(exponent.value) > MAX_EXPONENT // 1000:
            raise NoSympyError("a large exponent")
    return _FUNCTIONS[node.name](*(to_sympy(arg) for arg in node.args))


_SYMBOLS = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "oo": sympy.oo}
_FUNCTIONS: dict[str, Callable[..., sympy.Expr]] = {
    "+": sympy.Add,
    "*": sympy.Mul,
    "/": lambda over, under: over / under,
    "neg": lambda value: -value,
    "^": sympy.Pow,
    "sqrt": sympy.sqrt,
    "root": sympy.root,
    "abs": sympy.Abs,
    "exp": sympy.exp,
    "ln": sympy.log,
    "log": lambda value, base=10: sympy.log(value, base),
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
}
