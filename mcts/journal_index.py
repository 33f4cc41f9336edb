"""Reading journals: where each question's executions stand, read again only when asked for.

The index keeps 8 bytes per execution, so the journals of a long search need not fit in memory.
"""

import pathlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from mcts.records import (
    Record,
    changed_question,
    describe_difference,
    parse_record,
    parse_settings,
)
from mcts.trace import Path

OFFSET_BITS = 44  # of a position: 20 bits of file number above a byte offset of up to 16 TB


class JournalIndex:
    """The executions of several journals by question, in the order of the files and lines.

    Where one path of a question was recorded twice, the first counts. At most one file is open.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = dict(settings)
        self._paths: list[pathlib.Path] = []
        self._positions: dict[str, array[int]] = {}
        self._asked: dict[str, str] = {}  # the digest of each question
        self._number = -1  # of the open file
        self._file: BinaryIO | None = None

    @property
    def question_ids(self) -> list[str]:
        """The questions with at least one execution, in the order of their first one."""
        return list(self._positions)

    def add_file(self, path: pathlib.Path, records: Iterable[tuple[Record, int]]) -> None:
        """Note where a file's executions stand: each with its byte offset.

        ValueError: a question that is not the same as in an earlier line.
        """
        number = len(self._paths)
        self._paths.append(path)
        for record, offset in records:
            if self._asked.setdefault(record.question, record.asked) != record.asked:
                raise ValueError(changed_question(record.question, path))
            positions = self._positions.setdefault(record.question, array("Q"))
            positions.append(number << OFFSET_BITS | offset)

    def check_questions(self, asked: Mapping[str, str]) -> None:
        """ValueError if one of the questions (id → digest) was another when it was recorded."""
        for question_id, digest in asked.items():
            if self._asked.get(question_id, digest) != digest:
                path = self._paths[self._positions[question_id][0] >> OFFSET_BITS]
                raise ValueError(changed_question(question_id, path))

    def num_executions(self, question_id: str) -> int:
        """How many executions of a question are recorded, repeated ones included."""
        return len(self._positions.get(question_id, ()))

    def read_all(self, question_id: str) -> list[Record]:
        """Every recorded execution of a question, repeated ones included."""
        return [self._read(position) for position in self._positions.get(question_id, ())]

    def find_place(self, question_id: str, executed: Path) -> str:
        """The file and line of the first record of a question's path, for messages."""
        for position in self._positions[question_id]:
            if self._read(position).path == executed:
                path = self._paths[position >> OFFSET_BITS]
                before = path.read_bytes()[: position & (1 << OFFSET_BITS) - 1]
                return f"{path}, line {before.count(10) + 1}"
        raise KeyError((question_id, executed))

    def _read(self, position: int) -> Record:
        number = position >> OFFSET_BITS
        if self._file is None or number != self._number:
            self.close()
            self._file, self._number = self._paths[number].open("rb"), number
        self._file.seek(position & (1 << OFFSET_BITS) - 1)
        return parse_record(self._file.readline())

    def close(self) -> None:
        """Close the file that is open; reading opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None


def list_journals(folder: pathlib.Path) -> list[pathlib.Path]:
    """The journals (*.jsonl) in a folder, in the order in which they are read."""
    return sorted(folder.glob("*.jsonl"))


def read_journals(
    paths: Iterable[pathlib.Path], settings: Mapping[str, Any] | None = None
) -> JournalIndex:
    """Index journals of one search; every line is checked, a torn last one is left out.

    `settings` are those that all must have; without them, those of the first journal. ValueError:
    other settings (with the difference), a damaged line (with file and line), no settings at all.
    """
    expected, origin = settings, "this run"
    index = JournalIndex({})
    for path in paths:
        with path.open("rb") as file:
            found = _read_settings(file, path)
            if found is None:
                continue
            if expected is None:
                expected, origin = found, str(path)
            if difference := describe_difference(found, expected):
                raise ValueError(
                    f"{path}: this journal has other settings than {origin} (here: the journal,"
                    f" there: {origin}): {difference}. Use the same settings, or another folder"
                )
            index.add_file(path, _find_records(file, path))
    if expected is None:
        raise ValueError("none of the journals has settings yet: run the search first")
    index.settings = dict(expected)
    return index


def first_settings(paths: Iterable[pathlib.Path]) -> dict[str, Any]:
    """The settings of the first journal that has any; {} if none has."""
    for path in paths:
        with path.open("rb") as file:
            settings = _read_settings(file, path)
        if settings is not None:
            return settings
    return {}


def _read_settings(file: BinaryIO, path: pathlib.Path) -> dict[str, Any] | None:
    line = file.readline()
    if not line.endswith(b"\n"):
        return None  # killed before the first line was complete: an empty journal
    try:
        return parse_settings(line)
    except ValueError as error:
        raise _damage(path, 1, error) from error


def _find_records(file: BinaryIO, path: pathlib.Path) -> Iterator[tuple[Record, int]]:
    offset = file.tell()
    for line_number, line in enumerate(file, start=2):
        if not line.endswith(b"\n"):
            return
        try:
            record = parse_record(line)
        except ValueError as error:
            raise _damage(path, line_number, error) from error
        yield record, offset
        offset += len(line)


def _damage(path: pathlib.Path, line_number: int, error: ValueError) -> ValueError:
    cure = "delete the line: its execution is" if line_number > 1 else "move it: all of it is"
    return ValueError(
        f"{path}, line {line_number} is damaged: {error}. Restore the file from a backup, or {cure}"
        " then run again"
    )
