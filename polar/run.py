"""One run: samples in, a trained predictor in its directory, reports beside it."""

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any

from llm_depth_router.models import layout_name
from mcts.atomic import replace_file
from mcts.records import describe_difference
from mcts.samples import Sample, load_samples
from polar.encoder import DEFAULT_ENCODER
from polar.layout import find_samples
from polar.model import WEIGHTS, PolarPredictor
from polar.published import load_published
from polar.splits import Splits, fold, split_samples
from polar.train import TrainResult
from polar.train_config import TrainConfig
from polar.train_state import EpochRow

ENCODERS = {"smollm2-135m": "minilm"}  # the question encoder of a model, where not the paper's

CONFIG, HISTORY, STATE = "config.json", "history.csv", "training-state.pt"


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
        _check_model(path, file.header, model_name)
        try:
            splits[difficulty] = split_samples(
                _with_scope(file.samples, difficulty), release=release_split
            )
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        digests[difficulty] = hashlib.sha256(path.read_bytes()).hexdigest()
        shared = ("model", "depth", "dtype", "prompt")
        headers[path] = {key: file.header[key] for key in shared if key in file.header}
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


def _check_model(path: Path, header: Mapping[str, Any], model_name: str) -> None:
    searched = header.get("model")
    if isinstance(searched, str) and Path(searched).name != Path(layout_name(model_name)).name:
        raise ValueError(
            f"{path} was searched with the model {searched!r}, not {model_name!r}: "
            "give the model it was searched with, or its own samples file"
        )


def default_encoder(model_name: str) -> str:
    """The question encoder that goes with a model."""
    return ENCODERS.get(model_name, DEFAULT_ENCODER)


@dataclass(frozen=True)
class RunIdentity:
    """What makes a run this run: the same one is reused, another one needs another directory."""

    model: str
    encoder: str
    depth: int
    samples: dict[int, str]  # difficulty → digest of the samples file
    train: TrainConfig
    release_split: bool = False


def is_trained(directory: Path, identity: RunIdentity, *, claim: bool = True) -> bool:
    """Whether `directory` holds this run's predictor; claims it where no training has begun.

    Of several processes one claims.

    Raises ValueError, with the difference, where it holds a run of another training config.
    """
    ours = json.loads(json.dumps(asdict(identity)))
    path = directory / CONFIG
    is_begun = (directory / WEIGHTS).exists() or (directory / STATE).exists()
    if path.exists() and is_begun:
        theirs = read_json(path)
        if theirs != ours:
            raise ValueError(
                f"{directory} holds a run of another training config "
                f"({describe_difference(ours, theirs)}): give --run_tag or another --save_dir"
            )
    elif claim:
        with replace_file(path) as file:
            file.write(json.dumps(ours, indent=1).encode())
    return (directory / WEIGHTS).exists()


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; ValueError, naming the file, where there is none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}): delete it or restore it") from error
    if not isinstance(value, dict):
        raise ValueError(f"{path} is damaged (not an object): delete it or restore it")
    return value


def store_result(directory: Path, result: TrainResult) -> None:
    """Put history and predictor into the run's directory; the predictor last, it marks the end."""
    with replace_file(directory / HISTORY) as file:
        file.write(format_history(result.history).encode())
    result.predictor.save_weights(directory / WEIGHTS)
    (directory / STATE).unlink(missing_ok=True)


def format_history(history: tuple[EpochRow, ...]) -> str:
    """The training history as CSV, one row an epoch."""
    lines: list[str] = []
    writer = csv.writer(_Lines(lines), lineterminator="\n")
    writer.writerow([field.name for field in fields(EpochRow)])
    writer.writerows(astuple(row) for row in history)
    return "".join(lines)


class _Lines:
    """A list that csv can write to."""

    def __init__(self, lines: list[str]) -> None:
        self.write = lines.append


def load_predictor(path: Path, depth: int) -> PolarPredictor:
    """The predictor in a checkpoint file (ours or a published `.pt`), or in a run's directory.

    Raises ValueError where there is none, or it is of another depth.
    """
    file = path / WEIGHTS if path.is_dir() else path
    if not file.is_file():
        raise ValueError(f"no predictor at {file}: train one first, or give --checkpoint_path")
    if file.suffix == ".pt":
        return load_published(file, depth=depth)
    return PolarPredictor.load_weights(file, depth=depth)
