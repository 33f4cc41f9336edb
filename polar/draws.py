"""Draws: the full path sampled several times a question, the baseline of pass@k (§4.1)."""

import hashlib
from collections.abc import Sequence

from polar.outcomes import Attempt
from polar.program import full_path


def choose_draws(
    question_ids: Sequence[str], draws: int, temperature: float, seed: int, depth: int
) -> dict[str, list[Attempt]]:
    """`draws` samples of the full path for every question, by id; each has a seed of its own.

    Raises ValueError where there is nothing to draw, or the temperature is not positive: the greedy
    answer is the full path's arm.
    """
    if draws < 1 or temperature <= 0:
        raise ValueError(
            f"sampling needs at least 1 draw and a temperature above 0, not {draws} draws at "
            f"temperature {temperature}"
        )
    path = full_path(depth)
    return {
        question_id: [
            Attempt(question_id, path, temperature, draw_seed(seed, question_id, number))
            for number in range(draws)
        ]
        for question_id in question_ids
    }


def draw_seed(seed: int, question_id: str, number: int) -> int:
    """The seed of a question's draw: the same whatever runs beside it, on every machine.

    >>> draw_seed(0, "q1", 0) == draw_seed(0, "q1", 1)
    False
    """
    digest = hashlib.sha256(f"{seed}:{question_id}:{number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
