r"""Answer text to a tree of nodes, by recursive descent over the tokens. Nothing is evaluated."""

from fractions import Fraction

from dart_math.atoms import KNOWN_NAMES
from dart_math.currency import words_for_signs
from dart_math.nodes import Apply, Group, Node, Number, Quantity, Relation, UnparsableError
from dart_math.phrases import split_phrase
from dart_math.plus_minus import expand_signs
from dart_math.sums import RATIO_SIGNS, SEPARATORS, SumReader
from dart_math.tokens import tokenize
from dart_math.units import (
    UNIT_OF_WORD,
    canonical_unit,
    is_label,
    is_measure,
    singular_unit,
    split_directions,
    take_scale,
)
from dart_math.words import numbers_for_words, without_article

_RELATIONS = {
    **{"=": "=", "<": "<", ">": ">", r"\le": "≤", r"\ge": "≥", r"\ne": "≠", r"\approx": "≈"},
    **{r"\in": "∈", r"\equiv": "="},
}
_INTRODUCTIONS = ("=", r"\approx", "approximately", "about", "roughly", "therefore")
_WIDENED = {"<": "≤", ">": "≥", "=": "="}  # what "<=", ">=" and "==" mean
_SET_OPERATORS = {
    r"\cup": "union",
    "U": "union",
    r"\cap": "intersection",
    r"\setminus": "difference",
}


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
    if tokens and tokens[0].lstrip('"').lower() in _INTRODUCTIONS:
        tokens = tokens[1:]
    tokens = without_article(words_for_signs(tokens))
    if not tokens:
        raise UnparsableError("nothing is left to read")
    if any(token[-1].isalpha() and token[0] != "\\" for token in tokens):
        tokens = numbers_for_words(tokens)
    phrase = split_phrase(tokens)
    if phrase is not None:
        return _without(phrase[0], phrase[1])
    reader = _Parser(tokens)
    if len(tokens) == 1 and tokens[0].isdecimal():
        return reader.read_number(reader.take())
    node = reader.read_group()
    if reader.next:
        raise UnparsableError(f"{reader.next} is left over")
    return expand_signs(node) if r"\pm" in tokens or r"\mp" in tokens else node


def _without(numbers: Node, excepted: list[str]) -> Node:
    """The set `numbers` without what the tokens `excepted` name."""
    if not excepted:
        return numbers
    node = parse_tokens(excepted)
    is_many = isinstance(node, Group) and node.kind in ("list", "set")
    items = node.items if is_many and isinstance(node, Group) else (node,)
    values = (item.terms[-1] if isinstance(item, Relation) else item for item in items)
    return Group("difference", (numbers, Group("set", tuple(values))))


class _Parser(SumReader):
    def read_list(self) -> Node:
        """Read items between commas, "and" or "or"; a single one stands for itself."""
        items: list[Node] = []
        joiners: list[str] = []  # before each item
        while True:
            joiner = ""
            while self.next in SEPARATORS:
                word = self.take().lstrip('"')
                joiner = word if word in ("and", "or") else joiner
            if not self.next and items:
                break
            items.append(self.read_item())
            joiners.append(joiner if len(items) > 1 else "")
            if self.next not in SEPARATORS:
                break
        return _join(items, joiners)

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
        node = self.read_measures()
        while self.next in _SET_OPERATORS:
            kind = _SET_OPERATORS[self.take()]
            right = self.read_quantity()
            same = isinstance(node, Group) and node.kind == kind and kind != "difference"
            left = node.items if same and isinstance(node, Group) else (node,)
            node = Group(kind, (*left, right))
        return self._read_ratio(node) if self.next in RATIO_SIGNS else node

    def _read_ratio(self, first: Node) -> Node:
        """a : b : c; with a part like "05", which no ratio has, a time of day."""
        items = [first]
        kind = "ratio"
        while self.next in RATIO_SIGNS:
            self.take()
            if len(self.next) == 2 and self.next[0] == "0":
                kind = "time"
            items.append(self.read_quantity())
        return Group(kind, tuple(items))

    def read_measures(self) -> Node:
        """One quantity, or several of a measure each: 2 hours 30 minutes."""
        measures = [self.read_quantity()]
        while _is_measured(measures[-1]) and self.next.isdecimal():
            measures.append(self.read_quantity())
        if not all(map(_is_measured, measures[1:])):
            raise UnparsableError("a number without a unit behind a measure")
        return measures[0] if len(measures) == 1 else Group("list", tuple(measures), joiner="and")

    def read_quantity(self) -> Node:
        """A sum with the unit words behind it, or bare words."""
        if self._at_short_word():
            return self.read_words(self.take())
        node = _hoist_unit(self.read_sum())
        words: list[str] = []
        while self.at_unit_word() or (words[-1:] in (["/"], ["per"]) and self.next in UNIT_OF_WORD):
            words.append(self.take().lstrip('"'))
            if self.next == "^" and words[-1] != "/":
                self.take()
                braced = self.accept("{")
                words.append("^" + self.take())
                if braced:
                    self.expect("}")
        if not words:
            return node
        scale, unit = take_scale(words)
        if scale > 1:
            node = Apply("*", (node, Number(Fraction(scale))))
        name = canonical_unit(unit) if unit else ""
        if isinstance(node, Quantity) and is_label(name):  # 25% of the students, 10% increase
            return Quantity(node.value, " ".join((node.unit, *sorted(split_directions(name)[1]))))
        return Quantity(node, name) if name else node

    def _at_short_word(self) -> bool:
        """Whether two or three letters stand before a word that is no measure: New York."""
        token, behind = (*self.tokens[self.position : self.position + 2], "", "")[:2]
        word = behind.lstrip('"')
        if token in KNOWN_NAMES or len(token) not in (2, 3) or not token.isalpha():
            return False
        if word in (*SEPARATORS, *KNOWN_NAMES, "to", "unit", "units"):
            return False
        return len(word) > 1 and word.isalpha() and not is_measure(singular_unit(word))


def _is_measured(node: Node) -> bool:
    return isinstance(node, Quantity) and is_measure(node.unit)


def _join(items: list[Node], joiners: list[str]) -> Node:
    """A list of `items` with a joiner before each; "and" binds closer than "or"."""
    if "and" in joiners and "or" in joiners:
        starts = [0, *(place for place, joiner in enumerate(joiners) if joiner == "or")]
        runs = zip(starts, [*starts[1:], len(items)], strict=True)
        items = [_join(items[start:end], ["", *joiners[start + 1 : end]]) for start, end in runs]
        return Group("list", tuple(items), joiner="or")
    if len(items) == 1:
        return items[0]
    joiner = max(joiners)
    flat: list[Node] = []
    for item in items:
        is_list = isinstance(item, Group) and item.kind == "list" and item.joiner in ("", joiner)
        flat.extend(item.items if is_list and isinstance(item, Group) else (item,))
    return Group("list", tuple(flat), joiner=joiner)


def _hoist_unit(node: Node) -> Node:
    """Move a unit at the end of a product or behind a minus sign to the outside."""
    if isinstance(node, Apply) and node.name in ("neg", "*") and node.args:
        last = _hoist_unit(node.args[-1])
        if isinstance(last, Quantity):
            return Quantity(Apply(node.name, (*node.args[:-1], last.value)), last.unit)
    return node
