"""MATH, original and as JSON lines, and DART-Math, whose questions and levels are those of MATH."""

import re

from dart_math.boxes import complete_boxes
from polar.questions import Question
from polar.sources.records import (
    Record,
    RecordError,
    find,
    make_id,
    read_level,
    read_optional,
    read_text,
)

# The pool also holds 1.6 million responses, which are not read.
DART_COLUMNS = ("query_id", "query", "gt_ans", "query_metadata", "domain")


def make_dart_math(record: Record) -> Question:
    """A row of dart-math-pool-math: one of many responses to a query of MATH-train."""
    fields = record.fields
    return Question(
        id=make_id("dart-math", record, "query_id", "id"),
        question=read_text(fields, "query", "question"),
        answer=read_text(fields, "gt_ans", "answer"),
        difficulty=read_level(fields, "query_metadata.level", "level"),
        subject=read_optional(fields, "domain", "subject"),
    )


def make_math(record: Record) -> Question:
    """A row of MATH: `problem`, `level`, `type` and `solution`, or with the answer given."""
    fields = record.fields
    return Question(
        id=make_id("math", record, "unique_id", "id"),
        question=read_text(fields, "problem", "question"),
        answer=_read_answer(record),
        difficulty=read_level(fields, "level"),
        subject=read_optional(fields, "type", "subject"),
    )


def _read_answer(record: Record) -> str:
    if find(record.fields, "answer") is not None:
        return read_text(record.fields, "answer")
    answer = last_box(read_text(record.fields, "solution", "answer"))
    if answer is None:
        raise RecordError(r"the solution holds no \boxed{…}")
    if not answer.strip():
        raise RecordError(r"the last \boxed{} of the solution is empty")
    return answer


def last_box(solution: str) -> str | None:
    r"""What the last box of a solution holds, untouched; `\boxed 2` is a box too.

    >>> last_box(r"$\boxed{1}$, so $x = \boxed{\frac{1}{2}}$."), last_box(r"it is $\boxed 2$.")
    ('\\frac{1}{2}', '2')
    """
    found = [(start, content) for start, _, content in complete_boxes(solution)]
    bare = re.finditer(r"\\boxed\s+([^\s{$][^$]*)", solution)
    found += [(match.start(), match[1].strip()) for match in bare]
    return max(found, default=(0, None), key=lambda box: box[0])[1]
