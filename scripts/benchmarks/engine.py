"""The batched engine against one job at a time."""

import argparse
import json
import random
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median

import torch
from tqdm import tqdm
from transformers import PreTrainedModel

from benchmarks.jobs import STYLE, make_jobs
from llm_depth_router.engine import Engine
from llm_depth_router.engine_team import EngineTeam, start_engine
from llm_depth_router.execute import SequentialRunner
from llm_depth_router.jobs import Completion, Job
from llm_depth_router.meter import Meter
from llm_depth_router.models import LoadedModel, load_model
from llm_depth_router.ties import find_logit_gap, is_tie

ONE_AT_A_TIME_JOBS = 32
SHARE_JOBS = 128  # jobs at which the share of the matrix rate is measured
MATRIX_ROUNDS = 40


@dataclass(frozen=True)
class EngineReport:
    """What `engine` prints. Times are per job; shares are of `matrix_gflops`."""

    jobs: int
    dtype: str
    mean_tokens: float
    one_at_a_time_ms: float
    one_at_a_time_stop_ms: float
    engine_ms: float
    speedup: float
    speedup_same_stop: float
    token_identical: float
    differing_jobs: int
    ties_explained: int
    matrix_gflops: float
    prefill_share: float
    decode_share: float
    peak_rss_mb: int


def benchmark_engine(arguments: argparse.Namespace) -> None:
    loaded = load_model(arguments.model_path, dtype=arguments.dtype)
    jobs = make_jobs(arguments.num_questions, arguments.num_programs, loaded, arguments.seed)
    rng = random.Random(arguments.seed)
    places = rng.sample(range(len(jobs)), min(ONE_AT_A_TIME_JOBS, len(jobs)))
    half = len(places) // 2

    # Alternating, so that a change of the machine's speed during the run meets all alike.
    first = run_one_at_a_time(loaded, jobs, places[:half], arguments.max_new_tokens)
    completions, engine_seconds = run_engine(loaded, jobs, arguments)
    second = run_one_at_a_time(loaded, jobs, places[half:], arguments.max_new_tokens)
    peak_rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    before = measure_matrix_rate(loaded.model)
    shares = measure_shares(loaded, jobs[:SHARE_JOBS], arguments)
    matrix_rate = (before + measure_matrix_rate(loaded.model)) / 2

    runs = first + second
    plain_ms = sum(run.plain_seconds for run in runs) / len(runs) * 1e3
    stop_ms = sum(run.stop_seconds for run in runs) / len(runs) * 1e3
    engine_ms = engine_seconds / len(jobs) * 1e3
    gaps = [
        find_logit_gap(loaded.model, loaded.tokenizer, jobs[run.place], run.completion, found)
        for run in runs
        if (found := completions[run.place]) != run.completion
    ]
    report = EngineReport(
        jobs=len(jobs),
        dtype=arguments.dtype,
        mean_tokens=sum(len(done.token_ids) for done in completions) / len(jobs),
        one_at_a_time_ms=plain_ms,
        one_at_a_time_stop_ms=stop_ms,
        engine_ms=engine_ms,
        speedup=plain_ms / engine_ms,
        speedup_same_stop=stop_ms / engine_ms,
        token_identical=1 - len(gaps) / len(runs),
        differing_jobs=len(gaps),
        ties_explained=sum(is_tie(gap) for gap in gaps),
        matrix_gflops=matrix_rate,
        prefill_share=shares[0] / matrix_rate,
        decode_share=shares[1] / matrix_rate,
        peak_rss_mb=peak_rss_mb,
    )
    print(json.dumps(asdict(report), indent=2))


def measure_matrix_rate(model: PreTrainedModel) -> float:
    """GFLOP/s of one linear layer, [512, 576] by [576, 1536]: the best of five.

    The median of many such bests, as other work on the machine spoils some and none is typical.
    """
    x = torch.randn(512, 576, dtype=model.dtype, device=model.device)
    weight = torch.randn(1536, 576, dtype=model.dtype, device=model.device)

    def multiply() -> object:
        return torch.nn.functional.linear(x, weight)

    multiply()
    bests = [min(time_call(multiply, model.device) for _ in range(5)) for _ in range(MATRIX_ROUNDS)]
    return 2 * 512 * 576 * 1536 / median(bests) / 1e9


def time_call(call: Callable[[], object], device: torch.device) -> float:
    started = time.perf_counter()
    call()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - started


@dataclass(frozen=True)
class SingleRun:
    """One job run alone, without and with the stop rule."""

    place: int
    plain_seconds: float
    stop_seconds: float
    completion: Completion  # with the stop rule


def run_one_at_a_time(
    loaded: LoadedModel, jobs: list[Job], places: list[int], max_new_tokens: int
) -> list[SingleRun]:
    runner = SequentialRunner(loaded.model, loaded.tokenizer)
    runs = []
    for place in tqdm(places, desc="one at a time"):
        job = [jobs[place]]
        started = time.perf_counter()
        runner.generate(job, max_new_tokens=max_new_tokens)
        between = time.perf_counter()
        done = runner.generate(job, max_new_tokens=max_new_tokens, stop=STYLE.stop)
        runs.append(SingleRun(place, between - started, time.perf_counter() - between, done[0]))
    return runs


def make_engine(loaded: LoadedModel, arguments: argparse.Namespace) -> Engine | EngineTeam:
    return start_engine(
        loaded.model,
        loaded.tokenizer,
        preamble=STYLE.preamble,
        cache_bytes=arguments.cache_bytes,
        prefix_bytes=arguments.prefix_bytes,
    )


def run_engine(
    loaded: LoadedModel, jobs: list[Job], arguments: argparse.Namespace
) -> tuple[list[Completion], float]:
    engine = make_engine(loaded, arguments)
    with tqdm(total=len(jobs), desc="engine") as bar:
        started = time.perf_counter()
        completions = engine.generate(
            jobs,
            max_new_tokens=arguments.max_new_tokens,
            stop=STYLE.stop,
            progress=bar.update,
        )
        return completions, time.perf_counter() - started


def measure_shares(
    loaded: LoadedModel, jobs: list[Job], arguments: argparse.Namespace
) -> tuple[float, float]:
    """GFLOP/s of prefill and of decode with all of `jobs` on their way to the last token."""
    engine = make_engine(loaded, arguments)
    engine.generate(jobs, max_new_tokens=8)
    layer, head = count_flops(loaded.model)
    prefill = decode = 0.0
    for meter in engine.meters:  # they work at the same time
        prefill += meter.prefill_token_layers * layer / meter.prefill_seconds
        decode += count_decode_flops(meter, layer, head) / meter.decode_seconds
    return prefill / 1e9, decode / 1e9


def count_decode_flops(meter: Meter, layer: int, head: int) -> int:
    """Everything that decode computed, wrong guesses included."""
    return meter.decode_token_layers * layer + meter.head_rows * head


def count_flops(model: PreTrainedModel) -> tuple[int, int]:
    """Multiplications and additions of one token in one dense layer's matrices, and in the head."""
    config = model.config.get_text_config()
    hidden = config.hidden_size
    head_size = getattr(config, "head_dim", None) or hidden // config.num_attention_heads
    queries = config.num_attention_heads * head_size
    keys = config.num_key_value_heads * head_size
    weights = 2 * hidden * queries + 2 * hidden * keys + 3 * hidden * config.intermediate_size
    return 2 * weights, 2 * hidden * config.vocab_size
