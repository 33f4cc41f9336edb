"""The flags of a training and of its tracking, and the published ones that are not offered."""

import argparse
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from polar.track import TrackConfig
from polar.train_config import TrainConfig

MEANINGS = {
    "num_epochs": "passes over the training questions",
    "batch_size": "paths in a step; by question, the questions that have so many",
    "batch_by": "path: shuffled, as in the release; question: one forward for all paths of a "
    "question, a step is one question at least (with 1250 questions of 50 paths and batch_size 16 "
    "1250 steps an epoch, not 3907): many times as fast, validates slightly worse",
    "learning_rate": "of AdamW, after the warm-up",
    "lr_scheduler": "none, linear or cosine",
    "warmup_steps": "steps over which the learning rate rises",
    "optimizer_eps": "AdamW's epsilon",
    "weight_decay": "AdamW's weight decay",
    "grad_clip_norm": "largest norm of a step's gradient; 0: any",
    "use_amp": "bfloat16 autocast",
    "seed": "of weights, dropout and order",
    "no_validation": "keep the last epoch, not the best one",
    "nan_guard": "skip a step with a non-finite loss in place of stopping",
    "nan_lr_backoff": "after such a step multiply the learning rate by this; 0: leave it",
    "min_lr": "but not below this",
    "policy_mode": "polar, or polar_lenpref: weigh paths by exp(-beta * length)",
    "lenpref_beta": "that beta",
    "max_paths_per_sample": "valid paths taken of a question",
    "max_total_examples": "training paths in all",
    "max_val_examples": "validation paths in all",
    "drop_original_path_if_shorter_valid": "leave the full path out where a shorter one is valid",
    "keep_original_prob": "but keep it with this probability",
    "reweight_original_path_if_shorter_valid": "weigh the full path where a shorter one is valid",
    "original_path_weight": "by this",
    "per_sample_weight_normalize": "give every question the same total weight",
    "anti_original_lambda": "penalty on keeping layers where the full path is wrong",
    "polar_d_model": "width of the predictor",
    "polar_heads": "its attention heads",
    "polar_layers": "its transformer blocks",
    "polar_dropout": "its dropout",
}
REFUSED = {
    "--hf_cache_dir": "set HF_HOME in the environment: HF_HOME=DIR python run_polar.py …",
    "--eval_cache_breakdown": "leave it out: every report says which verdicts were searched and "
    "which executed (--trust_valid_cache)",
}


def add_train_arguments(group: argparse._ArgumentGroup) -> None:
    """One flag for every field of TrainConfig, named like it."""
    for field in fields(TrainConfig):
        flag, default, meaning = f"--{field.name}", field.default, MEANINGS[field.name]
        if default is False:
            group.add_argument(flag, action="store_true", help=meaning)
        else:
            kind = str if isinstance(default, str) else int if "int" in str(field.type) else float
            shown = "none" if default is None else default
            text = f"{meaning} (default: {shown})"
            group.add_argument(flag, default=default, type=kind, help=text)


def add_track_arguments(group: argparse._ArgumentGroup) -> None:
    """One flag for every field of TrackConfig; history.csv is written in any case."""
    add = group.add_argument
    add("--use_wandb", action="store_true", help="to Wandb (pip install wandb)")
    add("--wandb_project", default=TrackConfig.wandb_project, help="default: %(default)s")
    add("--wandb_run_name", help="default: the model and the run's directory")
    add("--wandb_entity", help="default: Wandb's own")
    add("--wandb_dir", type=Path, help="where Wandb keeps its files (default: Wandb's own)")
    add("--tensorboard", action="store_true", help="to TensorBoard (pip install tensorboard)")


def make_train_config(args: argparse.Namespace) -> TrainConfig:
    """The training that the flags ask for."""
    return TrainConfig(**{field.name: getattr(args, field.name) for field in fields(TrainConfig)})


def make_track_config(args: argparse.Namespace) -> TrackConfig:
    """The tracking that the flags ask for."""
    return TrackConfig(**{field.name: getattr(args, field.name) for field in fields(TrackConfig)})


def refuse_published(parser: argparse.ArgumentParser) -> None:
    """Answer the published flags that are not offered with the one line of `REFUSED`."""
    for flag in REFUSED:
        parser.add_argument(flag, action=_Refuse, nargs="?", help=argparse.SUPPRESS)


class _Refuse(argparse.Action):
    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        flag = self.option_strings[0]
        parser.exit(2, f"run_polar.py: {flag}: {REFUSED[flag]}\n")
