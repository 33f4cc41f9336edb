"""What is taken off a text, or spelled otherwise, before it is read changes nothing of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dart_math.nodes import Node
from dart_math.parse import parse_answer
from dart_math.spellings import plain_spelling, undress

PIECES = (
    *("1", "23", "x", "cm", "0.5", "+", "-", "=", "^", "!", "(", ")", "[", "]", "|", ";"),
    *(
        "{",
        "}",
        r"\{",
        r"\}",
        r"\(",
        r"\)",
        r"\[",
        r"\]",
        "$",
        r"\$",
        " ",
        r"\ ",
        r"\,",
        r"\!",
        "~",
    ),
    *(r"\frac", r"\dfrac{1}{2}", r"\sqrt2", r"\pi", r"\cdot ", r"\text{ cm}", r"\displaystyle "),
    *("e", "2e", r"\\left(", r"\\right)", r"\ln ", r"\sin ", r"\times "),
    *(r"\mathrm{cm}", r"\mbox{ft }", r"\text{ m}", r"\mathbf{AB}", r"\textbf{two}"),
    *(".", "..", r"\\", "%", r"\%", r"\left(", r"\right)", "\N{MINUS SIGN}", "\N{SUPERSCRIPT TWO}"),
)
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)


def reading(text: str) -> Node | None:
    """The tree of a text, None where it has none."""
    try:
        return parse_answer(text)
    except (ValueError, RecursionError):
        return None


@settings(max_examples=2000, deadline=None)
@given(TEXTS)
def test_what_is_taken_off_is_not_missed(text: str) -> None:
    """Readings stay; a text that had none may get one."""
    read = reading(text)
    assert read is None or reading(undress(text)) == read


@settings(max_examples=2000, deadline=None)
@given(TEXTS)
def test_a_plain_spelling_is_of_the_same_thing(text: str) -> None:
    """Readings stay; a text that had none may get one."""
    read = reading(text)
    assert read is None or reading(plain_spelling(text)) == read


@pytest.mark.parametrize("text", [r"\\\!$", r"\sin 2e\!\,1", r"{\mathrm{cm}\$}", r"1\!\,e"])
def test_texts_that_once_were_read_otherwise_are_not(text: str) -> None:
    read = reading(text)
    assert read is None or reading(undress(text)) == reading(plain_spelling(text)) == read


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        (r"\( \displaystyle {\frac{1}{2}}\, \).", r"\frac{1}{2}"),
        (r"{{5}}", "5"),
        (r"{1}{2}", r"{1}{2}"),
        (r"{\text{ m}\$}", r"{\text{ m}\$}"),
        (r"\{1\}", r"\{1\}"),
        (r"5\$", r"5\$"),
        ("$5$", "5"),
        ("1, 2, ...", "1, 2, ..."),
        ("\N{MINUS SIGN}5", "-5"),
        ("{}", "{}"),
        (r"\displaystyles", r"\displaystyles"),
    ],
)
def test_what_stands_around_a_text_is_taken_off(text: str, bare: str) -> None:
    assert undress(text) == bare
