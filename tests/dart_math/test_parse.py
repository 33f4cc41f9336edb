"""What an answer text is read as; what has no reading says so, and nothing else is raised."""

import random
from fractions import Fraction

import pytest

from dart_math.nodes import (
    Apply,
    Based,
    Group,
    Matrix,
    Node,
    Number,
    Quantity,
    Relation,
    Symbol,
    UnparsableError,
    Word,
)
from dart_math.parse import parse_answer
from dart_math.tokens import tokenize


def number(value: str) -> Number:
    digits = len(value.replace(".", "").lstrip("0")) if "." in value else 0
    return Number(Fraction(value), digits)


X, Y = Symbol("x"), Symbol("y")
ONE, TWO, THREE = number("1"), number("2"), number("3")
READINGS: list[tuple[str, Node]] = [
    ("12", number("12")),
    ("0.50", Number(Fraction(1, 2), digits=2)),
    ("-x^2", Apply("neg", (Apply("^", (X, TWO)),))),
    ("2xy", Apply("*", (Apply("*", (TWO, X)), Y))),
    ("1/2x", Apply("*", (Apply("/", (ONE, TWO)), X))),
    (r"\frac12x", Apply("*", (Apply("/", (ONE, TWO)), X))),
    (r"1\frac{2}{3}", Number(Fraction(5, 3))),
    ("1 2/3", Number(Fraction(5, 3))),
    (r"2\frac{3}{2}", Apply("*", (TWO, Apply("/", (THREE, TWO))))),
    (r"\sqrt[3]{x}", Apply("root", (X, THREE))),
    (r"\sin^2 x", Apply("^", (Apply("sin", (X,)), TWO))),
    (r"\sin 2x", Apply("sin", (Apply("*", (TWO, X)),))),
    (r"\log_2 x", Apply("log", (X, TWO))),
    ("f(x)", Apply("call f", (X,))),
    ("|x|", Apply("abs", (X,))),
    ("x_{12}", Symbol("x_12")),
    ("101_2", Based("101", 2)),
    ("5!", Apply("!", (number("5"),))),
    ("[1,2)", Group("bracket", (ONE, TWO), "[", ")")),
    (r"\langle 1,2\rangle", Group("bracket", (ONE, TWO), "(", ")")),
    (r"\{1,2\}", Group("set", (ONE, TWO))),
    (r"1, 2 \text{ and } 3", Group("list", (ONE, TWO, THREE), joiner="and")),
    ("1; 2", Group("list", (ONE, TWO))),
    ("1:2", Group("ratio", (ONE, TWO))),
    (r"\pm 2", Group("list", (TWO, Apply("neg", (TWO,))))),
    ("1 < x <= 2", Relation(("<", "≤"), (ONE, X, TWO))),
    ("x != 3", Relation(("≠",), (X, THREE))),
    ("3 cm", Quantity(THREE, "cm")),
    (r"3\text{ ft}^2", Quantity(THREE, "foot^2")),
    ("-3%", Quantity(Apply("neg", (THREE,)), "%")),
    (r"\text{two lines}", Word("two lines")),
    (r"\begin{bmatrix}1&2\\3&x\end{bmatrix}", Matrix(((ONE, TWO), (THREE, X)))),
    (r"(x) \Rightarrow y", Y),
]


@pytest.mark.parametrize(("text", "node"), READINGS)
def test_a_text_is_read_as(text: str, node: Node) -> None:
    assert parse_answer(text) == node


@pytest.mark.parametrize(
    "text", ["", "(", ")", "1 2", "1/", "x^", r"\frac{1}", "(1,2", "{1", "x=", "1..2", "①"]
)
def test_what_has_no_reading_is_unparsable(text: str) -> None:
    with pytest.raises(UnparsableError):
        parse_answer(text)


def test_nesting_is_bounded_and_never_read_twice() -> None:
    assert parse_answer("(" * 40 + "x" + ")" * 40) == X
    with pytest.raises(UnparsableError, match="nested too deeply"):
        parse_answer("(" * 41 + "x" + ")" * 41)
    parse_answer(r"1\frac{" * 19 + "x" + "}{2}" * 19)  # twice at each level would never end


def test_random_tokens_are_read_or_unparsable() -> None:
    rng = random.Random(5)
    pieces = r"\frac \sqrt { } ( ) [ ] \{ \} | 1 12 1.5 . / , : ; x ab f( ^ _ ! % = < - + \pm \sin"
    read = 0
    for _ in range(5_000):
        text = "".join(rng.choice(pieces.split()) for _ in range(rng.randint(1, 9)))
        try:
            parse_answer(text)
        except UnparsableError:
            continue
        read += 1
    assert 0 < read < 5_000


def test_spellings_of_one_thing_give_the_same_tokens() -> None:
    spellings = [r"\left( \dfrac{1}{2} ,\, x \right)", r"(\tfrac{1}{2},x)", r"$(\frac{1}{2},\ x)$."]
    assert {tuple(tokenize(text)) for text in spellings} == {
        ("(", r"\frac", "{", "1", "}", "{", "2", "}", ",", "x", ")")
    }
