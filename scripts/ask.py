"""Ask questions: the answer of the predicted program, drawn, next to the full path's answer.

python scripts/ask.py "What is 7 + 8?" --model_path smollm2-135m \
    --checkpoint_path outputs/smollm2-135m/diff-1
"""

import argparse
import sys
from collections.abc import Sequence
from typing import NamedTuple

from llm_depth_router.models import DTYPES
from llm_depth_router.prompts import STYLES
from polar.arguments import positive_int
from polar.command import run_command
from polar.pipeline import Answered, PolarPipeline
from polar.program import Op, Program, Segment
from polar.strip import LEGEND, draw_program, draw_ruler


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Answer questions by their predicted programs of layers."
    )
    add = parser.add_argument
    add("questions", nargs="+", metavar="question")
    add("--model_path", required=True, help="hub id, folder, .gguf or smollm2-135m")
    add(
        "--checkpoint_path",
        required=True,
        help="the predictor: a run's directory (outputs/…/diff-1), a file, or a hub id",
    )
    add("--top_k_paths", type=positive_int, default=1, help="programs per question (default: 1)")
    add("--prompt_style", choices=STYLES, help="default: the model's")
    add("--chat_template", action="store_true", help="wrap the prompt in the chat template")
    add("--max_new_tokens", type=positive_int, help="default: the prompt style's")
    add("--device", help="default: cuda where there is one, else cpu")
    add("--dtype", choices=DTYPES, help="default: float32 on CPU, bfloat16 on a GPU")
    return parser.parse_args(arguments)


class Row(NamedTuple):
    """One line of the drawing."""

    name: str
    strip: str
    layers: int
    probability: str
    answer: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 after one line that says what was wrong."""
    args = parse_arguments(arguments)
    return run_command("ask.py", lambda: ask(args))


def ask(args: argparse.Namespace) -> None:
    """Load the parts, answer every question, print."""
    pipeline = PolarPipeline.from_pretrained(
        args.model_path,
        args.checkpoint_path,
        dtype=args.dtype,
        device=args.device,
        prompt_style=args.prompt_style,
        chat_template=args.chat_template,
        max_new_tokens=args.max_new_tokens,
    )
    whole = Program(tuple(Segment(n, 1, Op.KEEP) for n in range(pipeline.loaded.depth)))
    answers = pipeline.answer(args.questions, args.top_k_paths)
    responses = pipeline.run([(question, whole.path) for question in args.questions])
    for question, ranked, response in zip(args.questions, answers, responses, strict=True):
        rows = [make_row(rank, answered) for rank, answered in enumerate(ranked, start=1)]
        answer = show_answer(pipeline.extract(question, response), response)
        rows.append(Row("full path", draw_program(whole), whole.depth, "", answer))
        print(f"{show(question)}\n{draw_rows(rows, whole.depth)}\n")
    print(f"{LEGEND}\np: how probable the predictor holds the program")


def make_row(rank: int, answered: Answered) -> Row:
    """The line of one predicted program."""
    return Row(
        f"PoLar {rank}",
        draw_program(answered.program),
        len(answered.path),
        f"p {answered.probability:.2g}",
        show_answer(answered.answer, answered.response),
    )


def show_answer(answer: str | None, response: str) -> str:
    """The answer, or what the model said instead."""
    return f"no answer: {show(response)!r}" if answer is None else show(answer)


def show(text: str) -> str:
    """`text` in one line; a model may write what moves the cursor of a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def draw_rows(rows: Sequence[Row], depth: int) -> str:
    """The strips below each other under a ruler, with the number of layers and the answer."""
    names = max(len(row.name) for row in rows)
    chances = max(len(row.probability) for row in rows)
    lines = [f"  {'':{names}}  {draw_ruler(depth)}"]
    for name, strip, layers, probability, answer in rows:
        lines.append(
            f"  {name:{names}}  {strip}  {layers:3} layers  {probability:{chances}}  {answer}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
