"""Which questions a predictor was trained on, so that none of them is tested unnoticed."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from polar.splits import fold

MARK_HEX = 16  # 8 bytes of a question


def mark_questions(questions: Iterable[str]) -> frozenset[str]:
    """A short mark for each question; how it is spaced and capitalised does not count.

    >>> mark_questions(["What is 1 + 1?"]) == mark_questions(["what is 1+1 ?"])
    True
    """
    return frozenset(_mark(question) for question in questions)


def _mark(question: str) -> str:
    return hashlib.sha256(fold(question).encode()).hexdigest()[:MARK_HEX]


def count_trained(marks: Collection[str] | None, questions: Iterable[str]) -> int | None:
    """How many of the questions have one of the marks; None where there are no marks to ask."""
    return None if marks is None else sum(_mark(question) in marks for question in questions)


def describe_seen(
    marks: Collection[str] | None,
    questions: Sequence[str],
    run: Mapping[str, Any] | None,
    digests: Mapping[int, str],
    *,
    release_split: bool,
) -> str:
    """What is to say before the test `questions` are run; nothing where all are new.

    `run` is the config.json beside the checkpoint, `digests` and `release_split` are those of the
    samples at hand: they decide where a checkpoint has no marks. Raises ValueError where questions
    were trained on, unless the run splits by position, which shares some.
    """
    count = count_trained(marks, questions)
    if count is None:
        if run is not None and _is_same_split(run, digests, release_split):
            return ""
        return (
            "the checkpoint keeps no record of the questions it was trained on: "
            "some of the test questions may be among them"
        )
    if count == 0:
        return ""
    found = f"the predictor was trained on {count} of the {len(questions)} test questions"
    if run is not None and run.get("release_split", False):
        return f"{found}: its run splits by position"
    raise ValueError(
        f"{found}: give the samples file it was trained with, or one that leaves these questions "
        "out of the test split"
    )


def _is_same_split(run: Mapping[str, Any], digests: Mapping[int, str], release_split: bool) -> bool:
    known = run.get("samples", {})
    same = all(known.get(str(difficulty)) == digest for difficulty, digest in digests.items())
    return same and run.get("release_split", False) == release_split
