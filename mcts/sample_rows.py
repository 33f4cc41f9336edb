"""One row of a samples file, as JSON and as a `Sample`: field aliases in, one form out."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcts.trace import Execution, Path, SearchTrace, full_path

SPLITS = ("train", "validation", "test")
ID_FIELDS = ("id", "query_id", "sample_id", "global_idx")
QUESTION_FIELDS = ("question", "sample_info.question")
ANSWER_FIELDS = (
    "gt_ans",
    "ground_truth",
    "answer",
    "sample_info.ground_truth",
    "sample_info.answer",
)
SCORE_FIELDS = ("initial_score", "initial_transition_metric", "evaluation_result.initial_score")


@dataclass(frozen=True)
class Sample:
    """A question and what a search found for it: one row of merged_mcts_samples.json."""

    id: str
    question: str
    answer: str
    split: str | None
    initial_score: float
    valid_paths: tuple[Path, ...]
    invalid_paths: tuple[Path, ...]
    trace: tuple[Execution, ...] = ()


def make_sample(
    id: str, question: str, answer: str, split: str | None, trace: SearchTrace
) -> Sample:
    """The sample of a finished search; its first execution is the full path."""
    return Sample(
        id=id,
        question=question,
        answer=answer,
        split=split,
        initial_score=float(trace.executions[0].correct),
        valid_paths=trace.valid_paths,
        invalid_paths=trace.invalid_paths,
        trace=trace.executions,
    )


def format_sample(sample: Sample) -> dict[str, Any]:
    """The row of a sample, under the published field names."""
    row: dict[str, Any] = {
        "id": sample.id,
        "question": sample.question,
        "gt_ans": sample.answer,
        "split": sample.split,
        "initial_score": sample.initial_score,
        "final_valid_transitions": sample.valid_paths,
        "final_invalid_transitions": sample.invalid_paths,
    }
    if sample.trace:
        row["trace"] = [vars(execution) for execution in sample.trace]
    return row


class RowError(ValueError):
    """A malformed row; the message names the field."""


def parse_sample(row: object, default_id: str, depth: int | None, *, keep_trace: bool) -> Sample:
    """A `Sample` from a row in any of the published forms; RowError names the malformed field.

    With `depth`, layers outside 0…depth-1 are errors. A row without an initial score has 1.0 if
    the full path is among the valid ones.
    """
    if not isinstance(row, dict):
        raise RowError(f"is {_kind(row)}, not an object")
    valid = _read_paths(row, "final_valid_transitions", depth)
    if valid is None:
        raise RowError("has no field final_valid_transitions")
    invalid = _read_paths(row, "final_invalid_transitions", depth) or ()
    return Sample(
        id=_read_text(row, ID_FIELDS, default=default_id),
        question=_read_text(row, QUESTION_FIELDS),
        answer=_read_text(row, ANSWER_FIELDS),
        split=_read_split(row),
        initial_score=_read_score(row, valid, depth),
        valid_paths=valid,
        invalid_paths=invalid,
        trace=_read_trace(row, depth) if keep_trace else (),
    )


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")


def _look_up(row: Mapping[str, Any], fields: tuple[str, ...]) -> tuple[str, Any] | None:
    """The first of the fields (`a.b`: field b of object a) that is there and not null."""
    for field in fields:
        value: Any = row
        for key in field.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            return field, value
    return None


def _read_text(row: Mapping[str, Any], fields: tuple[str, ...], default: str | None = None) -> str:
    found = _look_up(row, fields)
    if found is None:
        if default is None:
            raise RowError(f"has none of the fields {', '.join(fields)}")
        return default
    field, value = found
    if type(value) in (int, float):
        return str(value)
    if not isinstance(value, str):
        raise RowError(f"field {field} must be a text, not {_kind(value)}")
    if not value.strip():
        raise RowError(f"field {field} must be a text that is not empty")
    return value


def _read_split(row: Mapping[str, Any]) -> str | None:
    value = row.get("split")
    if value is None or value in SPLITS:
        return value
    raise RowError(f"field split is {value!r:.40}: it must be one of {', '.join(SPLITS)}")


def _read_score(row: Mapping[str, Any], valid: tuple[Path, ...], depth: int | None) -> float:
    found = _look_up(row, SCORE_FIELDS)
    if found is None:
        num_layers = depth or max((max(path) for path in valid), default=0) + 1
        return float(full_path(num_layers) in valid)
    field, value = found
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    raise RowError(f"field {field} must be a finite number, not {value!r:.40}")


def _read_paths(row: Mapping[str, Any], field: str, depth: int | None) -> tuple[Path, ...] | None:
    value = row.get(field)
    if value is None:
        return None
    if not isinstance(value, list):
        raise RowError(f"field {field} must be a list of paths, not {_kind(value)}")
    return tuple(
        _read_path(item["path"] if isinstance(item, dict) and "path" in item else item, depth)
        or _refuse_path(item, f"{field}[{index}]", depth)
        for index, item in enumerate(value)
    )


def _read_path(value: object, depth: int | None) -> Path | None:
    """The path, or None where `_refuse_path` has something to say."""
    if not isinstance(value, list) or not value or set(map(type, value)) != {int}:
        return None
    is_inside = min(value) >= 0 and (depth is None or max(value) < depth)
    return tuple(value) if is_inside else None


def _refuse_path(item: object, place: str, depth: int | None) -> Path:
    value = item.get("path") if isinstance(item, dict) else item
    if not isinstance(value, list):
        raise RowError(f"field {place} must be a list of layer indices, not {_kind(value)}")
    if not value:
        raise RowError(f"field {place} is an empty path")
    for layer in value:
        if type(layer) is not int:
            raise RowError(f"field {place} holds {layer!r}, which is not a layer index")
        if layer < 0 or (depth is not None and layer >= depth):
            last = "" if depth is None else str(depth - 1)
            raise RowError(f"field {place} has layer {layer}, outside 0…{last}")
    raise AssertionError(f"{place} is a sound path")


def _read_trace(row: Mapping[str, Any], depth: int | None) -> tuple[Execution, ...]:
    value = row.get("trace")
    if value is None:
        return ()
    if not isinstance(value, list):
        raise RowError(f"field trace must be a list, not {_kind(value)}")
    return tuple(
        _read_execution(item, f"trace[{index}]", depth, index) for index, item in enumerate(value)
    )


def _read_execution(value: object, place: str, depth: int | None, index: int) -> Execution:
    if not isinstance(value, dict):
        raise RowError(f"field {place} must be an object, not {_kind(value)}")
    path = value.get("path")
    parent = value.get("parent")
    checks = {
        "correct": isinstance(value.get("correct"), bool),
        "answer": isinstance(value.get("answer"), str | None),
        "parent": parent is None or (type(parent) is int and 0 <= parent < index),
        "visits": type(value.get("visits")) is int,
        "total_reward": type(value.get("total_reward")) in (int, float),
    }
    for name, is_sound in checks.items():
        if not is_sound:
            raise RowError(f"field {place}.{name} is missing or malformed")
    return Execution(
        path=_read_path(path, depth) or _refuse_path(path, f"{place}.path", depth),
        correct=value["correct"],
        answer=value.get("answer"),
        parent=parent,
        visits=value["visits"],
        total_reward=float(value["total_reward"]),
    )
