"""Training in several processes: who I am, and how tensors add up over all."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

import torch
from accelerate import PartialState
from accelerate.utils import reduce
from torch import Tensor, nn


class Processes(NamedTuple):
    """One process among `world`; `add_up` sums a tensor over all of them, alone it does nothing."""

    rank: int = 0
    world: int = 1
    add_up: Callable[[Tensor], Tensor] = lambda tensor: tensor


def accelerate_processes() -> Processes:
    """The processes that `accelerate launch` started; the caller has set up accelerate's state."""
    state = PartialState()
    return Processes(state.process_index, state.num_processes, partial(reduce, reduction="sum"))


def add_up_gradients(
    parameters: Iterable[nn.Parameter], loss: Tensor, processes: Processes
) -> Tensor:
    """Sum the gradients over all processes in place, in one message; returns the summed loss."""
    if processes.world == 1:
        return loss
    parameters = list(parameters)
    flat = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    message = torch.cat([*(gradient.flatten() for gradient in flat), loss.reshape(1)])
    total = processes.add_up(message)
    sizes = [parameter.numel() for parameter in parameters]
    for parameter, gradient in zip(parameters, total[:-1].split(sizes), strict=True):
        parameter.grad = gradient.view_as(parameter).clone()
    return total[-1]


def leave_processes() -> None:
    """Part for good: whoever works on alone must not be missed, nor waited for."""
    PartialState().destroy_process_group()
