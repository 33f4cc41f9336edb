"""Guaranteed: the benchmarks run, and their comparisons compare the same work."""

import itertools
import json

import pytest

from benchmarks.grading import KINDS
from dart_math.symbolic import equal_symbolically


def test_the_parser_and_the_plain_recursion_agree(command, capsys) -> None:
    assert command("scripts/benchmark.py", "parse", "--num_paths", 20, "--depth", 12) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["agreeing"] == report["paths"] == 20
    assert 0 < report["parsable"] <= 20


def test_training_by_question_beats_encoding_every_batch_again(command, workspace, capsys) -> None:
    flags = ("--num_questions", 8, "--num_paths", 4, "--batch_size", 8, "--num_batches", 2)
    assert command("scripts/benchmark.py", "train", "--encoder", workspace.encoder, *flags) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["measured_batches"] == 2 and report["batches"] == 4 and report["paths"] == 32
    assert report["speedup"] == report["encode_per_batch_s"] / report["by_question_s"]
    assert report["speedup"] > 1 and report["peak_rss_mb"] > 0
    assert report["math_length"]["mean_tokens"] > report["mean_tokens"]


def test_measured_batches_are_scaled_to_the_epoch(command, workspace, capsys, monkeypatch) -> None:
    clock = itertools.cycle((3.0, 2.0, 0.5))  # seconds of one round: an arm after the other
    monkeypatch.setattr("benchmarks.train.arm_seconds", lambda arm, count: next(clock))
    flags = ("--num_questions", 8, "--num_paths", 4, "--batch_size", 8, "--num_batches", 2)
    assert command("scripts/benchmark.py", "train", "--encoder", workspace.encoder, *flags) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["encode_per_batch_s"], report["by_path_s"]) == (12, 8)  # 2 of 4 batches
    assert report["by_question_s"] == pytest.approx(4 / 3)  # 3 of 4, in two rounds
    assert (report["speedup"], report["speedup_by_path"]) == (pytest.approx(9), 1.5)


def test_a_wrong_number_is_named(command, capsys) -> None:
    assert command("scripts/benchmark.py", "parse", "--num_paths", 0) == 2
    assert "--num_paths" in capsys.readouterr().err


def test_the_grader_is_measured_on_its_own_pairs_and_on_files(command, capsys, tmp_path) -> None:
    questions, pairs = tmp_path / "questions.jsonl", tmp_path / "pairs.jsonl"
    questions.write_text("".join(json.dumps({"answer": str(n)}) + "\n" for n in range(9)))
    pairs.write_text(json.dumps({"prediction": "$1/2$", "reference": "0.5", "equal": True}) + "\n")
    files = ("--questions", questions, "--pairs", pairs)
    assert command("scripts/benchmark.py", "grading", "--num_pairs", 20, *files) == 0
    report = json.loads(capsys.readouterr().out)
    tiers = report["verdicts_per_second"]
    equal = {
        kind: rate["equal"]
        for tier in tiers.values()
        for kind, rate in tier.items()
        if kind != "mean"
    }
    assert {kind for kind, share in equal.items() if share < 1} == {
        "integers",
        "different",
        "different sets",
        "no solution",
        "powers beside sums",
    }
    assert equal["integers"] == 0.5
    rates = [rate for tier in tiers.values() for kind, rate in tier.items() if kind != "mean"]
    assert {rate["by_tier"] for rate in rates} == {1.0}
    assert all(tier["mean"] > 0 for tier in tiers.values())
    assert report["rewrites"]["equal_after_all"] == report["rewrites"]["equal"] == 1.0
    assert (report["rewrites"]["references"], report["rewrites"]["with_fewer_rewrites"]) == (9, 0)
    assert report["rewrites"]["tried"] == 9 * 10  # the first eight, a name and brackets
    assert report["public_pairs"]["agreeing"] == 1.0
    assert report["cross_pairs"] == report["cross_pairs"] | {"pairs": 9, "accepted": []}


@pytest.mark.parametrize("group", ["sets", "functions"])
def test_conditions_in_functions_are_told_to_be_beyond_comparison(group: str) -> None:
    for make in KINDS[group].values():
        equal, reason = equal_symbolically(*make(1001))
        assert equal or (reason == "conditions not comparable") == (group == "functions")


def test_a_row_of_answers_that_cannot_be_read_is_named(command, capsys, tmp_path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"answer": "5"}\n{"answer": 5}\n')
    assert (
        command("scripts/benchmark.py", "grading", "--num_pairs", 1, "--questions", questions) == 2
    )
    assert "row 2: no str 'answer'" in capsys.readouterr().err
