"""A file of lines that one process appends to, and that a kill or a full disk cannot spoil.

It ends at its last complete line: what a kill left behind it is cut off when the owner opens the
file again, and ignored by readers.
"""

import errno
import fcntl
import os
import pathlib
from abc import ABC, abstractmethod
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from mcts.atomic import sync_directory

TAIL_BYTES = 1 << 16


class ClosedOnExit(ABC):
    """A file that `with` closes."""

    @abstractmethod
    def close(self) -> None:
        """Close the file, and let another process open it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class LineFile(ClosedOnExit):
    """An open file of lines; `open_lines` makes one."""

    def __init__(self, path: pathlib.Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @property
    def num_bytes(self) -> int:
        """How long the file is."""
        return os.fstat(self._descriptor).st_size

    def append(self, lines: bytes) -> None:
        """Write whole lines and wait until they are on the disk.

        When the disk refuses, nothing of them stays in the file, and an OSError says what to do.
        """
        if not lines:
            return
        end = self.num_bytes
        try:
            _write_all(self._descriptor, lines)
            os.fsync(self._descriptor)
            if end == 0:
                sync_directory(self.path.parent)
        except OSError as error:
            _try_to_cut(self._descriptor, end)
            raise OSError(
                error.errno,
                f"could not write to the journal ({error.strerror}): what ran last is not recorded."
                " Make room, then start the same command again; it goes on from here",
                str(self.path),
            ) from error

    def close(self) -> None:
        os.close(self._descriptor)


def open_lines(path: pathlib.Path, beginning: bytes = b"") -> LineFile:
    """Open the file for this process alone, after cutting off a torn last line.

    ValueError: another process has it open; it does not begin with `beginning`, and is left alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as on_error:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        on_error.callback(os.close, descriptor)
        lock_alone(
            descriptor,
            f"{path}: another process writes to this journal; wait until it is done, or give"
            " every process a rank or shard of its own",
        )
        found = os.pread(descriptor, len(beginning), 0)
        if found != beginning[: len(found)]:
            raise ValueError(f"{path} is something else: move it, or give another name")
        _cut_torn_line(descriptor)
        on_error.pop_all()
    return LineFile(path, descriptor)


def lock_alone(descriptor: int, refusal: str) -> None:
    """Keep an open file for this process alone until it is closed.

    ValueError, which says `refusal`: another process keeps it.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Some network file systems know no locks; there the guard is missing, the rest works.
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            raise ValueError(refusal) from error


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
