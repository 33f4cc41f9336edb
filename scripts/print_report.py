"""Print the tables of evaluations again, from their reports alone; nothing is run.

python scripts/print_report.py outputs/smollm2-135m/diff-1/report-*.json
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from polar.command import run_command
from polar.report_shape import load_report
from polar.tables import format_report


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Print the tables of evaluations again.")
    parser.add_argument("reports", nargs="+", type=Path, metavar="report.json")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 after one line that says what was wrong."""
    args = parse_arguments(arguments)
    return run_command("print_report.py", lambda: print_reports(args.reports))


def print_reports(paths: Sequence[Path]) -> None:
    """The tables of each report, as the run printed them."""
    for path in paths:
        print(f"\n{format_report(load_report(path))}\n\nreport: {path}")


if __name__ == "__main__":
    sys.exit(main())
