"""Guaranteed: a predictor knows the questions it was trained on, however they are written, and they
are not tested unless its run splits by position."""

from pathlib import Path

import pytest

from polar.model import PolarPredictor, PredictorConfig
from polar.trained_on import count_trained, describe_seen, mark_questions

SIZES = PredictorConfig(depth=4, encoder_dim=8, d_model=8, heads=2)
RUN = {"samples": {"1": "abc", "2": "def"}, "release_split": False}


def test_a_question_is_known_however_it_is_spaced_and_by_eight_bytes() -> None:
    marks = mark_questions(["What is 1 + 1?", "what is 1+1 ?", "What is 2 + 2?"])
    assert len(marks) == 2
    assert {len(mark) for mark in marks} == {16}
    assert count_trained(marks, ["WHAT IS 1 +1?", "What is 3 + 3?"]) == 1
    assert count_trained(None, ["What is 1 + 1?"]) is None


def test_the_marks_travel_with_the_weights(tmp_path: Path) -> None:
    predictor = PolarPredictor(SIZES)
    for marks in (None, frozenset(), mark_questions(["a", "b"])):
        predictor.trained_on = marks
        predictor.save_weights(tmp_path / "p.safetensors")
        assert PolarPredictor.load_weights(tmp_path / "p.safetensors").trained_on == marks


def test_trained_questions_are_refused_unless_the_run_splits_by_position() -> None:
    marks = mark_questions(["a"])
    with pytest.raises(ValueError, match="trained on 1 of the 2 test questions"):
        describe_seen(marks, ["a", "b"], RUN, {1: "abc"}, release_split=False)
    with pytest.raises(ValueError, match="trained on 1 of the 2 test questions"):
        describe_seen(marks, ["a", "b"], None, {1: "abc"}, release_split=True)
    by_position = RUN | {"release_split": True}
    said = describe_seen(marks, ["a", "b"], by_position, {1: "abc"}, release_split=True)
    assert "trained on 1 of the 2 test questions" in said
    assert describe_seen(marks, ["b"], RUN, {1: "xyz"}, release_split=False) == ""


@pytest.mark.parametrize(
    ("run", "digests", "release_split", "is_told"),
    [
        (RUN, {1: "abc"}, False, False),
        (RUN, {1: "xyz"}, False, True),
        (RUN, {3: "abc"}, False, True),
        (RUN, {1: "abc"}, True, True),
        ({"samples": {"1": "abc"}}, {1: "abc"}, False, False),  # before there was a release split
        (None, {1: "abc"}, False, True),
    ],
)
def test_without_marks_the_runs_samples_and_split_must_be_the_same(
    run: dict | None, digests: dict, release_split: bool, is_told: bool
) -> None:
    said = describe_seen(None, ["a"], run, digests, release_split=release_split)
    assert ("no record" in said) is is_told
