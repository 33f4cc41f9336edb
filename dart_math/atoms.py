"""The smallest readings of the grammar: numbers, names, fractions, roots, functions, brackets."""

import re
from abc import ABC, abstractmethod
from fractions import Fraction

from dart_math.nodes import (
    Apply,
    Based,
    Group,
    Matrix,
    Node,
    Number,
    Relation,
    Symbol,
    UnparsableError,
    Word,
)

MAX_NESTING = 40

_FUNCTION_NAMES = (
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh ln log exp det abs sgn "
    "gcd lcm max min Re Im arg asin acos atan lg"
)
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell"
)
FUNCTIONS = frozenset(_FUNCTION_NAMES.split())
_GREEK = frozenset(_GREEK_NAMES.split())
_CONSTANTS = {r"\pi": "pi", r"\infty": "oo"} | {
    **{"pi": "pi", "infinity": "oo", "infty": "oo", "oo": "oo"}
}
_SHAPES = frozenset((r"\angle", r"\triangle", r"\overline", r"\overrightarrow", r"\vec", r"\hat"))
# Tokens with a space between them.
_PLAIN_FRACTION = re.compile(r"(?:\{ (\d+) \}|(\d)) (?:\{ (\d+) \}|(\d)(?!\d))|(\d)(\d)(?!\d)")
_SLASHED_FRACTION = re.compile(r"(\d+) / (\d+)")
_ORDINALS = ("st", "nd", "rd", "th", '"st', '"nd', '"rd', '"th')
_CALLED = frozenset("fgh")
_CLOSERS = {"(": ")", "[": "]", r"\{": r"\}", r"\langle": r"\rangle"}
_REAL_LINE = Group("bracket", (Apply("neg", (Symbol("oo"),)), Symbol("oo")), "(", ")")
_EMPTY_SET = Group("set", ())
KNOWN_NAMES = frozenset(_CONSTANTS) | _GREEK | FUNCTIONS | {"sqrt"}
_NO_ATOM_NAMES = (
    "le ge ne approx in equiv cup cap setminus pm mp to Rightarrow end rfloor rceil rangle degree "
    "pmod mod bmod mid notin subset subseteq circ prime"
)
_NO_ATOMS = frozenset("\\" + name for name in _NO_ATOM_NAMES.split())


class AtomReader(ABC):
    """A cursor over tokens that reads atoms; what stands between brackets is the subclass's."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = [*tokens, ""]  # "" ends the text
        self.position = 0
        self.next = self.tokens[0]
        self.nesting = 0
        self.open_bars = 0

    @abstractmethod
    def read_list(self) -> Node:
        """Read items separated by commas, up to a closing bracket or the end."""

    @abstractmethod
    def read_power(self) -> Node:
        """Read an atom with its exponent."""

    def take(self) -> str:
        token = self.next
        if not token:
            raise UnparsableError("the end found where something should stand")
        self.move_to(self.position + 1)
        return token

    def accept(self, token: str) -> bool:
        if self.next != token:
            return False
        self.move_to(self.position + 1)
        return True

    def move_to(self, position: int) -> None:
        self.position = position
        self.next = self.tokens[position]

    def split_next(self, parts: list[str]) -> None:
        """Put `parts` in the place of the next token."""
        self.tokens[self.position : self.position + 1] = parts
        self.next = parts[0]

    def expect(self, token: str) -> None:
        if not self.accept(token):
            raise UnparsableError(f"{token} expected, {self.next or 'the end'} found")

    def enter(self) -> None:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise UnparsableError("nested too deeply")

    def starts_atom(self) -> bool:
        """Whether the next token can begin a factor."""
        token = self.next
        if not token:
            return False
        first = token[0]
        if first.isalnum() or first in ".([{":
            return token not in ("and", "or")
        if first == "|":
            return self.open_bars == 0
        return first == "\\" and token[1:].isalpha() and token not in _NO_ATOMS

    def read_atom(self) -> Node:
        token = self.take()
        first = token[:1]
        if first.isdecimal() or (first == "." and token != "."):
            return self.read_number(token)
        if first.isalpha():
            return self.read_name(token)
        if first == '"':
            return self.read_words(token)
        if token in ("(", "[", "{", r"\{", r"\langle", r"\lfloor", r"\lceil", "|"):
            self.enter()
            node = self.read_bracket(token)
            self.nesting -= 1
            return node
        if first == "\\" and token[1:].isalpha() and token not in _NO_ATOMS:
            self.enter()
            node = self.read_command(token)
            self.nesting -= 1
            return node
        raise UnparsableError(f"{token or 'the end'} found where a value should stand")

    def read_number(self, token: str) -> Node:
        if self.next == "_":
            return Based(token, self._read_base())
        if "." in token:
            return Number(Fraction(token), digits=len(token.replace(".", "").lstrip("0")))
        whole = Number(Fraction(int(token)))
        return self._read_mixed(whole) or whole

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
        elif self.next.isdecimal():
            match = _SLASHED_FRACTION.match(" ".join(self.tokens[self.position :][:3]))
            skipped = 0
        else:
            return None
        if match is None:
            return None
        over, under = (int(digits) for digits in match.groups() if digits)
        if not 0 < over < under:
            return None
        self.move_to(self.position + skipped + match.group().count(" ") + 1)
        return Number(whole.value + Fraction(over, under))

    def read_name(self, token: str) -> Node:
        if token in FUNCTIONS:
            return self._read_function(token)
        if token == "sqrt":
            return Apply("sqrt", (self.read_argument(),))
        if token in _CONSTANTS:
            return Symbol(_CONSTANTS[token])
        if len(token) > 1 and token not in _GREEK:
            if len(token) > 3:
                return self.read_words(token)
            self.move_to(self.position - 1)  # letters side by side are a product: one by one
            self.split_next(list(token))
            token = self.take()
        if token in _CALLED and self.next == "(":
            return Apply("call " + token, (self.read_atom(),))
        return self._with_subscript(token)

    def read_words(self, token: str) -> Node:
        """Words that stand where a value should: an answer in words, with the numbers in it."""
        words = [token.lstrip('"').lower()]
        while self.next[:1] == '"' or (self.next.isalpha() and len(self.next) > 1):
            words.append(self.take().lstrip('"').lower())
        if self.next.isdecimal():
            words.append(self.take())
            if self.next in _ORDINALS:
                self.take()
        return Word(" ".join(words))

    def _with_subscript(self, name: str) -> Symbol:
        if not self.accept("_"):
            return Symbol(name)
        if not self.accept("{"):
            return Symbol(f"{name}_{self.take().strip(chr(34))}")
        inner = []
        while self.next and self.next != "}":
            inner.append(self.take().strip('"'))
        self.expect("}")
        return Symbol(f"{name}_{''.join(inner)}")

    def read_command(self, token: str) -> Node:
        name = token[1:]
        if token == r"\frac":
            return self._read_fraction()
        if token == r"\sqrt":
            return self._read_root()
        if token == r"\binom":
            return Apply("binom", (self.read_argument(), self.read_argument()))
        if token == r"\begin":
            return self._read_environment()
        if token in _CONSTANTS:
            return Symbol(_CONSTANTS[token])
        if name in FUNCTIONS:
            return self._read_function(name)
        if name in _GREEK:
            return self._with_subscript(name)
        if token == r"\emptyset":
            return _EMPTY_SET
        if token == r"\R":
            return _REAL_LINE
        if token in _SHAPES:
            return Apply(name, (self.read_argument(),))
        if name in ("boxed", "fbox"):
            return self.read_argument()
        return self._with_subscript(name)  # other number sets, commands that are not known

    def read_argument(self) -> Node:
        r"""One argument: a braced group, one atom, or one digit of a longer number (\frac12)."""
        token = self.next
        if token.isdecimal() and len(token) > 1:
            self.split_next([token[0], token[1:]])
            return Number(Fraction(int(self.take())))
        if token == "-":
            self.take()
            return Apply("neg", (self.read_argument(),))
        if token.isdecimal():
            return Number(Fraction(int(self.take())))
        return self.read_atom()

    def _read_fraction(self) -> Node:
        over = self.read_argument()
        return Apply("/", (over, self.read_argument()))

    def _read_root(self) -> Node:
        index: Node | None = None
        if self.accept("["):
            index = self.read_list()
            self.expect("]")
        if self.next.isdecimal():
            radicand: Node = Number(Fraction(int(self.take())))
        else:
            radicand = self.read_atom()
        return Apply("sqrt", (radicand,)) if index is None else Apply("root", (radicand, index))

    def _read_function(self, name: str) -> Node:
        base: Node | None = None
        power: Node | None = None
        while self.next in ("_", "^"):
            if self.take() == "_":
                base = self.read_argument()
            else:
                power = Apply("neg", (self.read_atom(),)) if self.accept("-") else self.read_atom()
        argument = self._read_function_argument()
        args = argument.items if isinstance(argument, Group) else (argument,)
        if name == "log" and base is not None:
            args = (*args, base)
        if power == Apply("neg", (Number(Fraction(1)),)):
            return Apply("arc" + name, args)
        call = Apply(name, args)
        return call if power is None else Apply("^", (call, power))

    def _read_function_argument(self) -> Node:
        if (
            self.next in ("(", "{", "[", "|")
            or self.next[1:] in FUNCTIONS
            or self.next in FUNCTIONS
        ):
            return self.read_atom()
        negative = self.accept("-")
        factors = [self.read_power()]
        while self.starts_atom() and self.next not in ("(", "[", "|"):
            if self.next.lstrip("\\") in FUNCTIONS:
                break
            factors.append(self.read_power())
        node = factors[0] if len(factors) == 1 else Apply("*", tuple(factors))
        return Apply("neg", (node,)) if negative else node

    def read_bracket(self, token: str) -> Node:
        if token == "{":
            node = self.read_list()
            self.expect("}")
            return node
        if token == "|":
            self.open_bars += 1
            node = self.read_list()
            self.expect("|")
            self.open_bars -= 1
            return Apply("abs", (node,))
        if token in (r"\lfloor", r"\lceil"):
            node = self.read_list()
            self.expect(r"\rfloor" if token == r"\lfloor" else r"\rceil")
            return Apply("floor" if token == r"\lfloor" else "ceil", (node,))
        bars, self.open_bars = self.open_bars, 0
        node = self._read_enclosed(token)
        self.open_bars = bars
        return node

    def _read_enclosed(self, token: str) -> Node:
        if token == r"\{" and self.accept(r"\}"):
            return _EMPTY_SET
        if token == r"\{":
            self._skip_set_variable()
        node = self.read_list()
        closer = self.take()
        items = node.items if isinstance(node, Group) and node.kind == "list" else (node,)
        if token == r"\{":
            if closer != r"\}":
                raise UnparsableError(f"a set ends in {closer or 'nothing'}")
            if isinstance(node, Relation):  # all that meet a condition
                return node
            return Group("set", items)
        if closer != _CLOSERS[token] and (closer not in (")", "]") or len(items) != 2):
            raise UnparsableError(f"{token} is closed by {closer or 'nothing'}")
        if len(items) == 1:
            return node
        if token == r"\langle":
            token, closer = "(", ")"
        return Group("bracket", items, token, closer)

    def _skip_set_variable(self) -> None:
        r"""Pass over "x :" or "x \in \R \mid" at the beginning of a set."""
        for ahead in (1, 3):
            between = self.tokens[self.position + 1 : self.position + ahead]
            bar = self.tokens[self.position + ahead : self.position + ahead + 1]
            if bar in (["|"], [":"], [r"\mid"]) and between in ([], [r"\in", r"\R"]):
                self.move_to(self.position + ahead + 1)
                return

    def _read_environment(self) -> Node:
        self.expect("{")
        name = self.take()
        self.accept("*")
        self.expect("}")
        if name == "array" and self.accept("{"):
            while self.next not in ("}", ""):
                self.take()
            self.expect("}")
        elif "matrix" not in name:
            raise UnparsableError(f"environment {name}")
        rows: list[tuple[Node, ...]] = []
        while self.next != r"\end":
            cells = [self.read_list()]
            while self.accept("&"):
                cells.append(self.read_list())
            rows.append(tuple(cells))
            if not self.accept("\\\\"):
                break
        for token in (r"\end", "{", name):
            self.expect(token)
        self.accept("*")
        self.expect("}")
        if not rows or len({len(row) for row in rows}) != 1:
            raise UnparsableError("rows of different lengths")
        return Apply("det", (Matrix(tuple(rows)),)) if name == "vmatrix" else Matrix(tuple(rows))
