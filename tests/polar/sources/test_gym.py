"""Guaranteed: tasks of reasoning-gym give as many different questions as asked, from one seed."""

import sys
from types import SimpleNamespace

import pytest

from polar.questions import Question
from polar.sources.gym import generate, parse_settings
from polar.sources.records import BadRow


def install(monkeypatch, answers: list[object]) -> list[dict]:
    """A stand-in whose item i asks for i modulo the number of answers."""
    calls = []

    def create_dataset(task: str, **settings):
        if task != "toy":
            raise ValueError(f"Dataset '{task}' not registered")
        calls.append(settings)
        return [
            {"question": f"Q{i % len(answers)}?", "answer": answers[i % len(answers)]}
            for i in range(settings["size"])
        ]

    monkeypatch.setitem(
        sys.modules, "reasoning_gym", SimpleNamespace(create_dataset=create_dataset)
    )
    return calls


def test_it_stops_when_enough_different_questions_came(monkeypatch) -> None:
    calls = install(monkeypatch, ["0", "1", "2", "3", "4", "5"])
    items = [item.value for item in generate("toy", 3, 7, {"min_terms": 2})]
    assert items[1] == Question("reasoning-gym/toy/7/1", "Q1?", "1", subject="toy")
    assert len(items) == 3
    assert calls == [{"size": 12, "seed": 7, "min_terms": 2}]


def test_a_task_that_repeats_itself_ends(monkeypatch) -> None:
    install(monkeypatch, ["0", "1"])
    assert len(list(generate("toy", 3, 7, {}))) == 12


def test_an_item_without_an_answer_is_malformed(monkeypatch) -> None:
    install(monkeypatch, ["0", None])
    values = [item.value for item in generate("toy", 2, 7, {})]
    assert isinstance(values[1], BadRow)
    assert values[1].place == "toy, item 1"


def test_unknown_tasks_and_bad_settings_are_refused(monkeypatch) -> None:
    install(monkeypatch, ["0"])
    with pytest.raises(ValueError, match="cannot make task 'none': Dataset 'none' not registered"):
        list(generate("none", 1, 0, {}))
    assert parse_settings('{"min_terms": 2}') == {"min_terms": 2}
    for text in ("{", "[1]", '{"seed": 3}'):
        with pytest.raises(ValueError, match="--task_settings"):
            parse_settings(text)
