"""On the real 135M model: the engine's tokens are those of `generate()`, or a shown tie."""

import random

import pytest

from llm_depth_router.engine import Engine
from llm_depth_router.execute import SequentialRunner
from llm_depth_router.jobs import Job
from llm_depth_router.models import load_model
from llm_depth_router.prompts import STYLES
from llm_depth_router.ties import find_logit_gap, is_tie

STYLE = STYLES["fewshot"]


@pytest.mark.slow
def test_engine_and_generate_agree_on_the_real_model():
    loaded = load_model("smollm2-135m", dtype="float32")
    rng, jobs = random.Random(0), []
    for _ in range(6):
        question = f"What is {rng.randint(1, 99)} + {rng.randint(1, 99)}?"
        path = list(range(30))
        for _ in range(rng.randint(0, 3)):
            start = rng.randrange(len(path) - 4)
            block = path[start : start + 2]
            path[start : start + 2] = block + block if rng.random() < 0.5 else []
        jobs.append(Job(STYLE.render(question), tuple(path)))
    oracle = SequentialRunner(loaded.model, loaded.tokenizer)
    engine = Engine(loaded.model, loaded.tokenizer, preamble=STYLE.preamble)
    expected = oracle.generate(jobs, max_new_tokens=12, stop=STYLE.stop)
    found = engine.generate(jobs, max_new_tokens=12, stop=STYLE.stop)
    for job, theirs, ours in zip(jobs, expected, found, strict=True):
        if theirs != ours:
            assert is_tie(find_logit_gap(loaded.model, loaded.tokenizer, job, theirs, ours))
