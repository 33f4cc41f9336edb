"""Train the PoLar predictor on searched paths, and evaluate it by running its programs.

python run_polar.py --target_diff 1 --model_path smollm2-135m --data_root data
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import torch
from tqdm import tqdm

from llm_depth_router.models import (
    KNOWN_MODELS,
    cache_folder,
    find_row,
    load_model,
    read_depth,
)
from polar.arguments import positive_int
from polar.command import run_command
from polar.encoder import await_questions, encode_questions
from polar.eval_config import EvalConfig
from polar.eval_flags import add_eval_arguments, ask_prompting, make_eval_config
from polar.evaluate import (
    by_group,
    choose_test,
    describe_settings,
    evaluate_predictor,
    known_outcomes,
)
from polar.features import FeatureStore
from polar.launch import Place, find_place
from polar.layout import run_directory
from polar.model import WEIGHTS, PolarPredictor
from polar.overlap import Placed, measure_overlap
from polar.processes import Processes, accelerate_processes, leave_processes
from polar.prompting import choose_dtype
from polar.report import build_report, write_report
from polar.run import (
    CONFIG,
    HISTORY,
    STATE,
    RunIdentity,
    SearchedData,
    default_encoder,
    hold_run,
    is_trained,
    load_predictor,
    load_searched,
    read_json,
    store_result,
)
from polar.same_model import check_model
from polar.tables import format_report
from polar.track import TrackConfig, tracking
from polar.train import TrainResult, train
from polar.train_config import TrainConfig
from polar.train_flags import (
    add_track_arguments,
    add_train_arguments,
    make_track_config,
    make_train_config,
    refuse_published,
)
from polar.train_state import EpochRow
from polar.trained_on import count_trained, describe_seen

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
    add_track_arguments(parser.add_argument_group("tracking of the training (off by default)"))
    refuse_published(parser)
    evaluation = parser.add_argument_group("evaluation")
    add_test_arguments(evaluation)
    add_eval_arguments(evaluation, top_k_paths=5)
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 after one line that says what was wrong."""
    args = parse_arguments(arguments)
    return run_command("run_polar.py", lambda: run(args), "interrupted; the same command goes on")


def run(args: argparse.Namespace) -> None:
    """Train unless there is a predictor, then evaluate it."""
    config, track = make_train_config(args), make_track_config(args)
    track.check_installed()
    if args.delete_checkpoint_after_eval and args.checkpoint_path:
        raise ValueError(
            "--delete_checkpoint_after_eval deletes the run's own predictor: leave out "
            "--checkpoint_path"
        )
    place = find_place(args.device)
    eval_config = make_eval_config(args)
    find_row(args.model_path)
    difficulty = None if args.eval_all_diffs else args.target_diff
    directory = run_directory(args.save_dir, args.model_path, difficulty, args.run_tag)
    difficulties = tuple(range(1, 6)) if difficulty is None else (difficulty,)
    depth = read_depth(args.model_path)
    data = load_searched(
        args.data_root, args.model_path, difficulties, depth, release_split=args.release_split
    )
    if place.rank == 0:
        print_data(data, with_overlap=args.release_split)
    if args.eval or args.checkpoint_path:
        path = args.checkpoint_path or directory
        predictor = load_predictor(path, depth, encoder=args.encoder, heads=config.polar_heads)
    else:
        with hold_run(directory) if place.rank == 0 else nullcontext():
            predictor = train_or_reuse(args, place, track, config, directory, data, depth)
    if place.world > 1:
        leave_processes()
    if place.rank > 0:  # evaluation may take hours; nobody waits for it
        return
    check_model(predictor, args.model_path)
    check_unseen(args.checkpoint_path or directory, predictor, data, args.release_split)
    evaluate(args, place, eval_config, directory, data, predictor)
    if args.delete_checkpoint_after_eval:
        (directory / WEIGHTS).unlink()


def check_unseen(
    checkpoint: Path, predictor: PolarPredictor, data: SearchedData, release_split: bool
) -> None:
    """Refuse to test what the predictor was trained on, or say what is known about it."""
    path = (checkpoint if checkpoint.is_dir() else checkpoint.parent) / CONFIG
    said = describe_seen(
        predictor.trained_on,
        [sample.question for sample in data.all_of("test")],
        read_json(path) if path.exists() else None,
        data.digests,
        release_split=release_split,
    )
    if said:
        print(said)


def print_data(data: SearchedData, *, with_overlap: bool) -> None:
    """How many questions stand where; on request how many of a split also stand in another."""
    for difficulty, splits in data.splits.items():
        print(
            f"difficulty {difficulty}: {len(splits.train)} train, {len(splits.validation)} "
            f"validation, {len(splits.test)} test questions, {splits.duplicates} duplicates dropped"
        )
        if with_overlap:
            rows = (*splits.train, *splits.validation, *splits.test)
            placed = [Placed(row.question, str(row.split)) for row in rows]
            print(*measure_overlap(placed).describe(), sep="\n")


def train_or_reuse(
    args: argparse.Namespace,
    place: Place,
    track: TrackConfig,
    config: TrainConfig,
    directory: Path,
    data: SearchedData,
    depth: int,
) -> PolarPredictor:
    """The run's predictor: trained now, or found as an earlier start left it.

    Of several processes the first one encodes, stores and prints.
    """
    encoder = args.encoder or default_encoder(args.model_path)
    identity = RunIdentity(
        args.model_path, encoder, depth, data.digests, config, args.release_split
    )
    is_first = place.rank == 0
    if is_trained(directory, identity, claim=is_first):
        if is_first:
            print(f"{directory / WEIGHTS}: trained already, reused")
        return load_predictor(directory, depth)
    training, validation = data.all_of("train"), data.all_of("validation")
    questions = [sample.question for sample in training + validation]
    if is_first:
        features = encode(questions, encoder, place.device)
    else:
        features = await_questions(questions, encoder, cache_folder() / "features")
    with (
        tqdm(total=config.num_epochs, unit="epoch", desc="train", disable=not is_first) as bar,
        tracking(track if is_first else TrackConfig(), directory, asdict(config)) as log,
    ):

        def show(row: EpochRow) -> None:
            bar.n = row.epoch
            validation = "" if row.val_loss is None else f", validation {row.val_loss:.3f}"
            bar.set_postfix_str(f"loss {row.train_loss:.3f}{validation}")
            log(row)

        result = train(
            training,
            validation,
            features,
            config,
            depth=depth,
            model=args.model_path,
            device=str(place.device),
            processes=accelerate_processes() if place.world > 1 else Processes(),
            state_path=directory / STATE,
            history_path=directory / HISTORY,
            on_epoch=show,
        )
    if is_first:
        store_result(directory, result)
        print(describe_training(directory, result))
    return result.predictor


def describe_training(directory: Path, result: TrainResult) -> str:
    """What was trained from what, in one line."""
    counts = result.train_counts
    return (
        f"{directory / WEIGHTS}: epoch {result.best_epoch} of {len(result.history)}, from "
        f"{counts.examples} programs of {counts.samples - counts.samples_without_example} "
        f"questions ({counts.unparsable} of {counts.valid_paths} valid paths do not parse)"
    )


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
    place: Place,
    config: EvalConfig,
    directory: Path,
    data: SearchedData,
    predictor: PolarPredictor,
) -> None:
    """Run the candidates of the test questions, print the table, add the report."""
    dtype = choose_dtype(args.dtype, data.header.get("dtype"), place.device)
    prompting = ask_prompting(args, find_row(args.model_path), data.header.get("prompt"))
    test = choose_test(data, args.num_samples)
    questions = [question for group in test.values() for question in group]
    encoder = predictor.config.encoder
    features = encode([question.question for question in questions], encoder, place.device)
    if features.dim != predictor.config.encoder_dim:
        raise ValueError(
            f"{encoder} is {features.dim} wide, the predictor was trained for an encoder of width "
            f"{predictor.config.encoder_dim}: give that one with --encoder"
        )
    loaded = load_model(args.model_path, dtype=dtype, device=place.device)
    with tqdm(unit="path", desc="evaluate") as bar:

        def show(count: int, total: int) -> None:
            bar.total = total
            bar.update(count)

        found = evaluate_predictor(
            predictor.to(place.device),
            questions,
            features,
            data.all_of("train"),
            loaded,
            prompting,
            config,
            directory,
            known=known_outcomes(data.all_of("test")) if args.trust_valid_cache else None,
            progress=show,
        )
    settings = describe_settings(config, loaded, prompting, encoder) | {
        "run": read_json(directory / CONFIG) if (directory / CONFIG).exists() else None,
        "checkpoint": str(args.checkpoint_path or directory / WEIGHTS),
        "samples": data.digests,
        "release_split": args.release_split,
        "test_questions_trained_on": count_trained(
            predictor.trained_on, (question.question for question in questions)
        ),
        "trust_valid_cache": args.trust_valid_cache,
    }
    groups = by_group(test)
    searched = by_group(data.samples)
    report = build_report(settings, groups, found, loaded.depth, searched)
    path = write_report(directory, report)
    print(f"\n{format_report(report)}\n\nreport: {path}")


if __name__ == "__main__":
    sys.exit(main())
