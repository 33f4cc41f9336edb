"""Guaranteed: the benchmarks run, and their comparisons compare the same work."""

import json


def test_the_parser_and_the_plain_recursion_agree(command, capsys) -> None:
    assert command("scripts/benchmark.py", "parse", "--num_paths", 20, "--depth", 12) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["agreeing"] == report["paths"] == 20
    assert 0 < report["parsable"] <= 20


def test_a_wrong_number_is_named(command, capsys) -> None:
    assert command("scripts/benchmark.py", "parse", "--num_paths", 0) == 2
    assert "--num_paths" in capsys.readouterr().err
