r"""Answer text to a tree of nodes, by recursive descent over the tokens. Nothing is evaluated."""

from dart_math.atoms import KNOWN_NAMES, AtomReader
from dart_math.nodes import (
    Apply,
    Based,
    Group,
    Matrix,
    Node,
    Number,
    Quantity,
    Relation,
    UnparsableError,
)
from dart_math.tokens import tokenize
from dart_math.units import UNIT_OF_WORD, canonical_unit

_RELATIONS = {
    **{"=": "=", "<": "<", ">": ">", r"\le": "≤", r"\ge": "≥", r"\ne": "≠", r"\approx": "≈"},
    **{r"\in": "∈", r"\equiv": "="},
}
_WIDENED = {"<": "≤", ">": "≥", "=": "="}  # what "<=", ">=" and "==" mean
_SET_OPERATORS = {
    r"\cup": "union",
    "U": "union",
    r"\cap": "intersection",
    r"\setminus": "difference",
}
_SEPARATORS = (",", ";", '"and', '"or', "and", "or")
_PLUS_MINUS = {r"\pm": "±", r"\mp": "∓", "+": "+", "-": "-"}


def parse_answer(text: str) -> Node:
    r"""The reading of an answer text; raises UnparsableError where it has none.

    >>> parse_answer(r"x = 3")
    Relation(operators=('=',), terms=(Symbol(name='x'), Number(value=Fraction(3, 1), digits=0)))
    >>> parse_answer(r"5\text{ cm}").unit, parse_answer("28 percent").unit
    ('cm', '%')
    """
    return parse_tokens(tokenize(text))


def parse_tokens(tokens: list[str]) -> Node:
    """The reading of an answer that is already cut into tokens."""
    if r"\Rightarrow" in tokens:
        tokens = tokens[len(tokens) - tokens[::-1].index(r"\Rightarrow") :]
    if tokens and tokens[0] in ("=", r"\approx"):
        tokens = tokens[1:]
    if not tokens:
        raise UnparsableError("nothing is left to read")
    reader = _Parser(tokens)
    if len(tokens) == 1 and tokens[0].isdecimal():
        return reader.read_number(reader.take())
    node = reader.read_list()
    if reader.next:
        raise UnparsableError(f"{reader.next} is left over")
    return _expand_signs(node) if r"\pm" in tokens else node


class _Parser(AtomReader):
    def read_list(self) -> Node:
        items: list[Node] = []
        while True:
            while self.next in _SEPARATORS:
                self.take()
            if not self.next and items:
                break
            item = self.read_item()
            is_list = isinstance(item, Group) and item.kind == "list"
            items.extend(item.items if is_list and isinstance(item, Group) else (item,))
            if self.next not in _SEPARATORS:
                break
        return items[0] if len(items) == 1 else Group("list", tuple(items))

    def read_item(self) -> Node:
        """A chain of relations, or its only term."""
        terms = [self.read_set()]
        operators: list[str] = []
        while True:
            operator = self._accept_relation()
            if operator is None:
                break
            operators.append(operator)
            terms.append(self.read_set())
        return Relation(tuple(operators), tuple(terms)) if operators else terms[0]

    def _accept_relation(self) -> str | None:
        if self.next == "!" and self.tokens[self.position + 1] == "=":
            self.move_to(self.position + 2)
            return "≠"
        operator = _RELATIONS.get(self.next)
        if operator is not None:
            self.take()
            if operator in _WIDENED and self.accept("="):
                operator = _WIDENED[operator]
        return operator

    def read_set(self) -> Node:
        """Sets joined by union, intersection or difference; or a ratio a : b; or one quantity."""
        node = self.read_quantity()
        while self.next in _SET_OPERATORS:
            kind = _SET_OPERATORS[self.take()]
            right = self.read_quantity()
            same = isinstance(node, Group) and node.kind == kind and kind != "difference"
            left = node.items if same and isinstance(node, Group) else (node,)
            node = Group(kind, (*left, right))
        return self._read_ratio(node) if self.next == ":" else node

    def _read_ratio(self, first: Node) -> Node:
        """a : b : c; with a part like "05", which no ratio has, a time of day."""
        items = [first]
        kind = "ratio"
        while self.accept(":"):
            if len(self.next) == 2 and self.next[0] == "0":
                kind = "time"
            items.append(self.read_quantity())
        return Group(kind, tuple(items))

    def read_quantity(self) -> Node:
        """A sum with the unit words behind it."""
        node = _hoist_unit(self.read_sum())
        words: list[str] = []
        while self._at_unit_word():
            words.append(self.take().lstrip('"'))
            if self.next == "^" and words[-1] != "/":
                self.take()
                braced = self.accept("{")
                words.append("^" + self.take())
                if braced:
                    self.expect("}")
        if not words:
            return node
        return Quantity(node, canonical_unit(words))

    def _at_unit_word(self) -> bool:
        token = self.next
        if token == "/":
            after = self.tokens[self.position + 1]
            return after[:1] == '"' or after in UNIT_OF_WORD
        if token in _SEPARATORS:
            return False
        return token[:1] == '"' or (token.isalpha() and len(token) > 1)

    def read_sum(self) -> Node:
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
        node = self.read_signed_power()
        while True:
            if self.next == "*":
                self.take()
                node = Apply("*", (node, self.read_signed_power()))
            elif self.next == "/" and not self._at_unit_word():
                self.take()
                node = Apply("/", (node, self.read_signed_power()))
            elif self._starts_implicit_factor(node):
                node = Apply("*", (node, self.read_power()))
            else:
                return node

    def _starts_implicit_factor(self, left: Node) -> bool:
        token = self.next
        if not self.starts_atom() or token[0].isdecimal() or token[0] == ".":
            return False
        if isinstance(left, Group | Quantity) and token != "(":
            return False
        is_word = token.isalpha() and len(token) > 1
        is_label = is_word and (len(token) > 3 or token.lower() in UNIT_OF_WORD)
        return not is_label or token in KNOWN_NAMES

    def read_signed_power(self) -> Node:
        negative = False
        while self.next in ("-", "+"):
            negative ^= self.take() == "-"
        node = self.read_power()
        return Apply("neg", (node,)) if negative else node

    def read_power(self) -> Node:
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
                node = Quantity(node, "degree")
            elif self.next in (r"\pmod", r"\mod", r"\bmod"):
                self.take()
                node = Quantity(node, f"mod {self.read_power()!r}")
            else:
                return node


def _signed(sign: str, node: Node) -> Node:
    if sign == "+":
        return node
    if sign == "-" and isinstance(node, Based):
        return Based("-" + node.digits, node.base)
    return Apply({"-": "neg"}.get(sign, sign), (node,))


def _hoist_unit(node: Node) -> Node:
    """Move a unit at the end of a product or behind a minus sign to the outside."""
    if isinstance(node, Apply) and node.name in ("neg", "*") and node.args:
        last = _hoist_unit(node.args[-1])
        if isinstance(last, Quantity):
            return Quantity(Apply(node.name, (*node.args[:-1], last.value)), last.unit)
    return node


def _expand_signs(node: Node) -> Node:
    """Replace every expression with ± by the list of its values; signs of one kind go together."""
    if isinstance(node, Group) and node.kind in ("list", "set"):
        items: list[Node] = []
        for item in node.items:
            expanded = _expand_signs(item)
            is_list = isinstance(expanded, Group) and expanded.kind == "list"
            items.extend(expanded.items if is_list and isinstance(expanded, Group) else (expanded,))
        return Group(node.kind, tuple(items))
    if isinstance(node, Relation) and node.operators == ("=",):
        values = _expand_signs(node.terms[1])
        if isinstance(values, Group) and values.kind == "list":
            return Group("list", tuple(Relation(("=",), (node.terms[0], v)) for v in values.items))
        return Relation(("=",), (node.terms[0], values))
    plus, minus = _choose_sign(node, upper=True), _choose_sign(node, upper=False)
    return node if plus == minus else Group("list", (plus, minus))


def _choose_sign(node: Node, upper: bool) -> Node:
    if isinstance(node, Apply):
        args = tuple(_choose_sign(arg, upper) for arg in node.args)
        if node.name in ("±", "∓"):
            return args[0] if (node.name == "±") == upper else Apply("neg", args)
        return Apply(node.name, args)
    if isinstance(node, Group):
        items = tuple(_choose_sign(item, upper) for item in node.items)
        return Group(node.kind, items, node.left, node.right)
    if isinstance(node, Quantity):
        return Quantity(_choose_sign(node.value, upper), node.unit)
    if isinstance(node, Matrix):
        return Matrix(tuple(tuple(_choose_sign(c, upper) for c in row) for row in node.rows))
    return node
