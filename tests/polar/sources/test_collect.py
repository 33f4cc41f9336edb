"""Guaranteed: the first of equal questions counts, and every other row is counted by its fate."""

import pytest

from polar.questions import Question
from polar.sources.collect import Wanted, collect
from polar.sources.records import BadRow, Item, LeftOut


def item(row: int, id: str, text: str, answer: str = "1", difficulty: int | None = None) -> Item:
    return Item(f"f, row {row}", Question(id, text, answer, difficulty=difficulty))


def test_repeats_are_dropped_whatever_their_case_and_spacing() -> None:
    rows = [item(1, "a", "What is 1+1?"), item(2, "b", " what is  1 + 1 ?\n"), item(3, "c", "Q?")]
    found = collect(rows, Wanted())
    assert [question.id for question in found.questions] == ["a", "c"]
    assert (found.rows, found.repeats, found.conflicts) == (3, 1, ())


def test_a_repeat_with_another_answer_is_named_once() -> None:
    rows = [item(1, "a", "Q?", "6"), item(2, "b", "Q?", "30"), item(3, "c", "Q?", "30")]
    assert collect(rows, Wanted()).conflicts == ("f, row 2: '30', but '6' in a",)


def test_kept_repeats_get_ids_of_their_own() -> None:
    rows = [item(1, "a", "Q?"), item(2, "a", "Q?"), item(3, "b", "Q?")]
    found = collect(rows, Wanted(keep_repeats=True))
    assert [question.id for question in found.questions] == ["a", "a#2", "a#3"]
    assert found.repeats == 2


def test_the_id_of_a_kept_repeat_belongs_to_no_other_row() -> None:
    rows = [item(1, "a#2", "R?"), item(2, "a", "Q?"), item(3, "a", "Q?"), item(4, "a#3", "S?")]
    found = collect(rows, Wanted(keep_repeats=True, skip_bad=True))
    ids = [question.id for question in found.questions]
    assert ids == ["a#2", "a", "a#3"]  # the third is the repeat
    assert [row.place for row in found.bad] == ["f, row 4"]


def test_one_id_for_two_questions_is_malformed_unless_ids_decide() -> None:
    rows = [item(1, "a", "Q?"), item(2, "a", "Q, as it were?")]
    with pytest.raises(ValueError, match="f, row 2: the id 'a' stands for another question too"):
        collect(rows, Wanted())
    found = collect(rows, Wanted(same_ids=True))
    assert [question.question for question in found.questions] == ["Q?"]
    assert found.repeats == 1


def test_a_question_of_two_difficulties_belongs_to_the_first_only() -> None:
    """Else it could stand in train of one difficulty and in test of the other."""
    rows = [item(1, "a", "Q?", difficulty=2), item(2, "b", "Q ?", difficulty=3)]
    rows.append(item(3, "c", "R?", difficulty=3))
    found = collect(rows, Wanted(difficulty=3))
    assert [question.id for question in found.questions] == ["c"]
    assert (found.rows, found.repeats, found.unneeded) == (3, 1, 1)


def test_malformed_rows_stop_or_are_listed() -> None:
    bad = BadRow("f, row 1", "is torn")
    rows = [Item(bad.place, bad), item(2, "a", "Q?"), Item("f, row 3", LeftOut("two answers"))]
    with pytest.raises(ValueError, match="f, row 1: is torn; correct it, or add --skip_bad"):
        collect(rows, Wanted())
    found = collect(rows, Wanted(skip_bad=True))
    assert (found.bad, found.left_out, found.unneeded) == ((bad,), {"two answers": 1}, 0)
    assert len(found.questions) == 1


def test_reading_stops_when_there_are_enough_of_the_wanted_difficulty() -> None:
    rows = iter([item(number, f"q{number}", f"Q{number}?", "1", 2) for number in range(9)])
    assert collect(rows, Wanted(difficulty=2, enough=3)).rows == 3
    following = next(rows).value
    assert isinstance(following, Question) and following.id == "q3"


def test_no_more_than_enough_are_kept_of_each_difficulty() -> None:
    rows = [item(number, f"q{number}", f"Q{number}?", "1", 1 + number % 2) for number in range(9)]
    found = collect(rows, Wanted(enough=2))
    assert [question.id for question in found.questions] == ["q0", "q1", "q2", "q3"]
    assert (found.rows, found.unneeded) == (9, 5)
