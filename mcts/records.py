"""The lines of a journal: one execution each, and the settings in front."""

import hashlib
import json
import pathlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mcts.policies import SearchRule
from mcts.sealed_line import open_line, seal_line
from mcts.trace import Path

FORMAT = 4  # of a journal; a change of what a seed leads to, or of a verdict, counts as one
BEGINNING = b'{"settings":'  # of every journal


@dataclass(frozen=True)
class Record:
    """One execution: question `question` was run along `path` and answered `answer`.

    `asked` is the question's digest: its text and reference answer may not change under its id.
    `parent` is the place of the nearest executed ancestor among the question's executions, None
    for the full path.
    """

    question: str
    asked: str
    path: Path
    correct: bool
    answer: str | None
    response: str
    parent: int | None
    seconds: float


def search_settings(rule: SearchRule, *, seed: int, shared_seed: bool) -> dict[str, Any]:
    """The part of a journal's settings that fixes the search; add the model, the prompt, …"""
    return {
        "format": FORMAT,
        "depth": rule.depth,
        "rule": rule.constants(),
        "seed": seed,
        "shared_seed": shared_seed,
    }


def question_digest(question: str, answer: str) -> str:
    """What a verdict depends on besides the settings: the question's text and reference answer.

    >>> question_digest("What is 1 + 1?", "2")
    'adf563bff0d21122'
    """
    return hashlib.sha256(json.dumps([question, answer]).encode()).hexdigest()[:16]


def changed_question(question_id: str, path: pathlib.Path) -> str:
    """What to say where a recorded question had another text or answer than now."""
    return (
        f"{path}: question {question_id!r} had another text or reference answer when this was"
        " recorded: give the questions of then, or start anew in another folder"
    )


def normalise_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as they come back from JSON."""
    normal: dict[str, Any] = json.loads(json.dumps(settings, sort_keys=True))
    return normal


def describe_difference(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    """What differs between two settings, key by key; empty if nothing does.

    >>> ours = {"seed": 0, "rule": {"name": "paper"}}
    >>> describe_difference(ours, {"seed": 1, "rule": {"name": "random"}})
    'rule.name is paper here, random there; seed is 0 here, 1 there'
    """
    left, right = _flatten(normalise_settings(ours)), _flatten(normalise_settings(theirs))
    return "; ".join(
        f"{key} is {left.get(key, 'absent')} here, {right.get(key, 'absent')} there"
        for key in sorted(left.keys() | right.keys())
        if key not in left or key not in right or left[key] != right[key]
    )


def _flatten(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, dict) and value:
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def format_settings(settings: Mapping[str, Any]) -> bytes:
    """The first line of a journal."""
    return seal_line({"settings": normalise_settings(settings)})


def format_record(record: Record) -> bytes:
    """The line of one execution."""
    return seal_line(asdict(record))


def parse_settings(line: bytes) -> dict[str, Any]:
    """The settings in the first line of a journal; ValueError if it is something else."""
    if not line.startswith(BEGINNING):
        raise ValueError('the first line of a journal is {"settings": {…}}')
    settings: dict[str, Any] = open_line(line)["settings"]
    if not isinstance(settings, dict):
        raise ValueError("the settings in the first line are no object")
    return settings


def parse_record(line: bytes) -> Record:
    """The execution in a line; ValueError names the field that is missing or malformed."""
    value = open_line(line)
    checks = {
        "question": isinstance(value.get("question"), str),
        "asked": isinstance(value.get("asked"), str),
        "path": _is_path(value.get("path")),
        "correct": isinstance(value.get("correct"), bool),
        "answer": "answer" in value and isinstance(value["answer"], str | None),
        "response": isinstance(value.get("response"), str),
        "parent": "parent" in value and (value["parent"] is None or type(value["parent"]) is int),
        "seconds": type(value.get("seconds")) in (int, float),
    }
    for name, is_sound in checks.items():
        if not is_sound:
            raise ValueError(f"field {name!r} is missing or malformed")
    fields = {name: value[name] for name in checks}
    return Record(**{**fields, "path": tuple(value["path"])})


def _is_path(value: object) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(type(i) is int for i in value)
