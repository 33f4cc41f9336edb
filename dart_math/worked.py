"""Numbers that have to be worked out, read in one pass: sums and products of plain factors.

What is read here has the value that the grammar gives it; what is not is left to the grammar.
"""

import re
from fractions import Fraction

from dart_math.exact import apply_exactly
from dart_math.nodes import Number
from dart_math.numerals import scientific

_PLAIN = r"(?:\d+(?:\.\d+)?|\.\d+)"
_FACTOR = re.compile(
    r"\s*+(?P<operator>(?:[-+*/]|\\(?:times|cdot|div)(?![A-Za-z]))?)\s*+(?:"
    rf"(?P<number>(?:[1-9]\d{{0,2}}(?:,\d{{3}})+(?:\.\d+)?|{_PLAIN})(?![\d.,]))"
    r"|\\[dt]?frac\s*\{\s*(?P<over>-?\d+)\s*\}\s*\{\s*(?P<under>\d+)\s*\}"
    r"|\\sqrt\s*(?:\[\s*(?P<index>\d)\s*\]\s*)?"
    r"(?:\{\s*(?P<radicand>\d+)\s*\}|(?P<digit>\d)(?![\d.,]))"
    r"|\\[dt]?binom\s*\{\s*(?P<upper>\d+)\s*\}\s*\{\s*(?P<lower>\d+)\s*\}"
    rf"|\(\s*(?P<base>-?\s*{_PLAIN})\s*\)(?=\s*\^))"
    r"(?:\s*(?P<factorial>!)(?!\s*[!=]))?"
    r"(?:\s*\^\s*(?P<exponent>-?\s*\d+(?![\d.,])|\{\s*-?\s*\d+\s*\})(?!\s*[!^%]))?"
)
# Side by side, without an operator, stands only what begins with one of these.
_SIDE_BY_SIDE = ("radicand", "digit", "upper", "base")
_OPERATION_OF = {
    "*": "*",
    r"\times": "*",
    r"\cdot": "*",
    "/": "/",
    r"\div": "/",
    "+": "+",
    "-": "-",
}
_SCIENTIFIC = re.compile(rf"(-?)({_PLAIN}[eE][-+]?\d+)")
_ZERO = Fraction(0)


def read_worked(text: str) -> Number | None:
    r"""The rational number that `text` plainly spells as a sum of products, else None.

    >>> read_worked(r"-2^3 \cdot \sqrt{9}").value, read_worked(r"1 + 3 \times 10^{-2}").value
    (Fraction(-24, 1), Fraction(103, 100))
    >>> read_worked("2 3"), read_worked(r"3\sqrt{2}"), read_worked("2^3^2"), read_worked("1.5e3")
    (None, None, None, Number(value=Fraction(1500, 1), digits=0))
    """
    single = _SCIENTIFIC.fullmatch(text)
    if single:
        return _scientific_number(single[2], bool(single[1]))
    place = 0
    total: Fraction | None = _ZERO
    product: Fraction | None = _ZERO
    while place < len(text):
        factor = _FACTOR.match(text, place)
        value = _factor_value(factor) if factor else None
        if factor is None or value is None or total is None or product is None:
            return None
        operator = _OPERATION_OF.get(factor["operator"], "")
        if operator in ("+", "-") or not (place or operator):  # a term begins
            total, product = _add(total, product), -value if operator == "-" else value
        elif place and (operator or any(map(factor.group, _SIDE_BY_SIDE))):
            product = apply_exactly(operator or "*", product, value)
        else:
            return None
        place = factor.end()
    total = _add(total, product)
    return Number(total) if place and total is not None else None


def _add(total: Fraction | None, product: Fraction | None) -> Fraction | None:
    return None if total is None or product is None else apply_exactly("+", total, product)


def _scientific_number(token: str, negative: bool) -> Number | None:
    number = scientific(token)
    if not isinstance(number, Number):
        return None  # too many digits to write down
    return Number(-number.value, number.digits) if negative else number


def _factor_value(factor: re.Match[str]) -> Fraction | None:
    """What a factor is worth with its factorial sign and its exponent."""
    groups = factor.groupdict()
    plain = groups["number"] or groups["base"]
    if plain:
        digits = plain.replace(",", "").replace(" ", "")
        # From an int it takes a sixth of the time that it takes from text.
        value: Fraction | None = Fraction(int(digits) if digits.isdecimal() else digits)
    elif groups["over"]:
        value = apply_exactly("/", Fraction(int(groups["over"])), Fraction(int(groups["under"])))
    elif groups["upper"]:
        pair = Fraction(int(groups["upper"])), Fraction(int(groups["lower"]))
        value = apply_exactly("binom", *pair)
    else:
        radicand = Fraction(int(groups["radicand"] or groups["digit"]))
        value = apply_exactly("root", radicand, Fraction(int(groups["index"] or 2)))
    if value is not None and groups["factorial"]:
        value = apply_exactly("!", value)
    if value is not None and groups["exponent"]:
        exponent = int(groups["exponent"].strip("{} ").replace(" ", ""))
        value = apply_exactly("^", value, Fraction(exponent))
    return value
