"""Guaranteed: the benchmarks run, and their comparisons compare the same work."""

import json


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


def test_a_wrong_number_is_named(command, capsys) -> None:
    assert command("scripts/benchmark.py", "parse", "--num_paths", 0) == 2
    assert "--num_paths" in capsys.readouterr().err
