"""Guaranteed: fields are found under any of their names, and what is no text or level is named."""

import pytest

from polar.questions import Question
from polar.sources.records import (
    BadRow,
    Item,
    Record,
    RecordError,
    find,
    format_number,
    make_questions,
    read_level,
    read_optional,
    read_text,
)


def test_a_field_is_found_by_its_own_name_before_a_dotted_path() -> None:
    fields = {"a.b": 1, "a": {"b": 2, "c": None}, "d": "x"}
    assert find(fields, "a.b") == 1
    assert find({"a": {"b": 2}}, "a.b") == 2
    assert find(fields, "a.c", "d") == "x"
    assert find(fields, "d.e") is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "has no field 'q'; it has q"),
        (" \n", "'q' is empty"),
        ([1], "must be a text or a number, not list"),
        (True, "must be a text or a number, not bool"),
        (float("nan"), "nan is not an answer"),
        ("half \ud83d", "half of a character"),
    ],
)
def test_what_is_no_text_is_refused_with_the_field(value: object, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        read_text({"q": value}, "q")


def test_an_optional_field_may_be_missing_or_blank_but_not_of_another_type() -> None:
    assert read_optional({"q": " "}, "q") is None
    assert read_optional({}, "q") is None
    with pytest.raises(RecordError, match="not dict"):
        read_optional({"q": {}}, "q")


def test_a_level_is_a_number_or_says_level() -> None:
    assert [read_level({"level": value}, "level") for value in (3, "3", "Level 3", 3.0)] == [3] * 4


@pytest.mark.parametrize("value", ["Level ?", "0", 6, "Level 12", -1])
def test_a_level_outside_one_to_five_is_refused(value: object) -> None:
    with pytest.raises(RecordError, match="not one of Level 1 to Level 5"):
        read_level({"level": value}, "level")


def test_numbers_are_written_without_a_needless_fraction_or_exponent() -> None:
    assert [format_number(n) for n in (43.0, -0.25, 10**6, 1e-05, -2.5e-07)] == [
        *("43", "-0.25", "1000000", "0.00001", "-0.00000025")
    ]
    assert format_number(1e300) == "1" + "0" * 300
    with pytest.raises(RecordError, match="thousands of digits"):
        format_number(10**5000)


def test_a_malformed_record_becomes_a_bad_row_and_the_others_go_on() -> None:
    def make(record: Record) -> Question:
        return Question(record.default_id, read_text(record.fields, "q"), "1")

    records = [Record("f, row 1", "f/1", {}), Record("f, row 2", "f/2", {"q": "Q?"})]
    assert list(make_questions(records, make)) == [
        Item("f, row 1", BadRow("f, row 1", "has no field 'q'; it has no fields at all")),
        Item("f, row 2", Question("f/2", "Q?", "1")),
    ]
