"""The jobs that are generating: where each stands on its path, in arrays over rows."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from llm_depth_router.drafts import NO_GUESS, DraftTable
from llm_depth_router.jobs import Job
from llm_depth_router.prefix_trie import Node, Prompt
from llm_depth_router.prompts import StopRule

ENDED = -1  # the layer a row waits for when its path is through and its next tokens are due
EMPTY = -2  # a row without a job
TAIL = 3  # the prompt's last tokens, kept in front of the generated ones as context for guesses
MAX_WIDTH = 8  # the token on its way and at most seven guesses behind it


@dataclass(eq=False)
class Ticket:
    """One submitted job and how to run it."""

    number: int
    job: Job
    prompt: Prompt
    max_new_tokens: int
    stop: StopRule | None
    temperature: float

    @property
    def tokens(self) -> int:
        """The most tokens the job can hold keys of."""
        return len(self.prompt) + self.max_new_tokens


@dataclass(eq=False)
class Admitted:
    """A job that has entered: its cache slots, and its prompt's node until it generates."""

    ticket: Ticket
    slots: np.ndarray  # [len(path)]
    node: Node


@dataclass(frozen=True)
class Flight:
    """Tokens on their way: row `rows[place]` brings those with `owners == place`."""

    rows: np.ndarray  # [B]
    owners: np.ndarray  # [S] index into rows
    offsets: np.ndarray  # [S] 0 is the token itself, 1… its guesses
    places: np.ndarray  # [S] index into the pool's states


class DecodePool:
    """Rows of generating jobs. Plans are made on the host, in arrays; states live on the device.

    Nothing here loops over rows while tokens are computed.
    """

    def __init__(self, rows: int, hidden_size: int, dtype: torch.dtype, device: torch.device):
        self.states = torch.zeros(rows * MAX_WIDTH, hidden_size, dtype=dtype, device=device)
        self.jobs: list[Admitted | None] = [None] * rows
        self.waits_for = np.full(rows, EMPTY)  # the layer each row waits for
        self.rules = np.zeros(rows, dtype=np.int64)  # each row's stop rule (stop_table.py)
        self.temperature = np.zeros(rows, dtype=np.float32)
        self._width = np.ones(rows, dtype=np.int64)  # tokens on their way
        self._trust = np.ones(rows, dtype=np.int64)  # how many guesses to try next
        self._step = np.zeros(rows, dtype=np.int64)  # how far on the path
        self._position = np.zeros(rows, dtype=np.int64)  # of the first token on its way
        self._limit = np.zeros(rows, dtype=np.int64)  # max_new_tokens
        self._count = np.zeros(rows, dtype=np.int64)  # tokens generated
        self._paths = np.full((rows, 1), ENDED)  # padded with ENDED
        self._slots = np.zeros((rows, 1), dtype=np.int64)
        self._tokens = np.zeros((rows, TAIL), dtype=np.int64)  # tail, generated, guesses
        self._uniforms = np.zeros((rows, 1))
        self._drafts = DraftTable()
        self._free = list(range(rows))[::-1]

    def __len__(self) -> int:
        return len(self.jobs) - len(self._free)

    def add(self, job: Admitted, hidden: Tensor, rule: int, uniforms: np.ndarray | None) -> None:
        """Give the job a row; `hidden` [hidden] is its prompt's last state, its path through."""
        row = self._free.pop()
        path, prompt = job.ticket.job.path, job.ticket.prompt
        limit = job.ticket.max_new_tokens
        self._widen(len(path) + 1, limit)
        self.jobs[row] = job
        self.states[row * MAX_WIDTH] = hidden
        self.waits_for[row], self.rules[row] = ENDED, rule
        self.temperature[row] = job.ticket.temperature
        self._width[row] = self._trust[row] = 1
        self._position[row] = len(prompt) - 1
        self._count[row], self._limit[row] = 0, limit
        self._paths[row] = ENDED
        self._paths[row, : len(path)] = path
        self._slots[row, : len(path)] = job.slots
        tail = (0, 0, 0, *prompt.preamble, *prompt.own)[-TAIL:]
        self._tokens[row, :TAIL] = tail
        if uniforms is not None:
            self._uniforms[row, :limit] = uniforms

    def _widen(self, steps: int, limit: int) -> None:
        self._paths = _at_least(self._paths, steps, ENDED)
        self._slots = _at_least(self._slots, steps, 0)
        self._tokens = _at_least(self._tokens, TAIL + limit + MAX_WIDTH, 0)
        self._uniforms = _at_least(self._uniforms, limit + MAX_WIDTH, 0)

    def remove(self, row: int) -> None:
        """Free the row of a finished job."""
        self.jobs[row] = None
        self.waits_for[row] = EMPTY
        self._free.append(row)

    def find_crowds(self, depth: int, share: float) -> np.ndarray:
        """The layers that at least `share` of the rows with a job wait for, lowest first."""
        counts = np.bincount(self.waits_for[self.waits_for >= 0], minlength=depth)
        return np.flatnonzero(counts >= max(1.0, share * len(self)))

    def rows_waiting_for(self, layer: int) -> np.ndarray:  # [B]
        return np.flatnonzero(self.waits_for == layer)

    def flight_of(self, rows: np.ndarray) -> Flight:
        """All tokens that `rows` have on their way."""
        widths = self._width[rows]
        owners = np.repeat(np.arange(len(rows)), widths)
        offsets = np.arange(len(owners)) - np.repeat(np.cumsum(widths) - widths, widths)
        return Flight(rows, owners, offsets, rows[owners] * MAX_WIDTH + offsets)

    def slots_of(self, flight: Flight) -> np.ndarray:  # [B]
        return self._slots[flight.rows, self._step[flight.rows]]

    def positions_of(self, flight: Flight) -> np.ndarray:  # [B], of each row's first token
        return self._position[flight.rows]

    def uniforms_of(self, flight: Flight) -> np.ndarray:  # [S]
        rows = flight.rows[flight.owners]
        return self._uniforms[rows, self._count[rows] + flight.offsets]

    def temperatures_of(self, flight: Flight) -> np.ndarray:  # [S]
        temperatures: np.ndarray = self.temperature[flight.rows[flight.owners]]
        return temperatures

    def lengths_of(self, flight: Flight) -> tuple[np.ndarray, np.ndarray]:  # [S], [S]
        """How many tokens a row has with each token that its flight brings; its limit."""
        rows = flight.rows[flight.owners]
        return self._count[rows] + flight.offsets + 1, self._limit[rows]

    def advance(self, flight: Flight) -> None:
        """The flight has run the layer it waited for."""
        rows = flight.rows
        self._step[rows] += 1
        self.waits_for[rows] = self._paths[rows, self._step[rows]]

    def accept(self, flight: Flight, chosen: np.ndarray) -> np.ndarray:  # [S] → [S] bool
        """Which of the `chosen` tokens stand: all guesses before them were right.

        The tokens are written behind the rows' texts; `commit` makes them count.
        """
        rows = flight.rows[flight.owners]
        columns = TAIL + self._count[rows] + flight.offsets
        is_right = chosen == self._tokens[rows, columns]  # the guess for the same place
        stands = np.ones((len(flight.rows), MAX_WIDTH + 1), dtype=bool)
        stands[flight.owners, flight.offsets + 1] = is_right
        stands = np.logical_and.accumulate(stands, axis=1)
        accepted: np.ndarray = stands[flight.owners, flight.offsets]
        self._tokens[rows[accepted], columns[accepted]] = chosen[accepted]
        return accepted

    def commit(self, flight: Flight, accepted: np.ndarray, guesses: int) -> None:
        """Count the accepted tokens, guess what may follow, and start the paths anew."""
        rows = flight.rows
        gained = np.bincount(flight.owners[accepted], minlength=len(rows))
        owners = rows[flight.owners[accepted]]
        columns = TAIL + self._count[owners] + flight.offsets[accepted]
        contexts = np.stack([self._tokens[owners, columns - back] for back in (3, 2, 1)], axis=1)
        self._drafts.learn(contexts, self._tokens[owners, columns])
        self._trust[rows] = np.where(gained == self._width[rows], 2 * gained, gained)
        self._count[rows] += gained
        self._position[rows] += gained
        self._step[rows] = 0
        self.waits_for[rows] = self._paths[rows, 0]
        self._guess(rows, guesses)

    def _guess(self, rows: np.ndarray, most: int) -> None:
        ends = TAIL + self._count[rows]
        contexts = np.stack([self._tokens[rows, ends - back] for back in (3, 2, 1)], axis=1)
        drafts = self._drafts.guess(contexts, min(most, MAX_WIDTH - 1))
        room = self._limit[rows] - self._count[rows] - 1
        allowed = np.minimum(np.minimum(self._trust[rows], room), drafts.shape[1])
        known = (drafts != NO_GUESS).sum(axis=1)
        self._width[rows] = 1 + np.maximum(np.minimum(known, allowed), 0)
        for place in range(drafts.shape[1]):
            self._tokens[rows, ends + place] = drafts[:, place]

    def inputs_of(self, flight: Flight) -> np.ndarray:  # [S]
        """The token ids that a flight brings: each row's last token and its guesses."""
        rows = flight.rows[flight.owners]
        tokens: np.ndarray = self._tokens[rows, TAIL + self._count[rows] - 1 + flight.offsets]
        return tokens

    def tokens_of(self, row: int, count: int) -> list[int]:
        """The first `count` tokens that the row has generated."""
        tokens: list[int] = self._tokens[row, TAIL : TAIL + count].tolist()
        return tokens


def _at_least(array: np.ndarray, columns: int, fill: int) -> np.ndarray:
    missing = columns - array.shape[1]
    if missing <= 0:
        return array
    return np.pad(array, ((0, 0), (0, missing)), constant_values=fill)
