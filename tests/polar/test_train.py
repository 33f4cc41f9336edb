"""Guarantees of polar.train: same seed, same weights; eight questions can be overfitted; by
question equals by path; validation picks the epoch; a killed training ends as if it never died;
several processes do what one does."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from accelerate import PartialState

from polar.batches import BatchPlan, iterate_batches
from polar.decode import DecodeConfig, beam_decode
from polar.epoch import run_epoch
from polar.examples import build_examples
from polar.features import FeatureStore, pad_features
from polar.model import PolarPredictor, PredictorConfig, PredictorLogits
from polar.processes import Processes, accelerate_processes, leave_processes
from polar.train import TrainResult, train
from polar.train_config import TrainConfig
from polar.train_state import EpochRow, TrainState
from polar.trained_on import count_trained
from polar.update import Updater

DEPTH, DIM = 6, 12
FULL = (0, 1, 2, 3, 4, 5)
PATHS = [
    FULL,
    (0, 1, 2, 3, 4),
    (0, 2, 3, 4, 5),
    (0, 1, 1, 2, 3, 4, 5),
    (0, 1, 2, 3, 2, 3, 4, 5),
    (0, 1, 4, 5),
    (0, 1, 2, 3, 4, 5, 5),
    (2, 3, 4, 5),
]
TINY = TrainConfig(
    num_epochs=4,
    batch_size=3,
    learning_rate=1e-3,
    polar_d_model=16,
    polar_heads=2,
    polar_layers=1,
    max_paths_per_sample=3,
)


class Row(NamedTuple):
    question: str
    valid_paths: tuple[tuple[int, ...], ...]
    initial_score: float


def rows(count: int, paths_each: int) -> list[Row]:
    """Questions whose valid paths are neighbours in PATHS."""
    found = []
    for index in range(count):
        paths = tuple(PATHS[(index + step) % len(PATHS)] for step in range(paths_each))
        found.append(Row(f"question {index}", paths, float(FULL in paths)))
    return found


@pytest.fixture
def features(tmp_path: Path) -> FeatureStore:
    return make_features(tmp_path / "features")


def make_features(folder: Path) -> FeatureStore:
    """Random features of 3…7 tokens for sixteen questions."""
    store = FeatureStore(folder, "random")
    rng = np.random.default_rng(0)
    matrices = [rng.standard_normal((3 + i % 5, DIM)).astype(np.float32) for i in range(16)]
    store.add([f"question {index}" for index in range(16)], matrices)
    return store


def weights(result: TrainResult) -> torch.Tensor:
    return torch.cat([parameter.flatten() for parameter in result.predictor.parameters()])


def logits(result: TrainResult, features: FeatureStore) -> tuple[torch.Tensor, torch.Tensor]:
    padded = pad_features([features[f"question {index}"] for index in range(8)], features.dim)
    with torch.no_grad():
        boundary, op = result.predictor(*padded)
    return boundary, op


def history(result: TrainResult) -> list[float]:
    return [loss for row in result.history for loss in (row.train_loss, row.val_loss)]


def plan(batch_by: str, size: int = 100) -> BatchPlan:
    return BatchPlan(size, batch_by, torch.device("cpu"))  # type: ignore[arg-type]


def tiny_predictor(dropout: float = 0.1) -> PolarPredictor:
    torch.manual_seed(0)
    sizes = PredictorConfig(DEPTH, DIM, d_model=16, heads=2, layers=1, dropout=dropout)
    return PolarPredictor(sizes)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    features: FeatureStore,
) -> None:
    first, second, other = (
        train(rows(8, 3), rows(4, 2), features, replace(TINY, seed=seed), depth=DEPTH)
        for seed in (1, 1, 2)
    )
    assert torch.equal(weights(first), weights(second))
    assert not torch.equal(weights(first), weights(other))


def test_training_leaves_the_callers_random_stream_alone(features: FeatureStore) -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    train(rows(2, 1), rows(2, 1), features, TINY, depth=DEPTH)
    assert torch.equal(torch.rand(1), expected)


def test_eight_questions_are_overfitted_until_decoding_gives_back_their_programs(
    features: FeatureStore,
) -> None:
    config = TrainConfig(
        num_epochs=200,
        batch_size=8,
        learning_rate=2e-3,
        no_validation=True,
        polar_dropout=0.0,
        polar_d_model=32,
    )
    result = train(rows(8, 1), [], features, config, depth=DEPTH)
    assert result.history[-1].train_loss < 0.02
    predicted = PredictorLogits(*logits(result, features))
    decoded = beam_decode(predicted, DecodeConfig(top_k_paths=1))
    assert [candidates[0].program.path for candidates in decoded] == PATHS


@pytest.mark.parametrize("batch_by", ["question", "path"])
def test_training_and_validation_give_one_loss_on_the_same_batch_in_eval_mode(
    features: FeatureStore, batch_by: str
) -> None:
    examples = build_examples(rows(8, 3), DEPTH, TINY, limit=None)
    batches = list(iterate_batches(examples, features, plan(batch_by)))
    predictor = tiny_predictor(dropout=0.0)

    class NoUpdate:
        def apply(self, loss: torch.Tensor) -> bool:
            assert loss.requires_grad
            return True

    training = run_epoch(predictor, batches, TINY, Processes(), NoUpdate())  # type: ignore[arg-type]
    validation = run_epoch(predictor, batches, TINY, Processes())
    assert training == pytest.approx(validation, abs=1e-6)


def test_the_epoch_loss_does_not_depend_on_the_batch_size(features: FeatureStore) -> None:
    config = replace(TINY, anti_original_lambda=0.3, policy_mode="polar_lenpref")
    examples = build_examples(rows(8, 3), DEPTH, config, limit=None)
    predictor = tiny_predictor()
    losses = [
        run_epoch(
            predictor, iterate_batches(examples, features, plan(by, size)), config, Processes()
        )
        for by in ("question", "path")
        for size in (1, 3, 100)
    ]
    for loss in losses[1:]:
        assert loss == pytest.approx(losses[0], rel=1e-5)


def test_steps_that_the_guard_skips_stay_out_of_the_mean(features: FeatureStore) -> None:
    config = replace(TINY, nan_guard=True)
    examples = build_examples(rows(8, 3), DEPTH, config, limit=None)
    good, bad = iterate_batches(examples, features, plan("question", 12))
    broken = bad._replace(features=bad.features * float("nan"))
    predictor = tiny_predictor(dropout=0.0)
    expected = run_epoch(predictor, [good], config, Processes())
    updater = Updater(predictor, config, 2, Processes())
    loss = run_epoch(predictor, [good, broken], config, Processes(), updater)
    assert loss == pytest.approx(expected, rel=1e-5)
    assert updater.skipped == 1


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"per_sample_weight_normalize": True},
        {"policy_mode": "polar_lenpref", "anti_original_lambda": 0.5},
        {"reweight_original_path_if_shorter_valid": True, "original_path_weight": 0.3},
    ],
)
def test_by_question_equals_by_path_in_loss_and_gradient(
    features: FeatureStore, options: dict
) -> None:
    config = replace(TINY, **options)
    uneven = [*rows(5, 1), *[row._replace(question="question 9") for row in rows(1, 3)]]
    examples = build_examples(uneven, DEPTH, config, limit=None)
    gradients = []

    class Keep:
        def apply(self, loss: torch.Tensor) -> bool:
            loss.backward()
            return True

    for batch_by in ("question", "path"):
        predictor = tiny_predictor(dropout=0.0)
        batches = iterate_batches(examples, features, plan(batch_by))
        loss = run_epoch(predictor, batches, config, Processes(), Keep())  # type: ignore[arg-type]
        flat = [parameter.grad.flatten() for parameter in predictor.parameters()]
        gradients.append((loss, torch.cat(flat)))
    (loss_by_question, by_question), (loss_by_path, by_path) = gradients
    assert loss_by_question == pytest.approx(loss_by_path, rel=1e-5)
    torch.testing.assert_close(by_question, by_path, rtol=1e-4, atol=1e-6)  # order of float sums


def test_the_best_validation_epoch_is_kept(features: FeatureStore) -> None:
    """What is taught contradicts what is validated, so an early epoch is the best."""
    config = replace(TINY, num_epochs=12, learning_rate=1e-2)
    taught = [Row(f"question {index}", ((0, 0, 1, 2, 3, 4, 5, 5),), 0.0) for index in range(8)]
    held_out = [Row(f"question {index}", ((1, 2, 3, 4),), 0.0) for index in range(8, 16)]
    result = train(taught, held_out, features, config, depth=DEPTH)
    losses = [row.val_loss for row in result.history]
    assert losses[result.best_epoch - 1] == min(losses)
    assert result.best_epoch < 12
    examples = build_examples(held_out, DEPTH, config, limit=None)
    batches = iterate_batches(examples, features, plan("question"))
    again = run_epoch(result.predictor, batches, config, Processes())
    assert again.total == pytest.approx(min(losses), rel=1e-5)


def test_a_validation_loss_that_is_not_finite_stops_the_training(
    features: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_epoch(predictor, batches, config, processes, updater=None):  # type: ignore[no-untyped-def]
        loss = run_epoch(predictor, batches, config, processes, updater)
        return loss if updater else loss._replace(total=float("nan"))

    monkeypatch.setattr("polar.train.run_epoch", one_epoch)
    with pytest.raises(FloatingPointError, match="validation loss is nan after epoch 1: give a"):
        train(rows(4, 1), rows(2, 1), features, TINY, depth=DEPTH)


def test_weights_that_are_not_finite_are_not_kept_without_validation_either(
    features: FeatureStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def one_epoch(predictor, *others):  # type: ignore[no-untyped-def]
        loss = run_epoch(predictor, *others)
        predictor.op_head.bias.data[0] = float("inf")
        return loss

    monkeypatch.setattr("polar.train.run_epoch", one_epoch)
    config = replace(TINY, no_validation=True)
    state = tmp_path / "state.pt"
    with pytest.raises(FloatingPointError, match="weights are not finite after epoch 1"):
        train(rows(4, 1), [], features, config, depth=DEPTH, state_path=state)
    assert not state.exists()


def test_any_loss_is_better_than_one_that_is_no_number() -> None:
    row = EpochRow(1, 1.0, 1.0, 1.0, 0.0, float("nan"), 1.0, 1.0, 0.0, 1e-3, 1, 0, 0.1)
    state = TrainState((), 0, {}).after(row, tiny_predictor())
    assert state.best_loss == float("inf")
    assert state.after(replace(row, epoch=2, val_loss=3.0), tiny_predictor()).best_epoch == 2


def test_the_history_is_on_the_disk_after_every_epoch(
    features: FeatureStore, tmp_path: Path
) -> None:
    path, epochs = tmp_path / "run" / "history.csv", []

    def look(row: EpochRow) -> None:
        epochs.append([line.split(",")[0] for line in path.read_text().splitlines()])

    config = replace(TINY, num_epochs=2)
    train(rows(4, 1), rows(2, 1), features, config, depth=DEPTH, history_path=path, on_epoch=look)
    assert epochs == [["epoch", "1"], ["epoch", "1", "2"]]


def test_the_predictor_tells_what_was_left_out_of_its_training(features: FeatureStore) -> None:
    samples = [*rows(4, 3), Row("question 4", ((0, 0, 0, 0), *PATHS[:4]), 0.0)]
    told = train(samples, rows(2, 1), features, TINY, depth=DEPTH).predictor.metrics
    assert told["valid_paths"] == 4 * 3 + 5 and told["paths_that_do_not_parse"] == 1
    assert told["paths_beyond_the_limits"] == 1 and told["training_programs"] == 5 * 3
    assert (told["training_questions"], told["validation_questions"]) == (5, 2)
    assert told["questions_cut_by_the_encoder"] == 0


def test_the_predictor_knows_the_questions_that_shaped_it(features: FeatureStore) -> None:
    held_out = [row._replace(question=f"question {8 + i}") for i, row in enumerate(rows(2, 1))]
    for config, count in ((TINY, 6), (replace(TINY, no_validation=True), 4)):
        result = train(rows(4, 1), held_out, features, config, depth=DEPTH)
        marks = result.predictor.trained_on
        assert count_trained(marks, [f"Question  {index}" for index in range(16)]) == count


@pytest.fixture
def one_thread() -> Iterator[None]:
    """A forked process may compute on one thread only, and sums depend on the number of threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


RESUMED = replace(TINY, lr_scheduler="cosine", warmup_steps=2)


def train_and_die(folder: Path) -> None:
    """A training that is killed once its second epoch is saved."""
    torch.set_num_threads(1)

    def die(row: EpochRow) -> None:
        if row.epoch == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    store = FeatureStore(folder / "features", "random")
    state = folder / "state.pt"
    train(rows(8, 3), rows(4, 2), store, RESUMED, depth=DEPTH, state_path=state, on_epoch=die)


def test_a_killed_training_resumes_at_its_epoch_and_ends_with_the_same_weights(
    features: FeatureStore, tmp_path: Path, one_thread: None
) -> None:
    samples, held_out = rows(8, 3), rows(4, 2)
    whole = train(samples, held_out, features, RESUMED, depth=DEPTH)
    killed = multiprocessing.get_context("fork").Process(target=train_and_die, args=(tmp_path,))
    killed.start()
    killed.join(timeout=60)
    assert killed.exitcode == -signal.SIGKILL
    seen: list[int] = []
    resumed = train(
        samples,
        held_out,
        features,
        RESUMED,
        depth=DEPTH,
        state_path=tmp_path / "state.pt",
        on_epoch=lambda row: seen.append(row.epoch),
    )
    assert seen == [3, 4]
    assert torch.equal(weights(resumed), weights(whole))
    assert [row.val_loss for row in resumed.history] == [row.val_loss for row in whole.history]


@pytest.mark.parametrize("kept", [0, 100, 5000])
def test_a_damaged_state_is_one_clear_error(
    features: FeatureStore, tmp_path: Path, kept: int
) -> None:
    state = tmp_path / "state.pt"
    train(rows(8, 3), rows(4, 2), features, TINY, depth=DEPTH, state_path=state)
    state.write_bytes(state.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"state.pt is damaged: delete it to start afresh"):
        train(rows(8, 3), rows(4, 2), features, TINY, depth=DEPTH, state_path=state)


@pytest.mark.parametrize("name", ["step", "exp_avg", "exp_avg_sq"])
@pytest.mark.parametrize("moment", [None, torch.zeros(1, 1), torch.tensor(torch.nan), "x"])
def test_moments_that_do_not_fit_their_weights_are_one_clear_error(
    features: FeatureStore, tmp_path: Path, name: str, moment: object
) -> None:
    state = tmp_path / "state.pt"
    train(rows(8, 3), rows(4, 2), features, TINY, depth=DEPTH, state_path=state)
    content = torch.load(state, weights_only=True)
    content["updater"]["optimizer"]["state"][0][name] = moment
    torch.save(content, state)
    with pytest.raises(ValueError, match=r"state.pt is damaged: .*of weight 0 does not fit it"):
        train(rows(8, 3), rows(4, 2), features, TINY, depth=DEPTH, state_path=state)


@pytest.mark.parametrize(
    "change",
    [
        {"processes": "x"},
        {"history": [{"epoch": 1, "surprise": 2}]},
        {"weights": {}},
        {"best_weights": {}},
        {"updater": {}},
        {"best_epoch": 99},
        {"best_epoch": "1"},
    ],
)
def test_a_state_that_holds_something_else_is_one_clear_error(
    features: FeatureStore, tmp_path: Path, change: dict
) -> None:
    state = tmp_path / "state.pt"
    train(rows(8, 3), rows(4, 2), features, TINY, depth=DEPTH, state_path=state)
    torch.save(torch.load(state, weights_only=True) | change, state)
    with pytest.raises(ValueError, match=r"state.pt is damaged: delete it to start afresh"):
        train(rows(8, 3), rows(4, 2), features, TINY, depth=DEPTH, state_path=state)


def test_a_state_cannot_run_code(features: FeatureStore, tmp_path: Path) -> None:
    state, trace = tmp_path / "state.pt", tmp_path / "trace"

    class Payload:
        def __reduce__(self) -> tuple:
            return os.mkdir, (str(trace),)

    torch.save({"identity": Payload()}, state)
    with pytest.raises(ValueError, match=r"state.pt is damaged"):
        train(rows(8, 3), rows(4, 2), features, TINY, depth=DEPTH, state_path=state)
    assert not trace.exists()


def test_a_state_of_another_training_is_refused(features: FeatureStore, tmp_path: Path) -> None:
    state = tmp_path / "state.pt"
    train(rows(8, 3), rows(4, 2), features, TINY, depth=DEPTH, state_path=state)
    for samples, config in ((rows(7, 3), TINY), (rows(8, 3), replace(TINY, seed=3))):
        with pytest.raises(ValueError, match="other settings or samples"):
            train(samples, rows(4, 2), features, config, depth=DEPTH, state_path=state)


def test_a_state_of_another_number_of_processes_is_refused(
    features: FeatureStore, tmp_path: Path
) -> None:
    """Every process has a stream of dropout of its own: no other number goes on exactly."""
    state = tmp_path / "state.pt"
    train(rows(8, 3), rows(4, 2), features, TINY, depth=DEPTH, state_path=state)
    two = Processes(0, 2)
    with pytest.raises(ValueError, match="by 1 process, not 2: start as many"):
        train(rows(8, 3), rows(4, 2), features, TINY, depth=DEPTH, state_path=state, processes=two)


# An epsilon this large: a zero gradient (the key bias's) is noise, which AdamW else scales up.
SHARED = replace(TINY, polar_dropout=0.0, anti_original_lambda=0.2, grad_clip_norm=0.5,
                 optimizer_eps=1e-3)  # fmt: skip


def train_in_process(rank: int, folder: Path) -> None:
    """One of two processes that share every batch, as accelerate starts them."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2
    )
    world = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    os.environ.update(world, RANK=str(rank), LOCAL_RANK=str(rank))
    PartialState(cpu=True)
    features = FeatureStore(folder / "features", "random")
    processes = accelerate_processes()
    assert processes.add_up(torch.ones(2)).tolist() == [2, 2]
    result = train(rows(7, 3), rows(3, 2), features, SHARED, depth=DEPTH, processes=processes)
    torch.save([weights(result), history(result)], folder / f"result-{rank}.pt")
    leave_processes()


def test_two_processes_train_what_one_trains(features: FeatureStore, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=train_in_process, args=(rank, tmp_path)) for rank in (0, 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
        assert worker.exitcode == 0
    alone = train(rows(7, 3), rows(3, 2), features, SHARED, depth=DEPTH)
    for rank in (0, 1):
        theirs, losses = torch.load(tmp_path / f"result-{rank}.pt")
        torch.testing.assert_close(theirs, weights(alone), rtol=0, atol=1e-5)  # order of sums
        assert losses == pytest.approx(history(alone), rel=1e-5)


def test_mixed_precision_trains(features: FeatureStore) -> None:
    result = train(
        rows(8, 1), rows(8, 1), features, replace(TINY, use_amp=True, num_epochs=20), depth=DEPTH
    )
    assert result.history[-1].val_loss < result.history[0].val_loss


def test_mixed_precision_computes_the_logits_in_bfloat16(features: FeatureStore) -> None:
    examples = build_examples(rows(8, 1), DEPTH, TINY, limit=None)
    predictor = tiny_predictor()
    seen: list[torch.dtype] = []
    predictor.op_head.register_forward_hook(lambda head, given, logits: seen.append(logits.dtype))
    for use_amp in (True, False):
        batches = iterate_batches(examples, features, plan("question"))
        run_epoch(predictor, batches, replace(TINY, use_amp=use_amp), Processes())
    assert seen == [torch.bfloat16, torch.float32]


@pytest.mark.parametrize(
    ("train_rows", "val_rows", "message"),
    [
        ([], rows(1, 1), "no example in the train split: 0 samples"),
        ([Row("question 0", ((1, 0),), 0.0)], rows(1, 1), "1 valid paths, 1 of them unparsable"),
        (rows(1, 1), [], "pass --no_validation"),
        (rows(17, 1), rows(1, 1), "1 train questions have no features"),
    ],
)
def test_nothing_to_train_or_validate_on_is_said(
    features: FeatureStore, train_rows: list[Row], val_rows: list[Row], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        train(train_rows, val_rows, features, TINY, depth=DEPTH)
