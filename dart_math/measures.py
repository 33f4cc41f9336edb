"""Numbers that are plainly spelled, alone or with a unit behind them, read in one pass."""

import re
from functools import lru_cache

from dart_math.exact import MAX_BITS, PLAIN_NUMBER, plain_number
from dart_math.nodes import Number, Quantity
from dart_math.parse import parse_answer
from dart_math.worked import read_worked

# Behind a number: its end, or words, signs and commands; digits only as the power of a unit.
_MEASURE = re.compile(
    r"(?:\\(?=\$))?"  # of \$5
    + PLAIN_NUMBER
    + r"(?:\s*+\$?\s*+\.?\s*+$"
    r"|(?P<tail>\s*+[$\\%A-Za-z~^](?:[^\d+=(,_\[|;*&<>]|(?<=\\)[,;]|(?<=\^)\d|(?<=\^\{)\d){0,40})$)"
)
_DISTINCT_UNITS = 4_096  # spellings that are remembered


def read_measure(text: str) -> Number | Quantity | None:
    r"""The number, or the number with its unit, that `text` plainly spells, else None.

    >>> read_measure(r"1,234 \text{ cm}")
    Quantity(value=Number(value=Fraction(1234, 1), digits=0), unit='cm')
    >>> read_measure(r"\$1,234.50").unit
    'dollar'
    >>> read_measure("12").value, read_measure("12 x"), read_measure("12, 1")
    (Fraction(12, 1), None, None)
    """
    if len(text) > MAX_BITS // 4:
        return None
    match = _MEASURE.match(text)
    if match is None:
        return read_worked(text)
    tail = match["tail"]
    if text[:2] == r"\$":
        number = None if tail else plain_number(match)
        return None if number is None else Quantity(number, "dollar")
    if tail is None:
        return plain_number(match)
    unit = None if match["over"] else _unit_behind(tail)  # 3/4 % is 3 over 4%
    if unit is None:
        return read_worked(text)  # n^2
    number = plain_number(match)
    return None if number is None else Quantity(number, unit)


@lru_cache(maxsize=_DISTINCT_UNITS)
def _unit_behind(tail: str) -> str | None:
    """The unit that `tail` is behind any number, None where it is more or less than a unit."""
    try:
        node = parse_answer("1" + tail)
    except (ValueError, RecursionError):
        return None
    is_unit = isinstance(node, Quantity) and node.value == parse_answer("1")
    return node.unit if is_unit and isinstance(node, Quantity) else None
