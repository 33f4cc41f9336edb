"""A formula of the question is no answer to it, whatever it is worth; the reference's own is."""

import pytest

from dart_math import Grader

CASES = [
    ("23 + 1", "24", "What is 23 + 1?", False),
    ("23+1", "24", "What is $23 + 1$?", False),
    ("1 + 23", "24", "What is 23 + 1?", True),
    ("24", "24", "What is 23 + 1?", True),
    ("23 + 1 = 24", "24", "What is 23 + 1?", True),
    ("24.0", "24", "Is it 24.0 or 25?", True),
    ("-5", "-5.0", "What is -5 written with a point?", True),
    (r"\frac{6}{8}", "3/4", r"Reduce $\frac{6}{8}$.", False),
    ("3/4", r"\frac{3}{4}", "Is 3/4 or 2/3 larger?", True),
    (r"2^{10}", "1024", r"Compute $2^{10}$.", False),
    (r"3^{75}", r"3^{75}", r"Which is larger, $2^{100}$ or $3^{75}$?", True),
    ("2x + 3x", "5x", "Simplify $2x + 3x$.", False),
    (r"(x+1)(x+2)", "x^2+3x+2", r"Expand $(x+1)(x+2)$.", False),
    ("x^2+3x+2", "x^2+3x+2", r"Expand $(x+1)(x+2)$.", True),
    (r"\sin 90^\circ", "1", r"What is $\sin 90^\circ$?", False),
    ("397 + 402 = 397 + 402", "799", "What is 397 + 402?", False),
    ("(397 + 402)", "799", "What is 397 + 402?", False),
    ("x = 397 + 402", "799", "What is 397 + 402?", False),
    ("397 + 402 apples", "799", "What is 397 + 402?", False),
    (r"\$397 + \$402", r"\$799", "What is 397 + 402?", False),
    ("{397} + {402}", "799", "What is 397 + 402?", False),
    ("2^10", "1024", "Compute $2^{10}$.", False),
    ("397 + 402 = 799", "799", "What is 397 + 402?", True),
    ("1,397 + 402", "1799", "What is 1,397 + 402?", False),
    (r"\frac{16}{90}", r"\frac{8}{45}", r"Write $0.1\overline{7}$ as a fraction.", True),
    ("2x", "y = 2x", "What is the slant asymptote of $2x - 5 + 1/x$?", True),
    ("y = 2x + 3", "2x + 3", "Which line, $y = 2x + 3$ or $y = x$, is steeper?", True),
    ("n + 1", "1 + n", "Which of $n + 1$ and $n - 1$ is larger?", True),
    ("3/4", "0.75", "Is 3/4 or 2/3 larger?", True),
    ("-1/2", r"\frac{-1}{2}", "Is -1/2 or 1/3 smaller?", True),
    ("3/4 hour", "0.75", "He worked 3/4 hour. How long?", True),
    ("x + 1 > 3", "x > 2", "Solve x + 1 > 3.", False),
    ("{1, 2}", "2, 1", "Which of {1, 2} and {3}?", True),
]


@pytest.fixture(scope="module")
def grader():
    with Grader() as grader:
        yield grader


@pytest.mark.parametrize(("answer", "reference", "question", "correct"), CASES)
def test_a_formula_of_the_question_is_no_answer(
    grader: Grader, answer: str, reference: str, question: str, correct: bool
) -> None:
    verdict = grader.grade(f"\\boxed{{{answer}}}", reference, question=question)
    assert verdict.correct is correct, verdict
    if not correct:
        assert verdict.reason == "repeats the question"
        assert grader.grade(f"\\boxed{{{answer}}}", reference).correct  # by its value it is right


def test_a_wrong_answer_stays_wrong_for_its_own_reason(grader: Grader) -> None:
    verdict = grader.grade(r"\boxed{23 + 2}", "24", question="What is 23 + 2 less 1?")
    assert (verdict.correct, verdict.reason) == (False, "different numbers")


def test_a_question_of_any_length_and_kind_is_looked_through(grader: Grader) -> None:
    for question in ("1A" * 10_000, "{" * 100_000, "\\" * 50_001, "\x00\ud800 23 + 1", ""):
        assert grader.grade(r"\boxed{20 + 4}", "24", question=question).correct
