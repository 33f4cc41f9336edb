"""Jobs like those of a search: a random tree of programs for each question."""

import random

from llm_depth_router.jobs import Job
from llm_depth_router.models import LoadedModel
from llm_depth_router.prompts import STYLES

STYLE = STYLES["fewshot"]
SLACK = 8  # programs are at most this much shorter or longer than the full path
MAX_BLOCK = 4
Path = tuple[int, ...]


def make_jobs(questions: int, programs: int, loaded: LoadedModel, seed: int) -> list[Job]:
    """For each of different questions, its own random tree of programs."""
    rng = random.Random(seed)
    jobs = []
    for _ in range(questions):
        a, b = rng.randint(10, 99), rng.randint(10, 99)
        question = rng.choice(
            [f"What is {a} + {b}?", f"Tom has {a} pens and gets {b} more. How many has he?"]
        )
        for path in grow_programs(loaded.depth, programs, rng):
            jobs.append(Job(STYLE.render(question), path))
    return jobs


def grow_programs(depth: int, count: int, rng: random.Random) -> list[Path]:
    """The full path and programs that are one edit away from an earlier one, all different."""
    programs: list[Path] = [tuple(range(depth))]
    while len(programs) < count:
        program = edit(rng.choice(programs), rng)
        if abs(len(program) - depth) <= SLACK and program not in programs:
            programs.append(program)
    return programs


def edit(path: Path, rng: random.Random) -> Path:
    """Skip or repeat a random block of 1…4 steps."""
    size = rng.randint(1, min(MAX_BLOCK, len(path)))
    start = rng.randrange(len(path) - size + 1)
    block, rest = path[start : start + size], path[start + size :]
    return path[:start] + (block + block if rng.random() < 0.5 else ()) + rest
