"""Guarantees of scripts/tune.py: a table and a best setting, an interrupted grid goes on, and bad
input is one line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

SMALL_GRID = ("--learning_rates", 1e-3, 1e-2, "--batch_sizes", 8, "--epochs", 1, 2)


def test_the_grid_is_run_printed_and_not_run_twice(
    command: Callable[..., int], workspace, capsys: pytest.CaptureFixture
) -> None:
    workspace.write_samples()
    arguments = (
        "--model_path", workspace.model, "--data_root", workspace.data,
        "--encoder", workspace.encoder, "--output", workspace.root / "trials.json",
    )  # fmt: skip
    assert command("scripts/tune.py", *arguments, *SMALL_GRID) == 0
    lines = capsys.readouterr().out.splitlines()
    table = [line.split() for line in lines[1:5]]
    assert {(row[0], row[2]) for row in table} == {
        ("0.001", "1"), ("0.001", "2"), ("0.01", "1"), ("0.01", "2"),
    }  # fmt: skip
    assert float(table[0][4]) == min(float(row[4]) for row in table)
    assert lines[-1].startswith(f"best: --learning_rate {table[0][0]} --batch_size 8")
    trials = (workspace.root / "trials.json").read_text()
    assert command("scripts/tune.py", *arguments, *SMALL_GRID) == 0
    assert (workspace.root / "trials.json").read_text() == trials
    assert len(json.loads(trials)["trials"]) == 4
    assert command("scripts/tune.py", *arguments, *SMALL_GRID, "--seed", 1) == 2
    assert "train.seed is 1 here, 42 there" in capsys.readouterr().err


def test_missing_samples_are_one_line(
    command: Callable[..., int], workspace, capsys: pytest.CaptureFixture, tmp_path: Path
) -> None:
    assert command("scripts/tune.py", "--model_path", workspace.model, "--data_root", tmp_path) == 2
    error = capsys.readouterr().err
    assert error.startswith("tune.py: no samples for difficulty 1: expected")
    assert len(error.splitlines()) == 1
