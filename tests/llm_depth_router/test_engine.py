"""The engine gives every job what `run_job` gives it, whatever else is in the batch."""

import random
import string

import pytest
import torch

from llm_depth_router.engine import Engine
from llm_depth_router.execute import SequentialRunner
from llm_depth_router.jobs import Job
from llm_depth_router.prompts import StopRule
from llm_depth_router.ties import find_logit_gap

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
KILOBYTE = 1024


def random_jobs(count, seed):
    """Repeated prompts of different lengths, with and without the preamble, and equal jobs."""
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


@pytest.fixture(scope="module")
def llama(make_model):
    return make_model("llama")


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_greedy_tokens_are_those_of_one_job_at_a_time(family, attention, make_model, tokenizer):
    model = make_model(family, attention)
    jobs = random_jobs(30, seed=1)
    expected = SequentialRunner(model, tokenizer).generate(jobs, max_new_tokens=10, stop=STOP)
    engine = Engine(model, tokenizer, preamble=PREAMBLE)
    assert engine.generate(jobs, max_new_tokens=10, stop=STOP) == expected
    assert {completion.finish for completion in expected} >= {"stop", "length"}


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_in_half_precision_nearly_all_texts_are_those_of_one_job_at_a_time(
    family, dtype, make_model, tokenizer
):
    model = make_model(family).to(dtype)
    jobs = random_jobs(30, seed=1)
    expected = SequentialRunner(model, tokenizer).generate(jobs, max_new_tokens=10, stop=STOP)
    found = Engine(model, tokenizer, preamble=PREAMBLE).generate(jobs, max_new_tokens=10, stop=STOP)
    assert sum(a == b for a, b in zip(found, expected, strict=True)) >= 0.75 * len(jobs)


def test_the_end_token_ends_a_job(make_model, tokenizer):
    model = make_model("llama")
    jobs = random_jobs(20, seed=2)
    free = SequentialRunner(model, tokenizer).generate(jobs, max_new_tokens=6)
    model.generation_config.eos_token_id = sorted({done.token_ids[2] for done in free})
    expected = SequentialRunner(model, tokenizer).generate(jobs, max_new_tokens=6)
    assert Engine(model, tokenizer).generate(jobs, max_new_tokens=6) == expected
    assert all(done.finish == "eos" and len(done.token_ids) <= 3 for done in expected)


def test_sampling_depends_on_the_seed_of_the_job_and_not_on_the_batch(llama, tokenizer):
    jobs = random_jobs(20, seed=3)
    expected = SequentialRunner(llama, tokenizer).generate(jobs, max_new_tokens=8, temperature=0.9)
    engine = Engine(llama, tokenizer, preamble=PREAMBLE)
    assert engine.generate(jobs, max_new_tokens=8, temperature=0.9) == expected
    seeds = [Job("hello", (0, 1, 2, 3), seed) for seed in range(4)]
    sampled = engine.generate(seeds, max_new_tokens=8, temperature=0.9)
    assert len({done.token_ids for done in sampled}) == 4


def test_greedy_and_sampled_jobs_with_different_limits_share_a_batch(llama, tokenizer):
    engine, oracle = Engine(llama, tokenizer), SequentialRunner(llama, tokenizer)
    settings = [
        {"max_new_tokens": 3},
        {"max_new_tokens": 9, "temperature": 0.7},
        {"max_new_tokens": 9, "stop": STOP},
    ]
    job = Job("hello", (0, 1, 1, 2), 5)
    tickets = [engine.submit(job, **setting) for setting in settings]
    done = {}
    while engine.pending:
        done.update(engine.step())
    expected = [oracle.generate([job], **setting)[0] for setting in settings]
    assert [done[ticket] for ticket in tickets] == expected


def test_eviction_and_waiting_change_no_result(llama, tokenizer):
    jobs = random_jobs(30, seed=4)
    roomy = Engine(llama, tokenizer, preamble=PREAMBLE)
    expected = roomy.generate(jobs, max_new_tokens=8)
    tight = Engine(
        llama,
        tokenizer,
        preamble=PREAMBLE,
        cache_bytes=300 * KILOBYTE,
        prefix_bytes=150 * KILOBYTE,
        prefill_tokens=16,
    )
    assert tight.generate(jobs, max_new_tokens=8) == expected
    assert tight.store.slots < 12  # so jobs did have to wait
    nodes = roomy.trie.store
    assert tight.trie.store.tokens < nodes.tokens - nodes.num_free  # and nodes had to go


def test_a_job_that_can_never_fit_says_which_flag_to_raise(llama, tokenizer):
    job = Job("x" * 40, (0, 1, 2, 3))
    small_cache = Engine(llama, tokenizer, cache_bytes=KILOBYTE)
    small_trie = Engine(llama, tokenizer, prefix_bytes=KILOBYTE)
    errors = [engine.generate([job], max_new_tokens=2)[0] for engine in (small_cache, small_trie)]
    assert [done.finish for done in errors] == ["error", "error"]
    assert "cache_bytes=1024: raise it" in errors[0].error
    assert "prefix_bytes" in errors[1].error


def test_failing_jobs_are_reported_and_the_others_finished(llama, tokenizer):
    jobs = [Job("a", (0, 1)), Job("b", (4,)), Job("c", ()), Job("d" * 300, (1,)), Job("e", (3,))]
    engine, counted = Engine(llama, tokenizer), []
    done = engine.generate(jobs, max_new_tokens=4, progress=counted.append)
    assert [completion.finish for completion in done] == [
        "length",
        "error",
        "error",
        "error",
        "length",
    ]
    assert sum(counted) == 5
    oracle = SequentialRunner(llama, tokenizer)
    assert done == oracle.generate(jobs, max_new_tokens=4)


def test_a_child_of_a_path_runs_only_what_comes_after_its_edit(llama, tokenizer):
    engine = Engine(llama, tokenizer)
    engine.generate([Job("hello", (0, 1, 2, 3))], max_new_tokens=1)
    before = engine.meter.prefill_token_layers
    engine.generate([Job("hello", (0, 1, 2, 2, 3))], max_new_tokens=1)
    assert engine.meter.prefill_token_layers - before == 2 * len("hello")


def test_the_preamble_is_computed_once_for_all_prompts(llama, tokenizer):
    engine = Engine(llama, tokenizer, preamble=PREAMBLE)
    jobs = [Job(PREAMBLE + text, (0, 1)) for text in ("ab", "cd", "ef")]
    engine.generate(jobs, max_new_tokens=1)
    assert engine.meter.prefill_token_layers == 2 * (len(PREAMBLE) + 3 * 2)


def test_the_stream_takes_jobs_while_others_run(llama, tokenizer):
    engine, oracle = Engine(llama, tokenizer), SequentialRunner(llama, tokenizer)
    jobs = random_jobs(12, seed=5)
    tickets, done = {}, {}
    for job in jobs:
        tickets[engine.submit(job, max_new_tokens=6)] = job
        done.update(engine.step())
    while engine.pending:
        done.update(engine.step())
    assert engine.step() == []
    expected = oracle.generate(list(tickets.values()), max_new_tokens=6)
    assert [done[ticket] for ticket in tickets] == expected


def test_a_longer_job_waits_for_longer_slots(llama, tokenizer):
    engine, oracle = Engine(llama, tokenizer), SequentialRunner(llama, tokenizer)
    jobs = [Job("a", (0, 1)), Job("b" * 100, (2, 1))]
    tickets = [engine.submit(jobs[0], max_new_tokens=8)]
    done = dict(engine.step())
    tickets.append(engine.submit(jobs[1], max_new_tokens=8))
    while engine.pending:
        done.update(engine.step())
    expected = oracle.generate(jobs, max_new_tokens=8)
    assert [done[ticket] for ticket in tickets] == expected


def test_the_gap_of_the_logits_is_measured_where_two_runs_part(llama, tokenizer):
    job = Job("hello", (0, 1, 2, 3))
    done, other = SequentialRunner(llama, tokenizer).generate(
        [job, Job("other", (0, 1, 2, 3))], max_new_tokens=4
    )
    assert find_logit_gap(llama, tokenizer, job, done, done) == 0
    assert find_logit_gap(llama, tokenizer, job, done, other) > 1e-3


def test_one_job_too_long_for_the_budget_does_not_starve_the_others(llama, tokenizer):
    engine = Engine(llama, tokenizer, cache_bytes=60 * KILOBYTE)
    jobs = [Job("a", (0, 1)), Job("b" * 200, (2,)), Job("c", (3, 1))]
    done = engine.generate(jobs, max_new_tokens=4)
    assert [completion.finish for completion in done] == ["length", "error", "length"]
    assert "cache_bytes" in done[1].error
