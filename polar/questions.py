"""Questions with reference answers, and the JSON lines file that holds them."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mcts.atomic import replace_file

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # which could move the cursor of a terminal
FIELDS = ("id", "question", "answer")
LETTERS = tuple("ABCDEFGHIJ")  # of the options


@dataclass(frozen=True)
class Question:
    """One question and its reference answer.

    `difficulty` is 1…5. `options` are the choices of a multiple-choice question, else empty: they
    also stand in the text of the question, as lines "A. …", and the answer is a letter.
    """

    id: str
    question: str
    answer: str
    difficulty: int | None = None
    split: str | None = None
    subject: str | None = None
    options: tuple[str, ...] = ()


def load_questions(path: Path) -> list[Question]:
    """Read a questions.jsonl file.

    Raises ValueError, with file and row, where the file is missing, empty or malformed, or an id
    recurs.
    """
    if not path.is_file():
        raise ValueError(f"no questions file at {path}: make one with scripts/prepare_questions.py")
    questions = []
    with path.open("rb") as lines:
        for row, line in enumerate(lines, start=1):
            if line.strip():
                questions.append(_parse_row(f"{path}, row {row}", line))
    if not questions:
        raise ValueError(f"{path} holds no questions")
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise ValueError(f"{path}: the id {question.id!r} stands twice; ids must be unique")
        seen.add(question.id)
    return questions


def choose_questions(path: Path, difficulty: int | None, limit: int | None) -> list[Question]:
    """The questions of one difficulty, or of all; those that name none count as of any.

    ValueError: there is none.
    """
    questions = load_questions(path)
    suits = (None, difficulty)
    chosen = [item for item in questions if difficulty is None or item.difficulty in suits][:limit]
    if not chosen:
        found = sorted({item.difficulty for item in questions if item.difficulty})
        raise ValueError(f"{path} has no question of difficulty {difficulty}; it has {found}")
    return chosen


def _parse_row(place: str, line: bytes) -> Question:
    try:
        row: Any = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{place}: not UTF-8 ({error.reason})") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{place}: not JSON ({error})") from error
    if not isinstance(row, dict):
        raise ValueError(f"{place}: expected an object with {', '.join(FIELDS)}")
    for name in FIELDS:
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise ValueError(f"{place}: field {name!r} must be a text that is not empty")
        try:
            row[name].encode()
        except UnicodeEncodeError as error:
            message = f"{place}: field {name!r} holds half of a character (a surrogate)"
            raise ValueError(message) from error
    for name, kind in (("difficulty", int), ("split", str), ("subject", str), ("options", list)):
        value = row.get(name)
        if value is not None and type(value) is not kind:
            raise ValueError(f"{place}: field {name!r} must be of type {kind.__name__}")
        if isinstance(value, str) and _CONTROL.search(value):
            raise ValueError(f"{place}: field {name!r} holds a control character")
    options = row.get("options") or ()
    if not all(isinstance(option, str) for option in options):
        raise ValueError(f"{place}: field 'options' must hold texts only")
    if len(options) > len(LETTERS):
        raise ValueError(f"{place}: {len(options)} options, {len(LETTERS)} at most can be lettered")
    if options and row["answer"] not in LETTERS[: len(options)]:
        raise ValueError(
            f"{place}: the answer {row['answer']!r:.40} is not the letter of one of the "
            f"{len(options)} options: A to {LETTERS[len(options) - 1]}"
        )
    return Question(
        id=row["id"],
        question=row["question"],
        answer=row["answer"],
        difficulty=row.get("difficulty"),
        split=row.get("split"),
        subject=row.get("subject"),
        options=tuple(options),
    )


def save_questions(path: Path, questions: Iterable[Question]) -> None:
    """Write `questions` as JSON lines, in one go or not at all."""
    with replace_file(path) as file:
        for question in questions:
            file.write(json.dumps(asdict(question)).encode() + b"\n")
