"""Draws: the full path sampled several times a question, the baseline of pass@k (§4.1)."""

import hashlib
from collections.abc import Callable, Sequence

from polar.outcomes import Attempt, Outcome
from polar.program import full_path
from polar.verify import Verifier


def run_draws(
    question_ids: Sequence[str],
    draws: int,
    temperature: float,
    seed: int,
    verifier: Verifier,
    progress: Callable[[int], object] | None = None,
) -> dict[str, list[Outcome]]:
    """`draws` sampled answers of the full path to every question, by id, in the order drawn.

    `progress` is called with the number of newly finished draws. Raises ValueError where there is
    nothing to draw, or the temperature is not positive: the greedy answer is the full path's arm.
    """
    attempts = choose_draws(question_ids, draws, temperature, seed, verifier.depth)
    outcomes = verifier.run_attempts([each for row in attempts.values() for each in row], progress)
    return {question_id: [outcomes[each] for each in row] for question_id, row in attempts.items()}


def choose_draws(
    question_ids: Sequence[str], draws: int, temperature: float, seed: int, depth: int
) -> dict[str, list[Attempt]]:
    """What `run_draws` runs, by question id."""
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
