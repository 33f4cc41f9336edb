"""Where the truth of a condition on one variable can change."""

from fractions import Fraction
from math import gcd, lcm

from mpmath import mp

from dart_math.evaluate import evaluate
from dart_math.exact import exact_value
from dart_math.functions import NoValueError, Value
from dart_math.names import variables
from dart_math.nodes import Apply, Node, Number, Symbol
from dart_math.polynomials import Polynomial, real_roots
from dart_math.surds import Surds

_STANDS_FOR = "stands for"  # no name that can be written
_LOGARITHMS = ("ln", "log", "lg")
_TEN = Number(Fraction(10))


def critical_points(difference: Node, variable: str) -> list[Value]:
    """Finitely many points: between two neighbours `difference` keeps its sign, or has no value.

    Rational functions, roots and bars of them; and those of one logarithm, or of powers whose
    exponents are linear. NoValueError for everything else.
    """
    special = _special_parts(difference, variable)
    if not special:
        return _algebraic(difference, variable)
    if all(part.name in _LOGARITHMS for part in special) and len(special) == 1:
        return _through_logarithm(difference, special.pop(), variable)
    if not any(part.name in _LOGARITHMS for part in special):
        return _through_powers(difference, special, variable)
    raise NoValueError("logarithms and powers together")


def _algebraic(difference: Node, variable: str) -> list[Value]:
    surds = Surds(variable)
    return surds.zeros(difference) + surds.marks


def _special_parts(node: Node, variable: str) -> set[Apply]:
    """The outermost logarithms and powers with `variable` in the argument or the exponent."""
    if not isinstance(node, Apply) or variable not in variables(node):
        return set()
    is_power = node.name == "exp" or (node.name == "^" and variable in variables(node.args[1]))
    if node.name in _LOGARITHMS or is_power:
        return {node}
    return {part for arg in node.args for part in _special_parts(arg, variable)}


def _through_logarithm(difference: Node, logarithm: Apply, variable: str) -> list[Value]:
    """Points where log u has a critical value, or u is 0."""
    base: Node = Symbol("e") if logarithm.name == "ln" else _TEN
    if logarithm.name == "log" and len(logarithm.args) == 2:
        base = logarithm.args[1]
    inside = _polynomial(logarithm.args[0], variable)
    levels = _algebraic(
        _replace(difference, {logarithm: Symbol(_STANDS_FOR)}, variable), _STANDS_FOR
    )
    points = real_roots(inside)
    for level in levels:
        points += _solve_level(inside, mp.power(evaluate(base, {}), level))
    return points


def _solve_level(polynomial: Polynomial, level: Value) -> list[Value]:
    """Where a polynomial of degree 1 or 2 has the value `level`."""
    c, b, *a = (mp.mpf(k.numerator) / k.denominator for k in polynomial)
    if not a:
        return [(level - c) / b]
    discriminant = b * b - 4 * a[0] * (c - level)
    if abs(discriminant) <= mp.eps * 1000 * b * b:
        return [-b / (2 * a[0])]
    if discriminant < 0:
        return []
    return [(-b + sign * mp.sqrt(discriminant)) / (2 * a[0]) for sign in (1, -1)]


def _polynomial(node: Node, variable: str) -> Polynomial:
    """`node` as a polynomial of degree 1 or 2."""
    value = Surds(variable).read(node)
    over, under = value.get(frozenset(), ((), ()))
    if len(value) != 1 or len(under) != 1 or not 2 <= len(over) <= 3:
        raise NoValueError("a logarithm of something else than a short polynomial")
    return tuple(c / under[0] for c in over)


def _through_powers(difference: Node, powers: set[Apply], variable: str) -> list[Value]:
    """Points where t = b^(x/n) has a critical value; every power is a constant times some t^k."""
    shapes = {power: _power_shape(power, variable) for power in powers}
    base = min((shape[0] for shape in shapes.values()), key=_size)
    slopes = {
        power: slope * _exponent_of(bottom, base) for power, (bottom, slope, _) in shapes.items()
    }
    step = Fraction(
        gcd(*(slope.numerator for slope in slopes.values())),
        lcm(*(slope.denominator for slope in slopes.values())),
    )
    replaced: dict[Apply, Node] = {}
    for power, (bottom, _, shift) in shapes.items():
        steps = Apply("^", (Symbol(_STANDS_FOR), Number(slopes[power] / step)))
        constant = Apply("^", (bottom, Number(shift)))
        replaced[power] = Apply("*", (constant, steps)) if shift else steps
    levels = _algebraic(_replace(difference, replaced, variable), _STANDS_FOR)
    rate = mp.log(evaluate(base, {})) * step.numerator / step.denominator
    return [mp.log(level) / rate for level in levels if level > 0]


def _power_shape(power: Apply, variable: str) -> tuple[Node, Fraction, Fraction]:
    """The base of a power and the slope and shift of its exponent."""
    base: Node = Symbol("e") if power.name == "exp" else power.args[0]
    number = exact_value(base)
    if base != Symbol("e") and (number is None or number.value <= 0 or number.value == 1):
        raise NoValueError("a power of something else than a positive number")
    value = Surds(variable).read(power.args[-1])
    over, under = value.get(frozenset(), ((), ()))
    if len(value) != 1 or len(under) != 1 or len(over) != 2:
        raise NoValueError("an exponent that is not linear")
    return base, over[1] / under[0], over[0] / under[0]


def _size(base: Node) -> Fraction:
    number = exact_value(base)
    return Fraction(0) if number is None else max(number.value, 1 / number.value)


def _exponent_of(base: Node, smallest: Node) -> int:
    """k where base = smallest^k."""
    if base == smallest:
        return 1
    number, root = exact_value(base), exact_value(smallest)
    for exponent in (-1, 2, -2, 3, -3, 4, -4, 5, 6):
        if number is not None and root is not None and number.value == root.value**exponent:
            return exponent
    raise NoValueError("powers of different bases")


def _replace(node: Node, replaced: dict[Apply, Node], variable: str) -> Node:
    """`node` with other nodes for some of its parts; NoValueError where `variable` is left."""
    if isinstance(node, Apply):
        if node in replaced:
            return replaced[node]
        return Apply(node.name, tuple(_replace(arg, replaced, variable) for arg in node.args))
    if node == Symbol(variable):
        raise NoValueError("the variable inside and outside of a function")
    return node
