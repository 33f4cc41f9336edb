"""One optimizer step: schedule, gradient clipping, the guard against non-finite losses."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.optim import AdamW

from mcts.json_shape import check_shape
from polar.model import PolarPredictor
from polar.processes import Processes, add_up_gradients
from polar.schedule import backed_off, learning_rate
from polar.train_config import TrainConfig


class Updater:
    """Turns losses into weight updates; the same on every process, for it sees their sum."""

    def __init__(
        self,
        predictor: PolarPredictor,
        config: TrainConfig,
        total_steps: int,
        processes: Processes,
    ) -> None:
        self.config = config
        self.total_steps = total_steps
        self.processes = processes
        self.step = 0
        self.skipped = 0
        self.parameters = list(predictor.parameters())
        self.optimizer = AdamW(
            self.parameters,
            lr=config.learning_rate,
            eps=config.optimizer_eps,
            weight_decay=config.weight_decay,
            fused=True,
        )

    @property
    def learning_rate(self) -> float:
        """The rate of the next step."""
        scheduled = learning_rate(self.config, self.step, self.total_steps)
        return backed_off(self.config, scheduled, self.skipped)

    def apply(self, loss: Tensor) -> bool:
        """Update the weights from this process's share of the batch loss; False if skipped.

        Raises FloatingPointError on a non-finite loss unless `nan_guard` is on.
        """
        for parameter in self.parameters:
            parameter.grad = None
        if loss.requires_grad:  # a process without a row in the batch has nothing to add
            loss.backward()
        whole = add_up_gradients(self.parameters, loss.detach(), self.processes)
        if self._is_finite(whole):
            self.optimizer.param_groups[0]["lr"] = self.learning_rate
            self.optimizer.step()
            self.step += 1
            return True
        if not self.config.nan_guard:
            raise FloatingPointError(
                f"the loss is not finite at step {self.step}: give a smaller --learning_rate, "
                "--grad_clip_norm 1, or --nan_guard to skip such steps"
            )
        self.step += 1
        self.skipped += 1
        return False

    def _is_finite(self, loss: Tensor) -> bool:
        """Whether loss and gradients are; clips the gradients where asked.

        Gradients are looked at only where they are clipped or a step can be skipped. Otherwise
        one that is not finite makes its weight NaN, and the next loss or the end of the epoch
        (polar.train) stops the training.
        """
        if self.config.grad_clip_norm == 0 and not self.config.nan_guard:
            return math.isfinite(float(loss))
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        if self.config.grad_clip_norm > 0:
            torch.nn.utils.clip_grads_with_norm_(self.parameters, self.config.grad_clip_norm, norm)
        return math.isfinite(float(loss + norm))

    def state_dict(self) -> dict[str, Any]:
        """What a resumed training needs."""
        return {
            "step": self.step,
            "skipped": self.skipped,
            "optimizer": self.optimizer.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`; ValueError where the moments are not those of the weights.

        The optimizer's settings are this training's own.
        """
        check_shape(state, {"step": int, "skipped": int, "optimizer": {"state": dict}})
        moments = state["optimizer"]["state"]
        for index, parameter in enumerate(self.parameters if moments else ()):  # none before step 1
            shapes = {"step": (), "exp_avg": parameter.shape, "exp_avg_sq": parameter.shape}
            for name, shape in shapes.items():
                found = moments.get(index, {}).get(name)
                fits = isinstance(found, Tensor) and found.shape == shape
                if not fits or found.dtype != torch.float32 or not found.isfinite().all():
                    raise ValueError(f"{name} of weight {index} does not fit it")
        self.step, self.skipped = state["step"], state["skipped"]
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": moments, "param_groups": groups})
