"""Measure speed and memory; every command compares in one run and prints one JSON object.

python scripts/benchmark.py engine --model_path smollm2-135m --num_questions 16 --num_programs 32
python scripts/benchmark.py parse
python scripts/benchmark.py grading
python scripts/benchmark.py train
python scripts/benchmark.py overhead --report outputs/smollm2-135m/diff-1/report-….json
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.engine import benchmark_engine
from benchmarks.grading import benchmark_grading
from benchmarks.overhead import benchmark_overhead
from benchmarks.parse import benchmark_parse
from benchmarks.train import benchmark_train
from llm_depth_router.models import DTYPES
from polar.arguments import positive_int
from polar.command import run_command

GIBIBYTE = 1 << 30


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line; `run` is the chosen benchmark."""
    parser = argparse.ArgumentParser(description="Measure speed and memory, as JSON.")
    commands = parser.add_subparsers(required=True, metavar="what")
    add_engine(commands)
    add_parse(commands)
    add_grading(commands)
    add_overhead(commands)
    add_train(commands)
    return parser.parse_args(arguments)


def add_engine(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The flags of `engine`."""
    engine = commands.add_parser("engine", help="the batched engine against one job at a time")
    engine.add_argument("--model_path", default="smollm2-135m")
    engine.add_argument("--num_questions", type=positive_int, default=16)
    engine.add_argument("--num_programs", type=positive_int, default=32, help="of every question")
    engine.add_argument("--max_new_tokens", type=positive_int, default=50)
    engine.add_argument("--dtype", choices=sorted(DTYPES), default="float32")
    engine.add_argument("--cache_bytes", type=positive_int, default=2 * GIBIBYTE)
    engine.add_argument("--prefix_bytes", type=positive_int, default=GIBIBYTE)
    engine.add_argument("--seed", type=int, default=0)
    engine.set_defaults(run=benchmark_engine)


def add_parse(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The flags of `parse`."""
    parse = commands.add_parser("parse", help="paths into programs, against a plain recursion")
    parse.add_argument("--depth", type=positive_int, default=36)
    parse.add_argument("--num_paths", type=positive_int, default=500)
    parse.add_argument("--seed", type=int, default=0)
    parse.set_defaults(run=benchmark_parse)


def add_train(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The flags of `train`."""
    train = commands.add_parser("train", help="an epoch on stored features against encoding again")
    train.add_argument("--encoder", default="minilm")
    train.add_argument("--num_questions", type=positive_int, default=1250)
    train.add_argument("--num_paths", type=positive_int, default=50, help="of every question")
    train.add_argument("--batch_size", type=positive_int, default=128, help="in paths")
    train.add_argument(
        "--num_batches",
        type=positive_int,
        default=6,
        help="measured of the two slow arms, which are scaled to the epoch",
    )
    train.add_argument("--seed", type=int, default=0)
    train.set_defaults(run=benchmark_train)


def add_overhead(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The flags of `overhead`."""
    overhead = commands.add_parser("overhead", help="the predictor beside the LLM (Table 4)")
    overhead.add_argument("--model_path", default="smollm2-135m")
    overhead.add_argument(
        "--report", type=Path, help="of run_polar.py: its predictor and questions, end to end"
    )
    overhead.add_argument(
        "--num_questions", type=positive_int, default=8, help="timed of every difficulty"
    )
    overhead.add_argument("--repeats", type=positive_int, default=30, help="of every part")
    overhead.add_argument("--device", help="default: cuda where there is one, else cpu")
    overhead.set_defaults(run=benchmark_overhead)


def add_grading(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The flags of `grading`."""
    grading = commands.add_parser("grading", help="verdicts per second of one core")
    grading.add_argument("--num_pairs", type=positive_int, default=5000, help="of each quick kind")
    grading.add_argument("--questions", type=Path, help="questions.jsonl: rewrites and cross pairs")
    grading.add_argument("--pairs", type=Path, help="jsonl of prediction, reference, equal")
    grading.set_defaults(run=benchmark_grading)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 after one line that says what was wrong."""
    args = parse_arguments(arguments)
    return run_command("benchmark.py", lambda: args.run(args))


if __name__ == "__main__":
    sys.exit(main())
