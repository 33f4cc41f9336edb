"""The settings of one training; names and defaults as in the release's command line."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class TrainConfig:
    """Everything that shapes the trained weights, data and encoder aside.

    Raises ValueError where a value is unknown or out of bounds, or no back-off can come to pass.
    What counts only together with another setting may stand alone, as in the release.
    """

    num_epochs: int = 20
    batch_size: int = 16  # paths; by question, the questions that have so many
    batch_by: Literal["path", "question"] = "path"
    learning_rate: float = 1e-4
    lr_scheduler: Literal["none", "linear", "cosine"] = "none"
    warmup_steps: int = 0
    optimizer_eps: float = 1e-8
    weight_decay: float = 0.0
    grad_clip_norm: float = 0.0  # 0: no clipping
    use_amp: bool = False  # bfloat16
    seed: int = 42
    no_validation: bool = False
    # a step with a non-finite loss
    nan_guard: bool = False  # skips the step instead of stopping the training
    nan_lr_backoff: float = 0.0  # then multiplies the learning rate (0: does not),
    min_lr: float = 0.0  # but not below this
    # which paths, with what weight
    policy_mode: Literal["polar", "polar_lenpref"] = "polar"
    lenpref_beta: float = 0.05
    max_paths_per_sample: int = 50
    max_total_examples: int | None = None
    max_val_examples: int | None = 20000
    drop_original_path_if_shorter_valid: bool = False
    keep_original_prob: float = 0.0
    reweight_original_path_if_shorter_valid: bool = False
    original_path_weight: float = 1.0
    per_sample_weight_normalize: bool = False
    anti_original_lambda: float = 0.0
    # the predictor
    polar_d_model: int = 256
    polar_heads: int = 4
    polar_layers: int = 2
    polar_dropout: float = 0.1

    def __post_init__(self) -> None:
        for name, values in _CHOICES.items():
            if getattr(self, name) not in values:
                raise ValueError(
                    f"{name} must be one of {', '.join(values)}, not {getattr(self, name)!r}"
                )
        for name, lowest in _LOWEST.items():
            value = getattr(self, name)
            if value is not None and not value >= lowest:
                raise ValueError(f"{name} must be at least {lowest}, not {value}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be positive, not {self.learning_rate}")
        if not 0 <= self.keep_original_prob <= 1:
            raise ValueError(f"keep_original_prob must be in [0, 1], not {self.keep_original_prob}")
        if not 0 <= self.nan_lr_backoff <= 1:
            raise ValueError(f"nan_lr_backoff must be in [0, 1], not {self.nan_lr_backoff}")
        if not 0 <= self.polar_dropout < 1:
            raise ValueError(f"polar_dropout must be in [0, 1), not {self.polar_dropout}")
        if self.nan_lr_backoff > 0 and not self.nan_guard:
            raise ValueError("nan_lr_backoff needs --nan_guard")

    @property
    def drops_full_path(self) -> bool:
        """Whether the full path is dropped where a shorter valid path exists."""
        return self.drop_original_path_if_shorter_valid or self.keep_original_prob > 0


_CHOICES = {
    "batch_by": ("path", "question"),
    "lr_scheduler": ("none", "linear", "cosine"),
    "policy_mode": ("polar", "polar_lenpref"),
}
_LOWEST = {
    "num_epochs": 1,
    "batch_size": 1,
    "seed": 0,
    "warmup_steps": 0,
    "optimizer_eps": 0,
    "weight_decay": 0,
    "grad_clip_norm": 0,
    "min_lr": 0,
    "lenpref_beta": 0,
    "max_paths_per_sample": 1,
    "max_total_examples": 1,
    "max_val_examples": 1,
    "original_path_weight": 0,
    "anti_original_lambda": 0,
    "polar_d_model": 1,
    "polar_heads": 1,
    "polar_layers": 1,
}
