"""Guaranteed: every published flag reaches what it is about, not the parsed command line alone."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, is_dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
import torch

from polar.launch import Place
from polar.model import WEIGHTS

# flag → a value that is not its default (None: a switch)
CHANGED = {
    "model_path": "smollm2-135m",
    "data_root": "elsewhere",
    "save_dir": "elsewhere",
    "num_epochs": 3,
    "batch_size": 128,
    "learning_rate": 5e-4,
    "seed": 7,
    "no_validation": None,
    "policy_mode": "polar_lenpref",
    "max_paths_per_sample": 10,
    "max_total_examples": 1000,
    "max_val_examples": 1000,
    "polar_d_model": 64,
    "polar_heads": 8,
    "polar_layers": 1,
    "lenpref_beta": 0.5,
    "drop_original_path_if_shorter_valid": None,
    "keep_original_prob": 0.5,
    "reweight_original_path_if_shorter_valid": None,
    "original_path_weight": 0.3,
    "anti_original_lambda": 0.1,
    "per_sample_weight_normalize": None,
    "eval": None,
    "max_new_tokens": 7,
    "num_samples": 5,
    "eval_all_diffs": None,
    "target_diff": 2,
    "checkpoint_path": "theirs.pt",
    "trust_valid_cache": None,
    "seg_threshold": 0.4,
    "beam_size": 9,
    "top_k_ops": 3,
    "top_k_paths": 2,
    "len_penalty": 0.1,
    "use_wandb": None,
    "wandb_project": "mine",
    "wandb_run_name": "mine",
    "wandb_entity": "us",
    "wandb_dir": "logs",
    "delete_checkpoint_after_eval": None,
    "run_tag": "again",
    "lr_scheduler": "cosine",
    "warmup_steps": 10,
    "nan_guard": None,
    "nan_lr_backoff": 0.5,
    "min_lr": 1e-6,
    "grad_clip_norm": 1.0,
    "use_amp": None,
    "optimizer_eps": 1e-6,
    "weight_decay": 0.01,
}
NEEDS = {"nan_lr_backoff": ["--nan_guard"]}
STUBBED = (
    *("load_searched", "load_predictor", "choose_test"),
    *("known_outcomes", "build_report", "by_group", "check_model", "check_unseen", "print_data"),
    *("check_trained_as", "describe_checkpoint"),
)


@pytest.fixture
def watch(
    load_script: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[list[str]], list[object]]:
    """`watch(flags)` → what a run with these flags asks of the library, and the files it leaves."""
    module = load_script("run_polar.py")
    told: list[object] = []

    def tell(name: str, answer: Callable[..., Any]) -> Callable[..., Any]:
        def stub(*args: Any, **options: Any) -> Any:
            told.append((name, [plain(value) for value in args], plain(options)))
            return answer(*args, **options)

        return stub

    def store(directory: Path, *rest: object) -> MagicMock:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / WEIGHTS).touch()
        return fake()

    answers = {name: lambda *args, **options: fake() for name in STUBBED} | {
        "find_place": lambda device: Place(0, 1, torch.device("cpu")),
        "find_row": lambda name: None,
        "read_depth": lambda name: 28,
        "is_trained": lambda *args, **options: False,
        "hold_run": lambda directory: nullcontext(),
        "train_run": store,
        "run_evaluation": lambda *args: (fake(), {}),
        "describe_training": lambda *args: "",
        "describe_checkpoint": lambda path: {"checkpoint": str(path)},
        "write_report": lambda *args: "",
        "format_report": lambda report: "",
    }
    for name, answer in answers.items():
        monkeypatch.setattr(module, name, tell(name, answer))
    prompting = tell("choose_prompting", lambda *args, **options: None)
    monkeypatch.setattr("polar.eval_flags.choose_prompting", prompting)
    monkeypatch.setattr("polar.eval_flags.find_row", lambda name: None)
    monkeypatch.setattr("polar.track.find_spec", lambda name: SimpleNamespace())

    def run(flags: list[str]) -> list[object]:
        told.clear()
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        monkeypatch.chdir(folder)
        module.run(module.parse_arguments(flags))
        return [*told, sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))]

    return run


def fake() -> MagicMock:
    """Data, predictor or result: whatever is asked of it."""
    return MagicMock(digests={}, header={})


def plain(value: Any) -> Any:
    """What can be compared of an argument: not the parsed command line, and no stub."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, str | int | float | tuple | Path | None):
        return value
    return type(value).__name__


def test_the_same_flags_ask_the_same(watch: Callable[[list[str]], list[object]]) -> None:
    assert watch([]) == watch([])


@pytest.mark.parametrize("name", sorted(CHANGED))
def test_a_published_flag_changes_what_is_run(
    watch: Callable[[list[str]], list[object]], name: str
) -> None:
    needed, value = NEEDS.get(name, []), CHANGED[name]
    given = [f"--{name}"] if value is None else [f"--{name}", str(value)]
    assert watch([*needed, *given]) != watch(needed)
