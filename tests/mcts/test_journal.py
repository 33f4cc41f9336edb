"""Guaranteed: what was appended is there after a crash; a torn last line is repaired; other
damage is reported with file and line; other settings are refused; a full disk loses nothing."""

import errno
import os
import pathlib
from dataclasses import replace

import pytest

from mcts.journal import open_journal
from mcts.journal_index import list_journals, read_journals
from mcts.records import (
    Record,
    format_record,
    format_settings,
    parse_record,
    search_settings,
)
from mcts.rules import make_rule

RULE = make_rule("paper", "skip", 4)
ASKED = {"a": "digest of a", "b": "digest of b"}
SETTINGS = {"model": "toy", **search_settings(RULE, seed=0, shared_seed=False)}


def record(question, *path, correct=False):
    return Record(question, ASKED[question], path, correct, None, "", None, 0.0)


A, B, C = record("a", 0, 1), record("b", 0, 1), record("a", 1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journals" / "rank-0.jsonl"


def write(path, *records, settings=SETTINGS):
    with open_journal(path, settings, ASKED) as journal:
        journal.append(list(records))
    return path


def test_appended_records_are_read_back_by_question(path):
    write(path, A, B)
    write(path, C)
    with open_journal(path, SETTINGS, ASKED) as journal:
        assert journal.index.read_all("a") == [A, C]
        assert journal.index.read_all("b") == [B]
        assert journal.index.read_all("c") == []


def test_the_first_line_holds_the_settings(path):
    write(path, A)
    assert path.read_bytes() == format_settings(SETTINGS) + format_record(A)


@pytest.mark.parametrize("num_bytes", [1, 20, 10_000])
def test_a_torn_last_line_is_cut_off_and_the_rest_kept(path, num_bytes):
    write(path, A)
    whole = path.read_bytes()
    long_line = format_record(replace(B, response="x" * 200_000))
    path.write_bytes(whole + long_line[:num_bytes])
    with open_journal(path, SETTINGS, ASKED) as journal:
        assert path.read_bytes() == whole
        assert journal.index.read_all("b") == []
        journal.append([B])
    assert path.read_bytes() == whole + format_record(B)


@pytest.mark.parametrize("torn", [b"", b"{", format_settings(SETTINGS)[:-1]])
def test_a_journal_killed_in_its_first_line_starts_anew(path, torn):
    path.parent.mkdir()
    path.write_bytes(torn)
    write(path, A)
    assert path.read_bytes() == format_settings(SETTINGS) + format_record(A)


def test_a_torn_line_longer_than_a_read_is_cut_off(path):
    write(path, A)
    whole = path.read_bytes()
    path.write_bytes(whole + b"x" * 300_000)
    open_journal(path, SETTINGS, ASKED).close()
    assert path.read_bytes() == whole


def test_a_reader_ignores_the_torn_line_of_another_process_and_leaves_it_alone(path):
    write(path, A)
    torn = path.read_bytes() + format_record(B)[:-1]
    path.write_bytes(torn)
    with open_journal(
        path.with_name("rank-1.jsonl"), SETTINGS, ASKED, list_journals(path.parent)
    ) as journal:
        assert journal.index.read_all("a") == [A]
        assert journal.index.read_all("b") == []
    assert path.read_bytes() == torn


FLIPPED = format_record(A).replace(b"false", b"true")


@pytest.mark.parametrize(
    "damage",
    [b"\n", b"not json\n", b"\xff\xfe\n", b"[]\n", b"\0\0\0\n", b"[" * 99_999 + b"\n", FLIPPED],
)
def test_damage_elsewhere_is_reported_with_file_and_line(path, damage):
    write(path, A)
    path.write_bytes(path.read_bytes() + damage + format_record(B))
    with pytest.raises(ValueError, match=r"rank-0.jsonl, line 3 is damaged: .* delete the line"):
        open_journal(path, SETTINGS, ASKED)


def test_a_damaged_first_line_is_reported(path):
    path.parent.mkdir()
    path.write_bytes(format_settings(SETTINGS).replace(b"toy", b"coy"))
    with pytest.raises(ValueError, match=r"rank-0.jsonl, line 1 is damaged"):
        open_journal(path, SETTINGS, ASKED)


@pytest.mark.parametrize("content", [format_record(A), b'{"theirs": [1, 2]}', b"notes\nmore notes"])
def test_a_file_of_something_else_is_refused_and_left_as_it_is(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"rank-0.jsonl is something else: move it"):
        open_journal(path, SETTINGS, ASKED)
    assert path.read_bytes() == content


def test_a_journal_of_other_settings_is_refused_with_the_difference_and_left_alone(path):
    write(path, A)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"seed is 0 here, 7 there\. Use the same settings, or"):
        open_journal(path, {**SETTINGS, "seed": 7}, ASKED)
    assert path.read_bytes() == before


def test_a_sibling_of_other_settings_is_refused(path):
    write(path, A, settings={**SETTINGS, "model": "other"})
    with pytest.raises(ValueError, match=r"rank-0.jsonl.*model is other here, toy there"):
        open_journal(path.with_name("rank-1.jsonl"), SETTINGS, ASKED, [path])


def test_a_question_that_has_changed_since_it_was_recorded_is_refused(path):
    write(path, A, B)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"rank-0.jsonl: question 'b' had another text or ref"):
        open_journal(path, SETTINGS, {**ASKED, "b": "another"})
    assert path.read_bytes() == before
    open_journal(path, SETTINGS, {"a": ASKED["a"], "new": "digest"}).close()


def test_journals_that_mean_different_questions_by_one_id_are_refused(path):
    write(path, A)
    write(path.with_name("rank-1.jsonl"), replace(A, asked="another"))
    with pytest.raises(ValueError, match=r"rank-1.jsonl: question 'a' had another text"):
        read_journals(list_journals(path.parent))


def test_every_journal_is_read_once_at_a_start(path, monkeypatch):
    write(path, A, B)
    write(path.with_name("rank-1.jsonl"), C)
    parsed = []
    monkeypatch.setattr(
        "mcts.journal_index.parse_record", lambda line: parsed.append(line) or parse_record(line)
    )
    open_journal(path, SETTINGS, ASKED, list_journals(path.parent)).close()
    assert len(parsed) == 3


def test_two_processes_cannot_have_one_journal(path):
    with (
        open_journal(path, SETTINGS, ASKED),
        pytest.raises(ValueError, match="another process writes"),
    ):
        open_journal(path, SETTINGS, ASKED)
    open_journal(path, SETTINGS, ASKED).close()


def test_executions_of_one_question_are_joined_over_journals_and_the_first_file_counts(path):
    right = record("a", 0, 1, correct=True)
    write(path, A)
    write(path.with_name("rank-1.jsonl"), right, C)
    index = read_journals(list_journals(path.parent))
    assert index.question_ids == ["a"]
    assert index.read_all("a") == [A, right, C]
    index.close()


def test_journals_without_settings_cannot_be_read(tmp_path):
    (tmp_path / "rank-0.jsonl").touch()
    with pytest.raises(ValueError, match="none of the journals has settings"):
        read_journals(list_journals(tmp_path))


class FullDisk:
    """Stands for os.write on a disk with `room` bytes left."""

    def __init__(self, room):
        self.room, self.write = room, os.write

    def __call__(self, descriptor, data):
        if self.room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = self.write(descriptor, bytes(data)[: self.room])
        self.room -= written
        return written


@pytest.mark.parametrize("room", [0, 1, 50])
def test_a_full_disk_is_a_clear_error_and_loses_nothing(path, monkeypatch, room):
    write(path, A)
    before = path.read_bytes()
    with open_journal(path, SETTINGS, ASKED) as journal:
        monkeypatch.setattr("mcts.line_file.os.write", FullDisk(room))
        with pytest.raises(
            OSError, match=r"No space left on device.*Make room, then start the same"
        ):
            journal.append([B])
        monkeypatch.undo()
    assert path.read_bytes() == before
    write(path, B)
    assert path.read_bytes() == before + format_record(B)


def test_a_full_disk_in_the_first_line_leaves_a_journal_that_can_be_opened(path, monkeypatch):
    monkeypatch.setattr("mcts.line_file.os.write", FullDisk(room=10))
    with pytest.raises(OSError, match="could not write to the journal"):
        open_journal(path, SETTINGS, ASKED)
    monkeypatch.undo()
    write(path, A)
    assert path.read_bytes() == format_settings(SETTINGS) + format_record(A)


def test_a_write_that_takes_only_a_part_is_continued(path, monkeypatch):
    write = os.write
    monkeypatch.setattr("mcts.line_file.os.write", lambda fd, data: write(fd, bytes(data)[:7]))
    with open_journal(path, SETTINGS, ASKED) as journal:
        journal.append([A, B])
    assert path.read_bytes() == format_settings(SETTINGS) + format_record(A) + format_record(B)


def test_an_append_is_on_the_disk_when_it_returns(path, monkeypatch):
    synced = []
    fsync = os.fsync
    with open_journal(path, SETTINGS, ASKED) as journal:
        monkeypatch.setattr(
            "mcts.line_file.os.fsync",
            lambda fd: (fsync(fd), synced.append(os.fstat(fd).st_size)),
        )
        journal.append([A, B])
        journal.append([])
    assert synced == [pathlib.Path(path).stat().st_size]
