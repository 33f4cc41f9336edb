"""The training history of a run as a table."""

import csv
from dataclasses import astuple, fields
from io import StringIO
from pathlib import Path

from mcts.atomic import replace_file
from polar.train_state import EpochRow


def write_history(path: Path, history: tuple[EpochRow, ...]) -> None:
    """Write the epochs so far, atomically."""
    with replace_file(path) as file:
        file.write(format_history(history).encode())


def format_history(history: tuple[EpochRow, ...]) -> str:
    """The training history as CSV, one row an epoch.

    >>> format_history(()).split(",")[:2]
    ['epoch', 'train_loss']
    """
    table = StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow([field.name for field in fields(EpochRow)])
    writer.writerows(astuple(row) for row in history)
    return table.getvalue()
