"""Guaranteed: options are lines A…J after the question, the answer is the letter of one of them."""

import pytest

from polar.sources.mmlu_pro import SUBJECTS, make_mmlu_pro
from polar.sources.records import Record, RecordError

ROW = {
    "question_id": 70,
    "question": "Which is even?",
    "options": ["3", "4 =\n2 + 2", "5"],
    "answer": "B",
    "answer_index": 1,
    "category": "math",
    "src": "ours",
}


def test_a_row_is_asked_with_its_options_as_lines() -> None:
    made = make_mmlu_pro(Record("f", "f/1", ROW))
    assert made.question == "Which is even?\nA. 3\nB. 4 = 2 + 2\nC. 5"
    assert (made.id, made.answer, made.subject) == ("mmlu-pro/70", "B", "math")
    assert made.options == ("3", "4 =\n2 + 2", "5")


def test_ten_options_reach_j_and_fillers_go() -> None:
    options = [str(number) for number in range(10)]
    made = make_mmlu_pro(Record("f", "f/1", ROW | {"options": options}))
    assert made.question.endswith("\nJ. 9")
    filled = make_mmlu_pro(Record("f", "f/1", ROW | {"options": ["1", "2", *["N/A"] * 8]}))
    assert filled.options == ("1", "2")


def test_there_are_fourteen_subjects() -> None:
    assert len(set(SUBJECTS)) == 14


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer": "D", "answer_index": 3}, "the answer 'D' is none of ABC"),
        ({"answer": "AB"}, "the answer 'AB' is none of ABC"),
        ({"answer_index": 2}, "the answer is B, but 'answer_index' is 2"),
        ({"options": ["1"]}, "there are 1 options"),
        ({"options": ["x"] * 11}, "there are 11 options"),
        ({"options": ["1", " "]}, "'B' is empty"),
        ({"options": "AB"}, "'options' is not a list of texts"),
        ({"category": "magic"}, "'magic' is none of the subjects"),
    ],
)
def test_a_malformed_row_says_what_is_wrong(change: dict, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        make_mmlu_pro(Record("f", "f/1", ROW | change))
