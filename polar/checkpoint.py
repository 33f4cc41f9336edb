"""A trained predictor in a file or a run's directory, and how it was trained."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mcts.json_shape import check_shape
from mcts.records import describe_difference
from polar.encoder import DEFAULT_ENCODER
from polar.model import WEIGHTS, PolarPredictor
from polar.published import load_published
from polar.run import CONFIG, fill_defaults, read_json
from polar.train_config import TrainConfig

PUBLISHED_SUFFIX = ".pt"


def load_predictor(
    path: Path, depth: int, *, encoder: str | None = None, heads: int = 4
) -> PolarPredictor:
    """The predictor in a checkpoint file (ours or a published `.pt`), or in a run's directory.

    A published file names neither its `encoder` nor its `heads`; ours does. Raises ValueError where
    there is none, where it is of another depth, or where one of ours is given an `encoder`.
    """
    file = _find_file(path)
    if encoder and file.suffix != PUBLISHED_SUFFIX:
        raise ValueError(
            "--encoder is for training and for a published .pt: a trained predictor names its own"
        )
    if not file.is_file():
        raise ValueError(f"no predictor at {file}: train one first, or give --checkpoint_path")
    if file.suffix == PUBLISHED_SUFFIX:
        return load_published(file, depth=depth, heads=heads, encoder=encoder or DEFAULT_ENCODER)
    return PolarPredictor.load_weights(file, depth=depth)


def _find_file(checkpoint: Path) -> Path:
    return checkpoint / WEIGHTS if checkpoint.is_dir() else checkpoint


def read_origin(checkpoint: Path) -> dict[str, Any] | None:
    """How the predictor in a file or a run's directory was trained: the run's config.json there.

    None where there is none; the one that `save_pretrained` writes tells sizes alone.
    """
    path = _find_file(checkpoint).with_name(CONFIG)
    origin = read_json(path) if path.exists() else {}
    if not {"train", "samples"} <= origin.keys():
        return None
    try:
        check_shape(origin, {"train": dict, "samples": {str: str}})
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}): restore it") from error
    return origin


def describe_checkpoint(checkpoint: Path) -> dict[str, str]:
    """Where a predictor lies, and its digest, for a report."""
    digest = hashlib.sha256(_find_file(checkpoint).read_bytes()).hexdigest()
    return {"checkpoint": str(checkpoint), "checkpoint_sha256": digest}


def check_trained_as(
    origin: Mapping[str, Any] | None, config: TrainConfig, given: Collection[str]
) -> None:
    """Raise ValueError where flags of training were `given` that a finished training did not have.

    The seed is that of the evaluation, too, and may differ.
    """
    if origin is None:
        return
    theirs = fill_defaults(dict(origin))["train"]
    asked = {name: value for name, value in asdict(config).items() if name in given}
    asked.pop("seed", None)
    difference = describe_difference(asked, {name: theirs.get(name) for name in asked})
    if difference:
        raise ValueError(
            f"the predictor was trained otherwise ({difference}): leave these flags away, or train "
            "with them under another --run_tag"
        )
