"""Guaranteed: the command merges what it is given, says what it did, and ends with code 2 and one
line when it cannot."""

import importlib.util
import json
import pathlib

import pytest

from mcts.journal import open_journal
from mcts.lockstep import Finished, run_searches
from mcts.records import question_digest, search_settings
from mcts.rules import make_rule
from mcts.samples import load_samples
from mcts.sealed_line import open_line, seal_line

SCRIPT = pathlib.Path(__file__).parents[2] / "scripts" / "merge_samples.py"
spec = importlib.util.spec_from_file_location("merge_samples", SCRIPT)
merge_samples = importlib.util.module_from_spec(spec)
spec.loader.exec_module(merge_samples)

RULE = make_rule("random", "skip", 4, num_simulations=3)
ASKED = {f"q{n}": question_digest(f"Q{n}", "1") for n in range(2)}


class Evaluator:
    def __init__(self):
        self.pending = []

    def submit(self, question_id, path):
        self.pending.append(Finished(question_id, path, len(path) < 4, "1", "1", 0.0))

    def step(self):
        finished, self.pending = self.pending, []
        return finished


@pytest.fixture
def folder(tmp_path):
    """Journals of a search of two of three questions, in two processes."""
    for rank in range(2):
        settings = search_settings(RULE, seed=0, shared_seed=False)
        path = tmp_path / "journals" / f"rank-{rank}.jsonl"
        with open_journal(path, settings, ASKED) as journal:
            options = {"depth": 4, "rule": RULE, "seed": 0, "shared_seed": False, "width": 1}
            run_searches([f"q{rank}"], evaluator=Evaluator(), journal=journal, **options)
    write_questions(tmp_path / "two.jsonl", 2)
    write_questions(tmp_path / "three.jsonl", 3)
    return tmp_path


def write_questions(path, number):
    rows = [
        {"id": f"q{n}", "question": f"Q{n}", "answer": "1", "split": "train"} for n in range(number)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def run(*arguments):
    return merge_samples.main([str(argument) for argument in arguments])


def test_journals_are_merged(folder, capsys):
    output = folder / "merged.json"
    assert run(folder / "journals", "--questions", folder / "two.jsonl", "--output", output) == 0
    assert [sample.id for sample in load_samples(output, depth=4).samples] == ["q0", "q1"]
    assert (
        "2 questions, 2 solved, 0 by the full path; 4 valid and 2 invalid paths"
        in capsys.readouterr().out
    )


def test_a_file_with_more_than_the_searched_questions_is_cut_as_the_search_cut_it(folder, capsys):
    journals = folder / "journals"
    for journal in journals.glob("*.jsonl"):
        first, *lines = journal.read_bytes().splitlines(keepends=True)
        settings = open_line(first)["settings"] | {"difficulty": 3}
        journal.write_bytes(b"".join([seal_line({"settings": settings}), *lines]))
    questions, output = folder / "all.jsonl", folder / "m.json"
    rows = [("other", 1), ("q0", 3), ("q1", None), ("q2", 3), ("another", 5)]
    questions.write_text(
        "".join(
            json.dumps({"id": id, "question": id.upper(), "answer": "1", "difficulty": n}) + "\n"
            for id, n in rows
        )
    )
    arguments = [journals, "--questions", questions, "--output", output]
    assert run(*arguments) == 2
    assert "1 of 3 questions are not searched to the end (q2)" in capsys.readouterr().err
    assert run(*arguments, "--num_questions", 2) == 0
    assert [sample.id for sample in load_samples(output).samples] == ["q0", "q1"]


def test_missing_questions_are_refused_or_reported(folder, capsys):
    questions, output = folder / "three.jsonl", folder / "m.json"
    arguments = [folder / "journals", "--questions", questions, "--output", output]
    assert run(*arguments) == 2
    assert "1 of 3 questions are not searched to the end (q2)" in capsys.readouterr().err
    assert not output.exists()
    assert run(*arguments, "--allow_missing") == 0
    assert "not searched to the end, left out: 1 (q2)" in capsys.readouterr().out


def test_samples_files_are_imported(folder, capsys):
    rows = [{"question": "Q", "gt_ans": "1", "final_valid_transitions": [[0, 1]]}] * 2
    (folder / "theirs.json").write_text(json.dumps(rows))
    assert run(folder / "theirs.json", "--output", folder / "ours.json.gz", "--depth", 2) == 0
    assert len(load_samples(folder / "ours.json.gz").samples) == 2
    assert "found earlier in the same file, kept: 1 (1)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["journals"], "add --questions FILE.jsonl"),
        (["empty"], "holds no journals"),
        (["journals", "theirs.json"], "cannot be merged together"),
        (["theirs.json"], "theirs.json: it must hold an object or a list"),
        (["journals", "--questions", "nowhere.jsonl"], "nowhere.jsonl"),
        (["journals", "--depth", "4"], "--depth would change nothing"),
        (["theirs.json", "--output", "journals/z.jsonl"], "ends in .json or .json.gz"),
        (["theirs.json", "--allow_missing"], "--allow_missing would change nothing"),
        (
            ["theirs.json", "--seed", "3"],
            "--seed would change nothing here: it goes with --recheck",
        ),
    ],
)
def test_bad_input_is_one_line_and_code_2(folder, monkeypatch, capsys, inputs, message):
    monkeypatch.chdir(folder)
    (folder / "empty").mkdir()
    (folder / "theirs.json").write_text("3")
    assert run("--output", "out.json", *inputs) == 2
    error = capsys.readouterr().err
    assert message in error.splitlines()[-1] and error.count("merge_samples.py: ") == 1
    assert not (folder / "out.json").exists()
