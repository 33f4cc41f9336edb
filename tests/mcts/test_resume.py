"""Guaranteed: a search that is killed again and again, or runs out of disk, on any number of
processes, ends in the same file, byte for byte, and runs no recorded execution again."""

import errno
import importlib.util
import os
import pathlib
import random
import subprocess
import sys
import time
from collections import Counter

import pytest

from mcts.journal import open_journal
from mcts.journal_index import list_journals, read_journals
from mcts.merge import merge_journals

WORKER = pathlib.Path(__file__).with_name("search_process.py")
spec = importlib.util.spec_from_file_location("search_process", WORKER)
worker = importlib.util.module_from_spec(spec)
spec.loader.exec_module(worker)

IDS = [question.id for question in worker.QUESTIONS]
NUM_KILLS = 20


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The merged file of one process that nobody disturbs."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    with open_journal(folder / "rank-0.jsonl", worker.SETTINGS, worker.ASKED) as journal:
        worker.search_questions(journal, IDS, worker.ToyEvaluator())
    return merged_bytes(folder)


def merged_bytes(journals):
    output = journals.parent / "merged.json"
    report = merge_journals(list_journals(journals), worker.QUESTIONS, output)
    assert report.repeated == [] and report.strangers == []
    return output.read_bytes()


def recorded_paths(journals):
    """How often each (question, path) stands in the journals, counting complete lines only."""
    if not any(path.stat().st_size for path in list_journals(journals)):
        return Counter()
    index = read_journals(list_journals(journals))
    records = [record for id in index.question_ids for record in index.read_all(id)]
    index.close()
    return Counter((record.question, record.path) for record in records)


def start_processes(folder, num_processes, seconds_per_step):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return [
        subprocess.Popen(
            [sys.executable, WORKER, folder, str(rank), str(num_processes), str(seconds_per_step)],
            env=environment,
        )
        for rank in range(num_processes)
    ]


@pytest.mark.parametrize("process_counts", [[1], [2], [3], [3, 1, 2]], ids=str)
def test_killed_at_20_random_moments_the_result_is_the_same(
    tmp_path, uninterrupted, process_counts
):
    chance = random.Random(str(process_counts))
    journals = tmp_path / "journals"
    journals.mkdir()
    num_killed = num_starts = 0
    while num_killed < NUM_KILLS:
        recorded = recorded_paths(journals)
        count = process_counts[num_starts % len(process_counts)]
        num_starts += 1
        num_killed += start_and_kill(tmp_path, count, chance)
        assert not {f"{id} {path}" for id, path in recorded} & take_submitted(tmp_path)
    assert 0 < len(recorded_paths(journals)) < len(IDS) * 30

    for process in start_processes(tmp_path, process_counts[-1], seconds_per_step=0.0):
        assert process.wait() == 0
    assert set(recorded_paths(journals).values()) == {1}
    assert merged_bytes(journals) == uninterrupted


def start_and_kill(folder, num_processes, chance):
    """Kill all processes at a random moment: mostly while they search, now and then earlier."""
    bytes_before = journal_bytes(folder)
    processes = start_processes(folder, num_processes, seconds_per_step=0.02)
    if chance.random() < 0.8:
        deadline = time.monotonic() + 30
        while journal_bytes(folder) < bytes_before + 1000:
            assert time.monotonic() < deadline, "nothing was recorded for 30 seconds"
            time.sleep(0.01)
    time.sleep(chance.random() * 0.15)
    num_killed = sum(process.poll() is None for process in processes)
    for process in processes:
        process.kill()
        process.wait()
    return num_killed


def journal_bytes(folder):
    return sum(path.stat().st_size for path in list_journals(folder / "journals"))


def take_submitted(folder):
    """The lines that the processes logged since the last call."""
    lines = set()
    for log in folder.glob("submitted-*"):
        lines |= set(log.read_text().splitlines())
        log.unlink()
    return lines


def test_a_finished_search_is_read_back_without_running_anything(tmp_path):
    with open_journal(tmp_path / "rank-0.jsonl", worker.SETTINGS, worker.ASKED) as journal:
        traces = worker.search_questions(journal, IDS[:4], worker.ToyEvaluator())
    evaluator = worker.ToyEvaluator()
    with open_journal(tmp_path / "rank-0.jsonl", worker.SETTINGS, worker.ASKED) as journal:
        assert worker.search_questions(journal, IDS[:4], evaluator) == traces
    assert evaluator.submitted == []


def test_a_disk_that_fills_up_again_and_again_loses_nothing(tmp_path, uninterrupted, monkeypatch):
    path, write, chance = tmp_path / "journals" / "rank-0.jsonl", os.write, random.Random(3)
    num_full = 0

    def write_while_there_is_room(descriptor, data):
        nonlocal room
        if room == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = write(descriptor, bytes(data)[:room])
        room -= written
        return written

    monkeypatch.setattr("mcts.line_file.os.write", write_while_there_is_room)
    while True:
        room = chance.randrange(30_000)
        try:
            with open_journal(path, worker.SETTINGS, worker.ASKED) as journal:
                worker.search_questions(journal, IDS, worker.ToyEvaluator())
                break
        except OSError as error:
            assert error.errno == errno.ENOSPC and "Make room" in str(error)
            num_full += 1
    assert num_full > 3
    assert set(recorded_paths(path.parent).values()) == {1}
    assert merged_bytes(path.parent) == uninterrupted
