"""Guaranteed: a report holds every candidate and draw, and overwrites no other."""

import json
from pathlib import Path

from mcts.samples import Sample
from polar.decode import Candidate
from polar.evaluate import Evaluation
from polar.outcomes import Outcome
from polar.program import parse_path
from polar.questions import Question
from polar.report import SCHEMA, build_report, write_report
from polar.report_shape import load_report
from polar.tables import format_report
from polar.versions import git_commit

FULL, SHORT = (0, 1, 2, 3), (0, 1, 2)


def make_report() -> dict:
    """Four test questions: the full path answers 2, the predictor's second candidate 1 more."""
    ids = [f"q{number}" for number in range(4)]
    valid = [(FULL,), (FULL, SHORT), (SHORT,), ()]
    samples = tuple(
        Sample(id, "What is 1 + 1?", "2", "test", float(FULL in paths), paths, ((0, 0, 0, 0),))
        for id, paths in zip(ids, valid, strict=True)
    )
    questions = [Question(id, "What is 1 + 1?", "2", difficulty=1) for id in ids]

    def run(path: tuple[int, ...], correct: bool, answer: str | None = "3") -> Outcome:
        return Outcome(path, correct, answer, f"The answer is {answer}.", "executed")

    full = {id: [run(FULL, FULL in paths)] for id, paths in zip(ids, valid, strict=True)}
    polar = {id: [*full[id], run(SHORT, id == "q2", None)] for id in ids}
    spread = {id: [run(SHORT, False), run(FULL, id == "q0")] for id in ids}
    candidates = [Candidate(parse_path(path, 4), log_prob)
                  for path, log_prob in ((FULL, -0.5), (SHORT, -1.5))]  # fmt: skip
    draws = {id: [run(FULL, id == "q0"), run(FULL, id == "q3")] for id in ids}
    results = {"full path": full, "polar": polar, "random 2": spread, "sampling 0.7": draws}
    return build_report(
        {"dtype": "float32"},
        {"1": questions},
        Evaluation(dict.fromkeys(ids, candidates), results, recalled=3),
        depth=4,
        searched={"1": samples},
    )


def test_every_candidate_stands_in_the_report_with_path_probability_answer_and_verdict() -> None:
    report = json.loads(json.dumps(make_report()))
    arms = report["questions"][2]["arms"]
    first, second = arms["polar"]
    assert (first["path"], first["log_prob"], first["answer"]) == ([0, 1, 2, 3], -0.5, "3")
    assert (second["correct"], second["response"]) == (True, "The answer is None.")
    assert [draw["correct"] for draw in report["questions"][3]["arms"]["sampling 0.7"]] == [
        False,
        True,
    ]


def test_a_report_says_how_it_came_about() -> None:
    report = make_report()
    assert report["schema"] == SCHEMA
    assert report["settings"] == {"dtype": "float32"}
    assert {"torch", "numpy", "accelerate", "safetensors"} <= set(report["versions"])
    assert "absent" not in report["versions"].values() and report["created"]
    assert report["recalled"] == 3
    assert report["verdicts"] == {"1": {"executed": 4 + 4 + 8}}


def test_the_table_of_a_report_has_a_count_beside_every_share(tmp_path: Path) -> None:
    path = write_report(tmp_path, make_report())
    table = format_report(load_report(path))
    lines = [" ".join(line.split()) for line in table.splitlines()]
    assert lines[0] == "difficulty 1, 4 test questions"
    assert "full path, pass@1 50.0% 2/4 4.0 4.0 0.0% 0/4" in lines
    assert "best found by search 75.0% 3/4 (8 executions)" in lines
    assert "PoLar, pass@1 50.0% 2/4 4.0 4.0 0.0% 0/4" in lines
    assert "PoLar, pass@2 75.0% 3/4" in lines
    assert "random, pass@2 25.0% 1/4" in lines
    assert "PoLar pass@1 minus full path: 95% interval +0.0 … +0.0 points" in lines
    assert "sampling τ=0.7, pass@1 25.0% 2/8 4.0 4.0 0.0% 0/8" in lines
    assert "sampling τ=0.7, pass@2 50.0% 2/4" in lines
    assert "sampling best τ, pass@2 50.0% 2/4 (τ=0.7)" in lines
    assert "valid paths of all splits that parse into programs: 100.0% 4/4" in lines
    assert "verdicts: 16 executed" in lines
    assert "unbiased" in table.splitlines()[-1]


def test_reports_of_one_second_have_names_of_their_own_sorted_as_they_came(tmp_path: Path) -> None:
    report = make_report()
    written = [write_report(tmp_path, report) for _ in range(11)]
    assert sorted(tmp_path.glob("report-*.json")) == written


def test_outside_a_checkout_there_is_no_commit(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("polar.versions.__file__", str(tmp_path / "versions.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_commit() is None
