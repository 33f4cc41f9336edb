"""Samples files in any published shape into one file of ours, one row in memory at a time."""

import hashlib
import pathlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mcts.records import describe_difference
from mcts.samples import Sample, SamplesReader, read_header, write_samples


@dataclass
class ImportReport:
    """What went into the new file, and the ids of what is worth knowing about.

    `left_out`: samples whose question stood in an earlier file; `contradicting`: those of them
    whose reference answer was another there. `recurring`: samples whose question stood earlier in
    the same file; they are kept, since a row's place may tell its split.
    `renamed`: samples whose id an earlier one had, by their new ids.
    """

    counts: dict[str, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    contradicting: list[str] = field(default_factory=list)
    recurring: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)


def import_samples(
    inputs: Sequence[pathlib.Path],
    output: str | pathlib.Path,
    *,
    depth: int | None = None,
    progress: Callable[[int], object] = lambda count: None,
) -> ImportReport:
    """Write the samples of all inputs, in their order, as one file with the header they share.

    `progress` is called with 1 after each sample that was read.
    ValueError: inputs of different settings (with the difference), a malformed row (with file, row
    and field), paths that do not fit `depth`. Nothing is written then.
    """
    report = ImportReport()
    header = _common_header(inputs)
    report.counts = write_samples(output, header, _collect(inputs, depth, report, progress))
    return report


def _common_header(inputs: Sequence[pathlib.Path]) -> dict[str, Any]:
    headers = [read_header(path) for path in inputs]
    for path, header in zip(inputs[1:], headers[1:], strict=True):
        if difference := describe_difference(header, headers[0]):
            raise ValueError(
                f"{path} has other settings than {inputs[0]} (here: {path.name}, there:"
                f" {inputs[0].name}): {difference}. Merge files of one search only"
            )
    return headers[0]


def _collect(
    inputs: Sequence[pathlib.Path],
    depth: int | None,
    report: ImportReport,
    progress: Callable[[int], object],
) -> Iterator[Sample]:
    ids: set[str] = set()
    numbers: dict[str, int] = {}  # the next to try behind a repeated id
    places: dict[bytes, tuple[int, str]] = {}  # where a question first stood, and its answer
    for number, path in enumerate(inputs):
        for sample in SamplesReader(path, depth):
            progress(1)
            digest = _digest(sample.question)
            if digest in places:
                place, answer = places[digest]
                (report.left_out if place < number else report.recurring).append(sample.id)
                if place < number:
                    if answer != sample.answer.strip():
                        report.contradicting.append(sample.id)
                    continue
            places.setdefault(digest, (number, sample.answer.strip()))
            if sample.id in ids:
                sample = replace(sample, id=_fresh_id(sample.id, ids, numbers))
                report.renamed.append(sample.id)
            ids.add(sample.id)
            yield sample


def _digest(question: str) -> bytes:
    return hashlib.sha256(question.strip().encode("utf-8", "surrogatepass")).digest()[:16]


def _fresh_id(id: str, taken: set[str], numbers: dict[str, int]) -> str:
    number = numbers.get(id, 2)
    while f"{id}-{number}" in taken:
        number += 1
    numbers[id] = number + 1
    return f"{id}-{number}"
