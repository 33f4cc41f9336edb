"""Rows of JSON lines, JSON and parquet files, and of folders of them."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from polar.sources.extras import find_errors, import_extra, in_one_line
from polar.sources.records import BadRow, Record, RecordError
from polar.sources.xml_rows import read_xml

Rows = Iterator[Record | BadRow]


def read_paths(paths: Sequence[Path], columns: Sequence[str] = ()) -> Rows:
    """The rows of files, and of all readable files in folders, in the order of their names.

    The id that a row gets where it has none is its file, relative to the folder that all `paths`
    share, and its number therein: no two rows have the same, and none changes where the data
    moves. `columns` are those that matter: of a parquet file no others are read. Raises ValueError
    where a path does not exist, is of no known kind, or a file cannot be read at all.
    """
    folders = [path if path.is_dir() else path.parent for path in paths]
    shared = os.path.commonpath([os.path.abspath(folder) for folder in folders])
    for path in paths:
        if not path.exists():
            raise ValueError(f"{path} does not exist: give --input a file or folder that does")
        for file in _list_files(path) if path.is_dir() else [path]:
            reader = READERS.get(file.suffix)
            if reader is None:
                raise ValueError(f"{file} is none of {', '.join(READERS)}: give another --input")
            name = Path(os.path.relpath(file, shared)).as_posix()
            yield from reader(file, name, columns)


def _list_files(folder: Path) -> list[Path]:
    files = [file for file in folder.rglob("*") if file.suffix in READERS and file.is_file()]
    if not files:
        raise ValueError(f"{folder} holds no {', '.join(READERS)} file: give another --input")
    return sorted(files)


def read_json_lines(path: Path, name: str, columns: Sequence[str] = ()) -> Rows:
    """One object a line; blank lines are no rows, but count in the row numbers."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            place = f"{path}, row {number}"
            try:
                yield as_record(place, f"{name}/{number}", parse_json(line))
            except RecordError as error:
                yield BadRow(place, str(error))


def read_json(path: Path, name: str, columns: Sequence[str] = ()) -> Rows:
    """A list of objects, or one object (a question a file, as in the original MATH)."""
    try:
        value = parse_json(path.read_bytes())
    except RecordError as error:
        yield BadRow(str(path), str(error))
        return
    if isinstance(value, list):
        for number, row in enumerate(value, start=1):
            yield as_record(f"{path}, row {number}", f"{name}/{number}", row)
    else:
        yield as_record(str(path), name, value)


def parse_json(text: bytes) -> Any:
    """The value of a JSON text; RecordError where it cannot be read."""
    try:
        return json.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RecordError(f"is not UTF-8 ({error.reason} at byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise RecordError(f"is not JSON ({error.msg} at character {error.pos + 1})") from error
    except RecursionError as error:
        raise RecordError("is JSON nested too deep to be read") from error
    except ValueError as error:  # Python reads no integers of more than 4,300 digits
        raise RecordError("holds a number of thousands of digits") from error


def as_record(place: str, default_id: str, value: object) -> Record | BadRow:
    """A record of an object; anything else is malformed."""
    if isinstance(value, dict):
        return Record(place, default_id, value)
    return BadRow(place, f"is not an object with named fields, but of type {type(value).__name__}")


def read_parquet(path: Path, name: str, columns: Sequence[str] = ()) -> Rows:
    """The rows of a parquet file, a batch at a time; pyarrow comes with the extra `datasets`."""
    parquet = import_extra("pyarrow.parquet", extra="datasets")
    try:
        with parquet.ParquetFile(path) as file:
            there = [name for name in columns if name in file.schema_arrow.names]
            number = 0
            for batch in file.iter_batches(columns=there or None):
                for value in batch.to_pylist():
                    number += 1
                    yield as_record(f"{path}, row {number}", f"{name}/{number}", value)
    except find_errors("pyarrow.ArrowException") as error:
        fault = f"cannot be read as parquet ({in_one_line(error)})"
        raise ValueError(f"{path}: {fault}: download it again, or leave it away") from error


READERS = {
    ".jsonl": read_json_lines,
    ".json": read_json,
    ".parquet": read_parquet,
    ".xml": read_xml,
}
