"""Readings of what stands in brackets: groups, sets, points, intervals, bars, matrices."""

from abc import ABC, abstractmethod

from dart_math.nodes import Apply, Group, Matrix, Node, Relation, UnparsableError
from dart_math.numerals import NumeralReader
from dart_math.phrases import EMPTY_SET

OPENERS = ("(", "[", "{", r"\{", r"\langle", r"\lfloor", r"\lceil", "|")
_CLOSERS = {"(": ")", "[": "]", r"\{": r"\}", r"\langle": r"\rangle"}
_INFIX = {r"\choose": "binom", r"\over": "/"}  # of TeX: all before and all behind in the group


class BracketReader(NumeralReader, ABC):
    """Reads brackets of all kinds; what stands between them is the subclass's."""

    def __init__(self, tokens: list[str]) -> None:
        super().__init__(tokens)
        self.open_bars = 0

    @abstractmethod
    def read_list(self) -> Node:
        """Read items separated by commas, up to a closing bracket or the end."""

    def read_group(self) -> Node:
        r"""Read a list, or two with \choose or \over between them."""
        node = self.read_list()
        if self.next in _INFIX:
            return Apply(_INFIX[self.take()], (node, self.read_list()))
        return node

    def read_bracket(self, token: str) -> Node:
        """Read what `token` opened, with its closing bracket."""
        if token == "{":
            node = self.read_group()
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
            return EMPTY_SET
        if token == r"\{":
            self._skip_set_variable()
        node = self.read_group()
        closer = self.take()
        items = node.items if isinstance(node, Group) and node.kind == "list" else (node,)
        if token == r"\{":
            if closer != r"\}":
                raise UnparsableError(f"a set ends in {closer or 'nothing'}")
            is_joined = isinstance(node, Group) and node.joiner
            if isinstance(node, Relation) or (is_joined and isinstance(items[0], Relation)):
                return node  # all that meet a condition
            return Group("set", items)
        if closer != _CLOSERS[token] and (closer not in (")", "]") or len(items) != 2):
            raise UnparsableError(f"{token} is closed by {closer or 'nothing'}")
        if len(items) == 1 or (token == "(" and isinstance(node, Group) and node.joiner):
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

    def read_environment(self) -> Node:
        r"""Read what \begin opened: a matrix, or the determinant of one."""
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
        rows = self._read_rows()
        for token in (r"\end", "{", name):
            self.expect(token)
        self.accept("*")
        self.expect("}")
        if not rows or len({len(row) for row in rows}) != 1:
            raise UnparsableError("rows of different lengths")
        matrix = Matrix(tuple(rows))
        return Apply("det", (matrix,)) if name == "vmatrix" else matrix

    def _read_rows(self) -> list[tuple[Node, ...]]:
        rows: list[tuple[Node, ...]] = []
        while self.next != r"\end":
            cells = [self.read_list()]
            while self.accept("&"):
                cells.append(self.read_list())
            rows.append(tuple(cells))
            if not self.accept("\\\\"):
                break
        return rows
