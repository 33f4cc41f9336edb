"""The samples file (merged_mcts_samples.json, also .json.gz): the published shapes in, ours out."""

import gzip
import json
import pathlib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO, cast

from mcts.atomic import replace_file
from mcts.json_stream import JsonStream
from mcts.sample_rows import RowError, Sample, format_sample, make_sample, parse_sample

__all__ = [
    "Sample",
    "SamplesFile",
    "SamplesReader",
    "load_samples",
    "make_sample",
    "read_header",
    "write_samples",
]

# With fewer paths, that none of them uses the last layer may be chance.
MIN_PATHS_TO_JUDGE = 100


@dataclass(frozen=True)
class SamplesFile:
    """How the samples came about (empty in files of others), and the samples in file order."""

    header: dict[str, Any]
    samples: tuple[Sample, ...]


def load_samples(
    path: str | pathlib.Path, depth: int | None = None, *, keep_trace: bool = True
) -> SamplesFile:
    """Read a samples file into memory; `keep_trace=False` leaves the traces out of it.

    `depth` is the number of layers that the paths must fit. ValueError names the file, the row and
    the field of what is malformed, and a file of a model of another depth.
    """
    reader = SamplesReader(pathlib.Path(path), depth, keep_trace=keep_trace)
    samples = tuple(reader)
    return SamplesFile(reader.header, samples)


def read_header(path: pathlib.Path) -> dict[str, Any]:
    """The header of a file, wherever it stands, without its counts; {} where there is none.

    Ours begin with it; another tool that wrote the file again may have sorted its keys.
    """
    with _open_text(path) as file:
        stream = JsonStream(file)
        for key in stream.members() if stream.peek() == "{" else ():
            if key == "header":
                header = stream.value()
                return header if isinstance(header, dict) else {}
            _skip(stream)
        return {}


def _skip(stream: JsonStream) -> None:
    """Read past a value; of a list, such as the samples, one element is in memory at a time."""
    if stream.peek() == "[":
        for _ in stream.elements():
            pass
    else:
        stream.value()


def write_samples(
    path: str | pathlib.Path, header: Mapping[str, Any], samples: Iterable[Sample]
) -> dict[str, int]:
    """Write a samples file in one go or not at all; return the counts that stand at its end.

    One sample a line, whatever iterable they come from; they need not fit in memory together. The
    same header and samples give the same bytes.
    """
    head = {key: value for key, value in header.items() if key != "counts"}
    counts = dict.fromkeys(("samples", "solved", "full_path_correct", "valid", "invalid"), 0)
    with replace_file(pathlib.Path(path)) as file:
        file.write(b'{"header": %s,\n"samples": [' % _dump(head, sort_keys=True))
        for sample in samples:
            file.write((b",\n" if counts["samples"] else b"\n") + _dump(format_sample(sample)))
            counts["samples"] += 1
            counts["solved"] += bool(sample.valid_paths)
            counts["full_path_correct"] += sample.initial_score > 0
            counts["valid"] += len(sample.valid_paths)
            counts["invalid"] += len(sample.invalid_paths)
        file.write(b'\n],\n"counts": %s}\n' % _dump(counts))
    return counts


def _dump(value: object, sort_keys: bool = False) -> bytes:
    return json.dumps(value, sort_keys=sort_keys, separators=(",", ":")).encode()


class SamplesReader:
    """The samples of a file one by one; `header` is complete once all were read.

    Three shapes (README of the release): an object with `samples`, a list, an object whose values
    are samples. It holds one row at a time.
    """

    def __init__(
        self, path: pathlib.Path, depth: int | None = None, *, keep_trace: bool = True
    ) -> None:
        self.path, self.depth, self.keep_trace = path, depth, keep_trace
        self.header: dict[str, Any] = {}
        self._num_paths = 0
        self._last_layer = -1

    def __iter__(self) -> Iterator[Sample]:
        with _open_text(self.path) as file:
            for number, (key, row) in enumerate(self._rows(JsonStream(file))):
                yield self._parse(row, number, key)
            self._check_depth()

    def _rows(self, stream: JsonStream) -> Iterator[tuple[str | None, object]]:
        """Every row, with its key where it has one."""
        start = stream.peek()
        if start == "[":
            yield from ((None, row) for row in stream.elements())
        elif start == "{":
            yield from self._rows_of_object(stream)
        else:
            raise ValueError("it must hold an object or a list of samples")
        stream.end()

    def _rows_of_object(self, stream: JsonStream) -> Iterator[tuple[str | None, object]]:
        """Either `samples` and what stands beside it, or values that are all samples."""
        others: dict[str, Any] = {}
        shape = ""
        for key in stream.members():
            if key == "samples" and not shape:
                shape = "list"
                yield from ((None, row) for row in stream.elements())
                continue
            value = stream.value()
            if shape != "list" and (shape == "values" or _looks_like_row(value)):
                shape = "values"
                yield from others.items()  # malformed rows: the first of them raises
                yield key, value
            else:
                others[key] = value
                self._take_header(key, value)
        if not shape:
            yield from others.items()

    def _take_header(self, key: str, value: object) -> None:
        if key == "header" and isinstance(value, dict):
            self.header |= value
            depth = value.get("depth")
            if self.depth is not None and depth is not None and depth != self.depth:
                raise ValueError(_wrong_depth(depth, self.depth))
        if key == "counts":
            self.header[key] = value

    def _parse(self, row: object, number: int, key: str | None) -> Sample:
        try:
            sample = parse_sample(row, str(number), self.depth, keep_trace=self.keep_trace)
        except RowError as error:
            name = f"sample {number}" if key is None else f"sample {key!r}"
            raise ValueError(f"{name} {error}") from error
        paths = sample.valid_paths + sample.invalid_paths
        self._num_paths += len(paths)
        self._last_layer = max(self._last_layer, max(map(max, paths), default=-1))
        return sample

    def _check_depth(self) -> None:
        is_short = self.depth is not None and self._last_layer + 1 < self.depth
        if is_short and self._num_paths >= MIN_PATHS_TO_JUDGE:
            used = f"its {self._num_paths} paths use the layers 0…{self._last_layer} only"
            raise ValueError(f"{used}; " + _wrong_depth(self._last_layer + 1, self.depth))


def _wrong_depth(found: object, depth: int | None) -> str:
    return (
        f"the samples are of a model with {found} layers, this model has {depth}:"
        " use the samples file of this model"
    )


def _looks_like_row(value: object) -> bool:
    names = ("question", "sample_info", "final_valid_transitions")
    return isinstance(value, dict) and any(name in value for name in names)


@contextmanager
def _open_text(path: pathlib.Path) -> Iterator[TextIO]:
    """The text of a plain or gzipped file, its faults as ValueErrors that name it."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8-sig") as file:
                yield cast(TextIO, file)
        else:
            with path.open(encoding="utf-8-sig") as file:
                yield file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path}: not a whole gzip file ({error})") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
