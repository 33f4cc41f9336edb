"""Guaranteed: a team of engines gives every job what one engine gives it, as one stream."""

import random

import pytest
import torch

from llm_depth_router.engine import Engine
from llm_depth_router.engine_team import EngineTeam, start_engine
from llm_depth_router.execute import SequentialRunner
from llm_depth_router.jobs import Job

PREAMBLE = "Some tokens that stand in front. "


@pytest.fixture(scope="module")
def llama(make_model):
    return make_model("llama")


def random_jobs(count: int) -> list[Job]:
    rng = random.Random(0)
    return [
        Job(
            PREAMBLE + rng.choice(["one", "two and more", "three"]),
            tuple(rng.randrange(4) for _ in range(rng.randint(1, 8))),
            seed,
        )
        for seed in range(count)
    ]


@pytest.mark.parametrize("temperature", [0.0, 0.9])
def test_completions_are_those_of_one_job_at_a_time(llama, tokenizer, temperature: float) -> None:
    jobs = [*random_jobs(30), Job("bad", (9,))]
    alone = SequentialRunner(llama, tokenizer)
    expected = alone.generate(jobs, max_new_tokens=8, temperature=temperature)
    team = EngineTeam(llama, tokenizer, engines=3, preamble=PREAMBLE)
    for _ in range(2):  # the second time with all states there
        counted: list[int] = []
        found = team.generate(
            jobs, max_new_tokens=8, temperature=temperature, progress=counted.append
        )
        assert found == expected
        assert sum(counted) == 31
    assert team.pending == 0
    assert team.step() == []


def test_all_engines_work_and_a_prompt_stays_with_one(llama, tokenizer) -> None:
    team = EngineTeam(llama, tokenizer, engines=2)
    prompts = [f"question {number}" for number in range(4)]
    for _ in range(3):  # one path at a time, as a search hands them in
        team.generate([Job(prompt, (0, 1, 2, 3)) for prompt in prompts], max_new_tokens=1)
    computed = [meter.prefill_token_layers for meter in team.meters]
    assert computed == [2 * 4 * len(prompts[0])] * 2  # each prompt once, on one of the two


def test_jobs_come_in_while_others_run(llama, tokenizer) -> None:
    team, jobs = EngineTeam(llama, tokenizer, engines=2), random_jobs(12)
    tickets, done = {}, {}
    for job in jobs:
        tickets[team.submit(job, max_new_tokens=6)] = job
        done.update(team.step())
    while team.pending:
        done.update(team.step())
    expected = SequentialRunner(llama, tokenizer).generate(jobs, max_new_tokens=6)
    assert [done[ticket] for ticket in tickets] == expected


def test_the_budgets_are_shared_out(llama, tokenizer) -> None:
    team = EngineTeam(llama, tokenizer, engines=2, cache_bytes=1 << 20, prefix_bytes=1 << 18)
    assert [engine.admission.cache_bytes for engine in team._engines] == [1 << 19] * 2
    assert [engine.admission.prefix_bytes for engine in team._engines] == [1 << 17] * 2


def test_one_thread_means_one_engine(llama, tokenizer, monkeypatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert isinstance(start_engine(llama, tokenizer), Engine)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 64)
    assert len(start_engine(llama, tokenizer).meters) == 4
