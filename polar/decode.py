"""Decoding: logits → boundaries → the best programs by beam search over the ops (§3.2)."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch

from mcts.json_shape import check_fields
from polar.model import PredictorLogits
from polar.program import MAX_SEGMENT, Op, Program, Segment


@dataclass(frozen=True)
class DecodeConfig:
    """How candidates are found; names and defaults as in the release."""

    beam_size: int = 5
    top_k_paths: int = 5
    top_k_ops: int = 2
    seg_threshold: float = 0.5
    len_penalty: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, "decode")
        if self.top_k_paths < 1:
            raise ValueError(f"top_k_paths must be at least 1, not {self.top_k_paths}")
        if self.beam_size < self.top_k_paths:
            raise ValueError(
                f"beam_size {self.beam_size} cannot yield top_k_paths {self.top_k_paths} "
                f"candidates: give --beam_size {self.top_k_paths} or more"
            )
        if not 1 <= self.top_k_ops <= len(Op):
            raise ValueError(f"top_k_ops must be 1, 2 or 3, not {self.top_k_ops}")
        if not math.isfinite(self.len_penalty):
            raise ValueError(f"len_penalty must be a number, not {self.len_penalty}")
        if not 0 <= self.seg_threshold <= 1:
            raise ValueError(f"seg_threshold must be in [0, 1], not {self.seg_threshold}")


class Candidate(NamedTuple):
    """A decoded program and the sum of its ops' log-probabilities."""

    program: Program
    log_prob: float


class _Beam(NamedTuple):
    """Ops chosen so far; sorts by score, best first, then by the ranks of the ops."""

    cost: float  # -(log_prob - len_penalty * executed layers)
    ranks: tuple[int, ...]
    ops: tuple[Op, ...]
    log_prob: float


def beam_decode(logits: PredictorLogits, config: DecodeConfig) -> list[list[Candidate]]:
    """The `top_k_paths` best programs of each question, best first.

    Ranked by log-probability - len_penalty * executed layers. Both add up over segments, so the
    beam loses nothing: the order equals brute force over the `top_k_ops` likeliest ops of each
    segment. The programs of one question share their segments and differ in an op, so their paths
    are distinct. A program that skips everything keeps its place.
    """
    boundary = torch.sigmoid(logits.boundary.double()).tolist()
    op_log_probs = torch.log_softmax(logits.op.double(), dim=-1).tolist()
    return [
        _decode(segment_starts(row, config.seg_threshold), len(row), ops, config)
        for row, ops in zip(boundary, op_log_probs, strict=True)
    ]


def segment_starts(boundary_probs: list[float], threshold: float) -> list[int]:
    """The layers that start a segment; one is inserted wherever MAX_SEGMENT would be exceeded.

    >>> segment_starts([0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1], threshold=0.5)
    [0, 2, 6]
    """
    starts = [0]
    for layer in range(1, len(boundary_probs)):
        if boundary_probs[layer] >= threshold or layer - starts[-1] == MAX_SEGMENT:
            starts.append(layer)
    return starts


def _decode(
    starts: list[int], depth: int, op_log_probs: list[list[float]], config: DecodeConfig
) -> list[Candidate]:
    """Beam search over the ops of one question's segments; op_log_probs is [D][3]."""
    sizes = [stop - start for start, stop in zip(starts, [*starts[1:], depth], strict=True)]
    beams = [_Beam(0.0, (), (), 0.0)]
    for start, size in zip(starts, sizes, strict=True):
        log_probs = op_log_probs[start]
        kept = sorted(Op, key=lambda op: -log_probs[op])[: config.top_k_ops]
        grown = []
        for beam in beams:
            for rank, op in enumerate(kept):
                cost = beam.cost - log_probs[op] + config.len_penalty * size * op
                log_prob = beam.log_prob + log_probs[op]
                grown.append(_Beam(cost, (*beam.ranks, rank), (*beam.ops, op), log_prob))
        beams = sorted(grown)[: config.beam_size]
    return [
        Candidate(Program(tuple(map(Segment, starts, sizes, beam.ops))), beam.log_prob)
        for beam in beams[: config.top_k_paths]
    ]
