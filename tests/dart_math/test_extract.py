r"""What counts as the answer of a response, contract by contract; nothing found is None."""

import time

import pytest

from dart_math.extract import extract_answer

BOXED = [
    (r"\boxed{5}", "5"),
    (r"The result is \boxed{ \frac{1}{2} }.", r"\frac{1}{2}"),
    (r"\boxed{1} then \boxed{2}", "1"),
    (r"\fbox{7}", "7"),
    (r"\boxed {8}", "8"),
    (r"\boxed{\boxed{9}}", r"\boxed{9}"),
    (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
    (r"\boxed{ \frac{1}{2 and then \boxed{3}", "3"),
    (r"\boxed{\text{a } b}", r"\text{a } b"),
    ("} \\boxed{4}", "4"),
    (r"\boxed{12", None),
    (r"\boxed{\frac{1}{2}", None),
    (r"\boxed{}", None),
    (r"\boxed 5", None),
    ("12", None),
    ("", None),
]
ANSWER_IS = [
    ("The answer is 7.", "7"),
    ("The answer is 3.5.", "3.5"),
    ("The answer is: 12 apples.\nQuestion: 2?", "12 apples"),
    ("the answer is .5", ".5"),
    ("The answer is 7\nThe answer is 8.", "7"),
    ("The answer is **42**.", "42"),
    ("The answer is $1,234.50. Next", "$1,234.50"),
    ("The answer is \nThe answer is 6.", "6"),
    ("The answer is Mrs. Hilt. She", "Mrs. Hilt"),
    ("The answer is 5 sq. feet.", "5 sq. feet"),
    ("The answer is 1:30 p.m. on Monday. Then", "1:30 p.m. on Monday"),
    ("The answer is:\n5", "5"),
    ("The answer is:\n\n  5.\nSo it is.", "5"),
    ("**The answer is:**\n5", "5"),
    ("The answer is:\nThe answer is 6.", "6"),
    ("The answer is 12 because 3*4=12.", "12"),
    ("The answer is 5, because 2+3=5.", "5"),
    ("The answer is 5, so we are done.", "5"),
    ("The answer is 5 since x > 0", "5"),
    ("The answer is $5$, which is odd.", "$5$"),
    ("The answer is 5<|im_end|>", "5"),
    ("The answer is Sophia.", "Sophia"),
    ("The answer is 5 and so we are done.", "5"),
    ("The answer is 5, and", "5"),
    ("The answer is 5 and 6, and so on", "5 and 6"),
    ("The answer is x = 2 or x = 3", "x = 2 or x = 3"),
    ("The answer is Anders and", "Anders"),
    ("The answer is Salvador", "Salvador"),
    ("The answer is 5?", "5"),
    ("The answer is **5**? Let us see", "5"),
    ("The answer is 5!", "5"),
    ("The answer is 5!! Great", "5"),
    ("**The answer is 5!**", "5"),
    ("The answer is $5!$", "$5!$"),
    ("The answer is 5!.", "5!"),
    ("The answer is 5! + 3", "5! + 3"),
    ("The answer is 7.Question: what", "7"),
    ("The answer is 7.question", "7"),
    ("The answer is 7.Q: what", "7"),
    ("The answer is 7.5.Question", "7.5"),
    ("The answer is 7.5m", "7.5m"),
    ("The answer is D.C. today", "D.C"),
    ("The answer is x < |y|.", "x < |y|"),
    ("The answer is: <|im_end|>", None),
    ("The answer is because of it", None),
    ("The answer is", None),
    ("The answer isn't clear", None),
    ("7", None),
]
CHOICE = [
    (r"\boxed{B}", "B"),
    (r"\boxed{\text{(C)}}", "C"),
    (r"\boxed{d}", None),
    (r"\boxed{(d)}", "D"),
    (r"\boxed{option d}", "D"),
    (r"\boxed{d) a car}", "D"),
    (r"\boxed{i}", None),
    (r"\boxed{10 J}", None),
    (r"\boxed{5\text{ J}}", None),
    (r"\boxed{20 C}", None),
    (r"\boxed{20\,^\circ\text{C}}", None),
    (r"\boxed{-A}", None),
    (r"\boxed{2(C)}", None),
    (r"\boxed{[C]}", "C"),
    (r"\boxed{C!}", "C"),
    (r"\boxed{10 J} The answer is (C)", "C"),
    (r"\boxed{B. 42}", "B"),
    (r"\boxed{42} so A", "A"),
    (r"\boxed{\boxed{C}}", "C"),
    (r"\boxed{\text{C}}", "C"),
    (r"\boxed{$C$}", "C"),
    (r"\boxed{Option C}", "C"),
    (r"\boxed{(C)}", "C"),
    (r"\boxed{C. A car}", "C"),
    (r"\boxed{\textbf{(C)}}", "C"),
    (r"\boxed{\textbf{C.} \text{foo}}", "C"),
    (r"\boxed{\text{Answer: C}}", "C"),
    (r"\boxed{42 (C)}", "C"),
    ("$C$", "C"),
    ("Option C", "C"),
    ("(C)", "C"),
    ("C. text", "C"),
    (r"\textbf{(C)}", "C"),
    (r"\boxed{A, B}", None),
    (r"\boxed{C) 5, D) 6}", None),
    (r"\boxed{A or B}", None),
    (r"\boxed{(a) and (b)}", None),
    (r"\boxed{AB}", None),
    (r"\boxed{42}", None),
    (r"\boxed{E = mc^2}", None),
    (r"\boxed{a car}", None),
    (r"\boxed{A, B} The answer is (C)", "C"),
    (r"\boxed{42} \boxed{C}", "C"),
    ("The answer is (G).", "G"),
    ("The answer is Because, so: Answer: J", "J"),
    ("Answer: A\nAnswer: B", "A"),
    ("Perhaps C, but rather H", "H"),
    ("nothing here", None),
]
ANY = [
    ("$x = 5$", "x = 5"),
    (r"first \boxed{1}, later it is \boxed{2}", "2"),
    (r"\boxed{1} and \boxed{2}", "1, 2"),
    ("Final Answer: The final answer is $x-2$. I hope it is correct.", "x-2"),
    ("Answer: 12", "12"),
    (r"Hence the roots are \(x=1\) and nothing else.", "x=1"),
    ("64 square feet", "64 square feet"),
    ("He has 3 apples. She has 14 apples.", "14"),
    ("no solution", "no solution"),
    ("The solutions are $x=1$ and $x=-2$.", "x=1, x=-2"),
    ("The solution is not $x=1$, but rather it is $x=-2$.", "x=-2"),
    ("3 + 4 = 7\n#### 7", "7"),
    ("Therefore, x = 5.", "x = 5."),
    (r"\$5.00", r"\$5.00"),
    ("about $5$ hours", "5 hours"),
    ("", None),
]


@pytest.mark.parametrize(("text", "answer"), BOXED)
def test_boxed_takes_the_first_box_that_closes(text: str, answer: str | None) -> None:
    assert extract_answer(text, "boxed") == answer


@pytest.mark.parametrize(("text", "answer"), ANSWER_IS)
def test_answer_is_takes_the_rest_of_the_line_or_sentence(text: str, answer: str | None) -> None:
    assert extract_answer(text, "answer_is") == answer


@pytest.mark.parametrize(("text", "answer"), CHOICE)
def test_choice_takes_a_letter(text: str, answer: str | None) -> None:
    assert extract_answer(text, "choice") == answer


@pytest.mark.parametrize(("text", "answer"), ANY)
def test_any_takes_what_the_text_announces(text: str, answer: str | None) -> None:
    assert extract_answer(text, "any") == answer


def test_an_unknown_contract_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'box'; choose one of boxed, answer_is, choice, any"):
        extract_answer("5", "box")


@pytest.mark.parametrize("contract", ["boxed", "answer_is", "choice", "any"])
@pytest.mark.parametrize(
    "piece",
    [
        *("\\boxed{", "{", "answer is ", "Answer:", "A ", "$", "\\(", "1 ", "the ", ",", "\\n"),
        *("?", "!", "and ", " "),
    ],
)
def test_a_megabyte_is_searched_in_a_moment(contract: str, piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    start = time.process_time()
    extract_answer(text, contract)
    assert time.process_time() - start < 2.0
