"""What a training has reached after an epoch, and the file a killed one goes on from."""

import hashlib
import json
import math
import pickle
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from mcts.atomic import replace_file
from mcts.json_shape import check_fields, check_shape
from polar.examples import Examples
from polar.model import PolarPredictor, PredictorConfig, one_line
from polar.train_config import TrainConfig
from polar.update import Updater


@dataclass(frozen=True)
class EpochRow:
    """One line of the training history; validation is None without it."""

    epoch: int  # counted from 1
    train_loss: float
    train_boundary_loss: float
    train_op_loss: float
    train_keep: float  # mean KEEP probability where the full path is not valid
    val_loss: float | None
    val_boundary_loss: float | None
    val_op_loss: float | None
    val_keep: float | None
    learning_rate: float  # of the next step
    steps: int  # so far
    skipped_steps: int  # so far, for a non-finite loss
    seconds: float

    def __post_init__(self) -> None:
        check_fields(self, "the epoch")


@dataclass(frozen=True)
class TrainState:
    """A training between two epochs, its predictor and optimizer aside."""

    history: tuple[EpochRow, ...]
    best_epoch: int
    best_weights: dict[str, Tensor]

    @property
    def best_loss(self) -> float:
        """The validation loss of the best epoch so far; infinite where it is none."""
        losses = [row.val_loss for row in self.history if row.epoch == self.best_epoch]
        if not losses or losses[0] is None or math.isnan(losses[0]):
            return math.inf
        return losses[0]

    def after(self, row: EpochRow, predictor: PolarPredictor) -> "TrainState":
        """The state one epoch later; without validation the last epoch is the best."""
        history = (*self.history, row)
        if row.val_loss is not None and not row.val_loss < self.best_loss and self.history:
            return TrainState(history, self.best_epoch, self.best_weights)
        weights = {name: tensor.clone() for name, tensor in predictor.state_dict().items()}
        return TrainState(history, row.epoch, weights)


def training_identity(
    config: TrainConfig,
    predictor: PredictorConfig,
    examples: Examples,
    validation: Examples | None,
) -> str:
    """A digest of everything that shapes the trained weights."""
    settings = {"config": asdict(config), "predictor": asdict(predictor)}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for part in (examples, validation):
        if part is not None:
            digest.update(json.dumps(part.questions).encode())
            for array in (part.question_of, part.op, part.weight, part.unsolved):
                digest.update(array.tobytes())
    return digest.hexdigest()


def save_state(
    path: Path, identity: str, state: TrainState, predictor: PolarPredictor, updater: Updater
) -> None:
    """Write the state atomically: a kill leaves the state of the epoch before."""
    content = {
        "identity": identity,
        "processes": updater.processes.world,
        "history": [asdict(row) for row in state.history],
        "best_epoch": state.best_epoch,
        "best_weights": state.best_weights,
        "weights": predictor.state_dict(),
        "updater": updater.state_dict(),
    }
    with replace_file(path) as file:
        torch.save(content, file)


def load_state(
    path: Path, identity: str, predictor: PolarPredictor, updater: Updater
) -> TrainState:
    """Read a state, and bring predictor and updater to it.

    Raises ValueError where the file is damaged or belongs to another training, or where another
    number of processes wrote it: each draws its own dropout, so the weights would be others.
    """
    device = predictor.layer_queries.device
    try:
        content = torch.load(path, map_location=device, weights_only=True)
        theirs, world = content["identity"], content["processes"]
        check_shape({"processes": world}, {"processes": int})
    except (
        *(OSError, RuntimeError, EOFError),  # torch's words for a file that was cut
        *(KeyError, TypeError, ValueError, pickle.UnpicklingError),
    ) as error:
        reason = one_line(error)
        raise ValueError(f"{path} is damaged: delete it to start afresh ({reason})") from error
    if theirs != identity:
        raise ValueError(
            f"{path} belongs to a training with other settings or samples: "
            "delete it to start afresh, or give the settings it was started with"
        )
    if world != updater.processes.world:
        raise ValueError(
            f"{path} was written by {world} process{'es' if world > 1 else ''}, not "
            f"{updater.processes.world}: start as many, or delete it to start afresh"
        )
    try:
        history = tuple(EpochRow(**row) for row in content["history"])
        if not 1 <= content["best_epoch"] <= len(history):
            raise ValueError(f"best_epoch is {content['best_epoch']}")
        predictor.load_state_dict(content["best_weights"])  # which has to fit, too
        predictor.load_state_dict(content["weights"])
        updater.load_state_dict(content["updater"])
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        reason = one_line(error)
        raise ValueError(f"{path} is damaged: delete it to start afresh ({reason})") from error
    return TrainState(history, content["best_epoch"], content["best_weights"])
