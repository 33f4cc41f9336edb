"""Guaranteed: the printed table comes from the file alone, and no report overwrites another."""

import json
from pathlib import Path

from mcts.samples import Sample
from polar.decode import Candidate
from polar.program import parse_path
from polar.questions import Question
from polar.report import build_report, format_report, git_commit, write_report
from polar.run import SearchedData
from polar.splits import Splits
from polar.verify import Outcome

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
    return build_report(
        settings={"dtype": "float32"},
        data=SearchedData({1: Splits((), (), samples)}, {}, {1: ""}),
        test={1: questions},
        results={"full path": full, "polar": polar, "random 2": spread},
        candidates=dict.fromkeys(ids, candidates),
        depth=4,
    )


def test_every_candidate_stands_in_the_report_with_path_probability_answer_and_verdict() -> None:
    report = json.loads(json.dumps(make_report()))
    first, second = report["questions"][2]["arms"]["polar"]
    assert (first["path"], first["log_prob"], first["answer"]) == ([0, 1, 2, 3], -0.5, "3")
    assert (second["correct"], second["response"]) == (True, "The answer is None.")
    assert report["versions"]["torch"] and report["created"]


def test_the_table_has_a_count_beside_every_share(tmp_path: Path) -> None:
    path = write_report(tmp_path, make_report())
    table = format_report(json.loads(path.read_text()))
    lines = [" ".join(line.split()) for line in table.splitlines()]
    assert lines[0] == "difficulty 1, 4 test questions"
    assert "full path, pass@1 50.0% 2/4 4.0 4.0 0.0% 0/4" in lines
    assert "best found by search 75.0% 3/4 (8 executions)" in lines
    assert "PoLar, pass@1 50.0% 2/4 4.0 4.0 50.0% 4/8" in lines
    assert "PoLar, pass@2 75.0% 3/4" in lines
    assert "random, pass@2 25.0% 1/4" in lines
    assert "PoLar pass@1 minus full path: 95% interval +0.0 … +0.0 points" in lines
    assert lines[-1].endswith("100.0% 4/4")


def test_reports_of_one_second_have_names_of_their_own(tmp_path: Path) -> None:
    report = make_report()
    assert len({write_report(tmp_path, report) for _ in range(3)}) == 3


def test_outside_a_checkout_there_is_no_commit(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("polar.report.__file__", str(tmp_path / "report.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_commit() is None
