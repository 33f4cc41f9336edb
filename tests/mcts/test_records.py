"""Guaranteed: a record survives its line; settings are compared as they come back from JSON."""

import pytest

from mcts.records import (
    Record,
    describe_difference,
    format_record,
    format_settings,
    parse_record,
    parse_settings,
    search_settings,
)
from mcts.rules import make_rule
from mcts.sealed_line import open_line, seal_line

RECORD = Record("q1", "digest", (0, 2, 2), True, "7", "The answer is 7.\n\ud800°", None, 0.25)


def test_a_record_round_trips_in_one_line():
    line = format_record(RECORD)
    assert parse_record(line) == RECORD
    assert line.count(b"\n") == 1 and line.endswith(b"\n")


def test_the_line_holds_the_named_fields():
    assert open_line(format_record(RECORD)) == {
        "question": "q1",
        "asked": "digest",
        "path": [0, 2, 2],
        "correct": True,
        "answer": "7",
        "response": "The answer is 7.\n\ud800°",
        "parent": None,
        "seconds": 0.25,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("question", 3),
        ("asked", None),
        ("path", []),
        ("path", [0, True]),
        ("path", "0,1"),
        ("correct", 1),
        ("answer", 7),
        ("response", None),
        ("parent", "0"),
        ("seconds", "fast"),
    ],
)
def test_a_malformed_field_is_named(field, value):
    line = seal_line({**open_line(format_record(RECORD)), field: value})
    with pytest.raises(ValueError, match=f"field '{field}'"):
        parse_record(line)


@pytest.mark.parametrize("field", ["question", "path", "correct", "answer", "parent", "seconds"])
def test_a_missing_field_is_named(field):
    row = open_line(format_record(RECORD))
    del row[field]
    with pytest.raises(ValueError, match=f"field '{field}'"):
        parse_record(seal_line(row))


def test_settings_round_trip_and_do_not_depend_on_the_order_of_keys():
    settings = {
        "model": "m",
        **search_settings(make_rule("paper", "skip", 8), seed=1, shared_seed=False),
    }
    assert describe_difference(parse_settings(format_settings(settings)), settings) == ""
    assert format_settings(settings) == format_settings(dict(reversed(settings.items())))


def test_only_what_differs_is_described():
    ours = search_settings(make_rule("paper", "skip", 8), seed=0, shared_seed=False)
    theirs = search_settings(make_rule("paper", "loop", 8), seed=0, shared_seed=False)
    assert describe_difference({**ours, "dtype": "float32"}, theirs) == (
        "dtype is float32 here, absent there; rule.space is skip here, loop there"
    )


@pytest.mark.parametrize("line", [b"[]", seal_line({"settings": 3}), b'{"question": "q"}\n'])
def test_a_first_line_without_settings_is_refused(line):
    with pytest.raises(ValueError, match="first line"):
        parse_settings(line)
