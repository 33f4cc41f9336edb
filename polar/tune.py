"""Choosing learning rate, batch size and epochs by validation loss (App. D.2)."""

import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

from mcts.atomic import replace_file
from mcts.json_shape import check_shape, parse_json
from mcts.records import describe_difference
from polar.examples import Searched
from polar.features import FeatureStore
from polar.train import train
from polar.train_config import TrainConfig
from polar.train_state import EpochRow

LEARNING_RATES = (1e-4, 3e-4, 5e-4, 8e-4, 1e-3, 3e-3)
BATCH_SIZES = (32, 128, 256)
EPOCHS = (3, 10)


@dataclass(frozen=True)
class Trial:
    """One point of the grid and how it validates; a loss of infinity if the training diverged."""

    learning_rate: float
    batch_size: int
    num_epochs: int
    best_epoch: int  # 0 if the training diverged
    val_loss: float
    seconds: float


def make_grid(
    base: TrainConfig,
    learning_rates: Sequence[float] = LEARNING_RATES,
    batch_sizes: Sequence[int] = BATCH_SIZES,
    epochs: Sequence[int] = EPOCHS,
) -> list[TrainConfig]:
    """Every combination once, the rest as in `base`; the paper's grid unless told otherwise.

    >>> len(make_grid(TrainConfig(lr_scheduler="cosine", warmup_steps=10)))
    36
    """
    return [
        replace(base, learning_rate=rate, batch_size=size, num_epochs=count)
        for rate, size, count in dict.fromkeys(product(learning_rates, batch_sizes, epochs))
    ]


def run_trials(
    grid: Iterable[TrainConfig],
    train_samples: Sequence[Searched],
    val_samples: Sequence[Searched],
    features: FeatureStore,
    *,
    depth: int,
    device: str = "cpu",
    known: Sequence[Trial] = (),
    on_epoch: Callable[[EpochRow], object] | None = None,
    on_trial: Callable[[Trial], object] | None = None,
) -> list[Trial]:
    """Train every config of `grid` that is not among the `known` trials; all trials, best first.

    Raises ValueError where there is nothing to validate on.
    """
    trials = list(known)
    done = {(trial.learning_rate, trial.batch_size, trial.num_epochs) for trial in known}
    for config in grid:
        if (config.learning_rate, config.batch_size, config.num_epochs) in done:
            continue
        started = time.perf_counter()
        try:
            result = train(
                train_samples,
                val_samples,
                features,
                replace(config, no_validation=False),
                depth=depth,
                device=device,
                on_epoch=on_epoch,
            )
        except FloatingPointError:
            trial = _diverged(config, time.perf_counter() - started)
        else:
            trial = _describe(config, result.best_epoch, result.history)
        trials.append(trial)
        if on_trial is not None:
            on_trial(trial)
    return sorted(trials, key=lambda trial: trial.val_loss)


def choose_trials(trials: Sequence[Trial], grid: Iterable[TrainConfig]) -> list[Trial]:
    """The trials of an earlier start that belong to this grid."""
    wanted = {(config.learning_rate, config.batch_size, config.num_epochs) for config in grid}
    return [t for t in trials if (t.learning_rate, t.batch_size, t.num_epochs) in wanted]


def _diverged(config: TrainConfig, seconds: float) -> Trial:
    rate, size, count = config.learning_rate, config.batch_size, config.num_epochs
    return Trial(rate, size, count, best_epoch=0, val_loss=math.inf, seconds=seconds)


def _describe(config: TrainConfig, best_epoch: int, history: Sequence[EpochRow]) -> Trial:
    val_loss = history[best_epoch - 1].val_loss
    assert val_loss is not None, "trials are validated"
    return Trial(
        config.learning_rate,
        config.batch_size,
        config.num_epochs,
        best_epoch,
        val_loss,
        sum(row.seconds for row in history),
    )


def load_trials(path: Path, settings: dict[str, Any]) -> list[Trial]:
    """The trials of an earlier start; none where there is no file.

    Raises ValueError where the file is damaged, or was made with other settings.
    """
    if not path.exists():
        return []
    try:
        content = parse_json(path.read_bytes())
        shape = {field.name: field.type for field in fields(Trial)} | {"val_loss": float | None}
        check_shape(content, {"settings": dict, "trials": [shape]})
        theirs, trials = content["settings"], [_read_trial(trial) for trial in content["trials"]]
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is damaged ({error}): delete it to start afresh") from error
    difference = describe_difference(settings, theirs)
    if difference:
        raise ValueError(f"{path} was made otherwise ({difference}): give another --output")
    return trials


def _read_trial(row: dict[str, Any]) -> Trial:
    return Trial(**row | {"val_loss": math.inf if row["val_loss"] is None else row["val_loss"]})


def write_trials(path: Path, settings: dict[str, Any], trials: Sequence[Trial]) -> None:
    """Write settings and trials, atomically; a loss of infinity, which JSON has not, as null."""
    rows = [asdict(trial) for trial in trials]
    for row in rows:
        row["val_loss"] = row["val_loss"] if math.isfinite(row["val_loss"]) else None
    content = {"settings": settings, "trials": rows}
    with replace_file(path) as file:
        file.write(json.dumps(content, indent=1).encode())


def format_trials(trials: Sequence[Trial]) -> str:
    """The table, in the order of the trials.

    >>> print(format_trials([Trial(5e-4, 128, 10, 7, 1.25, 60.0)]))
    learning rate  batch size  epochs  best epoch  validation loss  seconds
           0.0005         128      10           7           1.2500     60.0
    """
    lines = ["learning rate  batch size  epochs  best epoch  validation loss  seconds"]
    lines.extend(
        f"{trial.learning_rate:>13g}  {trial.batch_size:>10}  {trial.num_epochs:>6}  "
        f"{trial.best_epoch:>10}  {trial.val_loss:>15.4f}  {trial.seconds:>7.1f}"
        for trial in trials
    )
    return "\n".join(lines)
