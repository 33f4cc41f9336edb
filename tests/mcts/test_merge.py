"""Guaranteed: a merged file depends on settings, verdicts and the question list alone; what is
missing is refused or reported; nothing is written in part."""

import json
import random
from dataclasses import replace
from types import SimpleNamespace

import pytest

from mcts.journal import open_journal
from mcts.journal_index import list_journals, read_journals
from mcts.merge import UnfinishedSearch, find_finished, merge_journals, name_some
from mcts.records import FORMAT, Record, question_digest, search_settings
from mcts.rules import make_rule
from mcts.samples import load_samples
from mcts.session import Session

RULE = make_rule("paper", "skip_loop", 6, num_simulations=10)
SETTINGS = {"model": "toy", **search_settings(RULE, seed=0, shared_seed=False)}
ASKED = {id: question_digest(f"Q {id}", "1") for id in [*"abcd", "other"]}
QUESTIONS = [SimpleNamespace(id=id, question=f"Q {id}", answer="1", split="test") for id in "abcd"]


def is_right(path):
    return 2 not in path


def records_of(id, is_right=is_right):
    """Every execution of a question's search, in order."""
    session = Session(id, RULE, seed=0, shared_seed=False, recorded={})
    records = []
    while session.proposal is not None:
        path, parent = session.proposal
        correct, seconds = is_right(path), random.random()
        record = Record(id, ASKED[id], path, correct, str(len(path)), "text", parent, seconds)
        records.append(record)
        session.advance(record)
    return records


def write(folder, name, records, settings=SETTINGS):
    with open_journal(folder / f"{name}.jsonl", settings, ASKED) as journal:
        journal.append(records)


def merge(folder, questions=QUESTIONS, name="merged.json", **options):
    report = merge_journals(list_journals(folder), questions, folder / name, **options)
    return report, folder / name


@pytest.fixture
def journals(tmp_path):
    for id in "abcd":
        write(tmp_path, "rank-0", records_of(id))
    return tmp_path


def test_samples_come_in_the_order_of_the_list_with_their_trace(journals):
    report, path = merge(journals, QUESTIONS[::-1])
    loaded = load_samples(path, depth=6)
    assert [sample.id for sample in loaded.samples] == ["d", "c", "b", "a"]
    for sample in loaded.samples:
        records = records_of(sample.id)
        assert (sample.question, sample.answer, sample.split) == (f"Q {sample.id}", "1", "test")
        assert sample.initial_score == 0.0
        assert sample.valid_paths == tuple(r.path for r in records if r.correct)
        assert sample.invalid_paths == tuple(r.path for r in records if not r.correct)
        found = [(e.path, e.correct, e.answer, e.parent) for e in sample.trace]
        assert found == [(r.path, r.correct, r.answer, r.parent) for r in records]
    assert loaded.header == {**json.loads(json.dumps(SETTINGS)), "counts": report.counts}
    assert report.counts["samples"] == 4
    assert report.counts["valid"] + report.counts["invalid"] == 40


def test_the_bytes_do_not_depend_on_how_executions_are_spread_over_journals(journals, tmp_path):
    expected = merge(journals)[1].read_bytes()
    spread, chance = tmp_path / "spread", random.Random(0)
    executions = [record for id in "dcba" for record in records_of(id)]
    for name in ("x", "y", "z"):
        write(spread, name, [])
    for record in executions:
        write(spread, chance.choice("xyz"), [record])
    report, path = merge(spread)
    assert path.read_bytes() == expected
    assert report.repeated == report.missing == report.strangers == []


def test_unfinished_questions_are_refused_and_nothing_is_written(tmp_path):
    begun = [record for id in "abcd" for record in records_of(id)[: 1 if id in "bd" else None]]
    write(tmp_path, "rank-0", begun)
    with pytest.raises(UnfinishedSearch, match=r"2 of 4 .* \(b, d\).*--allow_missing") as caught:
        merge(tmp_path)
    assert caught.value.missing == ["b", "d"]
    assert list(tmp_path.iterdir()) == [tmp_path / "rank-0.jsonl"]


def test_questions_that_nobody_began_are_named_before_anything_is_replayed(tmp_path, monkeypatch):
    write(tmp_path, "rank-0", records_of("a") + records_of("b")[:-1])
    monkeypatch.setattr("mcts.merge.resume", None)  # calling it would fail
    with pytest.raises(UnfinishedSearch, match=r"at least 2 of 4 .* \(c, d\)"):
        merge(tmp_path)


def test_unfinished_questions_are_left_out_on_request(tmp_path):
    write(tmp_path, "rank-0", records_of("a") + records_of("b")[:-1])
    report, path = merge(tmp_path, allow_missing=True)
    assert [sample.id for sample in load_samples(path).samples] == ["a"]
    assert report.missing == ["b", "c", "d"]


def test_repeated_executions_and_strangers_are_reported(journals):
    expected = merge(journals)[1].read_bytes()
    write(journals, "rank-1", [*records_of("b", lambda path: False)[:3], *records_of("other")])
    report, path = merge(journals)
    assert (report.repeated, report.strangers) == (["b"], ["other"])
    assert path.read_bytes() == expected  # the first journal counts


def test_recorded_executions_that_the_search_never_comes_to_are_counted(journals):
    expected = merge(journals)[1].read_bytes()
    strays = [replace(records_of("b")[1], path=path) for path in ((5, 5, 5), (4, 4, 4))]
    write(journals, "rank-1", strays)
    report, path = merge(journals)
    assert (report.unused, report.repeated) == ({"b": 2}, [])
    assert path.read_bytes() == expected


def test_an_execution_with_another_parent_is_reported_with_file_and_line(tmp_path):
    records = records_of("a")
    records[3] = replace(records[3], parent=9)
    write(tmp_path, "rank-0", records)
    message = r"rank-0.jsonl, line 5: this execution of question 'a' has another parent"
    with pytest.raises(ValueError, match=message):
        merge(tmp_path, QUESTIONS[:1])
    index = read_journals(list_journals(tmp_path))
    with pytest.raises(ValueError, match=message):
        find_finished(index, ["a"])
    index.close()


def test_journals_of_different_settings_are_refused_with_the_difference(journals):
    write(journals, "rank-1", records_of("a"), {**SETTINGS, "dtype": "bfloat16"})
    with pytest.raises(ValueError, match=r"rank-1.jsonl.*rank-0.jsonl.*dtype is bfloat16 here"):
        merge(journals)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, f"format 99, this version reads {FORMAT}"),
        ({"rule": None}, "no sound 'rule'"),
        ({"seed": "0"}, "no sound 'seed'"),
        ({"rule": {"name": "greedy"}}, "lack space, depth"),
    ],
)
def test_settings_that_name_no_search_are_refused(tmp_path, change, message):
    write(tmp_path, "rank-0", [], {**SETTINGS, **change})
    with pytest.raises(ValueError, match=message):
        merge(tmp_path)


def test_the_list_may_grow_and_shrink_but_not_change(journals):
    report, path = merge(journals, QUESTIONS[:2])
    assert [sample.id for sample in load_samples(path).samples] == ["a", "b"]
    assert report.strangers == ["c", "d"]
    changed = SimpleNamespace(id="b", question="Q b", answer="2", split="test")
    with pytest.raises(ValueError, match="question 'b' had another text or reference answer"):
        merge(journals, [QUESTIONS[0], changed])


def test_a_question_listed_twice_is_refused(journals):
    with pytest.raises(ValueError, match="'a' is listed twice"):
        merge(journals, [*QUESTIONS, QUESTIONS[0]])


def test_a_compressed_output_holds_the_same(journals):
    plain, packed = merge(journals)[1], merge(journals, name="merged.json.gz")[1]
    assert load_samples(plain) == load_samples(packed)


def test_finished_questions_are_found_by_replay(tmp_path):
    write(tmp_path, "rank-0", records_of("a") + records_of("b")[:-1])
    write(tmp_path, "rank-1", records_of("c")[:4])
    write(tmp_path, "rank-2", records_of("c")[4:])
    index = read_journals(list_journals(tmp_path))
    assert find_finished(index, ["a", "b", "c", "d"]) == {"a": True, "c": False}
    assert find_finished(index, ["a", "b"]) == {"a": True}
    index.close()


def test_long_lists_are_cut_short():
    assert name_some([str(n) for n in range(12)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"
