"""Make one merged_mcts_samples.json of journals or other samples files; check recorded verdicts.

python scripts/merge_samples.py journals/ --questions Q.jsonl --output merged_mcts_samples.json
python scripts/merge_samples.py theirs-a.json theirs-b.json.gz --output merged_mcts_samples.json
python scripts/merge_samples.py merged_mcts_samples.json --recheck 60
"""

import argparse
import pathlib
import sys

from tqdm import tqdm

from mcts.import_samples import import_samples
from mcts.journal_index import first_settings, list_journals
from mcts.merge import merge_journals, name_some
from polar.arguments import positive_int
from polar.command import run_command
from polar.questions import choose_questions

EPILOG = """\
journals:       folders that hold *.jsonl journals of run_mcts.py, or such files. All must have the
                same settings. Each question's search is replayed from what was recorded, and the
                samples come in the order of --questions, those of the search's difficulty.
samples files:  *.json or *.json.gz in the published shapes: an object with "samples", a list, or
                an object whose values are samples. They are taken in the order given; one row is
                in memory at a time.

The output is written in full or not at all; a name that ends in .json.gz is compressed.

--recheck N runs N recorded paths again, drawn over all questions, one at a time through stock
generate() with the model, prompt and dtype of the header, and prints how many verdicts agree: of
--output, or without it of the one samples file given.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 if all went well, 2 after one line that says what was wrong."""
    args = parse_arguments(arguments)
    return run_command(
        "merge_samples.py", lambda: run(args), "interrupted; an unfinished file is not left"
    )


def holds_journals(path: pathlib.Path) -> bool:
    """Whether an input is a journal or a folder of journals; if not, it is a samples file."""
    return path.is_dir() or path.suffix == ".jsonl"


def refuse_unused(args: argparse.Namespace) -> None:
    """ValueError for the first flag that would change nothing."""
    merges_journals = args.output is not None and any(map(holds_journals, args.inputs))
    imports = args.output is not None and not merges_journals
    for flag, is_used, where in (
        ("questions", merges_journals, "journals and --output"),
        ("num_questions", merges_journals, "journals and --output"),
        ("allow_missing", merges_journals, "journals and --output"),
        ("depth", imports, "samples files and --output"),
        ("model_path", args.recheck is not None, "--recheck"),
        ("seed", args.recheck is not None, "--recheck"),
    ):
        if getattr(args, flag) is not None and not is_used:
            raise ValueError(f"--{flag} would change nothing here: it goes with {where}")


def run(args: argparse.Namespace) -> None:
    """Merge, check again, or both."""
    if args.output is None and args.recheck is None:
        raise ValueError("nothing to do: give --output FILE, or --recheck N")
    refuse_unused(args)
    if args.output is not None:
        merge(args)
    if args.recheck is not None:
        recheck(args)


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The command line; argparse exits with code 2 on an unknown flag."""
    parser = argparse.ArgumentParser(
        description="Merge the journals of a search, or import samples files of others.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "inputs",
        nargs="+",
        type=pathlib.Path,
        metavar="INPUT",
        help="journals (folders, *.jsonl) or samples files (*.json, *.json.gz)",
    )
    parser.add_argument("--output", type=pathlib.Path, help="the file to write (*.json, *.json.gz)")
    parser.add_argument(
        "--questions",
        type=pathlib.Path,
        help="the questions file that the search was given; needed for journals",
    )
    parser.add_argument(
        "--num_questions",
        type=positive_int,
        help="only the first questions of the search's difficulty, as the search was given",
    )
    parser.add_argument(
        "--allow_missing",
        action="store_const",
        const=True,
        help="write the finished questions although others are not (the default is to refuse)",
    )
    parser.add_argument(
        "--depth",
        type=positive_int,
        help="the model's number of layers: refuse samples files with paths that do not fit it",
    )
    parser.add_argument(
        "--recheck", type=positive_int, metavar="N", help="run N recorded paths again, and compare"
    )
    parser.add_argument(
        "--model_path", help="the model for --recheck where the header's name does not load it"
    )
    parser.add_argument("--seed", type=int, help="of the draw for --recheck (default: 0)")
    return parser.parse_args(arguments)


def merge(args: argparse.Namespace) -> None:
    """Merge journals or import samples files, whichever the inputs are, and report."""
    inputs: list[pathlib.Path] = args.inputs
    if not args.output.name.endswith((".json", ".json.gz")):
        raise ValueError(f"--output {args.output}: give a name that ends in .json or .json.gz")
    for path in inputs:
        if not path.exists():
            raise ValueError(f"{path} does not exist: give journals or samples files that do")
    are_journals = {holds_journals(path) for path in inputs}
    if len(are_journals) > 1:
        raise ValueError("journals and samples files cannot be merged together: merge one kind")
    if are_journals == {True}:
        print_journals(find_journals(inputs), args)
    else:
        print_import(inputs, args)


def find_journals(inputs: list[pathlib.Path]) -> list[pathlib.Path]:
    """The journals among the inputs and in the folders among them, each once."""
    found: list[pathlib.Path] = []
    for path in inputs:
        journals = list_journals(path) if path.is_dir() else [path]
        if not journals:
            raise ValueError(f"{path} holds no journals (*.jsonl): give the folder of a search")
        found += journals
    return sorted({path.resolve(): path for path in found}.values())


def print_journals(journals: list[pathlib.Path], args: argparse.Namespace) -> None:
    """Merge journals and say what came of it."""
    if args.questions is None:
        raise ValueError("journals name questions by id only: add --questions FILE.jsonl")
    difficulty = first_settings(journals).get("difficulty")
    questions = choose_questions(args.questions, difficulty, args.num_questions)
    with tqdm(total=len(questions), unit="question", desc="merge") as bar:
        report = merge_journals(
            journals,
            questions,
            args.output,
            allow_missing=bool(args.allow_missing),
            progress=bar.update,
        )
    print_counts(report.counts, args.output)
    for remark in report.remarks():
        print(remark)


def print_import(inputs: list[pathlib.Path], args: argparse.Namespace) -> None:
    """Import samples files and say what came of it."""
    with tqdm(unit="sample", desc="import") as bar:
        report = import_samples(inputs, args.output, depth=args.depth, progress=bar.update)
    print_counts(report.counts, args.output)
    print_some(report.left_out, "found in an earlier file already, left out")
    print_some(
        report.contradicting, "left out, where the earlier file has another reference answer"
    )
    print_some(report.recurring, "found earlier in the same file, kept")
    print_some(report.renamed, "renamed, since another one had the id")


def recheck(args: argparse.Namespace) -> None:
    """Run some of the recorded paths again and say how many verdicts agree."""
    from polar.launch import find_place  # torch only where a model runs
    from polar.recheck import recheck_samples

    path: pathlib.Path = args.output or args.inputs[0]
    if args.output is None and (len(args.inputs) > 1 or holds_journals(path)):
        raise ValueError("--recheck takes one samples file: merge first, or add --output")
    if not path.exists():
        raise ValueError(f"{path} does not exist: give a samples file that does")
    with tqdm(total=args.recheck, unit="path", desc="recheck") as bar:
        found = recheck_samples(
            path, args.recheck, args.seed or 0, args.model_path, find_place(), bar.update
        )
    hits, total = found.agreement
    print(
        f"agree {hits}/{total} ({found.agreement.share:.1%}); valid → invalid"
        f" {len(found.now_invalid)}, invalid → valid {len(found.now_valid)}"
    )
    print_some(found.question_ids, "that disagree")


def print_counts(counts: dict[str, int], output: pathlib.Path) -> None:
    """One line about the written file."""
    print(
        f"{output}: {counts['samples']} questions, {counts['solved']} solved,"
        f" {counts['full_path_correct']} by the full path;"
        f" {counts['valid']} valid and {counts['invalid']} invalid paths"
    )


def print_some(ids: list[str], what: str) -> None:
    """One line about questions that a reader should know of, if there are any."""
    if ids:
        print(f"questions {what}: {len(ids)} ({name_some(ids)})")


if __name__ == "__main__":
    sys.exit(main())
