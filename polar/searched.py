"""What a predictor is trained on: samples by difficulty, split, checked to belong together."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mcts.json_shape import check_present
from mcts.records import describe_difference
from mcts.samples import Sample, load_samples
from polar.layout import find_samples
from polar.same_model import is_same_model
from polar.search_arms import SHARED
from polar.splits import Splits, fold, split_samples


@dataclass(frozen=True)
class SearchedData:
    """The samples of a run: splits by difficulty, and what the searches were run with.

    `header` is the part that all files agree on; empty for files of others, which have none.
    """

    splits: dict[int, Splits]
    header: dict[str, Any]
    digests: dict[int, str]  # of the files' bytes

    @property
    def samples(self) -> dict[int, list[Sample]]:
        """All samples by difficulty, whatever their split."""
        return {
            difficulty: [*splits.train, *splits.validation, *splits.test]
            for difficulty, splits in self.splits.items()
        }

    def all_of(self, split: str) -> list[Sample]:
        """The samples of one split ("train", "validation", "test"), all difficulties together."""
        return [sample for splits in self.splits.values() for sample in getattr(splits, split)]


def load_searched(
    data_root: Path,
    model_name: str,
    difficulties: tuple[int, ...],
    depth: int,
    *,
    release_split: bool = False,
) -> SearchedData:
    """Read the samples files of a run, split by question or, if asked, as the release splits.

    Raises ValueError where a file is missing, malformed, of another model or depth, or was
    searched with another prompt or dtype than the others.
    """
    splits, digests, headers = {}, {}, {}
    for difficulty in difficulties:
        path = find_samples(data_root, model_name, difficulty)
        file = load_samples(path, depth)
        _check_header(path, file.header)
        _check_model(path, file.header, model_name)
        try:
            splits[difficulty] = split_samples(
                _with_scope(file.samples, difficulty), release=release_split
            )
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        digests[difficulty] = hashlib.sha256(path.read_bytes()).hexdigest()
        headers[path] = {key: file.header[key] for key in SHARED if key in file.header}
    if not release_split:
        _check_apart(splits)
    first, *others = headers.items()
    for path, header in others:
        if header != first[1]:
            difference = describe_difference(header, first[1])
            raise ValueError(f"{path} was searched otherwise than {first[0]}: {difference}")
    return SearchedData(splits, first[1], digests)


def _with_scope(samples: Sequence[Sample], difficulty: int) -> list[Sample]:
    """The samples with unique ids, also where a file repeats one or difficulties are joined."""
    seen: Counter[str] = Counter()
    scoped = []
    for sample in samples:
        seen[sample.id] += 1
        again = f"#{seen[sample.id]}" if seen[sample.id] > 1 else ""
        scoped.append(replace(sample, id=f"diff-{difficulty}/{sample.id}{again}"))
    return scoped


def _check_apart(splits: Mapping[int, Splits]) -> None:
    """Raise a ValueError where a question stands in different splits of two difficulties."""
    seen: dict[str, Sample] = {}
    for parts in splits.values():
        for sample in (*parts.train, *parts.validation, *parts.test):
            first = seen.setdefault(fold(sample.question), sample)
            if first.split != sample.split:
                raise ValueError(
                    f"{first.id} ({first.split}) and {sample.id} ({sample.split}) ask the same "
                    "question: a question may be in one split only, whatever its difficulty"
                )


def _check_header(path: Path, header: Mapping[str, Any]) -> None:
    """Raise a ValueError where what this package reads of a header is of another type."""
    known = {"model": str, "dtype": str, "prompt": dict, "weights": str, "tokenizer": str}
    try:
        check_present(header, known, "header")
    except ValueError as error:
        raise ValueError(f"{path}: {error}: restore it, or delete that entry") from error


def _check_model(path: Path, header: Mapping[str, Any], model_name: str) -> None:
    searched = header.get("model")
    if searched is not None and not is_same_model(searched, model_name):
        raise ValueError(
            f"{path} was searched with the model {searched!r}, not {model_name!r}: "
            "give the model it was searched with, or its own samples file"
        )
