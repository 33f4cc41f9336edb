"""Readings of sums, products and powers."""

from abc import ABC

from dart_math.atoms import KNOWN_NAMES, AtomReader, holds_differential
from dart_math.nodes import Apply, Based, Group, Node, Number, Quantity, Symbol, UnparsableError
from dart_math.units import UNIT_OF_WORD

SEPARATORS = (",", ";", '"and', '"or', "and", "or")
RATIO_SIGNS = (":", "to", '"to')
_SCALES = {"C": "celsius", "F": "fahrenheit", "Celsius": "celsius", "Fahrenheit": "fahrenheit"}
_BEFORE_DIGITS = ("^", "sqrt", "root", "!", "binom")
_LABEL_WORDS = ("per", "of", "sq", "cu")
_PLUS_MINUS = {r"\pm": "±", r"\mp": "∓", "+": "+", "-": "-"}


class SumReader(AtomReader, ABC):
    """Reads what operators join; lists, relations and units are the subclass's."""

    def read_sum(self) -> Node:
        """Read terms joined by plus, minus and ±."""
        sign = self.take() if self.next in _PLUS_MINUS else "+"
        while self.next in ("-", "+"):
            sign = {"+-": "-", "--": "+"}.get(sign + self.take(), sign)
        node = _signed(_PLUS_MINUS[sign], self.read_term())
        while self.next in _PLUS_MINUS:
            sign = _PLUS_MINUS[self.take()]
            right = _signed(sign, self.read_term())
            is_sum = isinstance(node, Apply) and node.name == "+"
            left = node.args if is_sum and isinstance(node, Apply) else (node,)
            node = Apply("+", (*left, right))
        return node

    def read_term(self) -> Node:
        """Read factors joined by signs, or side by side."""
        node = last = self.read_signed_power()
        while True:
            if self.next == "*":
                self.take()
                last = self.read_signed_power()
                node = Apply("*", (node, last))
            elif self.next == "/" and not self.at_unit_word():
                self.take()
                is_derivative = holds_differential(node) and self._at_differential()
                last = self.read_signed_power()
                if is_derivative:
                    last = Apply("*", (last, self.read_power()))
                node = Apply("derivative" if is_derivative else "/", (node, last))
            elif self.next == r"\bmod":
                node = last = self._read_remainder(node)
            elif self._starts_implicit_factor(node, last):
                last = self.read_power()
                node = Apply("*", (node, last))
            else:
                return node

    def _at_differential(self) -> bool:
        """Whether dx or ∂x comes, behind the slash of dy/dx."""
        is_short = self.next.isalpha() and len(self.next) in (2, 3)
        return self.next == r"\partial" or (is_short and self.next[0] == "d")

    def _read_remainder(self, left: Node) -> Node:
        """What is left of `left` when it is divided; -7 mod 5 and 7 mod 5k may mean two things."""
        self.take()
        node = Apply("mod", (left, self.read_power()))
        if (isinstance(left, Apply) and left.name == "neg") or self.starts_atom():
            raise UnparsableError("a remainder without brackets")
        return node

    def _starts_implicit_factor(self, left: Node, last: Node) -> bool:
        """Whether a factor begins; a digit begins one behind a power or a root (2^3 5) only."""
        token = self.next
        if not self.starts_atom() or token[0] == ".":
            return False
        if token[0].isdecimal():
            if isinstance(last, Apply) and last.name in _BEFORE_DIGITS:
                return True
            is_power = self.tokens[self.position + 1 : self.position + 2] == ["^"]  # n 2^n
            return (
                is_power
                and isinstance(last, Apply | Symbol)
                and not isinstance(left, Group | Quantity)
            )
        if isinstance(left, Group | Quantity) and token != "(":
            return False
        return token in KNOWN_NAMES or not self._starts_label(token)

    def _starts_label(self, token: str) -> bool:
        """Whether a word of a label stands here; two or three letters are one before another."""
        if not token.isalpha() or len(token) == 1:
            return False
        if len(token) > 3 or token.lower() in UNIT_OF_WORD or token in _LABEL_WORDS:
            return True
        after = self.tokens[self.position + 1]
        is_word = after.isalpha() and (len(after) > 3 or (len(after) > 1 and after in UNIT_OF_WORD))
        return is_word and after not in KNOWN_NAMES

    def read_signed_power(self) -> Node:
        """Read a power with the signs before it."""
        negative = False
        while self.next in ("-", "+"):
            negative ^= self.take() == "-"
        node = self.read_power()
        return Apply("neg", (node,)) if negative else node

    def read_power(self) -> Node:
        """Read an atom with its exponent, its factorial signs and its percent or degree sign."""
        base = self._read_postfix(self.read_atom())
        if not self.accept("^"):
            return base
        self.enter()
        exponent = self.read_signed_power()
        self.nesting -= 1
        return self._read_postfix(Apply("^", (base, exponent)))

    def _read_postfix(self, node: Node) -> Node:
        while True:
            if self.next == "!" and (
                self.tokens[self.position + 1] != "=" or isinstance(node, Number)
            ):
                self.take()
                node = Apply("!", (node,))
            elif self.accept("%"):
                node = Quantity(node, "%")
            elif self.accept(r"\degree"):
                node = Quantity(node, self._read_scale())
            elif self.next in (r"\pmod", r"\mod"):
                self.take()
                node = Quantity(node, f"mod {self.read_power()!r}")
            else:
                return node

    def _read_scale(self) -> str:
        """The scale behind a degree sign, where it is one of temperature."""
        scale = _SCALES.get(self.next.lstrip('"'))
        if scale is None:
            return "degree"
        self.take()
        return scale

    def at_unit_word(self) -> bool:
        """Whether a word of a unit comes, or a slash before one."""
        token = self.next
        if token == "/":
            after = self.tokens[self.position + 1]
            return after[:1] == '"' or after in UNIT_OF_WORD
        if token in SEPARATORS or token in RATIO_SIGNS:
            return False
        return token[:1] == '"' or (token.isalpha() and len(token) > 1)


def _signed(sign: str, node: Node) -> Node:
    if sign == "+":
        return node
    if sign == "-" and isinstance(node, Based):
        return Based("-" + node.digits, node.base)
    return Apply({"-": "neg"}.get(sign, sign), (node,))
