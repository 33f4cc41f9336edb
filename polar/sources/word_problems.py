"""GSM8K, ASDiv and MAWPS: word problems whose answer is a number, as a rule."""

import re

from polar.questions import Question
from polar.sources.records import (
    LeftOut,
    Record,
    RecordError,
    find,
    format_number,
    make_id,
    read_optional,
    read_text,
)

NUMBER = re.compile(r"[-+]?\$?[\d,]*\.?\d+(?:/\d+)?%?")
SEVERAL_ANSWERS = "several answers"


def make_gsm8k(record: Record) -> Question:
    """A row of GSM8K: the answer stands behind `####`, or alone where only it was kept."""
    answer = read_text(record.fields, "answer")
    _, mark, last = answer.rpartition("####")
    if not NUMBER.fullmatch(last.strip()):
        expected = "behind #### there is" if mark else "there is no #### and the answer is"
        raise RecordError(f"{expected} {last.strip()!r:.40}, not a number")
    return Question(
        id=make_id("gsm8k", record, "id"),
        question=read_text(record.fields, "question"),
        answer=last.strip().replace(",", ""),
    )


def make_asdiv(record: Record) -> Question | LeftOut:
    """A row of ASDiv with a single answer (2,215 of the 2,305); others are left out."""
    if ";" in _read_asdiv_answer(record):
        return LeftOut(SEVERAL_ANSWERS)
    return make_whole_asdiv(record)


def make_whole_asdiv(record: Record) -> Question:
    """A row of ASDiv; several answers are separated by commas."""
    fields = record.fields
    question = read_text(fields, "Question", "question").strip()
    body = read_optional(fields, "Body", "body")
    parts = [strip_unit(part) for part in _read_asdiv_answer(record).split(";")]
    if not all(parts):
        raise RecordError("the answer is empty")
    return Question(
        id=make_id("asdiv", record, "ID", "id"),
        question=question if body is None else f"{body.strip()} {question}",
        answer=", ".join(parts),
        subject=read_optional(fields, "Solution-Type", "solution_type", "subject"),
    )


def _read_asdiv_answer(record: Record) -> str:
    return read_text(record.fields, "Answer", "answer")


def strip_unit(answer: str) -> str:
    """The answer without the unit in parentheses behind it.

    >>> strip_unit("9 (apples)"), strip_unit("3:30 p.m."), strip_unit("(1, 2)")
    ('9', '3:30 p.m.', '(1, 2)')
    """
    return re.sub(r"(?<=\S)\s*\([^()]*\)\s*$", "", answer).strip()


def make_mawps(record: Record) -> Question:
    """A row of MAWPS in any of three forms: Calc-MAWPS, one of the full set, the original JSON."""
    fields = record.fields
    return Question(
        id=make_id("mawps", record, "id"),
        question=read_text(fields, "question", "input", "sQuestion").strip(),
        answer=_read_mawps_answer(record),
        subject=read_optional(fields, "subject", "type"),
    )


def _read_mawps_answer(record: Record) -> str:
    solutions = find(record.fields, "lSolutions")
    if isinstance(solutions, list):
        if len(solutions) != 1 or type(solutions[0]) not in (int, float):
            raise RecordError(f"'lSolutions' is {solutions!r:.40}, not one number")
        return format_number(solutions[0])
    answer = read_text(record.fields, "result", "target", "answer", "result_float").strip()
    answer = re.sub(r"(?<=\d)[_,](?=\d{3})", "", answer)  # 1_500
    if not NUMBER.fullmatch(answer):
        raise RecordError(f"the answer {answer!r:.40} is not a number")
    return re.sub(r"\.0+$", "", answer)  # 43.0
