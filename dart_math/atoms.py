"""The smallest readings of the grammar: names, commands, fractions, roots, functions."""

from abc import ABC, abstractmethod
from fractions import Fraction

from dart_math.brackets import OPENERS, BracketReader
from dart_math.nodes import Apply, Group, Node, Number, Symbol, UnparsableError, Word
from dart_math.phrases import EMPTY_SET, REAL_LINE

_FUNCTIONS = (
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh ln log exp det abs sgn "
    "gcd lcm max min Re Im arg asin acos atan lg"
)
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell"
)
FUNCTION_NAMES = frozenset(_FUNCTIONS.split())
_GREEK = frozenset(_GREEK_NAMES.split())
_CONSTANTS = {r"\pi": "pi", r"\infty": "oo"} | {
    **{"pi": "pi", "infinity": "oo", "infty": "oo", "oo": "oo"}
}
_SHAPES = frozenset((r"\angle", r"\triangle", r"\overline", r"\overrightarrow", r"\vec", r"\hat"))
_ORDINALS = ("st", "nd", "rd", "th", '"st', '"nd', '"rd', '"th')
_CALLED = frozenset("fgh")
# Commands whose only argument is what they dress.
_DRESS_NAMES = (
    "boxed fbox underline ensuremath boldsymbol bm emph mbox hbox operatorname text textbf textrm "
    "textit textsf texttt mathbf mathrm mathit mathsf mathtt"
)
_DRESS = frozenset(_DRESS_NAMES.split())
KNOWN_NAMES = frozenset(_CONSTANTS) | _GREEK | FUNCTION_NAMES | {"sqrt"}
# What has a body: equal only where it is written alike.
_WITH_BODY_NAMES = (
    "sum prod coprod int iint iiint oint lim limsup liminf sup inf bigcup bigcap bigvee bigwedge"
)
_WITH_BODY = frozenset(_WITH_BODY_NAMES.split())
_CLOSERS = frozenset((")", "]", "}", r"\}", r"\rfloor", r"\rceil", r"\rangle", r"\end"))
_ENDS = r", ; = < > \le \ge \ne \approx \in \equiv & \\ and or " + '"and "or'
_BODY_ENDS = _CLOSERS | frozenset(_ENDS.split())
_DIFFERENTIALS = (Symbol("d"), Symbol("partial"))
_NO_ATOM_NAMES = (
    "le ge ne approx in equiv cup cap setminus pm mp to Rightarrow end rfloor rceil rangle degree "
    "pmod mod bmod mid notin subset subseteq circ prime choose over not"
)
_NO_ATOMS = frozenset("\\" + name for name in _NO_ATOM_NAMES.split())


class AtomReader(BracketReader, ABC):
    """Reads atoms; sums, products and powers of them are the subclass's."""

    @abstractmethod
    def read_power(self) -> Node:
        """Read an atom with its exponent."""

    def starts_atom(self) -> bool:
        """Whether the next token can begin a factor."""
        token = self.next
        if not token:
            return False
        first = token[0]
        if first.isalnum() or first in ".([{":
            return token not in ("and", "or", "to")
        if first == "|":
            return self.open_bars == 0
        return first == "\\" and token[1:].isalpha() and token not in _NO_ATOMS

    def read_atom(self) -> Node:
        """Read a number, a name, words, brackets or a command with its arguments."""
        token = self.take()
        first = token[:1]
        if first.isdecimal() or (first == "." and token != "."):
            return self.read_number(token)
        if first.isalpha():
            return self.read_name(token)
        if first == '"':
            return self.read_words(token)
        if token in OPENERS:
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

    def read_name(self, token: str) -> Node:
        """Read a run of letters: a function, a constant, a word, or variables side by side."""
        if token in FUNCTION_NAMES:
            return self._read_function(token)
        if token in _WITH_BODY and self.next == "_":
            return self._read_written(token)
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
        name = self._with_subscript(token)
        ahead = self.tokens[self.position : self.position + 4]
        if len(ahead) == 4 and [ahead[0], *ahead[2:]] == ["(", ")", "="] and ahead[1].isalnum():
            return Apply("call " + name.name, (self.read_atom(),))  # p(x) = …
        return name

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
        """Read the arguments of a LaTeX command, or the name that it is."""
        name = token[1:]
        if token == r"\frac":
            return self._read_fraction()
        if name in _WITH_BODY:
            return self._read_written(name)
        if token == r"\sqrt":
            return self._read_root()
        if token == r"\binom":
            return Apply("binom", (self.read_argument(), self.read_argument()))
        if token == r"\begin":
            return self.read_environment()
        if token in _CONSTANTS:
            return Symbol(_CONSTANTS[token])
        if name in FUNCTION_NAMES:
            return self._read_function(name)
        if name in _GREEK:
            return self._with_subscript(name)
        if token == r"\emptyset":
            return EMPTY_SET
        if token == r"\R":
            return REAL_LINE
        if token in _SHAPES:
            return Apply(name, (self.read_argument(),))
        if name in _DRESS:
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
        under = self.read_argument()
        is_derivative = holds_differential(over) and _is_differential(under)
        return Apply("derivative" if is_derivative else "/", (over, under))

    def _read_written(self, name: str) -> Node:
        """A sum, an integral or a limit with its body, as it is written."""
        written, depth = [name], 0
        while self.next and (depth or self.next not in _BODY_ENDS):
            if self.next == "|" and self.open_bars and not depth:
                break
            depth += (self.next in OPENERS and self.next != "|") - (self.next in _CLOSERS)
            written.append(self.take())
        return Apply("written", (Symbol(" ".join(written)),))

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
            or self.next[1:] in FUNCTION_NAMES
            or self.next in FUNCTION_NAMES
        ):
            return self.read_atom()
        negative = self.accept("-")
        factors = [self.read_power()]
        while self.starts_atom() and self.next not in ("(", "[", "|"):
            if self.next.lstrip("\\") in FUNCTION_NAMES:
                break
            factors.append(self.read_power())
        node = factors[0] if len(factors) == 1 else Apply("*", tuple(factors))
        return Apply("neg", (node,)) if negative else node


def holds_differential(node: Node) -> bool:
    """Whether d or ∂, or a power of it, is among the factors of `node`."""
    if isinstance(node, Apply) and node.name == "*":
        return any(holds_differential(arg) for arg in node.args)
    if isinstance(node, Apply) and node.name == "^":
        return node.args[0] in _DIFFERENTIALS
    return node in _DIFFERENTIALS


def _is_differential(node: Node) -> bool:
    """Whether `node` is dx, ∂x, dx^2: a product that begins with d."""
    is_product = isinstance(node, Apply) and node.name == "*"
    while isinstance(node, Apply) and node.name == "*":
        node = node.args[0]
    return is_product and holds_differential(node)
