"""The jobs that are generating: where each stands on its path, in arrays over rows."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from llm_depth_router.jobs import Job
from llm_depth_router.prefix_trie import Node, Prompt
from llm_depth_router.prompts import StopRule

ENDED = -1  # the layer a row waits for when its path is through and its next token is due
EMPTY = -2  # a row without a job


@dataclass(eq=False)
class Ticket:
    """One submitted job and how to run it."""

    number: int
    job: Job
    prompt: Prompt
    max_new_tokens: int
    stop: StopRule | None
    temperature: float
    slots: np.ndarray | None = None  # [len(path)], once admitted
    node: Node | None = None  # the trie's node of the whole path, until decoding starts

    @property
    def tokens(self) -> int:
        """The most tokens the job can hold keys of."""
        return len(self.prompt) + self.max_new_tokens


class DecodePool:
    """Rows of generating jobs. Plans are made on the host, in arrays; states live on the device.

    Nothing here loops over rows while a token is computed.
    """

    def __init__(self, rows: int, hidden_size: int, dtype: torch.dtype, device: torch.device):
        self.device = device
        self.hidden = torch.zeros(rows, hidden_size, dtype=dtype, device=device)
        self.tickets: list[Ticket | None] = [None] * rows
        self.waits_for = np.full(rows, EMPTY)  # the layer each row waits for
        self._step = np.zeros(rows, dtype=np.int64)  # how far on its path
        self._position = np.zeros(rows, dtype=np.int64)  # of the token on its way
        self._limit = np.zeros(rows, dtype=np.int64)  # max_new_tokens
        self._count = np.zeros(rows, dtype=np.int64)  # tokens chosen so far
        self._paths = np.full((rows, 1), ENDED)  # padded with ENDED
        self._slots = np.zeros((rows, 1), dtype=np.int64)
        self._chosen = np.zeros((rows, 1), dtype=np.int64)
        self.temperature = np.zeros(rows, dtype=np.float32)
        self.uniforms = np.zeros((rows, 1))
        self.rules = np.zeros(rows, dtype=np.int64)  # each row's stop rule (stop_table.py)
        self._free = list(range(rows))[::-1]

    @property
    def is_empty(self) -> bool:
        return len(self._free) == len(self.tickets)

    def add(self, ticket: Ticket, hidden: Tensor, rule: int, uniforms: np.ndarray | None) -> None:
        """Give the job a row; `hidden` [hidden] is its prompt's last state, its path through."""
        row = self._free.pop()
        path = ticket.job.path
        self._widen(len(path) + 1, ticket.max_new_tokens)
        self.tickets[row] = ticket
        self.hidden[row] = hidden
        self.waits_for[row] = ENDED
        self._paths[row] = ENDED
        self._paths[row, : len(path)] = path
        self._slots[row, : len(path)] = ticket.slots
        self._position[row] = len(ticket.prompt) - 1
        self._count[row], self._limit[row] = 0, ticket.max_new_tokens
        self.rules[row] = rule
        self.temperature[row] = ticket.temperature
        if uniforms is not None:
            self.uniforms[row, : len(uniforms)] = uniforms

    def _widen(self, steps: int, tokens: int) -> None:
        self._paths = _at_least(self._paths, steps, ENDED)
        self._slots = _at_least(self._slots, steps, 0)
        self._chosen = _at_least(self._chosen, tokens, 0)
        self.uniforms = _at_least(self.uniforms, tokens, 0)

    def remove(self, row: int) -> None:
        """Free the row of a finished job."""
        self.tickets[row] = None
        self.waits_for[row] = EMPTY
        self._free.append(row)

    def rows_waiting_for(self, layer: int) -> np.ndarray:  # [B]
        return np.flatnonzero(self.waits_for == layer)

    def find_crowds(self, depth: int, share: float) -> np.ndarray:
        """The layers that at least `share` of the rows with a job wait for, lowest first."""
        counts = np.bincount(self.waits_for[self.waits_for >= 0], minlength=depth)
        least = max(1.0, share * (len(self.tickets) - len(self._free)))
        return np.flatnonzero(counts >= least)

    def slots_of(self, rows: np.ndarray) -> np.ndarray:  # [B]
        return self._slots[rows, self._step[rows]]

    def positions_of(self, rows: np.ndarray) -> np.ndarray:  # [B]
        return self._position[rows]

    def next_uniforms(self, rows: np.ndarray) -> np.ndarray:  # [B]
        return self.uniforms[rows, self._count[rows]]

    def advance(self, rows: np.ndarray) -> None:
        """Rows have run the layer they waited for."""
        self._step[rows] += 1
        self.waits_for[rows] = self._paths[rows, self._step[rows]]

    def add_tokens(self, rows: np.ndarray, tokens: np.ndarray) -> np.ndarray:  # [B] bool
        """Rows have chosen a token and start their path anew; which of them are at their limit."""
        self._chosen[rows, self._count[rows]] = tokens
        self._count[rows] += 1
        self._position[rows] += 1
        self._step[rows] = 0
        self.waits_for[rows] = self._paths[rows, 0]
        return self._count[rows] >= self._limit[rows]

    def tokens_of(self, row: int) -> list[int]:
        """What the row has generated."""
        tokens: list[int] = self._chosen[row, : self._count[row]].tolist()
        return tokens


def _at_least(array: np.ndarray, columns: int, fill: int) -> np.ndarray:
    missing = columns - array.shape[1]
    if missing <= 0:
        return array
    return np.pad(array, ((0, 0), (0, missing)), constant_values=fill)
