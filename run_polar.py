"""Train the PoLar predictor on searched paths, and evaluate it by running its programs.

python run_polar.py --target_diff 1 --model_path smollm2-135m --data_root data
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from tqdm import tqdm

from llm_depth_router.models import find_row, layout_name, read_depth
from polar.arguments import names_given
from polar.checkpoint import check_trained_as, describe_checkpoint, load_predictor, read_origin
from polar.command import run_command
from polar.encoder import default_encoder
from polar.eval_config import EvalSetup
from polar.eval_flags import add_eval_arguments, make_eval_config, make_setup
from polar.evaluate import by_group, choose_test, known_outcomes
from polar.launch import Place, find_place
from polar.layout import run_directory
from polar.model import WEIGHTS, PolarPredictor
from polar.overlap import Placed, measure_overlap
from polar.processes import leave_processes
from polar.report import build_report, write_report
from polar.run import RunIdentity, hold_run, is_trained
from polar.run_evaluation import run_evaluation
from polar.run_flags import add_run_arguments, add_test_arguments
from polar.run_training import describe_training, train_run
from polar.same_model import check_model
from polar.searched import SearchedData, load_searched
from polar.tables import format_report
from polar.track import FLAGS, TrackConfig
from polar.train_config import TrainConfig
from polar.train_flags import (
    add_track_arguments,
    add_train_arguments,
    make_track_config,
    make_train_config,
    refuse_published,
)
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
    args = parser.parse_args(arguments)
    args.given = names_given(parser, arguments, args)
    return args


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 after one line that says what was wrong."""
    args = parse_arguments(arguments)
    return run_command("run_polar.py", lambda: run(args), "interrupted; the same command goes on")


def run(args: argparse.Namespace) -> None:
    """Train unless there is a predictor, then evaluate it."""
    config, track = make_train_config(args), make_track_config(args)
    track.check_installed()
    if track.packages and (args.eval or args.checkpoint_path):
        raise ValueError(
            "nothing is trained here, and trackers follow a training: leave out "
            + " and ".join(FLAGS[name] for name in track.packages)
        )
    if args.delete_checkpoint_after_eval and args.checkpoint_path:
        raise ValueError(
            "--delete_checkpoint_after_eval deletes the run's own predictor: leave out "
            "--checkpoint_path"
        )
    place = find_place(args.device)
    find_row(args.model_path)
    difficulty = None if args.eval_all_diffs else args.target_diff
    directory = run_directory(args.save_dir, args.model_path, difficulty, args.run_tag)
    difficulties = tuple(range(1, 6)) if difficulty is None else (difficulty,)
    depth = read_depth(args.model_path)
    data = load_searched(
        args.data_root, args.model_path, difficulties, depth, release_split=args.release_split
    )
    setup = make_setup(args, make_eval_config(args), place.device, data.header)
    if place.rank == 0:
        print_data(data, with_overlap=args.release_split)
    if args.eval or args.checkpoint_path:
        path = args.checkpoint_path or directory
        check_trained_as(read_origin(path), config, args.given)
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
    evaluate(args, setup, directory, data, predictor)
    if args.delete_checkpoint_after_eval:
        (directory / WEIGHTS).unlink()


def check_unseen(
    checkpoint: Path, predictor: PolarPredictor, data: SearchedData, release_split: bool
) -> None:
    """Refuse to test what the predictor was trained on, or say what is known about it."""
    said = describe_seen(
        predictor.trained_on,
        [sample.question for sample in data.all_of("test")],
        read_origin(checkpoint),
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
        layout_name(args.model_path),
        encoder,
        depth,
        data.digests,
        config,
        args.release_split,
    )
    is_first = place.rank == 0
    if is_trained(directory, identity, claim=is_first):
        if is_first:
            print(f"{directory / WEIGHTS}: trained already, reused")
        return load_predictor(directory, depth)
    result = train_run(directory, identity, data, place, track, tqdm)
    if is_first:
        print(describe_training(directory, result))
    return result.predictor


def evaluate(
    args: argparse.Namespace,
    setup: EvalSetup,
    directory: Path,
    data: SearchedData,
    predictor: PolarPredictor,
) -> None:
    """Run the candidates of the test questions, print the table, add the report."""
    test = choose_test(data, args.num_samples)
    questions = [question for group in test.values() for question in group]
    known = known_outcomes(data.all_of("test")) if args.trust_valid_cache else None
    train = data.all_of("train")
    found, settings = run_evaluation(setup, predictor, questions, train, directory, tqdm, known)
    settings |= {
        "run": read_origin(args.checkpoint_path or directory),
        **describe_checkpoint(args.checkpoint_path or directory / WEIGHTS),
        "num_samples": args.num_samples,
        "samples": data.digests,
        "release_split": args.release_split,
        "test_questions_trained_on": count_trained(
            predictor.trained_on, (question.question for question in questions)
        ),
        "trust_valid_cache": args.trust_valid_cache,
    }
    groups = by_group(test)
    searched = by_group(data.samples)
    report = build_report(settings, groups, found, predictor.config.depth, searched)
    path = write_report(directory, report)
    print(f"\n{format_report(report)}\n\nreport: {path}")


if __name__ == "__main__":
    sys.exit(main())
