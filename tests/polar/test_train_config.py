"""Guarantees of polar.train_config: impossible settings are refused by name."""

import pytest

from polar.train_config import TrainConfig


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_by": "row"}, "batch_by must be one of path, question, not 'row'"),
        ({"lr_scheduler": "step"}, "lr_scheduler must be one of none, linear, cosine"),
        ({"policy_mode": "flat"}, "policy_mode must be one of polar, polar_lenpref"),
        ({"num_epochs": 0}, "num_epochs must be at least 1, not 0"),
        ({"original_path_weight": -0.5}, "original_path_weight must be at least 0"),
        ({"learning_rate": 0.0}, "learning_rate must be positive"),
        ({"learning_rate": float("nan")}, "learning_rate must be positive"),
        ({"keep_original_prob": 1.5}, "keep_original_prob must be in"),
        ({"nan_lr_backoff": 2.0, "nan_guard": True}, "nan_lr_backoff must be in"),
        ({"nan_lr_backoff": 0.5}, "nan_lr_backoff needs --nan_guard"),
        ({"polar_heads": 0}, "polar_heads must be at least 1"),
        ({"polar_dropout": float("nan")}, "polar_dropout must be in"),
    ],
)
def test_impossible_settings_are_refused_by_name(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainConfig(**options)


def test_the_defaults_are_those_of_the_release() -> None:
    config = TrainConfig()
    assert (config.num_epochs, config.batch_size, config.learning_rate) == (20, 16, 1e-4)
    assert (config.seed, config.max_paths_per_sample, config.max_val_examples) == (42, 50, 20000)
    assert (config.grad_clip_norm, config.nan_lr_backoff, config.min_lr) == (0, 0, 0)  # all off
