"""Guaranteed: the printed table comes from the file alone, and no report overwrites another."""

import json
from pathlib import Path

from polar.evaluate import ArmSummary, SearchSummary
from polar.metrics import Rate
from polar.questions import Question
from polar.report import build_report, format_report, git_commit, write_report
from polar.verify import Outcome


def make_report() -> dict:
    def arm(*rates: Rate) -> ArmSummary:
        return ArmSummary(4, list(rates), 3.5, 3.0, Rate(1, 8), Rate(3, 4), (-0.25, 0.5), {})

    wrong = Outcome((0, 1), False, "3", "The answer is 3.", "executed")
    right = Outcome((0,), True, "2", "The answer is 2.", "executed")
    return build_report(
        settings={"dtype": "float32"},
        search={
            "1": {
                "test": SearchSummary(4, 3, 2, 64, 9, 8, 1),
                "all": SearchSummary(16, 9, 7, 256, 40, 36, 5),
            }
        },
        summary={"1": {"full path": arm(Rate(2, 4)), "polar": arm(Rate(2, 4), Rate(3, 4)),
                       "random 2": arm(Rate(0, 4), Rate(1, 4))}},
        questions=[Question("q", "What is 1 + 1?", "2", difficulty=1)],
        results={"full path": {"q": [wrong]}, "polar": {"q": [wrong, right]}},
        log_probs={"q": [-0.5, -1.5]},
    )  # fmt: skip


def test_every_candidate_stands_in_the_report_with_path_probability_answer_and_verdict() -> None:
    report = json.loads(json.dumps(make_report()))
    first, second = report["questions"][0]["arms"]["polar"]
    assert (first["path"], first["log_prob"], first["answer"]) == ([0, 1], -0.5, "3")
    assert (second["correct"], second["response"]) == (True, "The answer is 2.")
    assert report["versions"]["torch"] and report["created"]


def test_the_table_has_a_count_beside_every_share(tmp_path: Path) -> None:
    path = write_report(tmp_path, make_report())
    table = format_report(json.loads(path.read_text()))
    lines = [" ".join(line.split()) for line in table.splitlines()]
    assert lines[0] == "difficulty 1, 4 test questions"
    assert "full path, pass@1 50.0% 2/4 3.5 3.0 12.5% 1/8" in lines
    assert "best found by search 75.0% 3/4 (64 executions)" in lines
    assert "PoLar, pass@2 75.0% 3/4" in lines
    assert "random, pass@2 25.0% 1/4" in lines
    assert "PoLar pass@1 minus full path: 95% interval -25.0 … +50.0 points" in lines
    assert lines[-1].endswith("90.0% 36/40")


def test_reports_of_one_second_have_names_of_their_own(tmp_path: Path) -> None:
    report = make_report()
    assert len({write_report(tmp_path, report) for _ in range(3)}) == 3


def test_outside_a_checkout_there_is_no_commit(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("polar.report.__file__", str(tmp_path / "report.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_commit() is None
