"""The journal of a search: one JSON line per execution, the settings in the first line.

Every process appends to a journal of its own. A journal ends at its last complete line: what a
kill left behind it is cut off when the owner opens the file again, and ignored by readers.
"""

import errno
import fcntl
import os
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from mcts.atomic import sync_directory
from mcts.journal_index import JournalIndex, read_journals
from mcts.records import Record, format_record, format_settings
from mcts.trace import Path

TAIL_BYTES = 1 << 16


class Journal:
    """An open journal, and the index of everything recorded so far in it and in its siblings."""

    def __init__(self, path: pathlib.Path, descriptor: int, index: JournalIndex) -> None:
        self.path = path
        self._descriptor = descriptor
        self._index = index

    @property
    def settings(self) -> dict[str, Any]:
        """What stands in the first line."""
        return self._index.settings

    def recorded(self, question_id: str) -> Mapping[Path, Record]:
        """What was recorded for a question before this journal was opened."""
        return self._index.read(question_id)

    def append(self, records: Sequence[Record]) -> None:
        """Write the records and wait until they are on the disk.

        When the disk refuses, nothing of them stays in the file, and an OSError says what to do.
        """
        if records:
            self._append_bytes(b"".join(format_record(record) for record in records))

    def _append_bytes(self, data: bytes) -> None:
        end = os.fstat(self._descriptor).st_size
        try:
            _write_all(self._descriptor, data)
            os.fsync(self._descriptor)
        except OSError as error:
            _try_to_cut(self._descriptor, end)
            raise OSError(
                error.errno,
                f"could not write to the journal ({error.strerror}): what ran last is not recorded."
                " Make room, then start the same command again; it goes on from here",
                str(self.path),
            ) from error

    def close(self) -> None:
        """Close the file, and let another process open it."""
        os.close(self._descriptor)
        self._index.close()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def open_journal(
    path: pathlib.Path, settings: Mapping[str, Any], siblings: Iterable[pathlib.Path] = ()
) -> Journal:
    """Open the journal at `path` for this process alone, after repairing a torn last line.

    `siblings` are the journals of other processes, or of earlier starts: their executions count as
    recorded. ValueError: a journal of other settings (with the difference), a damaged line (with
    file and line), a journal that another process has open.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as on_error:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        on_error.callback(os.close, descriptor)
        _lock(descriptor, path)
        _cut_torn_line(descriptor)
        others = [sibling for sibling in siblings if sibling.resolve() != path.resolve()]
        journal = Journal(path, descriptor, read_journals(sorted([path, *others]), settings))
        if os.fstat(descriptor).st_size == 0:
            journal._append_bytes(format_settings(settings))
            sync_directory(path.parent)
        on_error.pop_all()
    return journal


def _lock(descriptor: int, path: pathlib.Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Some network file systems know no locks; there the guard is missing, the rest works.
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            raise ValueError(
                f"{path}: another process writes to this journal; wait until it is done, or give"
                " every process a rank or shard of its own"
            ) from error


def _cut_torn_line(descriptor: int) -> None:
    end = os.fstat(descriptor).st_size
    start = end
    while start > 0:
        start = max(0, start - TAIL_BYTES)
        newline = os.pread(descriptor, min(TAIL_BYTES, end - start), start).rfind(b"\n")
        if newline >= 0:
            os.ftruncate(descriptor, start + newline + 1)
            return
    os.ftruncate(descriptor, 0)


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _try_to_cut(descriptor: int, end: int) -> None:
    try:
        os.ftruncate(descriptor, end)
    except OSError:
        return  # what is left is a torn line, which the next start repairs
