"""Guaranteed: MATH and DART-Math rows become questions with their level and untouched answer."""

import pytest

from polar.questions import Question
from polar.sources.math_levels import last_box, make_dart_math, make_math
from polar.sources.records import Record, RecordError

ORIGINAL = {
    "problem": "What is $1+1$?\n",
    "level": "Level 2",
    "type": "Prealgebra",
    "solution": r"First $\boxed{3}$, no: $\boxed{\frac{4}{2}}$.",
}


def test_an_original_row_takes_the_last_box_of_the_solution() -> None:
    assert make_math(Record("f", "train/prealgebra/7", ORIGINAL)) == Question(
        id="math/train/prealgebra/7",
        question="What is $1+1$?\n",
        answer=r"\frac{4}{2}",
        difficulty=2,
        subject="Prealgebra",
    )


def test_a_row_with_its_answer_given_keeps_it_as_it_is() -> None:
    fields = {"problem": "Q?", "answer": r"\$3\!", "level": 5, "subject": "x", "unique_id": "t/1"}
    made = make_math(Record("f", "f/1", fields))
    assert (made.id, made.answer, made.difficulty) == ("t/1", r"\$3\!", 5)


def test_a_null_answer_is_absent() -> None:
    fields = {"problem": "Q?", "answer": None, "solution": r"$\boxed{12}$", "level": 5}
    assert make_math(Record("f", "f/1", fields)).answer == "12"


def test_boxes_may_nest_braces_or_have_none() -> None:
    assert last_box(r"\boxed{a_{b}} and \fbox{c}") == "c"
    assert last_box(r"$x = \boxed 5$ apples") == "5"
    assert last_box(r"$\boxed 5$, or rather $\boxed{6}$") == "6"
    assert last_box(r"$\boxed{\text{(A) } \{1\}}$") == r"\text{(A) } \{1\}"
    assert last_box(r"nothing, \boxed{torn") is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"level": "Level ?"}, "not one of Level 1 to Level 5"),
        ({"level": None}, "has no field 'level'"),
        ({"solution": "It is 2."}, r"holds no \\boxed"),
        ({"solution": r"$\boxed{}$"}, r"the last \\boxed\{\} of the solution is empty"),
        ({"problem": ""}, "'problem' is empty"),
    ],
)
def test_a_malformed_row_says_what_is_wrong(change: dict, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        make_math(Record("f", "f/1", ORIGINAL | change))


def test_a_row_of_the_pool_takes_query_id_level_and_reference() -> None:
    fields = {
        "query": "Q?",
        "query_id": "math-train-7",
        "gt_ans": r"\frac12",
        "query_metadata": {"level": 3},
        "domain": "Algebra",
    }
    assert make_dart_math(Record("f", "f/1", fields)) == Question(
        id="math-train-7", question="Q?", answer=r"\frac12", difficulty=3, subject="Algebra"
    )
