"""A run's directory: whose it is, whether it is trained, what is stored in it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

from llm_depth_router.models import layout_name
from mcts.atomic import replace_file
from mcts.json_shape import parse_json
from mcts.line_file import lock_alone
from mcts.records import describe_difference
from polar.history import write_history
from polar.model import WEIGHTS
from polar.train import TrainResult
from polar.train_config import TrainConfig

CONFIG, HISTORY, STATE = "config.json", "history.csv", "training-state.pt"
LOCK = ".training.lock"


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

    Raises ValueError, with the difference, where it holds a run of another training config, or one
    that nothing is known of.
    """
    ours = json.loads(json.dumps(asdict(identity)))
    path = directory / CONFIG
    is_begun = any((directory / name).exists() for name in (WEIGHTS, STATE, HISTORY))
    if is_begun and not path.exists():
        raise ValueError(
            f"{directory} holds a run without its {CONFIG}, so nobody knows of which settings: "
            "restore it, evaluate the predictor with --checkpoint_path, or give --run_tag"
        )
    if path.exists() and (is_begun or any(directory.glob("report-*.json"))):
        difference = describe_difference(ours, fill_defaults(read_json(path)))
        if difference:
            raise ValueError(
                f"{directory} holds a run of another training config "
                f"({difference}): give --run_tag or another --save_dir"
            )
    elif claim:
        with replace_file(path) as file:
            file.write(json.dumps(ours, indent=1).encode())
    return (directory / WEIGHTS).exists()


def fill_defaults(identity: dict[str, Any]) -> dict[str, Any]:
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
        value = parse_json(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}): delete it or restore it") from error
    if not isinstance(value, dict):
        raise ValueError(f"{path} is damaged (not an object): delete it or restore it")
    return value


def store_result(directory: Path, result: TrainResult) -> None:
    """Put history and predictor into the run's directory; the predictor last, it marks the end."""
    write_history(directory / HISTORY, result.history)
    result.predictor.save_weights(directory / WEIGHTS)
    (directory / STATE).unlink(missing_ok=True)
