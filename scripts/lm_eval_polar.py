"""lm-evaluation-harness with one model more: `polar`, which runs each request's predicted path.

python scripts/lm_eval_polar.py --model polar --tasks gsm8k \
    --model_args pretrained=smollm2-135m,predictor=outputs/smollm2-135m/diff-1
"""

import argparse
import sys
from collections.abc import Sequence

from mcts.json_shape import parse_json
from polar.command import run_command

EPILOG = """\
Everything else is handed to lm-eval 0.4.13 (`lm-eval run --help`), such as --tasks, --batch_size,
--limit, --include_path, --output_path and --log_samples.
"""
NEEDED = (
    "pretrained=<hub id, folder or smollm2-135m>,predictor=<run directory, file, hub id or full>"
)


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The model and its arguments; what belongs to the harness is in `rest`, as it was typed."""
    parser = argparse.ArgumentParser(
        description="Run lm-evaluation-harness on predicted programs of layers.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--model", "-M", default="polar", help="polar (default), or one of the harness, such as hf")
    add("--model_args", "-a", nargs="+", default=[], metavar="key=value", help=NEEDED)
    args, args.rest = parser.parse_known_args(arguments)
    given = {name for part in args.model_args for name in argument_names(part)}
    if args.model == "polar" and not given >= {"pretrained", "predictor"}:
        parser.error(f"--model polar needs --model_args {NEEDED}")
    return args


def argument_names(text: str) -> set[str]:
    """The names in a --model_args, which the harness takes in two forms.

    >>> argument_names("b=1,c=2") == argument_names('{"b": 1, "c": 2}') == {"b", "c"}
    True
    """
    if text.lstrip().startswith("{"):
        try:
            return set(parse_json(text))
        except ValueError:  # the harness says what is wrong with it
            return set()
    return {pair.partition("=")[0] for pair in text.split(",")}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 after one line that says what was wrong."""
    args = parse_arguments(arguments)
    chosen = ["--model", args.model] + (
        ["--model_args", *args.model_args] if args.model_args else []
    )
    return run_command("lm_eval_polar.py", lambda: run_harness([*args.rest, *chosen]))


def run_harness(arguments: list[str]) -> None:
    """Call the harness's own command line, with our model registered.

    Raises ValueError where the harness is not installed.
    """
    try:
        from lm_eval.__main__ import cli_evaluate
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "lm_eval":
            raise
        raise ValueError("needs lm-evaluation-harness: pip install -e '.[lm-eval]'") from error
    import harness.polar_lm  # noqa: F401  registers the model

    typed, sys.argv = sys.argv, [sys.argv[0], *arguments]  # all that the harness reads
    try:
        cli_evaluate()
    finally:
        sys.argv = typed


if __name__ == "__main__":
    sys.exit(main())
