"""One epoch of training: encoding per batch as the release does, stored features by path, and by
question."""

import argparse
import json
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor
from torch.optim import AdamW

from benchmarks.jobs import grow_programs
from polar.batches import Batch, BatchPlan, count_batches, iterate_batches
from polar.encoder import encode_questions, load_encoder
from polar.epoch import run_epoch
from polar.examples import Examples, build_examples
from polar.model import PolarPredictor, PredictorLogits
from polar.processes import Processes
from polar.program import parse_path
from polar.targets import collapse
from polar.train import predictor_config
from polar.train_config import TrainConfig
from polar.update import Updater

DEPTH = 30
SENTENCES = {"short": 1, "math_length": 9}  # of a question, on average: 15 and 90 tokens
CPU = torch.device("cpu")


class Row(NamedTuple):
    """A question as if it had been searched."""

    question: str
    valid_paths: tuple[tuple[int, ...], ...]
    initial_score: float = 1.0


@dataclass(frozen=True)
class TrainReport:
    """One row of what `train` prints: seconds of an epoch of `batches` batches.

    By question all of them are measured; the other arms on `measured_batches` and scaled. The
    first arm takes its steps as the release does, by torch's own modules and plain AdamW.
    """

    questions: int
    paths: int
    mean_tokens: float
    batches: int
    measured_batches: int
    encode_per_batch_s: float
    by_path_s: float
    by_question_s: float
    speedup: float
    speedup_by_path: float
    peak_rss_mb: int


def benchmark_train(arguments: argparse.Namespace) -> None:
    """Time training on short and on long questions; print the result as JSON."""
    torch.manual_seed(arguments.seed)
    encoder = load_encoder(arguments.encoder)
    with tempfile.TemporaryDirectory() as folder:
        reports = {
            name: asdict(measure_lengths(encoder, sentences, Path(folder), arguments))
            for name, sentences in SENTENCES.items()
        }
    print(json.dumps({**reports.pop("short"), **reports}, indent=2))


def measure_lengths(
    encoder: SentenceTransformer, sentences: int, folder: Path, arguments: argparse.Namespace
) -> TrainReport:
    """The three arms on questions of one length, a batch of each in turn.

    In turn, so that a change of the machine's speed during the run meets all alike.
    """
    rng = random.Random(arguments.seed)
    rows = make_rows(arguments.num_questions, arguments.num_paths, sentences, rng)
    questions = [row.question for row in rows]
    features = encode_questions(questions, arguments.encoder, folder)
    config = TrainConfig(batch_size=arguments.batch_size, max_paths_per_sample=arguments.num_paths)
    examples = build_examples(rows, DEPTH, config, limit=None)
    by_path, by_question = (BatchPlan(config.batch_size, by, CPU) for by in ("path", "question"))
    sizes = predictor_config(features, config, DEPTH, "")
    shuffles = [np.random.default_rng(arguments.seed) for _ in range(3)]
    arms = [
        make_arm(source, predictor(sizes), config)
        for source, predictor in (
            (iterate_encoding(examples, encoder, by_path, shuffles[0]), PlainPredictor),
            (iterate_batches(examples, features, by_path, shuffles[1]), PolarPredictor),
            (iterate_batches(examples, features, by_question, shuffles[2]), PolarPredictor),
        )
    ]
    batches = [count_batches(examples, plan) for plan in (by_path, by_path, by_question)]
    for arm in arms:
        arm(1)  # warm-up
    rounds = min(arguments.num_batches, *(count - 1 for count in batches))
    seconds = [0.0, 0.0, 0.0]
    share = -(-(batches[2] - 1) // rounds)
    for _ in range(rounds):
        for index, count in enumerate((1, 1, share)):
            seconds[index] += arm_seconds(arms[index], count)
    measured = (rounds, rounds, batches[2] - 1)
    epoch = [s / m * b for s, m, b in zip(seconds, measured, batches, strict=True)]
    return TrainReport(
        questions=len(examples.questions),
        paths=len(examples.question_of),
        mean_tokens=sum(len(features[question]) for question in questions) / len(questions),
        batches=batches[0],
        measured_batches=rounds,
        encode_per_batch_s=epoch[0],
        by_path_s=epoch[1],
        by_question_s=epoch[2],
        speedup=epoch[0] / epoch[2],
        speedup_by_path=epoch[0] / epoch[1],
        peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )


def make_rows(questions: int, paths: int, sentences: int, rng: random.Random) -> list[Row]:
    """Different questions, each with its own random tree of programs."""
    rows = []
    for index in range(questions):
        parts = [
            f"In box {rng.randint(10, 99)} lie {rng.randint(10, 99)} pens of {index}."
            for _ in range(rng.randint(1, 2 * sentences - 1))
        ]
        grown = grow_programs(DEPTH, 2 * paths, rng)  # about 70% of them parse
        valid = [path for path in grown if parse_path(path, DEPTH)][:paths]
        rows.append(Row(" ".join([*parts, "How many pens?"]), tuple(valid)))
    return rows


def iterate_encoding(
    examples: Examples, encoder: SentenceTransformer, plan: BatchPlan, shuffle: np.random.Generator
) -> Iterator[Batch]:
    """The batches by path, the question of every path encoded again."""
    order = shuffle.permutation(len(examples.question_of))
    for start in range(0, len(order), plan.batch_size):
        rows = order[start : start + plan.batch_size]
        questions = [examples.questions[place] for place in examples.question_of[rows]]
        with torch.no_grad():
            encoded = encoder(encoder.preprocess(questions))
        targets = collapse(examples, rows, np.arange(len(rows)), len(rows))
        weight, unsolved = targets.weight.sum(), targets.unsolved.sum()
        tokens, mask = encoded["token_embeddings"], encoded["attention_mask"].bool()
        yield Batch(tokens, mask, targets, weight, unsolved)


class PlainPredictor(PolarPredictor):
    """The predictor run by torch's own modules, as the release runs its own."""

    def forward(self, features: Tensor, mask: Tensor) -> PredictorLogits:
        """What PolarPredictor gives."""
        tokens = self.token_projection(features)
        queries = self.layer_queries.expand(len(features), -1, -1)
        layers, _ = self.cross_attention(
            queries, tokens, tokens, key_padding_mask=~mask, need_weights=False
        )
        layers = self.layer_encoder(layers)
        return PredictorLogits(self.boundary_head(layers).squeeze(-1), self.op_head(layers))


def make_arm(
    batches: Iterator[Batch], predictor: PolarPredictor, config: TrainConfig
) -> Callable[[int], object]:
    """A function that trains on the next so many batches."""
    updater = Updater(predictor, config, total_steps=1, processes=Processes())
    if isinstance(predictor, PlainPredictor):
        updater.optimizer = AdamW(updater.parameters, lr=config.learning_rate)
    return lambda count: run_epoch(
        predictor, islice(batches, count), config, updater.processes, updater
    )


def arm_seconds(arm: Callable[[int], object], count: int) -> float:
    """Seconds that `arm` takes for `count` batches."""
    started = time.perf_counter()
    arm(count)
    return time.perf_counter() - started
