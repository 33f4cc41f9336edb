"""Search layer programs that answer questions right, and write merged_mcts_samples.json.

python scripts/run_mcts.py --model_path smollm2-135m --questions Q.jsonl --target_diff 1
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dart_math.grader import Grader
from llm_depth_router.models import KNOWN_MODELS, LoadedModel, load_model
from mcts.edits import SPACES
from mcts.journal import Journal, open_journal
from mcts.journal_index import list_journals
from mcts.lockstep import Progress, deal, run_searches
from mcts.merge import UnfinishedSearch, find_finished, merge_journals
from mcts.policies import SearchRule
from mcts.records import question_digest, search_settings
from mcts.rules import PRESETS, make_rule
from mcts.samples import SamplesReader
from polar.arguments import positive_int
from polar.command import run_command
from polar.engine_flags import add_engine_arguments, add_prompt_arguments
from polar.launch import Place, find_place, gather_all
from polar.layout import journal_folder, samples_path
from polar.metrics import Rate
from polar.program import parse_path
from polar.prompting import Prompting, choose_prompting
from polar.questions import Question, choose_questions
from polar.verify import Verifier, describe_model, make_engine

CONSTANTS: dict[str, tuple[type, str]] = {
    "max_block": (int, "largest block that an edit skips or repeats"),
    "max_block_below": (int, "the same below the root (release)"),
    "max_repeats": (int, "how often an edit repeats a block once more"),
    "min_length": (int, "shortest path, in layers"),
    "max_length": (int, "longest path, in layers"),
    "max_visits": (int, "how often a layer may occur in a path; 0 = any"),
    "max_edits": (int, "edits of a path, drawn from 1 to this (random)"),
    "max_draws": (int, "paths drawn in search of one that was not run, then it ends (random)"),
    "stop_after_valid": (int, "end a question's search after so many valid paths; 0 = never"),
    "give_up_after": (int, "end it after so many executions without one; 0 = never"),
    "exploration": (float, "weight of the exploration term"),
    "length_penalty": (float, "weight of a path's length over the depth"),
    "random_child": (float, "probability of following a random child (release)"),
    "widening": (float, "children a node may have, times the root of its visits (paper)"),
}

EPILOG = """\
Every execution is a line of a journal beside the samples file. The same command started again goes
on where it stopped; with other settings it is refused. When the last question is done the samples
file is written. Several processes: accelerate launch … scripts/run_mcts.py …, or --shard i/n in
each job of an array; they share the folder and need nothing else of each other.
"""


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Search layer programs that answer questions right.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--model_path", required=True, help=f"hub id, folder, .gguf or {next(iter(KNOWN_MODELS))}")
    add("--questions", required=True, type=Path, help="questions.jsonl of prepare_questions.py")
    add("--data_root", default="data", type=Path, help="where samples files lie (default: data)")
    add("--target_diff", required=True, type=int, choices=range(1, 6), help="difficulty, 1…5")
    add("--output", type=Path, help="the samples file, in place of the one in --data_root")
    add("--num_questions", type=positive_int, help="only the first questions of that difficulty")
    add("--seed", type=int, default=0, help="with the question's id it fixes a search (default: 0)")
    add("--shared_seed", action="store_true", help="one random stream for all questions")
    rules = parser.add_argument_group("search rule (each constant defaults to the rule's own)")
    rules.add_argument("--rule", default="release", choices=PRESETS, help="default: release")
    rules.add_argument("--space", default="skip_loop", choices=SPACES, help="default: skip_loop")
    rules.add_argument("--num_simulations", type=int, help="executions per question")
    for name, (kind, meaning) in CONSTANTS.items():
        rules.add_argument(f"--{name}", type=kind, help=meaning)
    add_prompt_arguments(parser.add_argument_group("prompt"))
    running = parser.add_argument_group("running")
    add_engine_arguments(running)
    running.add_argument(
        "--width", type=positive_int, default=64, help="questions at a time (default: 64)"
    )
    running.add_argument(
        "--shard", metavar="I/N", default="0/1", help="do the I-th of N parts, I from 0"
    )
    running.add_argument("--log_questions", action="store_true", help="a line per question done")
    return parser.parse_args(arguments)


def parse_shard(text: str) -> tuple[int, int]:
    """The part to do, and of how many.

    >>> parse_shard("0/8")
    (0, 8)
    """
    index, _, count = text.partition("/")
    if not (index.isdecimal() and count.isdecimal() and int(index) < int(count)):
        raise ValueError(f"--shard {text} is not I/N with I from 0 to N-1, such as 0/8")
    return int(index), int(count)


def choose_rule(args: argparse.Namespace, depth: int) -> SearchRule:
    """The rule with the constants that the command line replaces."""
    names = ("num_simulations", *CONSTANTS)
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    return make_rule(args.rule, args.space, depth, **given)


def describe(
    args: argparse.Namespace, rule: SearchRule, loaded: LoadedModel, prompting: Prompting
) -> dict[str, Any]:
    """All that a search depends on but its question: the settings, and the samples' header."""
    return search_settings(rule, seed=args.seed, shared_seed=args.shared_seed) | {
        "difficulty": args.target_diff,
        **describe_model(loaded, prompting),
    }


class ProgressBar:
    """Executions done of those to come, per second, time left; questions done, share solved.

    `before` holds the questions that earlier starts have done, and whether each was solved; each
    question counts `num_simulations` executions until it ends with fewer.
    """

    def __init__(
        self,
        num_left: int,
        before: Mapping[str, bool],
        num_simulations: int,
        *,
        label: str = "search",
        log_questions: bool = False,
        show: bool = True,
    ) -> None:
        self._num_questions = num_left + len(before)
        self._before, self._num_simulations = before, num_simulations
        self._log_questions = log_questions
        self._num_executed = self._num_replayed = 0
        self._bar = tqdm(
            total=self._num_questions * num_simulations,
            initial=len(before) * num_simulations,
            unit=" runs",
            desc=label,
            disable=not show,
            smoothing=0,  # the mean of this start: rounds differ in size
            bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} "
            "[{elapsed}<{remaining}, {rate_noinv_fmt}{postfix}]",
        )

    def __call__(self, progress: Progress) -> None:
        """Show where the run stands."""
        if not self._bar.disable:
            self._update(progress)
        for question_id, trace in progress.just_finished if self._log_questions else ():
            valid, total = len(trace.valid_paths), len(trace.executions)
            tqdm.write(f"{question_id}: {valid} of {total} paths valid")

    def _update(self, progress: Progress) -> None:
        num_done = progress.num_done + len(self._before)
        solved = progress.num_solved + sum(self._before.values())
        self._bar.set_postfix_str(
            f"{num_done}/{self._num_questions} questions, {solved}/{num_done} solved",
            refresh=False,
        )
        replayed = progress.num_replayed - self._num_replayed  # cost no time
        self._bar.initial += replayed
        self._bar.n += replayed
        for _, trace in progress.just_finished:
            self._bar.total -= self._num_simulations - len(trace.executions)
        self._bar.update(progress.num_executed - self._num_executed)
        self._num_executed, self._num_replayed = progress.num_executed, progress.num_replayed

    def close(self) -> None:
        """Leave the last state on the screen."""
        self._bar.close()


def run(args: argparse.Namespace) -> None:
    """Search this process's share, then merge if nothing is left to anybody."""
    place = find_place(args.device)
    shard, shards = parse_shard(args.shard)
    questions = choose_questions(args.questions, args.target_diff, args.num_questions)
    output = args.output or samples_path(args.data_root, args.model_path, args.target_diff)
    loaded = load_model(args.model_path, dtype=args.dtype, device=place.device)
    prompting = choose_prompting(
        loaded.row,
        style=args.prompt_style,
        chat_template=args.chat_template,
        max_new_tokens=args.max_new_tokens,
    )
    rule = choose_rule(args, loaded.depth)
    settings = describe(args, rule, loaded, prompting)
    asked = {item.id: question_digest(item.question, item.answer) for item in questions}
    folder = journal_folder(output)
    journals = list_journals(folder)
    if output.exists() and not journals:
        raise ValueError(f"{output} was not made here (no journals): move it, or give --output")
    runner = make_engine(loaded, prompting, cache_gb=args.cache_gb, prefix_gb=args.prefix_gb)
    ours = folder / f"{shard:04d}-of-{shards:04d}-process-{place.rank:04d}.jsonl"
    with Grader() as grader:
        verifier = Verifier(runner, grader, loaded, prompting, questions)
        verifier.check_prompts()
        with open_journal(ours, settings, asked, journals) as journal:
            part = deal(list(asked), shard, shards)
            before = find_finished(journal.index, deal(part, place.rank, place.world))
            # All deal the same: nobody records anything before all have read the journals.
            finished = gather_all(place, before)
            left = [question_id for question_id in part if question_id not in finished]
            share = deal(left, place.rank, place.world)
            bar = ProgressBar(
                len(share),
                before,
                rule.num_simulations,
                label=name_part(args.shard, place),
                log_questions=args.log_questions,
                show=place.rank == 0,
            )
            search(args, share, rule, verifier, journal, bar)
    merge(folder, questions, output, loaded.depth)


def name_part(shard: str, place: Place) -> str:
    """What the bar is about: of several processes, the first one's share alone."""
    part = "" if shard == "0/1" else f", shard {shard}"
    return f"search{part}" + (f", process {place.rank} of {place.world}" if place.world > 1 else "")


def search(
    args: argparse.Namespace,
    question_ids: Sequence[str],
    rule: SearchRule,
    verifier: Verifier,
    journal: Journal,
    bar: ProgressBar,
) -> None:
    """Search these questions under a progress bar."""
    with closing(bar):
        run_searches(
            question_ids,
            depth=rule.depth,
            rule=rule,
            seed=args.seed,
            shared_seed=args.shared_seed,
            evaluator=verifier,
            journal=journal,
            width=args.width,
            progress=bar,
            keep_traces=False,
        )


def merge(folder: Path, questions: Sequence[Question], output: Path, depth: int) -> None:
    """Write the samples file once every process is done; the last one to end gets it whole."""
    try:
        report = merge_journals(list_journals(folder), questions, output)
    except UnfinishedSearch as unfinished:
        num_left = len(unfinished.missing)
        print(f"this part is done; left to other processes: {num_left} questions or more")
        return
    counts = report.counts
    for remark in report.remarks():
        print(remark)
    samples = SamplesReader(output, keep_trace=False)
    parsed = [parse_path(path, depth) is not None for each in samples for path in each.valid_paths]
    print(
        f"{output}: {counts['solved']}/{counts['samples']} questions solved, full path "
        f"{counts['full_path_correct']}/{counts['samples']}, {counts['valid']} valid paths of "
        f"{counts['valid'] + counts['invalid']}, of these parsed as programs"
        f" {Rate(sum(parsed), len(parsed))}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 after one line that says what was wrong."""
    args = parse_arguments(arguments)
    return run_command(
        "run_mcts.py", lambda: run(args), "interrupted; the same command goes on from here"
    )


if __name__ == "__main__":
    sys.exit(main())
