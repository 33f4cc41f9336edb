"""Put searches and their controls side by side: what a tree finds, and what luck would.

python scripts/compare_searches.py tree.json random.json draws.jsonl
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from polar.command import run_command
from polar.compare import format_table
from polar.search_arms import group_arms, note_bounds, pool_groups, read_arm

EPILOG = """\
samples files (*.json, *.json.gz) of run_mcts.py, the arms by rule and space; draws (*.jsonl) of
sample_answers.py. One block a difficulty, and one for all together where there are several. The
misses are the questions that the full path gets wrong: the share of them that an arm solves, beside
the random arm and sampling with as many executions, tells what a tree adds to luck.
"""


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Put searches and their controls side by side.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="samples or draws")
    return parser.parse_args(arguments)


def compare(files: Sequence[Path]) -> str:
    """The table of these files."""
    for path in files:
        if not path.is_file():
            raise ValueError(f"{path} does not exist: give samples files and draws that do")
    groups = group_arms({str(path): read_arm(path) for path in files})
    depth = next(arm for group in groups.values() for arm in group.values()).shared["depth"]
    blocks = [
        format_table(
            "difficulty unknown" if difficulty is None else f"difficulty {difficulty}",
            {label: arm.attempts for label, arm in group.items()},
            depth,
        )
        + "".join(f"\n{note}" for note in note_bounds(group))
        for difficulty, group in groups.items()
    ]
    pooled = pool_groups(groups)
    if len(groups) > 1 and pooled:
        blocks.append(format_table("all difficulties", pooled, depth))
    return "\n\n".join(blocks)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 after one line that says what was wrong."""
    args = parse_arguments(arguments)
    return run_command("compare_searches.py", lambda: print(compare(args.files)))


if __name__ == "__main__":
    sys.exit(main())
