"""The flags of run_polar.py that are neither of the training nor of decoding."""

import argparse
from pathlib import Path

from llm_depth_router.models import KNOWN_MODELS
from polar.arguments import positive_int


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """What the run is about, and where its files lie."""
    add = parser.add_argument
    add(
        "--model_path",
        default="meta-llama/Llama-3.2-3B-Instruct",
        help=f"hub id, folder, .gguf or {next(iter(KNOWN_MODELS))} (default: %(default)s)",
    )
    add("--target_diff", type=int, default=1, choices=range(1, 6), help="difficulty (default: 1)")
    add(
        "--eval_all_diffs",
        action="store_true",
        help="train one predictor on all five difficulties, report each and all",
    )
    add("--data_root", type=Path, default="data", help="the samples' root (default: data)")
    add("--save_dir", type=Path, default="outputs", help="the runs' root (default: outputs)")
    add("--run_tag", default="", help="tells runs of one difficulty apart")
    add(
        "--release_split",
        action="store_true",
        help="split by position, repeats and all, as the release does (default: by question)",
    )
    add("--encoder", help="question encoder: minilm, a folder or a hub id (default: the model's)")
    add("--device", help="default: cuda where there is one, else cpu")
    add("--eval", action="store_true", help="do not train; evaluate the run's predictor")
    add("--checkpoint_path", type=Path, help="evaluate this predictor instead of the run's own")
    add(
        "--delete_checkpoint_after_eval",
        action="store_true",
        help="keep the run's reports and history, not its predictor",
    )


def add_test_arguments(group: argparse._ArgumentGroup) -> None:
    """What is evaluated on, and whose word is taken."""
    add = group.add_argument
    add(
        "--num_samples",
        type=positive_int,
        default=500,
        help="test questions of a difficulty at most (default: 500)",
    )
    add(
        "--trust_valid_cache",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="take the search's verdicts where there are any (default: execute everything)",
    )
    add(
        "--no_trust_valid_cache",
        action="store_false",
        dest="trust_valid_cache",
        help=argparse.SUPPRESS,
    )
