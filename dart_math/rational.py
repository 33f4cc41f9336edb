"""Equations that vanish together, by SymPy, built from our trees: no text is parsed here."""

from collections.abc import Callable

import sympy
from sympy.polys.monomials import MonomialOps

from dart_math.exact import exact_value
from dart_math.functions import MAX_EXPONENT
from dart_math.nodes import Apply, Node, Number, Symbol

MAX_GENERATORS = 12
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


def proportional_numerators(answer: Node, reference: Node) -> bool:
    """Whether two rational expressions vanish together: y = 2/x and xy = 2."""
    try:
        left, right = (
            sympy.fraction(sympy.together(to_sympy(node)))[0] for node in (answer, reference)
        )
        quotient = sympy.cancel(left / right)
        return bool(quotient.is_number and quotient.is_finite and quotient != 0)
    except _FAILURES:  # SymPy has no answer
        return False


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
