"""Run the paper's grid of learning rates, batch sizes and epochs; choose by validation loss.

python scripts/tune.py --model_path smollm2-135m --target_diff 1
"""

import argparse
import math
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from llm_depth_router.models import find_row, read_depth
from polar.command import run_command
from polar.encoder import default_encoder
from polar.launch import find_device
from polar.layout import run_directory
from polar.progress import encode_with_bar
from polar.searched import load_searched
from polar.train_config import TrainConfig
from polar.train_flags import MEANINGS
from polar.tune import (
    BATCH_SIZES,
    EPOCHS,
    LEARNING_RATES,
    Trial,
    choose_trials,
    format_trials,
    load_trials,
    make_grid,
    run_trials,
    write_trials,
)

EPILOG = """\
Trains on the stored token features of the train split, validates on the validation split, and
writes {save_dir}/{model_path}/diff-{N}-tune/trials.json after every trial. Started again, it goes
on where it stopped. Weights are not kept: train the chosen setting with run_polar.py.
"""


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line; what is not in the grid has the names and defaults of run_polar.py."""
    parser = argparse.ArgumentParser(
        description="Choose learning rate, batch size and epochs by validation loss.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--model_path", default="meta-llama/Llama-3.2-3B-Instruct", help="default: %(default)s")
    add("--target_diff", type=int, default=1, choices=range(1, 6), help="difficulty (default: 1)")
    add("--eval_all_diffs", action="store_true", help="tune one predictor for all difficulties")
    add("--data_root", type=Path, default="data", help="the samples' root (default: data)")
    add("--save_dir", type=Path, default="outputs", help="the runs' root (default: outputs)")
    add("--output", type=Path, help="where to write the trials instead")
    add("--release_split", action="store_true", help="split by position, as the release does")
    add("--encoder", help="question encoder: minilm, a folder or a hub id (default: the model's)")
    add("--device", help="default: cuda where there is one, else cpu")
    grid = parser.add_argument_group("grid (defaults: the paper's, App. D.2)")
    add = grid.add_argument
    add("--learning_rates", type=float, nargs="+", default=LEARNING_RATES, metavar="RATE",
        help=words(LEARNING_RATES))  # fmt: skip
    add("--batch_sizes", type=int, nargs="+", default=BATCH_SIZES, metavar="SIZE",
        help=f"in paths: {words(BATCH_SIZES)}")  # fmt: skip
    add("--epochs", type=int, nargs="+", default=EPOCHS, metavar="COUNT", help=words(EPOCHS))
    fixed = parser.add_argument_group("training, the same for every trial")
    add = fixed.add_argument
    for name, default in FIXED.items():
        flag, help_text = f"--{name}", f"{MEANINGS[name]} (default: {default})"
        if default is False:
            add(flag, action="store_true", help=MEANINGS[name])
        else:
            add(flag, type=type(default), default=default, help=help_text)
    return parser.parse_args(arguments)


FIXED = {
    name: getattr(TrainConfig(), name)
    for name in (
        *("seed", "batch_by", "policy_mode", "lenpref_beta", "max_paths_per_sample"),
        *("per_sample_weight_normalize", "drop_original_path_if_shorter_valid"),
        *("reweight_original_path_if_shorter_valid", "original_path_weight"),
        "anti_original_lambda",
    )
} | {"lr_scheduler": "cosine", "warmup_steps": 10}  # App. D.2


def words(values: Sequence[float]) -> str:
    """Numbers as they are typed behind a flag.

    >>> words((0.1, 3))
    '0.1 3'
    """
    return " ".join(f"{value:g}" for value in values)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 after one line that says what was wrong."""
    args = parse_arguments(arguments)
    return run_command("tune.py", lambda: tune(args), "interrupted; the same command goes on")


def tune(args: argparse.Namespace) -> None:
    """Run what is left of the grid, print the table and the command of the best trial."""
    find_row(args.model_path)
    device = find_device(args.device)
    depth = read_depth(args.model_path)
    base = TrainConfig(**{name: getattr(args, name) for name in FIXED})
    grid = make_grid(base, args.learning_rates, args.batch_sizes, args.epochs)
    difficulty = None if args.eval_all_diffs else args.target_diff
    difficulties = tuple(range(1, 6)) if difficulty is None else (difficulty,)
    data = load_searched(
        args.data_root, args.model_path, difficulties, depth, release_split=args.release_split
    )
    training, validation = data.all_of("train"), data.all_of("validation")
    encoder = args.encoder or default_encoder(args.model_path)
    settings = {
        "model": args.model_path,
        "encoder": encoder,
        "samples": data.digests,
        "train": {name: value for name, value in asdict(base).items() if name in FIXED},
    }
    if args.release_split:
        settings["release_split"] = True
    folder = run_directory(args.save_dir, args.model_path, difficulty, "tune")
    output = args.output or folder / "trials.json"
    found = load_trials(output, settings)
    known = choose_trials(found, grid)
    questions = [sample.question for sample in training + validation]
    features = encode_with_bar(questions, encoder, device, tqdm)

    def keep(trial: Trial) -> None:
        found.append(trial)
        write_trials(output, settings, found)

    with tqdm(total=sum(config.num_epochs for config in grid), unit="epoch", desc="tune") as bar:
        bar.update(sum(trial.num_epochs for trial in known))
        trials = run_trials(
            grid,
            training,
            validation,
            features,
            depth=depth,
            device=str(device),
            known=known,
            on_epoch=lambda row: bar.update(),
            on_trial=keep,
        )
    best = trials[0]
    print(f"{format_trials(trials)}\n\ntrials: {output}")
    if math.isinf(best.val_loss):
        raise FloatingPointError("every trial diverged: give smaller --learning_rates")
    print(f"best:\n{training_command(args, best)}")


def training_command(args: argparse.Namespace, best: Trial) -> str:
    """The command that trains and evaluates the best trial's predictor."""
    which = "--eval_all_diffs" if args.eval_all_diffs else f"--target_diff {args.target_diff}"
    chosen = {name: getattr(best, name) for name in ("learning_rate", "batch_size", "num_epochs")}
    chosen |= {name: getattr(args, name) for name in FIXED}
    words = ["--model_path", args.model_path, *which.split(), "--data_root", str(args.data_root)]
    words += ["--save_dir", str(args.save_dir)]
    words += ["--encoder", args.encoder] if args.encoder else []
    words += ["--release_split"] if args.release_split else []
    for name, value in chosen.items():
        if value != getattr(TrainConfig(), name):
            words += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    return f"python run_polar.py {shlex.join(words)}"


if __name__ == "__main__":
    sys.exit(main())
