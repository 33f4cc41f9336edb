"""Evaluate one predictor on benchmarks that it never saw, as the paper's Table 3.

python scripts/eval_ood.py --model_path MODEL --checkpoint_path outputs/MODEL/diff-all \\
  --questions asdiv.jsonl mawps.jsonl mmlu-pro.jsonl
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from llm_depth_router.models import (
    KNOWN_MODELS,
    cache_folder,
    find_row,
    load_model,
    read_depth,
)
from mcts.samples import Sample
from polar.arguments import positive_int
from polar.benchmarks import group_columns, load_benchmarks
from polar.command import run_command
from polar.encoder import encode_questions
from polar.eval_flags import add_eval_arguments, ask_prompting, make_eval_config
from polar.evaluate import Evaluation, describe_settings, evaluate_predictor
from polar.features import FeatureStore
from polar.launch import find_place
from polar.layout import samples_path
from polar.model import PolarPredictor
from polar.ood_notes import describe_assumed, describe_repeated, describe_samples
from polar.prompting import choose_dtype
from polar.questions import Question
from polar.report import build_report, write_report
from polar.run import CONFIG, SearchedData, load_predictor, load_searched, read_json
from polar.same_model import check_model
from polar.tables import format_report
from polar.trained_on import count_trained, mark_questions

EPILOG = """\
The predictor is the one of run_polar.py --eval_all_diffs; it is not trained any further. With
--data_root, prompt and dtype are those of the search, and the fixed menu is drawn from its train
split; without it there is no menu. Reports are added to the predictor's directory.
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
    benchmarks = load_benchmarks(args.questions, args.num_samples)
    data = read_searched(args, depth)
    run_config = read_json(directory / CONFIG) if (directory / CONFIG).exists() else None
    texts = [question.question for members in benchmarks.values() for question in members]
    repeated = count_repeated(predictor, data, texts)
    for said in (describe_samples(run_config, data.digests), describe_repeated(repeated, texts)):
        if said:
            print(said)
    found, settings = evaluate(args, directory, benchmarks, predictor, data)
    settings |= {
        "run": run_config,
        "checkpoint": str(path),
        "samples": data.digests,
        "questions": {name: len(members) for name, members in benchmarks.items()},
        "questions_trained_on": repeated,
    }
    report = build_report(settings, group_columns(benchmarks), found, depth)
    written = write_report(directory, report)
    print(f"\n{format_report(report)}\n\nreport: {written}")


def count_repeated(
    predictor: PolarPredictor, data: SearchedData, texts: Sequence[str]
) -> int | None:
    """How many questions the predictor was trained on, by its own marks or else by the samples."""
    train = [sample.question for sample in data.all_of("train")]
    marks = predictor.trained_on or (mark_questions(train) if train else None)
    return count_trained(marks, texts)


def read_searched(args: argparse.Namespace, depth: int) -> SearchedData:
    """The samples that the predictor was trained on, as far as they are there; maybe none."""
    if args.data_root is None:
        return SearchedData({}, {}, {})
    there = tuple(
        difficulty
        for difficulty in range(1, 6)
        for path in [samples_path(args.data_root, args.model_path, difficulty)]
        if path.exists() or path.with_name(path.name + ".gz").exists()
    )
    return load_searched(args.data_root, args.model_path, there or (1,), depth)


def evaluate(
    args: argparse.Namespace,
    directory: Path,
    benchmarks: dict[str, list[Question]],
    predictor: PolarPredictor,
    data: SearchedData,
) -> tuple[Evaluation, dict[str, Any]]:
    """What came of it, and how it was run."""
    config, place = make_eval_config(args), find_place(args.device)
    prompting = ask_prompting(args, find_row(args.model_path), data.header.get("prompt"))
    dtype = choose_dtype(args.dtype, data.header.get("dtype"), place.device)
    assumed = describe_assumed(data.header, prompting, dtype)
    if assumed:
        print(assumed)
    questions = [question for members in benchmarks.values() for question in members]
    train: list[Sample] = data.all_of("train")
    features = encode(questions, predictor.config.encoder, place.device)
    loaded = load_model(args.model_path, dtype=dtype, device=place.device)
    with tqdm(unit="path", desc="evaluate") as bar:

        def show(count: int, total: int) -> None:
            bar.total = total
            bar.update(count)

        found = evaluate_predictor(
            predictor.to(place.device),
            questions,
            features,
            train,
            loaded,
            prompting,
            config,
            directory,
            progress=show,
        )
    return found, describe_settings(config, loaded, prompting, predictor.config.encoder)


def encode(questions: Sequence[Question], encoder: str, device: torch.device) -> FeatureStore:
    """Token features of the questions, stored in the cache folder."""
    texts = [question.question for question in questions]
    with tqdm(total=len(set(texts)), unit="question", desc="encode") as bar:
        root = cache_folder() / "features"
        return encode_questions(texts, encoder, root, device=str(device), progress=bar.update)


if __name__ == "__main__":
    sys.exit(main())
