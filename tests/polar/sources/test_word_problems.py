"""Guaranteed: GSM8K, ASDiv and MAWPS in their published forms give the answer alone."""

import pytest

from polar.questions import Question
from polar.sources.records import LeftOut, Record, RecordError
from polar.sources.word_problems import make_asdiv, make_gsm8k, make_mawps, make_whole_asdiv


def record(**fields: object) -> Record:
    return Record("f, row 1", "f/1", fields)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("He has 5 * 2 = 10.\n#### 1,010", "1010"), ("72", "72"), ("#### -3.5", "-3.5")],
)
def test_gsm8k_answers_stand_behind_the_mark(answer: str, expected: str) -> None:
    made = make_gsm8k(record(question="Q?", answer=answer))
    assert made == Question("gsm8k/f/1", "Q?", expected)


@pytest.mark.parametrize("answer", ["It is 10.", "It is 10.\n####", "#### ten"])
def test_gsm8k_rows_without_a_number_are_refused(answer: str) -> None:
    with pytest.raises(RecordError, match="not a number"):
        make_gsm8k(record(question="Q?", answer=answer))


ORIGINAL = {
    "ID": "nluds-1",
    "Body": " Ann has 2 pears. ",
    "Question": "How many?",
    "Answer": "2 (pears)",
    "Solution-Type": "Sum",
}


def test_asdiv_reads_the_original_and_the_lines_alike() -> None:
    expected = Question("nluds-1", "Ann has 2 pears. How many?", "2", subject="Sum")
    assert make_asdiv(record(**ORIGINAL)) == expected
    lines = {"id": "nluds-1", "body": "Ann has 2 pears.", "question": "How many?"}
    lines |= {"answer": "2 (pears)", "solution_type": "Sum"}
    assert make_asdiv(record(**lines)) == expected
    whole = {"id": "nluds-1", "question": "Ann has 2 pears. How many?", "answer": "2"}
    assert make_asdiv(record(**whole, subject="Sum")) == expected


def test_asdiv_leaves_several_answers_out_unless_all_are_wanted() -> None:
    row = record(**ORIGINAL | {"Answer": "5 (years old); 15 (years old)"})
    assert make_asdiv(row) == LeftOut("several answers")
    assert make_whole_asdiv(row).answer == "5, 15"


@pytest.mark.parametrize("answer", ["3:30 p.m.", "Mrs. Hilt", "2/3", "(1, 2)"])
def test_asdiv_answers_without_a_unit_stay(answer: str) -> None:
    made = make_asdiv(record(**ORIGINAL | {"Answer": answer}))
    assert isinstance(made, Question)
    assert made.answer == answer


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"question": "Q ?", "result": "1_500", "result_float": 1500.0}, "1500"),
        ({"question": "Q ?", "result": "9/2"}, "9/2"),
        ({"input": "Q ?", "target": 43.0}, "43"),
        ({"input": "Q ?", "target": "43.0"}, "43"),
        ({"sQuestion": "Q ?", "lSolutions": [0.5], "iIndex": 4}, "0.5"),
    ],
)
def test_mawps_is_read_in_its_three_forms(fields: dict, answer: str) -> None:
    made = make_mawps(record(**fields))
    assert (made.question, made.answer) == ("Q ?", answer)


@pytest.mark.parametrize(
    "fields", [{"lSolutions": [1, 2]}, {"lSolutions": []}, {"target": "many"}, {"target": ""}, {}]
)
def test_mawps_rows_without_one_number_are_refused(fields: dict) -> None:
    with pytest.raises(RecordError):
        make_mawps(record(question="Q?", **fields))
