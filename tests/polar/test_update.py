"""Guarantees of polar.update and polar.schedule: the rate of every step, clipped gradients, and
non-finite losses that stop the training or are skipped."""

from pathlib import Path

import pytest
import torch

from polar.model import PolarPredictor, PredictorConfig
from polar.processes import Processes
from polar.schedule import learning_rate
from polar.train_config import TrainConfig
from polar.update import Updater


def updater_of(**options: object) -> Updater:
    torch.manual_seed(0)
    predictor = PolarPredictor(PredictorConfig(3, 4, d_model=8, heads=2, layers=1))
    return Updater(predictor, TrainConfig(**options), 10, Processes())  # type: ignore[arg-type]


def loss_of(updater: Updater, scale: float) -> torch.Tensor:
    return scale * torch.stack([parameter.sum() for parameter in updater.parameters]).sum()


def test_cosine_warms_up_linearly_and_ends_near_zero() -> None:
    config = TrainConfig(learning_rate=1.0, lr_scheduler="cosine", warmup_steps=4)
    rates = [learning_rate(config, step, 104) for step in range(104)]
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    assert rates[54] == pytest.approx(0.5)
    assert rates[-1] == pytest.approx(0.00024672, rel=1e-3)
    assert rates[4:] == sorted(rates[4:], reverse=True)


def test_without_a_scheduler_the_rate_is_constant_after_the_warm_up() -> None:
    config = TrainConfig(learning_rate=1.0, warmup_steps=2)
    assert [learning_rate(config, step, 5) for step in range(5)] == [0.5, 1.0, 1.0, 1.0, 1.0]


def test_a_step_changes_the_weights_by_the_learning_rate() -> None:
    updater = updater_of(learning_rate=0.25)
    before = updater.parameters[0].clone()
    assert updater.apply(loss_of(updater, 1.0))
    # AdamW's first step is lr * sign(gradient)
    torch.testing.assert_close(before - updater.parameters[0], torch.full_like(before, 0.25))
    assert updater.step == 1


def test_every_step_is_as_large_as_schedule_and_back_off_say() -> None:
    """Under a constant gradient every step of AdamW is as large as its rate."""
    updater = updater_of(learning_rate=1.0, lr_scheduler="linear", warmup_steps=2,
                         nan_guard=True, nan_lr_backoff=0.5)  # fmt: skip
    bias = updater.parameters[1]
    moves = []
    for scale in (1.0, 1.0, 1.0, 1.0, float("nan"), 1.0):
        before = bias.clone()
        updater.apply(loss_of(updater, scale))
        moves.append(float((before - bias).detach().mean()))
    assert moves == pytest.approx([0.5, 1.0, 1.0, 7 / 8, 0.0, 5 / 8 * 0.5], rel=1e-4)


def test_a_non_finite_loss_stops_the_training_with_advice() -> None:
    updater = updater_of()
    with pytest.raises(FloatingPointError, match="--nan_guard to skip"):
        updater.apply(loss_of(updater, float("nan")))


def test_the_guard_skips_the_step_and_backs_off_down_to_the_minimum() -> None:
    updater = updater_of(nan_guard=True, nan_lr_backoff=0.5, min_lr=0.3, learning_rate=1.0)
    before = [parameter.clone() for parameter in updater.parameters]
    assert not updater.apply(loss_of(updater, float("inf")))
    assert updater.learning_rate == 0.5
    assert not updater.apply(loss_of(updater, float("nan")))
    assert updater.learning_rate == 0.3
    assert updater.skipped == updater.step == 2
    assert all(map(torch.equal, before, updater.parameters))


def test_gradients_are_clipped_to_the_norm_before_the_step() -> None:
    updater = updater_of(grad_clip_norm=0.5)
    updater.apply(loss_of(updater, 100.0))
    norm = torch.stack([p.grad.norm() for p in updater.parameters if p.grad is not None]).norm()
    assert float(norm) == pytest.approx(0.5, rel=1e-4)


def test_a_norm_of_zero_means_no_clipping() -> None:
    updater = updater_of(grad_clip_norm=0.0)
    updater.apply(loss_of(updater, 100.0))
    assert updater.parameters[0].grad is not None
    assert float(updater.parameters[0].grad.abs().max()) == 100.0


def test_without_a_back_off_the_guard_leaves_the_rate_alone() -> None:
    updater = updater_of(nan_guard=True, learning_rate=1.0)
    assert not updater.apply(loss_of(updater, float("inf")))
    assert updater.learning_rate == 1.0


def test_a_non_finite_gradient_of_a_finite_loss_is_caught() -> None:
    updater = updater_of(nan_guard=True)
    parameter = updater.parameters[0]
    loss = torch.sqrt((parameter * 0).sum())  # 0, with an infinite slope
    before = parameter.clone()
    assert not updater.apply(loss)
    assert torch.equal(parameter, before)


def test_without_the_guard_a_non_finite_gradient_stops_the_training_at_the_next_loss() -> None:
    updater = updater_of()
    updater.apply(torch.sqrt((updater.parameters[0] * 0).sum()))  # 0, with an infinite slope
    with pytest.raises(FloatingPointError, match="not finite at step 1"):
        updater.apply(loss_of(updater, 1.0))


def test_a_saved_state_goes_on_where_it_stood(tmp_path: Path) -> None:
    first, second = updater_of(learning_rate=0.1), updater_of(learning_rate=0.1)
    first.apply(loss_of(first, 1.0))
    second.apply(loss_of(second, 1.0))
    resumed = updater_of(learning_rate=0.1)
    with torch.no_grad():
        for ours, theirs in zip(resumed.parameters, first.parameters, strict=True):
            ours.copy_(theirs)
    resumed.load_state_dict(first.state_dict())
    second.apply(loss_of(second, -2.0))
    resumed.apply(loss_of(resumed, -2.0))
    assert all(map(torch.equal, resumed.parameters, second.parameters))
    assert resumed.step == 2
