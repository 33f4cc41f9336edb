"""The training history sent to Wandb or TensorBoard, through accelerate's trackers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from accelerate import PartialState
from accelerate.tracking import GeneralTracker, TensorBoardTracker, WandBTracker

from polar.train_state import EpochRow

FLAGS = {"wandb": "--use_wandb", "tensorboard": "--tensorboard"}


@dataclass(frozen=True)
class TrackConfig:
    """Where a training is tracked; nowhere by default. The wandb fields are those of its run."""

    use_wandb: bool = False
    tensorboard: bool = False
    wandb_project: str = "polar"
    wandb_run_name: str | None = None
    wandb_entity: str | None = None
    wandb_dir: Path | None = None

    @property
    def packages(self) -> list[str]:
        """The packages that this tracking needs."""
        chosen = {"wandb": self.use_wandb, "tensorboard": self.tensorboard}
        return [name for name, is_on in chosen.items() if is_on]

    def check_installed(self) -> None:
        """Raise a ValueError with the pip command where a package is missing."""
        for name in self.packages:
            if find_spec(name) is None:
                raise ValueError(f"{FLAGS[name]} needs a package more: pip install {name}")


@contextmanager
def tracking(
    config: TrackConfig, run_directory: Path, settings: Mapping[str, Any]
) -> Iterator[Callable[[EpochRow], None]]:
    """Start the trackers; the block is given the function that sends one line of the history.

    The values have the names of history.csv. TensorBoard's events lie in
    `run_directory`/tensorboard.
    """
    trackers = _make_trackers(config, run_directory)
    if trackers:
        PartialState()  # accelerate's trackers refuse to work without its state
    for tracker in trackers:
        tracker.start()
        tracker.store_init_configuration(_without_none(settings))

    def log(row: EpochRow) -> None:
        values = _without_none(asdict(row))
        step = values.pop("epoch")
        for tracker in trackers:
            tracker.log(values, step=step)

    try:
        yield log
    finally:
        for tracker in trackers:
            tracker.finish()


def _make_trackers(config: TrackConfig, run_directory: Path) -> list[GeneralTracker]:
    trackers: list[GeneralTracker] = []
    if config.use_wandb:
        if config.wandb_dir is not None:
            config.wandb_dir.mkdir(parents=True, exist_ok=True)
        name = config.wandb_run_name or "/".join(run_directory.parts[-2:])
        options = {"name": name, "entity": config.wandb_entity, "dir": config.wandb_dir}
        trackers.append(WandBTracker(config.wandb_project, **_without_none(options)))
    if config.tensorboard:
        trackers.append(TensorBoardTracker("tensorboard", run_directory))
    return trackers


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are given: None is nothing a tracker can hold."""
    return {name: value for name, value in values.items() if value is not None}
