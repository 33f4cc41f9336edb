"""The one-pass readers give every text the value that the grammar gives it, or leave it alone."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dart_math.exact import exact_value
from dart_math.measures import read_measure
from dart_math.nodes import Quantity
from dart_math.parse import parse_answer
from dart_math.worked import read_worked

PIECES = (
    *("1", "2", "3", "12", "100", "000", "1,000", "0", "4", "16", ".5", "2.25", "1.50", "e", "E3"),
    *("+", "-", "*", "/", "^", "!", " ", " ", "(", ")", "{", "}", "[", "]", ".", ","),
    *(r"\frac", r"\dfrac", r"\sqrt", r"\sqrt[3]", r"\binom", r"\cdot ", r"\times ", r"\div "),
    *(r"\frac12", r"\frac{1}{2}", r"\frac{-3}{4}", r"\sqrt{16}", r"\sqrt4", r"\sqrt[3]{27}"),
    *("^2", "^{-2}", "^{10}", "^-1", "(-3)^2", "2^3", "5!", r"\binom{5}{2}", "1/2", "3 1/2"),
    *(r"\$", "%", r"\%", r"^\circ", r"\text{ cm}", " m", "$"),
)


@settings(max_examples=3000, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map("".join))
@example("2^3\\frac12")
@example("3 100/200")
@example("2^3%")
@example("3/4%")
@example("12^2 000")
@example("2e3/4")
def test_a_text_has_the_value_that_the_grammar_gives_it(text: str) -> None:
    """Whatever the one-pass readers read; reading nothing is always right."""
    read = read_measure(text)
    if read is None:
        return
    tree = parse_answer(text)
    if isinstance(read, Quantity):
        assert isinstance(tree, Quantity), (read, tree)
        assert read.unit == tree.unit
        read, tree = read.value, tree.value
    assert exact_value(read) == exact_value(tree)


def test_what_has_to_be_worked_out_is_read() -> None:
    """The forms that the reader is for."""
    texts = (
        *(r"1001^2", r"\sqrt{16}", r"3\times10^3", r"2^3 \cdot 3^2", "5!", r"\binom{5}{2}"),
        *("(-3)^2", "2^{-3}", "1 + 2 - 3", r"1 - \frac{1}{2}", "6/4/5", "1.5e3", "-2e-3", "2^10"),
        *(r"2\sqrt{9}", r"\sqrt[3]{27}\sqrt4", r"4 \div 3", r"-3!", "3(2)^2"),
    )
    assert [text for text in texts if read_worked(text) is None] == []


def test_what_may_be_read_in_two_ways_is_left_to_the_grammar() -> None:
    """Numbers side by side, towers of powers, signs and units behind a power, endless digits."""
    texts = ("2 3", "2^3^2", "5!!", "2^3!", r"2^3\frac12", "3(2)", "2^3%", "1, 2", "1/0", "2^99999")
    assert [text for text in texts if read_worked(text) is not None] == []
