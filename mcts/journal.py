"""The journal of a search: one JSON line per execution, the settings in the first line.

Every process appends to a journal of its own.
"""

import pathlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from mcts.journal_index import JournalIndex, read_journals
from mcts.line_file import ClosedOnExit, LineFile, open_lines
from mcts.records import BEGINNING, Record, format_record, format_settings


class Journal(ClosedOnExit):
    """An open journal, and the index of everything recorded so far in it and in its siblings.

    `asked` holds the digest of each question that the run may search, by id.
    """

    def __init__(self, lines: LineFile, index: JournalIndex, asked: Mapping[str, str]) -> None:
        self.index, self.asked = index, asked
        self._lines = lines

    def append(self, records: Sequence[Record]) -> None:
        """Write the records and wait until they are on the disk.

        When the disk refuses, nothing of them stays in the file, and an OSError says what to do.
        """
        self._lines.append(b"".join(format_record(record) for record in records))

    def close(self) -> None:
        self._lines.close()
        self.index.close()


def open_journal(
    path: pathlib.Path,
    settings: Mapping[str, Any],
    asked: Mapping[str, str],
    siblings: Iterable[pathlib.Path] = (),
) -> Journal:
    """Open the journal at `path` for this process alone, after repairing a torn last line.

    `siblings` are the journals of other processes, or of earlier starts: their executions count as
    recorded; all are read once. ValueError: a journal of other settings (with the difference), a
    question that is another than when it was recorded, a damaged line (with file and line), a
    journal that another process has open.
    """
    others = [sibling for sibling in siblings if sibling.resolve() != path.resolve()]
    lines = open_lines(path, BEGINNING)
    with ExitStack() as on_error:
        on_error.callback(lines.close)
        index = read_journals(sorted([path, *others]), settings)
        index.check_questions(asked)
        if not lines.num_bytes:
            lines.append(format_settings(settings))
        on_error.pop_all()
    return Journal(lines, index, asked)
