"""Which process this is, when accelerate has started several."""

import os
from collections.abc import Mapping
from typing import NamedTuple, TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import gather_object

from llm_depth_router.models import default_device

Key = TypeVar("Key")
Value = TypeVar("Value")


class Place(NamedTuple):
    """This process among `world`, and the device it works on."""

    rank: int
    world: int
    device: torch.device


def find_place(device: str | None = None) -> Place:
    """The place of this process; alone unless `accelerate launch` or torchrun says otherwise.

    Raises ValueError where there is no such device, or where the launcher promised several
    processes and each believes to be alone: two of them would share a journal.
    """
    try:
        chosen = torch.device(device) if device else default_device()
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError) as error:  # torch's words for "no such device"
        reason = str(error).splitlines()[0]
        raise ValueError(f"--device {device}: {reason}; give cpu, cuda or cuda:N") from error
    promised = int(os.environ.get("WORLD_SIZE", "1"))
    if promised == 1:
        return Place(0, 1, chosen)
    state = PartialState(cpu=chosen.type == "cpu")
    if state.num_processes != promised:
        raise ValueError(
            f"the launcher announced {promised} processes, this one sees {state.num_processes}: "
            "on CPU start them with accelerate launch --multi_gpu --num_machines 1 "
            "--mixed_precision no --dynamo_backend no"
        )
    return Place(state.process_index, state.num_processes, state.device)


def gather_all(place: Place, mine: Mapping[Key, Value]) -> dict[Key, Value]:
    """The entries of all processes together; it returns once every process has come here."""
    if place.world == 1:
        return dict(mine)
    return dict(gather_object(list(mine.items())))


def find_device(device: str | None = None) -> torch.device:
    """The device of a command that is one process. Raises ValueError where it was launched as more.

    And where there is no such device.
    """
    place = find_place(device)
    if place.world > 1:
        raise ValueError("this command runs in one process: start it without a launcher")
    return place.device
