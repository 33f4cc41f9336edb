"""Guarantees of scripts/tune.py: a table and a best setting, an interrupted grid goes on, and bad
input is one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from polar.train import train as train_really

SMALL_GRID = ("--learning_rates", 1e-3, 1e-2, "--batch_sizes", 8, "--epochs", 1, 2)


def flags(workspace: Any) -> tuple[object, ...]:
    return (
        "--model_path", workspace.model, "--data_root", workspace.data,
        "--encoder", workspace.encoder, "--output", workspace.root / "trials.json",
    )  # fmt: skip


def test_the_grid_is_run_printed_and_not_run_twice(
    command: Callable[..., int], workspace, capsys: pytest.CaptureFixture
) -> None:
    workspace.write_samples()
    arguments = flags(workspace)
    assert command("scripts/tune.py", *arguments, *SMALL_GRID) == 0
    lines = capsys.readouterr().out.splitlines()
    table = [line.split() for line in lines[1:5]]
    assert {(row[0], row[2]) for row in table} == {
        ("0.001", "1"), ("0.001", "2"), ("0.01", "1"), ("0.01", "2"),
    }  # fmt: skip
    assert float(table[0][4]) == min(float(row[4]) for row in table)
    best = lines[-1]
    assert best.startswith(f"python run_polar.py --model_path {workspace.model} --target_diff 1 ")
    assert f" --learning_rate {table[0][0]} --batch_size 8 --num_epochs {table[0][2]} " in best
    assert " --lr_scheduler cosine --warmup_steps 10" in best  # which run_polar.py has not
    narrow = (*arguments, *SMALL_GRID, "--epochs", 1)
    assert command("scripts/tune.py", *narrow) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[2] for line in lines[1:3]} == {"1"} and not lines[3]
    trials = (workspace.root / "trials.json").read_text()
    assert command("scripts/tune.py", *arguments, *SMALL_GRID) == 0
    assert (workspace.root / "trials.json").read_text() == trials
    assert len(json.loads(trials)["trials"]) == 4
    assert command("scripts/tune.py", *arguments, *SMALL_GRID, "--seed", 1) == 2
    assert "train.seed is 1 here, 42 there" in capsys.readouterr().err


def test_a_grid_that_was_interrupted_goes_on_after_its_last_trial(
    load_script: Callable[[str], Any], workspace, capsys: pytest.CaptureFixture, monkeypatch
) -> None:
    workspace.write_samples()
    arguments = [*flags(workspace), *SMALL_GRID]
    tune = load_script("scripts/tune.py")
    trained: list[float] = []

    def train(*parts: Any, **options: Any) -> Any:
        if len(trained) == 2:
            raise KeyboardInterrupt
        trained.append(parts[3].learning_rate)
        return train_really(*parts, **options)

    monkeypatch.setattr("polar.tune.train", train)
    assert tune.main(list(map(str, arguments))) == 130
    assert "the same command goes on" in capsys.readouterr().err
    monkeypatch.setattr("polar.tune.train", train_really)
    done = json.loads((workspace.root / "trials.json").read_text())["trials"]
    assert tune.main(list(map(str, arguments))) == 0
    after = json.loads((workspace.root / "trials.json").read_text())["trials"]
    assert len(done) == 2 and after[:2] == done and len(after) == 4


def test_the_grid_runs_on_a_split_by_position(
    command: Callable[..., int], workspace, capsys: pytest.CaptureFixture
) -> None:
    workspace.write_samples()
    one = ("--learning_rates", 1e-3, "--batch_sizes", 8, "--epochs", 1)
    arguments = (*flags(workspace), *one)
    assert command("scripts/tune.py", *arguments, "--release_split") == 0
    assert " --release_split" in capsys.readouterr().out.splitlines()[-1]
    assert command("scripts/tune.py", *arguments) == 2
    assert "release_split is absent here, True there" in capsys.readouterr().err


def test_help_names_the_grid_and_every_default(
    command: Callable[..., int], capsys: pytest.CaptureFixture
) -> None:
    assert command("scripts/tune.py", "--help") == 0
    words = " ".join(capsys.readouterr().out.split())
    for text in (
        "0.0001 0.0003 0.0005 0.0008 0.001 0.003",
        "32 128 256",
        "3 10",
        "default: cosine",
    ):
        assert text in words


def test_missing_samples_are_one_line(
    command: Callable[..., int], workspace, capsys: pytest.CaptureFixture, tmp_path: Path
) -> None:
    assert command("scripts/tune.py", "--model_path", workspace.model, "--data_root", tmp_path) == 2
    error = capsys.readouterr().err
    assert error.startswith("tune.py: no samples for difficulty 1: expected")
    assert len(error.splitlines()) == 1
