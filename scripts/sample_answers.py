"""Sample answers along the full path: the control that tells a search's finds from luck.

python scripts/sample_answers.py --model_path smollm2-135m --questions Q.jsonl --output draws.jsonl
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dart_math.grader import Grader
from llm_depth_router.models import KNOWN_MODELS, LoadedModel, load_model
from mcts.draws import Draw, DrawsFile
from mcts.records import question_digest
from polar.arguments import positive_float, positive_int
from polar.command import run_command
from polar.draws import choose_draws
from polar.engine_flags import add_engine_arguments, add_prompt_arguments
from polar.launch import find_place
from polar.prompting import Prompting, choose_prompting
from polar.questions import Question, load_questions
from polar.verify import Attempt, Verifier, describe_model, make_engine

BATCH = 128  # draws that are handed in, and recorded, together: what a kill can cost

EPILOG = """\
Every draw is a line of the output. The same command started again goes on where it stopped, also
with more draws or more questions; with other settings it is refused. compare_searches.py puts the
draws beside the searches of the same questions.
"""


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Sample answers along the full path, as a control for searches.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--model_path", required=True, help=f"hub id, folder, .gguf or {next(iter(KNOWN_MODELS))}")
    add("--questions", required=True, type=Path, help="questions.jsonl of prepare_questions.py")
    add("--output", required=True, type=Path, help="the draws, one JSON line each")
    add("--num_questions", type=positive_int, help="only the first questions")
    add("--draws", type=positive_int, default=50, help="answers per question (default: 50)")
    add("--temperature", type=positive_float, default=0.7, help="default: 0.7")
    add("--seed", type=int, default=0, help="with question and draw it fixes an answer")
    add_prompt_arguments(parser.add_argument_group("prompt"))
    add_engine_arguments(parser.add_argument_group("running"))
    return parser.parse_args(arguments)


def describe(args: argparse.Namespace, loaded: LoadedModel, prompting: Prompting) -> dict[str, Any]:
    """All that a draw depends on besides its question: the first line of the file."""
    return {
        "rule": {"name": "sample", "temperature": args.temperature},
        "seed": args.seed,
        **describe_model(loaded, prompting),
    }


def run(args: argparse.Namespace) -> None:
    """Draw what is not recorded yet."""
    place = find_place(args.device)
    if place.world > 1:
        raise ValueError("this command runs in one process: start it without accelerate launch")
    questions = load_questions(args.questions)[: args.num_questions]
    loaded = load_model(args.model_path, dtype=args.dtype, device=place.device)
    prompting = choose_prompting(
        loaded.row,
        style=args.prompt_style,
        chat_template=args.chat_template,
        max_new_tokens=args.max_new_tokens,
    )
    runner = make_engine(loaded, prompting, cache_gb=args.cache_gb, prefix_gb=args.prefix_gb)
    with Grader() as grader:
        verifier = Verifier(runner, grader, loaded, prompting, questions)
        verifier.check_prompts()
        with DrawsFile(args.output, describe(args, loaded, prompting)) as file:
            draw_rest(args, file, questions, verifier)


def draw_rest(
    args: argparse.Namespace, file: DrawsFile, questions: Sequence[Question], verifier: Verifier
) -> None:
    """Sample the draws that the file does not have, under a progress bar; say what is in it."""
    asked = {item.id: question_digest(item.question, item.answer) for item in questions}
    attempts = choose_draws(list(asked), args.draws, args.temperature, args.seed, verifier.depth)
    correct = {(draw.question, draw.draw): draw.correct for draw in file.of_questions(asked)}
    wanted = [(item.id, number) for number in range(args.draws) for item in questions]
    left = [pair for pair in wanted if pair not in correct]
    with tqdm(total=len(wanted), initial=len(wanted) - len(left), unit="draw", desc="draws") as bar:
        for start in range(0, len(left), BATCH):
            batch = {pair: attempts[pair[0]][pair[1]] for pair in left[start : start + BATCH]}
            draws = sample(batch, asked, verifier, bar.update)
            file.append(draws)
            correct |= {(draw.question, draw.draw): draw.correct for draw in draws}
    solved = {question_id for question_id, number in wanted if correct[question_id, number]}
    print(
        f"{args.output}: {len(solved)}/{len(questions)} questions solved by any of {args.draws}"
        f" draws, {sum(correct[pair] for pair in wanted)} right draws of {len(wanted)}"
    )


def sample(
    attempts: Mapping[tuple[str, int], Attempt],
    asked: Mapping[str, str],
    verifier: Verifier,
    progress: Callable[[int], object],
) -> list[Draw]:
    """The draws of these questions and numbers; each is the same whatever runs beside it."""
    outcomes = verifier.run_attempts(list(attempts.values()), progress)
    draws = []
    for (question_id, number), attempt in attempts.items():
        found = outcomes[attempt]
        if found.source == "error":
            raise ValueError(f"question {question_id!r} cannot run: {found.response}")
        draws.append(
            Draw(
                question=question_id,
                asked=asked[question_id],
                draw=number,
                correct=found.correct,
                answer=found.answer,
                response=found.response,
            )
        )
    return draws


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 after one line that says what was wrong."""
    args = parse_arguments(arguments)
    return run_command(
        "sample_answers.py", lambda: run(args), "interrupted; the same command goes on"
    )


if __name__ == "__main__":
    sys.exit(main())
