"""Guaranteed: questions survive a round trip; what is malformed is named with file and row."""

import json
from pathlib import Path

import pytest

from polar.questions import Question, load_questions, save_questions

FIRST = Question("a", "What is 1 + 1?", "2", difficulty=1, split="train")
SECOND = Question("b", "Which one?", "B", subject="law", options=("no", "yes"))


def test_saved_questions_load_equal(tmp_path: Path) -> None:
    path = tmp_path / "new" / "questions.jsonl"
    save_questions(path, [FIRST, SECOND])
    assert load_questions(path) == [FIRST, SECOND]
    assert [child.name for child in path.parent.iterdir()] == ["questions.jsonl"]


def row(**changes: object) -> str:
    return json.dumps({"id": "a", "question": "Q?", "answer": "1"} | changes)


@pytest.mark.parametrize(
    ("second_line", "message"),
    [
        ("{", "row 2: not JSON"),
        ("[]", "row 2: expected an object with id, question, answer"),
        (row(answer=3), "row 2: field 'answer'"),
        (row(question=" "), "row 2: field 'question'"),
        (row(id="x", difficulty="hard"), "row 2: field 'difficulty'"),
        (row(id="x", difficulty=True), "row 2: field 'difficulty'"),
        (row(id="x", options="AB"), "row 2: field 'options'"),
        (row(id="x", options=["A", 3]), "row 2: field 'options' must hold texts only"),
        (row(id="x", options=["no", "yes"]), "row 2: the answer '1' is not the letter of one of"),
        (row(id="x", options=["no", "yes"], answer="C"), "the answer 'C' is not the letter of one"),
        (row(id="x", options=["no"] * 11, answer="A"), "row 2: 11 options, 10 at most"),
        (row(id="x", question="half \ud83d"), "row 2: field 'question' holds half of a character"),
        ("[" * 200_000, "row 2: not JSON"),
        (row(), "id 'a' stands twice"),
    ],
)
def test_a_malformed_row_is_named(tmp_path: Path, second_line: str, message: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(row() + "\n" + second_line + "\n")
    with pytest.raises(ValueError, match=message) as error:
        load_questions(path)
    assert str(path) in str(error.value)


def test_a_missing_and_an_empty_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no questions file at .*prepare_questions\.py"):
        load_questions(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(ValueError, match="holds no questions"):
        load_questions(tmp_path / "empty.jsonl")


def test_bytes_that_are_no_text_are_named_with_their_row(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(row().encode() + b'\n{"id": "\xff"}\n')
    with pytest.raises(ValueError, match="row 2: not UTF-8"):
        load_questions(path)
