"""The learning rate of every training step."""

import math

from polar.train_config import TrainConfig


def learning_rate(config: TrainConfig, step: int, total_steps: int) -> float:
    """The scheduled rate of step 0…total_steps-1: linear warm-up, then constant or down to 0.

    >>> config = TrainConfig(learning_rate=1.0, lr_scheduler="linear", warmup_steps=2)
    >>> [learning_rate(config, step, total_steps=6) for step in range(6)]
    [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]
    """
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    done = (step - config.warmup_steps) / max(1, total_steps - config.warmup_steps)
    if config.lr_scheduler == "linear":
        return config.learning_rate * (1 - done)
    if config.lr_scheduler == "cosine":
        return config.learning_rate * (1 + math.cos(math.pi * done)) / 2
    return config.learning_rate


def backed_off(config: TrainConfig, scheduled: float, skipped_steps: int) -> float:
    """The rate after `skipped_steps` non-finite losses; `min_lr` bounds the back-off alone.

    >>> config = TrainConfig(nan_guard=True, nan_lr_backoff=0.5, min_lr=0.2)
    >>> [backed_off(config, 1.0, skipped) for skipped in range(4)]
    [1.0, 0.5, 0.25, 0.2]
    """
    if config.nan_lr_backoff == 0:
        return scheduled
    reduced = scheduled * config.nan_lr_backoff**skipped_steps
    return max(reduced, min(scheduled, config.min_lr))
