"""Training the predictor: epochs over stored features; the best validation epoch is kept."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from polar.batches import BatchPlan, count_batches, iterate_batches
from polar.epoch import run_epoch
from polar.examples import Examples, Searched, build_examples
from polar.features import FeatureStore
from polar.history import write_history
from polar.model import PolarPredictor, PredictorConfig
from polar.processes import Processes
from polar.train_config import TrainConfig
from polar.train_state import EpochRow, TrainState, load_state, save_state, training_identity
from polar.trained_on import mark_questions
from polar.update import Updater

ALONE = Processes()


@dataclass(frozen=True)
class TrainResult:
    """The predictor with the best epoch's weights, in evaluation mode, and how it got there."""

    predictor: PolarPredictor
    history: tuple[EpochRow, ...]
    best_epoch: int  # counted from 1; the last one without validation


def train(
    train_samples: Sequence[Searched],
    val_samples: Sequence[Searched],
    features: FeatureStore,
    config: TrainConfig,
    *,
    depth: int,
    model: str = "",
    device: str = "cpu",
    processes: Processes = ALONE,
    state_path: Path | None = None,
    history_path: Path | None = None,
    on_epoch: Callable[[EpochRow], object] | None = None,
) -> TrainResult:
    """Train on the valid paths of `train_samples`, choose the epoch on those of `val_samples`.

    With a `state_path` every epoch is saved there, and a training that was killed goes on from it;
    the caller deletes the file once the result is stored; with a `history_path` the table of the
    epochs so far is written there. The same seed gives the same weights on
    one machine. `on_epoch` is called after each epoch.

    Raises ValueError where there is nothing to train or validate on, where features are missing,
    or where `state_path` holds a training that this one cannot go on from; FloatingPointError where
    weights or validation loss are no longer finite.
    """
    examples, validation = _build(train_samples, val_samples, features, config, depth)
    with torch.random.fork_rng():  # weights and dropout draw from the global stream
        torch.manual_seed(config.seed)
        predictor = PolarPredictor(predictor_config(features, config, depth, model)).to(device)
        rank, world, _ = processes
        plan = BatchPlan(config.batch_size, config.batch_by, torch.device(device), rank, world)
        total_steps = config.num_epochs * count_batches(examples, plan)
        updater = Updater(predictor, config, total_steps, processes)
        identity = training_identity(config, predictor.config, examples, validation)
        state = TrainState((), 0, {})
        if state_path is not None and state_path.exists():
            state = load_state(state_path, identity, predictor, updater)
        for epoch in range(len(state.history) + 1, config.num_epochs + 1):
            row = _train_epoch(epoch, predictor, updater, plan, examples, validation, features)
            _check_finite(row, predictor)
            state = state.after(row, predictor)
            if state_path is not None and rank == 0:
                save_state(state_path, identity, state, predictor, updater)
            if history_path is not None and rank == 0:
                write_history(history_path, state.history)
            if on_epoch is not None:
                on_epoch(row)
    predictor.load_state_dict(state.best_weights)
    predictor.metrics = _measure(state, examples, validation, features)
    seen = [*train_samples, *(val_samples if validation is not None else ())]
    predictor.trained_on = mark_questions(sample.question for sample in seen)
    return TrainResult(
        predictor=predictor.eval(),
        history=state.history,
        best_epoch=state.best_epoch,
    )


def _build(
    train_samples: Sequence[Searched],
    val_samples: Sequence[Searched],
    features: FeatureStore,
    config: TrainConfig,
    depth: int,
) -> tuple[Examples, Examples | None]:
    """The examples of training and, where there is any, of validation."""
    examples = build_examples(train_samples, depth, config, limit=config.max_total_examples)
    _check(examples, features, "train", "search more questions")
    if config.no_validation:
        return examples, None
    validation = build_examples(val_samples, depth, config, limit=config.max_val_examples)
    _check(validation, features, "validation", "pass --no_validation or search more questions")
    return examples, validation


def _check(examples: Examples, features: FeatureStore, split: str, remedy: str) -> None:
    counts = examples.counts
    if counts.examples == 0:
        raise ValueError(
            f"no example in the {split} split: {counts.samples} samples, {counts.valid_paths} "
            f"valid paths, {counts.unparsable} of them unparsable; {remedy}"
        )
    missing = features.missing(examples.questions)
    if missing:
        raise ValueError(f"{len(missing)} {split} questions have no features: {missing[0]!r}, …")


def _check_finite(row: EpochRow, predictor: PolarPredictor) -> None:
    """Raise FloatingPointError where an epoch ended with nothing to keep."""
    broken = None
    if row.val_loss is not None and not math.isfinite(row.val_loss):
        broken = f"the validation loss is {row.val_loss}"
    elif not all(bool(p.isfinite().all()) for p in predictor.parameters()):
        broken = "the weights are not finite"
    if broken:
        raise FloatingPointError(
            f"{broken} after epoch {row.epoch}: give a smaller --learning_rate or "
            "--grad_clip_norm 1, and another --run_tag"
        )


def _measure(
    state: TrainState, examples: Examples, validation: Examples | None, features: FeatureStore
) -> dict[str, float]:
    """The metrics that are stored with the weights: what was trained on, and how it went."""
    best, counts = state.history[state.best_epoch - 1], examples.counts
    metrics = {
        "epoch": state.best_epoch,
        "training_questions": len(examples.questions),
        "questions_cut_by_the_encoder": features.count_cut(examples.questions),
        "training_programs": counts.examples,
        "valid_paths": counts.valid_paths,
        "paths_that_do_not_parse": counts.unparsable,
        "paths_beyond_the_limits": counts.over_path_limit + counts.over_example_limit,
        "full_paths_left_out": counts.full_path_dropped,
        "training_loss": best.train_loss,
    }
    if validation is not None and best.val_loss is not None:
        metrics["validation_questions"] = len(validation.questions)
        metrics["validation_programs"] = validation.counts.examples
        metrics["validation_loss"] = best.val_loss
    return metrics


def predictor_config(
    features: FeatureStore, config: TrainConfig, depth: int, model: str
) -> PredictorConfig:
    """The sizes of the predictor that a training makes."""
    return PredictorConfig(
        depth=depth,
        encoder_dim=features.dim,
        encoder=features.encoder,
        encoder_digest=features.encoder_digest,
        model=model,
        d_model=config.polar_d_model,
        heads=config.polar_heads,
        layers=config.polar_layers,
        dropout=config.polar_dropout,
    )


def _train_epoch(
    epoch: int,
    predictor: PolarPredictor,
    updater: Updater,
    plan: BatchPlan,
    examples: Examples,
    validation: Examples | None,
    features: FeatureStore,
) -> EpochRow:
    """One epoch of training and, where there is any, of validation.

    (seed, epoch, rank) decide order and dropout, so that a resumed epoch is the same epoch.
    """
    started = time.perf_counter()
    config, processes = updater.config, updater.processes
    mixed = np.random.SeedSequence((config.seed, epoch, processes.rank)).generate_state(1)
    torch.manual_seed(int(mixed[0]))
    shuffle = np.random.default_rng((config.seed, epoch))
    batches = iterate_batches(examples, features, plan, shuffle)
    trained = run_epoch(predictor, batches, config, processes, updater)
    validated = None
    if validation is not None:
        batches = iterate_batches(validation, features, plan._replace(batch_by="question"))
        validated = run_epoch(predictor, batches, config, processes)
    return EpochRow(
        epoch=epoch,
        train_loss=trained.total,
        train_boundary_loss=trained.boundary,
        train_op_loss=trained.op,
        train_keep=trained.keep,
        val_loss=validated.total if validated else None,
        val_boundary_loss=validated.boundary if validated else None,
        val_op_loss=validated.op if validated else None,
        val_keep=validated.keep if validated else None,
        learning_rate=updater.learning_rate,
        steps=updater.step,
        skipped_steps=updater.skipped,
        seconds=time.perf_counter() - started,
    )
