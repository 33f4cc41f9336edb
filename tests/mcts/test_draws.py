"""Guaranteed: draws are there after a crash, and belong to one model, prompt and question."""

from dataclasses import asdict

import pytest

from mcts.draws import Draw, DrawsFile, read_draws
from mcts.sealed_line import seal_line

SETTINGS = {"rule": {"name": "sample", "temperature": 0.7}, "model": "toy", "seed": 0}
FIRST = Draw("q1", "abc", 0, True, "4", "It is 4.")
SECOND = Draw("q2", "def", 0, False, None, "Who knows?")


@pytest.fixture
def path(tmp_path):
    with DrawsFile(tmp_path / "draws.jsonl", SETTINGS) as file:
        assert file.recorded == []
        file.append([FIRST, SECOND])
    return tmp_path / "draws.jsonl"


def test_what_was_appended_is_read_back(path):
    assert read_draws(path) == (SETTINGS, [FIRST, SECOND])
    with DrawsFile(path, SETTINGS) as file:
        assert file.of_questions({"q2": "def", "q3": "ghi"}) == [SECOND]


def test_a_torn_last_line_is_cut_off(path):
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"question": "q3"')
    assert read_draws(path)[1] == [FIRST, SECOND]
    DrawsFile(path, SETTINGS).__exit__(None, None, None)
    assert path.read_bytes() == whole


def test_other_settings_are_refused_with_the_difference(path):
    with pytest.raises(ValueError, match="seed is 0 here, 1 there"):
        DrawsFile(path, {**SETTINGS, "seed": 1})
    DrawsFile(path, SETTINGS).__exit__(None, None, None)  # the refused one has let go of it


def test_a_question_that_has_changed_is_refused(path):
    with (
        DrawsFile(path, SETTINGS) as file,
        pytest.raises(ValueError, match="'q1' had another text or reference answer"),
    ):
        file.of_questions({"q1": "other"})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"not json\n", "line 4 is damaged: its checksum"),
        (seal_line({"question": "q1", "asked": "abc", "draw": "0"}), "field 'draw' is missing or"),
        (seal_line({**asdict(FIRST), "correct": False}), "draw 0 of 'q1' stands there twice"),
    ],
)
def test_damage_is_reported_with_its_line(path, line, message):
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(ValueError, match=message):
        read_draws(path)


def test_an_empty_file_is_no_file_of_draws(tmp_path):
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(ValueError, match="no settings in its first line"):
        read_draws(tmp_path / "empty.jsonl")


def test_the_journal_of_a_search_is_told_from_draws_before_its_lines_are_judged(tmp_path):
    settings = {**SETTINGS, "rule": {"name": "paper", "space": "skip"}}
    path = tmp_path / "journal.jsonl"
    path.write_bytes(seal_line({"settings": settings}) + seal_line({"question": "q1", "path": [0]}))
    with pytest.raises(ValueError, match=r"is no file of draws: give one of sample_answers\.py"):
        read_draws(path)
    with pytest.raises(ValueError, match=r"rule.name is paper here, sample there"):
        DrawsFile(path, SETTINGS)


@pytest.mark.parametrize("first", [{"question": "q1"}, {"settings": {"model": "toy"}}])
def test_other_json_lines_are_no_draws(tmp_path, first):
    (tmp_path / "other.jsonl").write_bytes(seal_line(first))
    with pytest.raises(ValueError, match="is no file of draws"):
        read_draws(tmp_path / "other.jsonl")


@pytest.mark.parametrize("content", [b'{"theirs": [1, 2]}', b'[\n {"a": 1}\n]'])
def test_a_file_of_something_else_is_refused_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "theirs.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is something else: move it"):
        DrawsFile(path, SETTINGS)
    assert path.read_bytes() == content
