"""Expressions in one variable with roots and bars, as polynomials in them; where they may vanish.

√u and |u| are numbers s with s² = u or s² = u². An expression is a sum of products of such s, with
rational functions of the variable before them. A factor of conjugates takes one s away after the
other: what is left is rational, and vanishes wherever the expression does (and perhaps elsewhere).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from dart_math.exact import exact_value
from dart_math.functions import NoValueError, Value
from dart_math.nodes import Apply, Node, Symbol
from dart_math.polynomials import ONE, Polynomial, add, multiply, real_roots

MAX_SURDS = 3
MAX_POWER = 12
Quotient = tuple[Polynomial, Polynomial]  # over, under
Term = frozenset[int]  # which surds are multiplied
Sum = dict[Term, Quotient]
_PLAIN: Term = frozenset()


@dataclass
class Surds:
    """Reads expressions in `variable`; `marks` are where a root, bars or a quotient turn."""

    variable: str
    marks: list[Value] = field(default_factory=list)
    _bases: list[Node] = field(default_factory=list)
    _squares: list[Quotient] = field(default_factory=list)

    def zeros(self, node: Node) -> list[Value]:
        """A finite list that holds every real number where `node` vanishes or has a pole.

        NoValueError where it has functions in it that are no roots, bars or rational ones.
        """
        value = self.read(node)
        for index in range(len(self._squares)):
            norm = self._norm(value, index)
            if value and not norm:  # as of (x - 5)(x + |x|): x + |x| is 0 for half of all numbers
                return [root for part in value.values() for root in _plain_zeros(value, part)]
            value = norm
        over, under = value.get(_PLAIN, ((), ONE))
        return real_roots(over) + real_roots(under)

    def read(self, node: Node) -> Sum:
        """`node` as a sum of products of surds."""
        number = exact_value(node)
        if number is not None:
            return _rational((number.value,) if number.value else ())
        if isinstance(node, Symbol) and node.name == self.variable:
            return _rational((Fraction(0), Fraction(1)))
        if not isinstance(node, Apply):
            raise NoValueError("no rational function")
        if node.name == "+":
            return self._total(self.read(arg) for arg in node.args)
        if node.name in ("*", "neg"):
            value = _rational((Fraction(-1 if node.name == "neg" else 1),))
            for arg in node.args:
                value = self._product(value, self.read(arg))
            return value
        if node.name == "/":
            return self._product(self.read(node.args[0]), self._inverse(self.read(node.args[1])))
        if node.name == "^":
            return self._power(node)
        if node.name in ("sqrt", "abs"):
            return self._surd(node)
        raise NoValueError(f"{node.name} is no rational function")

    def _power(self, node: Apply) -> Sum:
        exponent = exact_value(node.args[1])
        if exponent is None or abs(exponent.value) > MAX_POWER or exponent.value.denominator > 2:
            raise NoValueError("a power that is no product")
        base = node.args[0]
        if exponent.value.denominator == 2:
            base = Apply("sqrt", (base,))
        factor = self.read(base)
        value = _rational(ONE)
        for _ in range(abs(exponent.value.numerator)):
            value = self._product(value, factor)
        return self._inverse(value) if exponent.value < 0 else value

    def _surd(self, node: Apply) -> Sum:
        if node not in self._bases:
            inside = self.read(node.args[0])
            if any(term for term in inside):
                raise NoValueError("a root in a root")
            if len(self._bases) == MAX_SURDS:
                raise NoValueError("many roots")
            over, under = inside.get(_PLAIN, ((), ONE))
            self.marks += real_roots(over) + real_roots(under)
            if node.name == "abs":
                over, under = multiply(over, over), multiply(under, under)
            self._bases.append(node)
            self._squares.append((over, under))
        return {frozenset((self._bases.index(node),)): (ONE, ONE)}

    def _total(self, values: Iterable[Sum]) -> Sum:
        total: Sum = {}
        for value in values:
            for term, quotient in value.items():
                total[term] = _add(total[term], quotient) if term in total else quotient
        return {term: quotient for term, quotient in total.items() if quotient[0]}

    def _product(self, left: Sum, right: Sum) -> Sum:
        parts = []
        for first, a in left.items():
            for second, b in right.items():
                quotient = _multiply(a, b)
                for index in first & second:
                    quotient = _multiply(quotient, self._squares[index])
                parts.append({first ^ second: quotient})
        return self._total(parts)

    def _conjugate(self, value: Sum, index: int) -> Sum:
        minus = ((Fraction(-1),), ONE)
        return {t: _multiply(q, minus) if index in t else q for t, q in value.items()}

    def _norm(self, value: Sum, index: int) -> Sum:
        """`value` times its conjugate in one surd, which is free of it."""
        if any(index in term for term in value):
            return self._product(value, self._conjugate(value, index))
        return value

    def _inverse(self, value: Sum) -> Sum:
        """1 / `value`, its poles among the marks."""
        inverse = _rational(ONE)
        for index in range(len(self._squares)):
            if any(index in term for term in value):
                conjugate = self._conjugate(value, index)
                inverse, value = self._product(inverse, conjugate), self._product(value, conjugate)
        over, under = value.get(_PLAIN, ((), ONE))
        if not over:
            raise NoValueError("division by zero")
        self.marks += real_roots(over) + real_roots(under)
        return self._product(inverse, {_PLAIN: (under, over)})


def _rational(polynomial: Polynomial) -> Sum:
    return {_PLAIN: (polynomial, ONE)} if polynomial else {}


def _plain_zeros(value: Sum, part: Quotient) -> list[Value]:
    """Zeros of one of the two parts a, b of a + b s where both are rational."""
    if len(value) != 2 or _PLAIN not in value:
        raise NoValueError("a product of roots that vanishes on an interval")
    return real_roots(part[0]) + real_roots(part[1])


def _add(left: Quotient, right: Quotient) -> Quotient:
    if left[1] == right[1]:
        return add(left[0], right[0]), left[1]
    over = add(multiply(left[0], right[1]), multiply(right[0], left[1]))
    return over, multiply(left[1], right[1])


def _multiply(left: Quotient, right: Quotient) -> Quotient:
    return multiply(left[0], right[0]), multiply(left[1], right[1])
