"""Write questions.jsonl files, split by question into train, validation and test; audit splits.

python scripts/prepare_questions.py --source arithmetic --target_diff 1 --num_questions 96 \
    --output questions.jsonl
python scripts/prepare_questions.py audit questions.jsonl merged_mcts_samples.json
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from polar.command import run_command
from polar.overlap import Placed, measure_overlap, read_placed
from polar.questions import Question, save_questions
from polar.sources.collect import Collection
from polar.sources.field_names import FieldNames
from polar.sources.gym import parse_settings
from polar.sources.prepare import NAMES, SPLIT_KINDS, Preparation, Sizes, gather, split_questions
from polar.splits import SPLITS

EPILOG = """\
sources that need no file: arithmetic (built in); dart-math, gsm8k, mawps and mmlu-pro from the hub
  (pip install -e '.[datasets]'); reasoning-gym (pip install -e '.[reasoning-gym]').
files: *.jsonl, *.json, *.parquet, ASDiv.xml, or folders of them, in the form they were published.
splits: random (default) is drawn from the different questions of each difficulty, 62.5 / 12.5 / 25
  percent or --split_sizes. release cuts the rows of each difficulty by position, repeats and all,
  as the release does. test makes every row a test question (default of asdiv, mawps, mmlu-pro).
audit FILE…: how many test questions also stand in train, in questions.jsonl files and in samples
  files of any published shape.
"""
FIELDS = ("question", "answer", "id", "difficulty", "subject")


def parse_sizes(text: str) -> Sizes:
    """The sizes of the splits.

    >>> parse_sizes("1250/250/500")
    (1250, 250, 500)
    """
    parts = text.split("/")
    if len(parts) != 3 or not all(map(str.isdecimal, parts)) or not any(map(int, parts)):
        raise argparse.ArgumentTypeError(f"{text!r} is not train/validation/test as 1250/250/500")
    return int(parts[0]), int(parts[1]), int(parts[2])


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Write a questions.jsonl file (id, question, answer, difficulty, split, …).",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--source", default="arithmetic", choices=NAMES, help="default: arithmetic")
    add("--input", type=Path, nargs="+", default=[], metavar="PATH", help="files or folders")
    add("--target_diff", type=int, choices=range(1, 6), help="one difficulty, 1…5")
    add("--num_questions", type=int, help="of each difficulty (default: all; 96 if made here)")
    add("--split", choices=SPLIT_KINDS, help="see below")
    add("--split_sizes", type=parse_sizes, metavar="A/B/C", help="train/validation/test sizes")
    add("--seed", type=int, default=0, help="which questions are drawn, and splits (default: 0)")
    add("--skip_bad", action="store_true", help="leave malformed rows out, counted and listed")
    add("--output", type=Path, required=True, help="the file to write")
    for name in FIELDS:
        add(f"--{name}_field", metavar="NAME", help=f"of --source jsonl (default: {name})")
    add("--task", help="of --source reasoning-gym, such as chain_sum")
    add("--task_settings", type=str, default="{}", metavar="JSON", help="of that task")
    return parser.parse_args(arguments)


def make_preparation(args: argparse.Namespace) -> Preparation:
    """What the command line asks for."""
    given = {name: getattr(args, f"{name}_field") for name in FIELDS}
    fields = {name: value for name, value in given.items() if value is not None}
    if fields and args.source != "jsonl":
        raise ValueError(f"--{next(iter(fields))}_field goes with --source jsonl only")
    return Preparation(
        source=args.source,
        inputs=tuple(args.input),
        difficulty=args.target_diff,
        count=args.num_questions,
        split=args.split,
        sizes=args.split_sizes,
        seed=args.seed,
        skip_bad=args.skip_bad,
        fields=FieldNames(**fields),
        task=args.task,
        task_settings=parse_settings(args.task_settings),
    )


def count_splits(questions: Sequence[Question]) -> str:
    """How many questions each split has."""
    counts = Counter(question.split for question in questions)
    return ", ".join(f"{counts[split]} {split}" for split in SPLITS)


def summarize(wish: Preparation, found: Collection, questions: Sequence[Question]) -> list[str]:
    """Rows, repeats, what was left out, splits and overlaps, for a reader."""
    fate = "dropped" if wish.split_kind == "random" else "kept"
    lines = [f"rows read: {found.rows}", f"rows that repeat a question: {found.repeats} ({fate})"]
    lines += [f"with another answer than the first: {text}" for text in found.conflicts]
    lines += [f"rows left out for {why}: {count}" for why, count in found.left_out.items()]
    if found.unneeded:
        lines.append(f"questions of other difficulties, or more than asked for: {found.unneeded}")
    if wish.skip_bad:
        lines.append(f"malformed rows skipped: {len(found.bad)}")
        lines += [f"  {row.place}: {row.fault}" for row in found.bad]
    whole = found.rows - sum(found.left_out.values())
    if wish.table.known_sizes:
        meaning = wish.table.known_sizes.get(whole, "a part, or another edition")
        lines.append(f"the {whole} rows are {meaning}")
    for difficulty in sorted({q.difficulty for q in questions if q.difficulty is not None}):
        part = [question for question in questions if question.difficulty == difficulty]
        lines.append(f"difficulty {difficulty}: {len(part)} questions ({count_splits(part)})")
    if wish.table.is_benchmark:
        subjects = sorted(Counter(question.subject or "none" for question in questions).items())
        lines.append("subjects: " + ", ".join(f"{name} {count}" for name, count in subjects))
    placed = [Placed(question.question, question.split or "") for question in questions]
    return lines + measure_overlap(placed).describe()


def prepare(args: argparse.Namespace) -> None:
    """Write the file and say what is in it."""
    wish = make_preparation(args)
    found = gather(wish)
    questions = split_questions(wish, found.questions)
    save_questions(args.output, questions)
    print(f"{args.output}: {len(questions)} questions ({count_splits(questions)})")
    print("\n".join(f"  {line}" for line in summarize(wish, found, questions)))


def audit(paths: Sequence[Path]) -> None:
    """Print what the splits share: for each file and, of several, for all files together."""
    everything: list[Placed] = []
    for path in paths:
        rows, by_position = read_placed(path)
        everything += rows
        print(f"{path}:" + (" (no splits in it: cut by position)" if by_position else ""))
        print("\n".join(f"  {line}" for line in measure_overlap(rows).describe()))
    if len(paths) > 1:
        print("all files together:")
        print("\n".join(f"  {line}" for line in measure_overlap(everything).describe()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 after one line that says what was wrong."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    return run_command("prepare_questions.py", lambda: run(given))


def run(given: Sequence[str]) -> None:
    """Prepare, or audit."""
    if given[:1] == ["audit"]:
        parser = argparse.ArgumentParser(prog="prepare_questions.py audit")
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        audit(parser.parse_args(given[1:]).files)
    else:
        prepare(parse_arguments(given))


if __name__ == "__main__":
    sys.exit(main())
