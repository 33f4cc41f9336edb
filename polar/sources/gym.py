"""Tasks of reasoning-gym, an optional package that makes questions of itself."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from polar.questions import Question
from polar.sources.extras import import_extra
from polar.sources.records import BadRow, Item, Record, make_questions, read_text
from polar.splits import fold

# Easy tasks have few questions: this many rows are looked at for each question that is wanted.
ROWS_PER_QUESTION = 4


def generate(task: str, count: int, seed: int, settings: Mapping[str, Any]) -> Iterator[Item]:
    """Rows of one task until `count` different questions were among them, or the task runs dry.

    All come from one seed: item i of seed s is item i-1 of seed s+1, so neighbouring seeds share
    nearly all their questions. Raises ValueError for an unknown task or setting.
    """
    gym = import_extra("reasoning_gym", extra="reasoning-gym")
    try:
        data = gym.create_dataset(task, size=ROWS_PER_QUESTION * count, seed=seed, **settings)
    except (ValueError, TypeError, AssertionError) as error:
        raise ValueError(f"reasoning-gym cannot make task {task!r}: {error}") from error

    def make(record: Record) -> Question:
        return Question(
            id=f"reasoning-gym/{task}/{seed}/{record.default_id}",
            question=read_text(record.fields, "question"),
            answer=read_text(record.fields, "answer"),
            subject=task,
        )

    seen: set[str] = set()
    for item in make_questions(_number(data, task), make):
        yield item
        if isinstance(item.value, Question):
            seen.add(fold(item.value.question))
            if len(seen) == count:
                return


def _number(data: Any, task: str) -> Iterator[Record | BadRow]:
    for index in range(len(data)):
        yield Record(f"{task}, item {index}", str(index), data[index])


def parse_settings(text: str) -> dict[str, Any]:
    """The settings of a task, such as '{"min_terms": 2}'."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"--task_settings is not JSON ({error.msg}): {text}") from error
    if not isinstance(value, dict) or {"size", "seed"} & set(value):
        raise ValueError(
            f"--task_settings must be an object without size and seed, such as "
            f'{{"min_terms": 2}}, not {text}'
        )
    return value
