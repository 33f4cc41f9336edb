"""Guaranteed: every published flag works under its name or is refused with its replacement; the
training is tracked where asked; several processes train what one trains and one of them talks."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file

ROOT = Path(__file__).parent.parent.parent
FAST = ("--num_epochs", 2, "--batch_size", 64, "--num_samples", 1, "--top_k_paths", 1,
        "--max_new_tokens", 2)  # fmt: skip

# flag → its published default, as it would be typed (None: a switch, off), and our default
PUBLISHED = {
    "model_path": ("meta-llama/Llama-3.2-3B-Instruct", "meta-llama/Llama-3.2-3B-Instruct"),
    "data_root": ("./data", Path("data")),
    "save_dir": ("outputs", Path("outputs")),
    "num_epochs": (20, 20),
    "batch_size": (16, 16),
    "learning_rate": (1e-4, 1e-4),
    "seed": (42, 42),
    "no_validation": (None, False),
    "policy_mode": ("polar", "polar"),
    "max_paths_per_sample": (50, 50),
    "max_total_examples": (1000, None),
    "max_val_examples": (20000, 20000),
    "polar_d_model": (256, 256),
    "polar_heads": (4, 4),
    "polar_layers": (2, 2),
    "lenpref_beta": (0.05, 0.05),
    "drop_original_path_if_shorter_valid": (None, False),
    "keep_original_prob": (0.0, 0.0),
    "reweight_original_path_if_shorter_valid": (None, False),
    "original_path_weight": (1.0, 1.0),
    "anti_original_lambda": (0.0, 0.0),
    "per_sample_weight_normalize": (None, False),
    "eval": (None, False),
    "max_new_tokens": (50, None),
    "num_samples": (500, 500),
    "eval_all_diffs": (None, False),
    "target_diff": (1, 1),
    "checkpoint_path": ("x.pt", None),
    "trust_valid_cache": (None, False),
    "seg_threshold": (0.5, 0.5),
    "beam_size": (5, 5),
    "top_k_ops": (2, 2),
    "top_k_paths": (5, 5),
    "len_penalty": (0.0, 0.0),
    "use_wandb": (None, False),
    "wandb_project": ("mcts_reward_predictor", "polar"),
    "wandb_run_name": ("mine", None),
    "wandb_entity": ("us", None),
    "wandb_dir": ("logs", None),
    "delete_checkpoint_after_eval": (None, False),
    "run_tag": ("", ""),
    "lr_scheduler": ("none", "none"),
    "warmup_steps": (0, 0),
    "nan_guard": (None, False),
    "nan_lr_backoff": (0.0, 0.0),
    "min_lr": (0.0, 0.0),
    "grad_clip_norm": (0.0, 0.0),
    "use_amp": (None, False),
    "optimizer_eps": (1e-8, 1e-8),
    "weight_decay": (0.0, 0.0),
}


@pytest.fixture
def parse(load_script):
    return load_script("run_polar.py").parse_arguments


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_published_flag_works_under_its_name(parse, name: str) -> None:
    theirs, default = PUBLISHED[name]
    assert getattr(parse([]), name) == default
    given = parse([f"--{name}"] if theirs is None else [f"--{name}", str(theirs)])
    value = getattr(given, name)
    assert value is True if theirs is None else value == type(value)(theirs)


def test_the_published_switch_against_the_cache_is_our_default(parse) -> None:
    assert parse(["--trust_valid_cache", "--no_trust_valid_cache"]).trust_valid_cache is False


@pytest.mark.parametrize(
    ("flags", "instead"),
    [(["--hf_cache_dir", "x"], "HF_HOME"), (["--eval_cache_breakdown"], "--trust_valid_cache")],
)
def test_a_published_flag_that_is_not_offered_names_its_replacement(
    command, capsys, flags: list[str], instead: str
) -> None:
    assert command("run_polar.py", *flags) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"run_polar.py: {flags[0]}: ") and instead in line


@pytest.fixture
def polar(command, workspace):
    def run(*more: object) -> int:
        return command("run_polar.py", *flags(workspace), *more)

    return run


def flags(workspace) -> tuple[object, ...]:
    return ("--model_path", workspace.model, "--data_root", workspace.data, "--encoder",
            workspace.encoder, "--device", "cpu", *FAST)  # fmt: skip


def folder(workspace, name: str = "diff-1") -> Path:
    return workspace.root / "outputs" / "tiny-llama" / name


def test_the_predictor_is_deleted_after_the_evaluation_on_request(polar, workspace, capsys) -> None:
    workspace.write_samples()
    assert polar("--delete_checkpoint_after_eval") == 0
    names = {path.name.split("-")[0] for path in folder(workspace).iterdir()}
    assert names >= {"config.json", "history.csv", "report"}
    assert not {"predictor.safetensors", "training"} & names
    assert polar("--delete_checkpoint_after_eval", "--checkpoint_path", "x") == 2
    assert "leave out --checkpoint_path" in capsys.readouterr().err


@pytest.mark.parametrize(("flag", "name"), [("--use_wandb", "wandb"), ("--tensorboard", None)])
def test_a_missing_tracker_names_the_pip_command(
    polar, capsys, monkeypatch, flag: str, name: str | None
) -> None:
    monkeypatch.setattr("polar.track.find_spec", lambda name: None)
    assert polar(flag) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(f"pip install {name or 'tensorboard'}")


def test_sizes_that_cannot_be_are_refused_before_anything_is_encoded(
    polar, workspace, capsys, monkeypatch
) -> None:
    workspace.write_samples()
    monkeypatch.setattr("polar.run_training.encode_with_bar", lambda *_: pytest.fail("encoded"))
    assert polar("--polar_d_model", 255) == 2
    assert "d_model 255 is no multiple of heads 4" in capsys.readouterr().err


@pytest.mark.parametrize("without", [("--eval",), ("--checkpoint_path", "predictor.safetensors")])
def test_a_tracker_without_a_training_is_refused(polar, wandb, capsys, without) -> None:
    assert polar("--use_wandb", "--tensorboard", *without) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("leave out --use_wandb and --tensorboard")


@pytest.fixture
def wandb(monkeypatch) -> SimpleNamespace:
    """A wandb that keeps what it is told."""
    told = SimpleNamespace(inits=[], config={}, rows=[], finished=0)

    def finish() -> None:
        told.finished += 1

    def init(**options: object) -> SimpleNamespace:
        told.inits.append(options)
        log = lambda values, step: told.rows.append((step, values))  # noqa: E731
        return SimpleNamespace(log=log, finish=finish)

    module = ModuleType("wandb")
    module.init = init  # type: ignore[attr-defined]
    update = lambda values, **_: told.config.update(values)  # noqa: E731
    module.config = SimpleNamespace(update=update)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wandb", module)
    monkeypatch.setattr("polar.track.find_spec", lambda name: module)
    return told


def test_wandb_is_told_losses_validation_and_rate_of_every_epoch(polar, workspace, wandb) -> None:
    workspace.write_samples()
    options = ("--wandb_project", "p", "--wandb_entity", "e", "--wandb_dir", "w")
    assert polar("--use_wandb", *options, "--learning_rate", 1e-3) == 0
    assert wandb.inits == [
        {"project": "p", "entity": "e", "dir": Path("w"), "name": "tiny-llama/diff-1"}
    ]
    assert wandb.config["learning_rate"] == 1e-3
    assert [step for step, _ in wandb.rows] == [1, 2]
    assert wandb.finished == 1
    history = (folder(workspace) / "history.csv").read_text().splitlines()
    names, first = history[0].split(","), history[1].split(",")
    sent = {name: str(value) for name, value in wandb.rows[0][1].items()}
    assert {"train_loss", "val_loss", "learning_rate"} <= sent.keys()
    assert sent == {name: value for name, value in zip(names, first, strict=True) if name in sent}


def test_nothing_is_tracked_by_default(polar, workspace, wandb) -> None:
    workspace.write_samples()
    assert polar() == 0
    assert wandb.inits == [] and (folder(workspace) / "history.csv").exists()


def test_tensorboard_events_lie_in_the_runs_directory(polar, workspace) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    workspace.write_samples()
    assert polar("--tensorboard") == 0
    events = EventAccumulator(str(folder(workspace) / "tensorboard")).Reload()
    assert {"train_loss", "val_loss", "learning_rate"} <= set(events.Tags()["scalars"])
    assert [event.step for event in events.Scalars("val_loss")] == [1, 2]


def test_two_launched_processes_train_what_one_trains_and_one_of_them_talks(
    polar, workspace
) -> None:
    """Real processes, over gloo; without dropout the weights agree but for the order of sums."""
    workspace.write_samples()
    more = ("--polar_dropout", 0, "--polar_d_model", 16, "--optimizer_eps", 1e-3)
    launch = (
        "--multi_gpu --num_processes 2 --num_machines 1 --mixed_precision no --dynamo_backend no"
    )
    words = [ROOT / "run_polar.py", *flags(workspace), *more, "--run_tag", "two"]
    done = subprocess.run(
        [sys.executable, "-m", "accelerate.commands.launch", *launch.split(), *map(str, words)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        cwd=workspace.root, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("predictor.safetensors: epoch") == 1
    assert done.stdout.count("report: ") == 1
    assert len(list(folder(workspace, "diff-1-two").glob("report-*.json"))) == 1
    assert polar(*more) == 0
    weights = [
        load_file(folder(workspace, name) / "predictor.safetensors")
        for name in ("diff-1", "diff-1-two")
    ]
    torch.testing.assert_close(*weights, rtol=0, atol=1e-5)
    rows = [json.loads((folder(workspace, name) / "config.json").read_text())["train"]
            for name in ("diff-1", "diff-1-two")]  # fmt: skip
    assert rows[0] == rows[1]
