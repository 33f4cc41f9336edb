"""The engine gives every job what `run_job` gives it, whatever else is in the batch."""

import random
import string

import pytest

from llm_depth_router.engine import Engine
from llm_depth_router.execute import SequentialRunner
from llm_depth_router.jobs import Job
from llm_depth_router.prompts import StopRule

DEPTH = 4
PREAMBLE = "Add the numbers. "
PATHS = [
    (0, 1, 2, 3),
    (0, 1, 2, 1, 2, 3),
    (0, 1, 2, 1, 2, 1, 2, 3),
    (0, 1, 1, 2, 1, 1, 2, 3),
    (2, 1, 3),
    (3,),
    (1,),
    (0, 0, 1, 1, 2, 2, 3, 3),
    (3, 2, 1, 0),
    (0, 2, 0),
]
STOP = StopRule(closers=tuple(string.ascii_letters), is_complete=lambda text: len(text) > 3)


def random_jobs(count, seed):
    rng = random.Random(seed)
    prompts = [PREAMBLE + "abcdefghijklmnop"[: rng.randint(1, 16)] for _ in range(4)]
    prompts += ["something else entirely, and longer", "x"]
    jobs = []
    for _ in range(count):
        path = rng.choice(PATHS)
        if rng.random() < 0.5:
            path = tuple(rng.randrange(DEPTH) for _ in range(rng.randint(1, 2 * DEPTH)))
        jobs.append(Job(rng.choice(prompts), path, rng.randrange(3)))
    return [*jobs, jobs[0], jobs[0]]


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_greedy_tokens_are_those_of_one_job_at_a_time(family, attention, make_model, tokenizer):
    model = make_model(family, attention)
    jobs = random_jobs(40, seed=1)
    engine = Engine(model, tokenizer, preamble=PREAMBLE)
    oracle = SequentialRunner(model, tokenizer)
    expected = oracle.generate(jobs, max_new_tokens=8, stop=STOP)
    assert engine.generate(jobs, max_new_tokens=8, stop=STOP) == expected
    assert {completion.finish for completion in expected} >= {"stop", "length"}
