"""The settings of an evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from polar.decode import DecodeConfig
from polar.prompting import Prompting

TEMPERATURES = (0.3, 0.7, 1.0)  # of the sampling baseline, §4.1


@dataclass(frozen=True)
class EvalConfig:
    """How candidates are decoded, what stands beside them, and the memory they run in.

    At each of `temperatures` as many answers are drawn as there are candidates,
    `decode.top_k_paths`. `seed` is that of the draws and of the random programs.
    """

    decode: DecodeConfig
    temperatures: tuple[float, ...]
    seed: int
    cache_gb: float
    prefix_gb: float

    def __post_init__(self) -> None:
        if len({f"{each:g}" for each in self.temperatures}) < len(self.temperatures):
            raise ValueError(f"a temperature stands twice in {self.temperatures}: give it once")


@dataclass(frozen=True)
class EvalSetup:
    """What is run, and how it is asked."""

    model: str
    dtype: str
    device: torch.device
    prompting: Prompting
    config: EvalConfig
    searched: Mapping[str, Any]  # the header of the samples; empty where there are none
