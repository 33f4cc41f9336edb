"""Evaluate one predictor on benchmarks that it never saw, as the paper's Table 3.

python scripts/eval_ood.py --model_path MODEL --checkpoint_path outputs/MODEL/diff-all \\
  --questions asdiv.jsonl mawps.jsonl mmlu-pro.jsonl
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from llm_depth_router.models import KNOWN_MODELS, find_row, read_depth
from polar.arguments import positive_int
from polar.benchmarks import group_columns, leave_out_trained, load_benchmarks, take_first
from polar.checkpoint import describe_checkpoint, load_predictor, read_origin
from polar.command import run_command
from polar.eval_flags import add_eval_arguments, make_eval_config, make_setup
from polar.evaluate import Evaluation
from polar.launch import find_device
from polar.layout import samples_path
from polar.model import PolarPredictor
from polar.ood_notes import describe_assumed, describe_left_out, describe_samples
from polar.questions import Question
from polar.report import build_report, write_report
from polar.run_evaluation import run_evaluation
from polar.same_model import check_model
from polar.searched import SearchedData, load_searched
from polar.tables import format_report
from polar.trained_on import mark_questions

EPILOG = """\
The predictor is the one of run_polar.py --eval_all_diffs; it is not trained any further. With
--data_root, prompt and dtype are those of the search, and the fixed menu is drawn from its train
split; without it there is no menu. Questions that the predictor was trained on are left out, and
counted. Reports are added to the predictor's directory.
"""


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line; the flags of evaluation are those of run_polar.py."""
    parser = argparse.ArgumentParser(
        description="Evaluate a predictor zero-shot on ASDiv, MAWPS and MMLU-Pro.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--model_path", required=True, help=f"hub id, folder, .gguf or {next(iter(KNOWN_MODELS))}")
    add("--checkpoint_path", type=Path, required=True, help="the predictor, or its directory")
    add(
        "--questions",
        type=Path,
        nargs="+",
        required=True,
        help="files of prepare_questions.py, one for each benchmark",
    )
    add("--data_root", type=Path, help="the root of the samples it was trained on")
    add(
        "--num_samples",
        type=positive_int,
        help="questions of a benchmark at most, of all subjects alike (default: all)",
    )
    add("--seed", type=int, default=42, help="of draws and random programs (default: 42)")
    add("--device", help="default: cuda where there is one, else cpu")
    add_eval_arguments(parser.add_argument_group("evaluation"), top_k_paths=1)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 after one line that says what was wrong."""
    args = parse_arguments(arguments)
    return run_command("eval_ood.py", lambda: run(args), "interrupted; the same command goes on")


def run(args: argparse.Namespace) -> None:
    """Run the first programs of the questions, print the table, add the report."""
    find_row(args.model_path)
    depth = read_depth(args.model_path)
    predictor = load_predictor(args.checkpoint_path, depth)
    check_model(predictor, args.model_path)
    path = args.checkpoint_path
    directory = path if path.is_dir() else path.parent
    origin = read_origin(path)
    data = read_searched(args, depth, release_split=bool((origin or {}).get("release_split")))
    benchmarks, left_out = choose_questions(args, predictor, data)
    for said in (describe_samples(origin, data.digests), describe_left_out(left_out)):
        if said:
            print(said)
    found, settings = evaluate(args, directory, benchmarks, predictor, data)
    settings |= {
        "run": origin,
        **describe_checkpoint(path),
        "num_samples": args.num_samples,
        "samples": data.digests,
        "questions": {name: len(members) for name, members in benchmarks.items()},
        "left_out_as_trained_on": left_out,
    }
    report = build_report(settings, group_columns(benchmarks), found, depth)
    written = write_report(directory, report)
    print(f"\n{format_report(report)}\n\nreport: {written}")


def choose_questions(
    args: argparse.Namespace, predictor: PolarPredictor, data: SearchedData
) -> tuple[dict[str, list[Question]], dict[str, int] | None]:
    """What to ask, by benchmark, and how many the predictor was trained on: these are left out.

    It knows its own, else the samples tell; None where they are not there either.
    """
    benchmarks = load_benchmarks(args.questions)
    marks, left_out = predictor.trained_on, None
    if marks is None and data.splits:
        seen = data.all_of("train") + data.all_of("validation")
        marks = mark_questions(sample.question for sample in seen)
    if marks is not None:
        benchmarks, left_out = leave_out_trained(benchmarks, marks)
    return take_first(benchmarks, args.num_samples) if args.num_samples else benchmarks, left_out


def read_searched(args: argparse.Namespace, depth: int, *, release_split: bool) -> SearchedData:
    """The samples that the predictor was trained on, as far as they are there; maybe none."""
    if args.data_root is None:
        return SearchedData({}, {}, {})
    there = tuple(
        difficulty
        for difficulty in range(1, 6)
        for path in [samples_path(args.data_root, args.model_path, difficulty)]
        if path.exists() or path.with_name(path.name + ".gz").exists()
    )
    return load_searched(
        args.data_root, args.model_path, there or (1,), depth, release_split=release_split
    )


def evaluate(
    args: argparse.Namespace,
    directory: Path,
    benchmarks: dict[str, list[Question]],
    predictor: PolarPredictor,
    data: SearchedData,
) -> tuple[Evaluation, dict[str, Any]]:
    """What came of it, and how it was run."""
    setup = make_setup(args, make_eval_config(args), find_device(args.device), data.header)
    assumed = describe_assumed(data.header, setup.prompting, setup.dtype)
    if assumed:
        print(assumed)
    questions = [question for members in benchmarks.values() for question in members]
    return run_evaluation(setup, predictor, questions, data.all_of("train"), directory, tqdm)


if __name__ == "__main__":
    sys.exit(main())
