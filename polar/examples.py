"""Training examples: the programs of each question's valid paths, and their weights."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from polar.labels import IGNORE, program_labels
from polar.program import Program, full_path, parse_path
from polar.train_config import TrainConfig


class Searched(Protocol):
    """What training needs of a row of the samples file."""

    @property
    def question(self) -> str: ...
    @property
    def valid_paths(self) -> tuple[tuple[int, ...], ...]: ...
    @property
    def initial_score(self) -> float: ...


@dataclass(frozen=True)
class ExampleCounts:
    """What became of the samples; reported, so that nothing is dropped in silence."""

    samples: int
    samples_without_example: int
    valid_paths: int  # distinct per question
    unparsable: int  # no program expands to them
    over_path_limit: int  # beyond max_paths_per_sample
    full_path_dropped: int  # a shorter valid path exists
    over_example_limit: int  # beyond max_total_examples or max_val_examples
    examples: int


@dataclass(frozen=True)
class Examples:
    """N programs of Q questions, sorted by question; every question has at least one."""

    questions: tuple[str, ...]  # [Q]
    question_of: np.ndarray  # [N] int64, index into questions
    op: np.ndarray  # [N, D] int8: op of the segment that starts there, IGNORE elsewhere
    weight: np.ndarray  # [N] float32
    unsolved: np.ndarray  # [N] float32: 1 / paths of the question if its full path fails, else 0
    counts: ExampleCounts


def build_examples(
    samples: Sequence[Searched],
    depth: int,
    config: TrainConfig,
    *,
    limit: int | None,
) -> Examples:
    """Parse, select and weight the valid paths of every sample; at most `limit` in all."""
    tally = dict.fromkeys(ExampleCounts.__dataclass_fields__, 0) | {"samples": len(samples)}
    rng = random.Random(config.seed)
    parsed = [
        _parse_all(sample.valid_paths, depth, config.max_paths_per_sample, tally)
        for sample in samples
    ]
    shortest = min((len(program.path) for programs in parsed for program in programs), default=0)
    chosen: list[tuple[int, Program, float]] = []
    for index, programs in enumerate(parsed):
        weighted = _weigh(programs, depth, config, rng, shortest)
        tally["full_path_dropped"] += len(programs) - len(weighted)
        chosen.extend((index, program, weight) for program, weight in weighted)
    if limit is not None and len(chosen) > limit:
        tally["over_example_limit"] = len(chosen) - limit
        chosen = [chosen[row] for row in sorted(rng.sample(range(len(chosen)), limit))]
    kept = sorted({index for index, _, _ in chosen})
    tally["samples_without_example"] = len(samples) - len(kept)
    tally["examples"] = len(chosen)
    position = {index: row for row, index in enumerate(kept)}
    question_of = np.array([position[index] for index, _, _ in chosen], dtype=np.int64)
    solved = np.array([_full_path_is_valid(samples[index], depth) for index in kept], dtype=bool)
    weight = np.array([weight for _, _, weight in chosen], dtype=np.float64)
    if config.per_sample_weight_normalize:
        weight = normalize_weights(weight, question_of)
    return Examples(
        questions=tuple(samples[index].question for index in kept),
        question_of=question_of,
        op=_op_matrix([program for _, program, _ in chosen], depth),
        weight=weight.astype(np.float32),
        unsolved=(~solved[question_of] / np.bincount(question_of)[question_of]).astype(np.float32),
        counts=ExampleCounts(**tally),
    )


def _parse_all(
    paths: Sequence[tuple[int, ...]], depth: int, limit: int, tally: dict[str, int]
) -> list[Program]:
    """The programs of the distinct paths that have one, in order, at most `limit`."""
    distinct = list(dict.fromkeys(paths))
    programs = [program for path in distinct if (program := parse_path(path, depth)) is not None]
    tally["valid_paths"] += len(distinct)
    tally["unparsable"] += len(distinct) - len(programs)
    tally["over_path_limit"] += max(0, len(programs) - limit)
    return programs[:limit]


def _weigh(
    programs: list[Program], depth: int, config: TrainConfig, rng: random.Random, shortest: int
) -> list[tuple[Program, float]]:
    """The programs of one question that stay, with their weights.

    The scale is free, for the loss divides by the weights of its batch: lengths count from the
    `shortest` path of all questions, so that the exponentials do not vanish together.
    """
    full = full_path(depth)
    shorter_exists = any(len(program.path) < depth for program in programs)
    weighted = []
    for program in programs:
        weight = 1.0
        if config.policy_mode == "polar_lenpref":
            weight = math.exp(-config.lenpref_beta * (len(program.path) - shortest))
        if program.path == full and shorter_exists:
            if config.drops_full_path and rng.random() >= config.keep_original_prob:
                continue
            if config.reweight_original_path_if_shorter_valid:
                weight *= config.original_path_weight
        weighted.append((program, weight))
    return weighted


def normalize_weights(weight: np.ndarray, question_of: np.ndarray) -> np.ndarray:
    """Weights [N] scaled so that those of each question add up to 1 (all zero stays zero).

    >>> normalize_weights(np.array([1.0, 3.0, 5.0]), np.array([0, 0, 1])).tolist()
    [0.25, 0.75, 1.0]
    """
    totals = np.bincount(question_of, weights=weight)[question_of]
    return np.divide(weight, totals, out=np.zeros_like(weight), where=totals > 0)


def _op_matrix(programs: list[Program], depth: int) -> np.ndarray:
    matrix = np.full((len(programs), depth), IGNORE, dtype=np.int8)
    for row, program in enumerate(programs):
        matrix[row] = program_labels(program).op
    return matrix


def _full_path_is_valid(sample: Searched, depth: int) -> bool:
    return sample.initial_score > 0 or full_path(depth) in sample.valid_paths
