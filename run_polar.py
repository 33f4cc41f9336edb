"""Train the PoLar predictor on searched paths, and evaluate it by running its programs.

python run_polar.py --target_diff 1 --model_path smollm2-135m --data_root data
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

import torch
from tqdm import tqdm

from dart_math.grader import Grader
from llm_depth_router.models import (
    DTYPES,
    KNOWN_MODELS,
    cache_folder,
    find_row,
    load_model,
    read_depth,
)
from llm_depth_router.prompts import STYLES
from polar.arguments import positive_float, positive_int
from polar.arms import choose_arms, predict
from polar.decode import DecodeConfig
from polar.encoder import encode_questions
from polar.evaluate import choose_test, known_outcomes, run_arms
from polar.features import FeatureStore
from polar.launch import find_place
from polar.layout import run_directory
from polar.model import WEIGHTS, PolarPredictor
from polar.prompting import choose_dtype, choose_prompting
from polar.report import build_report, format_report, write_report
from polar.run import (
    CONFIG,
    STATE,
    RunIdentity,
    SearchedData,
    default_encoder,
    is_trained,
    load_predictor,
    load_searched,
    read_json,
    store_result,
)
from polar.train import train
from polar.train_config import TrainConfig
from polar.train_state import EpochRow
from polar.verify import Verifier, make_engine

EPILOG = """\
Samples are read from {data_root}/{model_path}/dart-math-diff-{N}/merged_mcts_samples.json; a run
lies in {save_dir}/{model_path}/diff-{N}[-{run_tag}]/. A run with the same training settings is
reused; every evaluation adds a report to it.
"""


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line; names and defaults are the published ones where it has them."""
    parser = argparse.ArgumentParser(
        description="Train the PoLar predictor on searched paths, and evaluate it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_run_arguments(parser)
    add_train_arguments(parser.add_argument_group("training"))
    add_eval_arguments(parser.add_argument_group("evaluation"))
    return parser.parse_args(arguments)


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
    add("--encoder", help="question encoder: minilm, a folder or a hub id (default: the model's)")
    add("--device", help="default: cuda where there is one, else cpu")
    add("--eval", action="store_true", help="do not train; evaluate the run's predictor")
    add("--checkpoint_path", type=Path, help="evaluate this predictor instead of the run's own")


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


MEANINGS = {
    "num_epochs": "passes over the training questions",
    "batch_size": "paths in a step; by question, the questions that have so many",
    "batch_by": "question: one forward serves all its paths; path: the release's way",
    "learning_rate": "of AdamW, after the warm-up",
    "lr_scheduler": "none, linear or cosine",
    "warmup_steps": "steps over which the learning rate rises",
    "optimizer_eps": "AdamW's epsilon",
    "weight_decay": "AdamW's weight decay",
    "grad_clip_norm": "largest norm of a step's gradient",
    "use_amp": "bfloat16 autocast",
    "seed": "of weights, dropout and order",
    "no_validation": "keep the last epoch, not the best one",
    "nan_guard": "skip a step with a non-finite loss in place of stopping",
    "nan_lr_backoff": "after such a step multiply the learning rate by this",
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


def add_eval_arguments(group: argparse._ArgumentGroup) -> None:
    """Decoding, and how candidates are verified."""
    add = group.add_argument
    add("--beam_size", type=int, default=5, help="default: 5")
    add("--top_k_paths", type=int, default=5, help="candidates per question (default: 5)")
    add("--top_k_ops", type=int, default=2, help="operations kept per segment (default: 2)")
    add("--seg_threshold", type=float, default=0.5, help="boundary threshold (default: 0.5)")
    add("--len_penalty", type=float, default=0.0, help="per executed layer (default: 0)")
    add(
        "--num_samples",
        type=positive_int,
        default=500,
        help="test questions at most (default: 500)",
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
    add("--max_new_tokens", type=positive_int, help="default: as in the search")
    add("--prompt_style", choices=STYLES, help="default: as in the search")
    add("--chat_template", action="store_true", default=None, help="default: as in the search")
    add("--cache_gb", type=positive_float, default=2.0, help="memory of running jobs (default: 2)")
    add(
        "--prefix_gb",
        type=positive_float,
        default=1.0,
        help="memory of shared prompt states (default: 1)",
    )
    add("--dtype", choices=DTYPES, help="default: as in the search")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 after one line that says what was wrong."""
    args = parse_arguments(arguments)
    try:
        run(args)
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"run_polar.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nrun_polar.py: interrupted; the same command goes on", file=sys.stderr)
        return 130
    return 0


def run(args: argparse.Namespace) -> None:
    """Train unless there is a predictor, then evaluate it."""
    config = TrainConfig(**{field.name: getattr(args, field.name) for field in fields(TrainConfig)})
    decode = DecodeConfig(
        args.beam_size, args.top_k_paths, args.top_k_ops, args.seg_threshold, args.len_penalty
    )
    find_row(args.model_path)
    difficulty = None if args.eval_all_diffs else args.target_diff
    directory = run_directory(args.save_dir, args.model_path, difficulty, args.run_tag)
    difficulties = tuple(range(1, 6)) if difficulty is None else (difficulty,)
    depth = read_depth(args.model_path)
    data = load_searched(args.data_root, args.model_path, difficulties, depth)
    print_data(data)
    if args.eval or args.checkpoint_path:
        if args.encoder:
            raise ValueError("--encoder is for training: a trained predictor names its own")
        predictor = load_predictor(args.checkpoint_path or directory, depth)
    else:
        predictor = train_or_reuse(args, config, directory, data, depth)
    evaluate(args, decode, directory, data, predictor)


def print_data(data: SearchedData) -> None:
    """How many questions stand where."""
    for difficulty, splits in data.splits.items():
        print(
            f"difficulty {difficulty}: {len(splits.train)} train, {len(splits.validation)} "
            f"validation, {len(splits.test)} test questions, {splits.duplicates} duplicates dropped"
        )


def train_or_reuse(
    args: argparse.Namespace, config: TrainConfig, directory: Path, data: SearchedData, depth: int
) -> PolarPredictor:
    """The run's predictor: trained now, or found as an earlier start left it."""
    encoder = args.encoder or default_encoder(args.model_path)
    identity = RunIdentity(args.model_path, encoder, depth, data.digests, config)
    if is_trained(directory, identity):
        print(f"{directory / WEIGHTS}: trained already, reused")
        return load_predictor(directory, depth)
    training, validation = data.all_of("train"), data.all_of("validation")
    device = find_place(args.device).device
    features = encode([sample.question for sample in training + validation], encoder, device)
    with tqdm(total=config.num_epochs, unit="epoch", desc="train") as bar:

        def show(row: EpochRow) -> None:
            bar.n = row.epoch
            validation = "" if row.val_loss is None else f", validation {row.val_loss:.3f}"
            bar.set_postfix_str(f"loss {row.train_loss:.3f}{validation}")

        result = train(
            training,
            validation,
            features,
            config,
            depth=depth,
            model=args.model_path,
            device=str(device),
            state_path=directory / STATE,
            on_epoch=show,
        )
    store_result(directory, result)
    counts = result.train_counts
    print(
        f"{directory / WEIGHTS}: epoch {result.best_epoch} of {len(result.history)}, from "
        f"{counts.examples} programs of {counts.samples - counts.samples_without_example} "
        f"questions ({counts.unparsable} of {counts.valid_paths} valid paths do not parse)"
    )
    return result.predictor


def encode(questions: Sequence[str], encoder: str, device: torch.device) -> FeatureStore:
    """Token features of the questions, stored in the cache folder."""
    with tqdm(total=len(set(questions)), unit="question", desc="encode") as bar:
        return encode_questions(
            questions,
            encoder,
            cache_folder() / "features",
            device=str(device),
            progress=bar.update,
        )


def evaluate(
    args: argparse.Namespace,
    decode: DecodeConfig,
    directory: Path,
    data: SearchedData,
    predictor: PolarPredictor,
) -> None:
    """Run the candidates of the test questions, print the table, add the report."""
    place = find_place(args.device)
    dtype = choose_dtype(args.dtype, data.header.get("dtype"), place.device)
    prompting = choose_prompting(
        find_row(args.model_path),
        style=args.prompt_style,
        chat_template=args.chat_template,
        max_new_tokens=args.max_new_tokens,
        searched=data.header.get("prompt"),
    )
    test = choose_test(data, args.num_samples)
    questions = [question for group in test.values() for question in group]
    features = encode(
        [question.question for question in questions], predictor.config.encoder, place.device
    )
    candidates = predict(predictor.to(place.device), questions, features, decode)
    arms = choose_arms(candidates, data.all_of("train"), predictor.config.depth, args.seed)
    known = known_outcomes(data.all_of("test")) if args.trust_valid_cache else {}
    loaded = load_model(args.model_path, dtype=dtype, device=place.device)
    with Grader() as grader, tqdm(unit="path", desc="evaluate") as bar:

        def show(count: int, total: int) -> None:
            bar.total = total
            bar.update(count)

        runner = make_engine(loaded, prompting, cache_gb=args.cache_gb, prefix_gb=args.prefix_gb)
        verifier = Verifier(runner, grader, loaded, prompting, questions)
        results = run_arms(arms, verifier, known, show)
    settings = {
        "run": read_json(directory / CONFIG) if (directory / CONFIG).exists() else None,
        "checkpoint": str(args.checkpoint_path or directory / WEIGHTS),
        "model": args.model_path,
        "samples": data.digests,
        "decode": asdict(decode),
        "prompt": prompting.describe(),
        "dtype": dtype,
        "device": str(place.device),
        "trust_valid_cache": args.trust_valid_cache,
    }
    report = build_report(settings, data, test, results, candidates, predictor.config.depth)
    path = write_report(directory, report)
    print(f"\n{format_report(report)}\n\nreport: {path}")


if __name__ == "__main__":
    sys.exit(main())
