"""One run: samples in, a trained predictor in its directory, reports beside it."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from llm_depth_router.models import layout_name
from mcts.atomic import replace_file
from mcts.line_file import lock_alone
from mcts.records import describe_difference
from mcts.samples import Sample, load_samples
from polar.encoder import DEFAULT_ENCODER
from polar.history import write_history
from polar.layout import find_samples
from polar.model import WEIGHTS, PolarPredictor
from polar.published import load_published
from polar.splits import Splits, fold, split_samples
from polar.train import TrainResult
from polar.train_config import TrainConfig

ENCODERS = {"smollm2-135m": "minilm"}  # the question encoder of a model, where not the paper's

CONFIG, HISTORY, STATE = "config.json", "history.csv", "training-state.pt"
LOCK = ".training.lock"
PUBLISHED_SUFFIX = ".pt"


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
        shared = ("model", "weights", "tokenizer", "depth", "dtype", "prompt")
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

    model: str  # by its name in the data layout
    encoder: str
    depth: int
    samples: dict[int, str]  # difficulty → digest of the samples file
    train: TrainConfig
    release_split: bool = False


@contextmanager
def hold_run(directory: Path) -> Iterator[None]:
    """Keep the directory for this process while it claims and trains the run.

    Raises ValueError where another process trains in it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        lock_alone(
            descriptor,
            f"another process trains in {directory}: wait until it is done, or give --run_tag",
        )
        yield
    finally:
        os.close(descriptor)


def is_trained(directory: Path, identity: RunIdentity, *, claim: bool = True) -> bool:
    """Whether `directory` holds this run's predictor; claims it where no training has begun.

    Who claims has to `hold_run` until the training is done; of several processes one does. A
    history or a report without a predictor is a run too: it was evaluated and its weights deleted.

    Raises ValueError, with the difference, where it holds a run of another training config.
    """
    ours = json.loads(json.dumps(asdict(identity)))
    path = directory / CONFIG
    is_begun = any((directory / name).exists() for name in (WEIGHTS, STATE, HISTORY))
    if path.exists() and (is_begun or any(directory.glob("report-*.json"))):
        difference = describe_difference(ours, _with_defaults(read_json(path)))
        if difference:
            raise ValueError(
                f"{directory} holds a run of another training config "
                f"({difference}): give --run_tag or another --save_dir"
            )
    elif claim:
        with replace_file(path) as file:
            file.write(json.dumps(ours, indent=1).encode())
    return (directory / WEIGHTS).exists()


def _with_defaults(identity: dict[str, Any]) -> dict[str, Any]:
    """The identity in a config.json, which an earlier version wrote with fewer settings."""
    train = asdict(TrainConfig())
    if isinstance(identity.get("train"), dict):
        train |= identity["train"]
    known = {f.name: f.default for f in fields(RunIdentity) if f.default is not MISSING}
    model = layout_name(str(identity.get("model", "")))  # which was the path as it was typed
    return known | identity | {"model": model, "train": train}


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; ValueError, naming the file, where there is none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}): delete it or restore it") from error
    if not isinstance(value, dict):
        raise ValueError(f"{path} is damaged (not an object): delete it or restore it")
    return value


def read_origin(checkpoint: Path) -> dict[str, Any] | None:
    """How the predictor in a file or a run's directory was trained: the run's config.json there.

    None where there is none; the one that `save_pretrained` writes tells sizes alone.
    """
    path = (checkpoint if checkpoint.is_dir() else checkpoint.parent) / CONFIG
    origin = read_json(path) if path.exists() else {}
    return origin if {"train", "samples"} <= origin.keys() else None


def describe_checkpoint(checkpoint: Path) -> dict[str, str]:
    """Where a predictor lies, and its digest, for a report."""
    file = checkpoint / WEIGHTS if checkpoint.is_dir() else checkpoint
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return {"checkpoint": str(checkpoint), "checkpoint_sha256": digest}


def check_trained_as(
    origin: Mapping[str, Any] | None, config: TrainConfig, given: Collection[str]
) -> None:
    """Raise ValueError where flags of training were `given` that a finished training did not have.

    The seed is that of the evaluation, too, and may differ.
    """
    if origin is None:
        return
    theirs = _with_defaults(dict(origin))["train"]
    asked = {name: value for name, value in asdict(config).items() if name in given}
    asked.pop("seed", None)
    difference = describe_difference(asked, {name: theirs.get(name) for name in asked})
    if difference:
        raise ValueError(
            f"the predictor was trained otherwise ({difference}): leave these flags away, or train "
            "with them under another --run_tag"
        )


def store_result(directory: Path, result: TrainResult) -> None:
    """Put history and predictor into the run's directory; the predictor last, it marks the end."""
    write_history(directory / HISTORY, result.history)
    result.predictor.save_weights(directory / WEIGHTS)
    (directory / STATE).unlink(missing_ok=True)


def load_predictor(
    path: Path, depth: int, *, encoder: str | None = None, heads: int = 4
) -> PolarPredictor:
    """The predictor in a checkpoint file (ours or a published `.pt`), or in a run's directory.

    A published file names neither its `encoder` nor its `heads`; ours does. Raises ValueError where
    there is none, where it is of another depth, or where one of ours is given an `encoder`.
    """
    file = path / WEIGHTS if path.is_dir() else path
    if encoder and file.suffix != PUBLISHED_SUFFIX:
        raise ValueError(
            "--encoder is for training and for a published .pt: a trained predictor names its own"
        )
    if not file.is_file():
        raise ValueError(f"no predictor at {file}: train one first, or give --checkpoint_path")
    if file.suffix == PUBLISHED_SUFFIX:
        return load_published(file, depth=depth, heads=heads, encoder=encoder or DEFAULT_ENCODER)
    return PolarPredictor.load_weights(file, depth=depth)
