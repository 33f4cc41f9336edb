"""Readings of numbers: whole, decimal, mixed, in a base, in E-notation."""

import re
from fractions import Fraction

from dart_math.cursor import TokenCursor
from dart_math.exact import significant_digits
from dart_math.nodes import Apply, Based, Node, Number, UnparsableError

MAX_TENS = 1_000  # of an exponent after "e" that is worked out; larger ones stay powers of ten
# Tokens with a space between them.
_PLAIN_FRACTION = re.compile(r"(?:\{ (\d+) \}|(\d)) (?:\{ (\d+) \}|(\d)(?!\d))|(\d)(\d)(?!\d)")
_SLASHED_FRACTION = re.compile(r"(\d+) / (\d+)")


class NumeralReader(TokenCursor):
    """Reads what begins with a digit or a decimal point."""

    def read_number(self, token: str) -> Node:
        """The number that begins with `token`, with its base or its fraction."""
        if self.next == "_":
            return Based(token, self._read_base())
        if "e" in token or "E" in token:
            return scientific(token)
        if "." in token:
            return Number(Fraction(token), significant_digits(token))
        whole = Number(Fraction(int(token)))
        if self.next == r"\frac" or self.next.isdecimal():
            return self._read_mixed(whole) or whole
        return whole

    def _read_base(self) -> int:
        self.take()
        braced = self.accept("{")
        base = self.take()
        if braced:
            self.expect("}")
        if not base.isdecimal() or len(base) > 2:
            raise UnparsableError(f"{base} is no base")
        return int(base)

    def _read_mixed(self, whole: Number) -> Number | None:
        r"""`whole` plus the proper fraction that follows it: 1\frac{8}{91}, "3 1/2"."""
        if self.next == r"\frac":
            ahead = " ".join(self.tokens[self.position + 1 : self.position + 7])
            match = _PLAIN_FRACTION.match(ahead)
            skipped = 1
        else:
            match = _SLASHED_FRACTION.match(" ".join(self.tokens[self.position :][:3]))
            skipped = 0
        if match is None:
            return None
        over, under = (int(digits) for digits in match.groups() if digits)
        if not 0 < over < under:
            return None
        self.move_to(self.position + skipped + match.group().count(" ") + 1)
        return Number(whole.value + Fraction(over, under))


def scientific(token: str) -> Node:
    """A number in E-notation; a power of ten where the exponent is too large to work it out.

    >>> scientific("1.5E-4").value, scientific("1e999999999").name
    (Fraction(3, 20000), '*')
    """
    mantissa, _, tens = token.lower().partition("e")
    exponent = int(tens)
    if abs(exponent) > MAX_TENS:
        power = Apply("^", (Number(Fraction(10)), Number(Fraction(exponent))))
        return Apply("*", (Number(Fraction(mantissa)), power))
    value = Fraction(mantissa) * Fraction(10) ** exponent
    is_whole = exponent >= len(mantissa.partition(".")[2])
    return Number(value, 0 if is_whole else significant_digits(mantissa))
