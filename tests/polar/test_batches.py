"""Guarantees of polar.batches: every example once an epoch, shuffled by the generator alone, cut
into as many steps by question as by path, and dealt to the processes without loss."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from polar.batches import BatchPlan, count_batches, iterate_batches
from polar.examples import Examples, build_examples
from polar.features import FeatureStore
from polar.targets import collapse
from polar.train_config import TrainConfig

PATHS = ((0, 1, 2), (0, 1), (0, 2), (1, 2), (0, 0, 1, 2))
CPU = torch.device("cpu")


class Row(NamedTuple):
    question: str
    valid_paths: tuple[tuple[int, ...], ...]
    initial_score: float = 0.0


@pytest.fixture
def examples() -> Examples:
    rows = [Row(f"q{index}", PATHS[: 1 + index % 5]) for index in range(10)]
    return build_examples(rows, 3, TrainConfig(), limit=None)  # 10 questions, 30 paths


@pytest.fixture
def features(tmp_path: Path) -> FeatureStore:
    """One token per question, whose value is the question's number."""
    store = FeatureStore(tmp_path, "e")
    store.add([f"q{i}" for i in range(10)], [np.full((1, 2), i, np.float32) for i in range(10)])
    return store


@pytest.mark.parametrize(
    ("batch_by", "questions", "paths"),
    [("question", [2, 2, 2, 2, 2], [3, 7, 6, 5, 9]), ("path", [3, 2, 3, 2, 2], [6, 6, 6, 6, 6])],
)
def test_by_question_takes_as_many_steps_as_by_path(
    examples: Examples, features: FeatureStore, batch_by: Any, questions: list, paths: list
) -> None:
    """Question n has 1 + n % 5 paths; those of one question in a batch share a row."""
    plan = BatchPlan(6, batch_by, CPU)
    batches = list(iterate_batches(examples, features, plan))
    assert [len(batch.features) for batch in batches] == questions
    assert [int(batch.weight) for batch in batches] == paths
    assert count_batches(examples, plan) == 5


def test_a_batch_size_below_the_paths_of_a_question_takes_one_question_a_step(
    examples: Examples,
) -> None:
    assert count_batches(examples, BatchPlan(1, "question", CPU)) == 10


@pytest.mark.parametrize("batch_by", ["question", "path"])
@pytest.mark.parametrize("world", [1, 2, 3])
def test_every_example_is_seen_once_whatever_the_number_of_processes(
    examples: Examples, features: FeatureStore, batch_by: str, world: int
) -> None:
    seen = np.zeros(10)
    steps = set()
    for rank in range(world):
        plan = BatchPlan(7, batch_by, CPU, rank, world)  # type: ignore[arg-type]
        batches = list(iterate_batches(examples, features, plan, np.random.default_rng(3)))
        steps.add(len(batches))
        for batch in filter(lambda batch: len(batch.features), batches):
            questions = batch.features[:, 0, 0].long().numpy()
            np.add.at(seen, questions, batch.targets.weight.numpy())
    assert seen.tolist() == [1, 2, 3, 4, 5] * 2
    assert len(steps) == 1


def test_the_totals_of_a_batch_are_those_of_all_its_processes(
    examples: Examples, features: FeatureStore
) -> None:
    parts = [
        list(iterate_batches(examples, features, BatchPlan(9, "path", CPU, rank, 2)))
        for rank in (0, 1)
    ]
    for first, second in zip(*parts, strict=True):
        assert first.weight == second.weight
        assert first.weight == first.targets.weight.sum() + second.targets.weight.sum()
        unsolved = first.targets.unsolved.sum() + second.targets.unsolved.sum()
        assert float(first.unsolved) == pytest.approx(float(unsolved))


def test_the_generator_decides_the_order(examples: Examples, features: FeatureStore) -> None:
    def order(seed: int) -> list[float]:
        plan = BatchPlan(1, "question", CPU)
        batches = iterate_batches(examples, features, plan, np.random.default_rng(seed))
        return [float(batch.features[0, 0, 0]) for batch in batches]

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert sorted(order(1)) == list(range(10))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux counts memory there")
@pytest.mark.parametrize("batch_by", ["question", "path"])
def test_an_epoch_holds_one_batch_of_features_in_memory(tmp_path: Path, batch_by: Any) -> None:
    """64 MB of features on disk, 1.3 MB a batch."""
    store = FeatureStore(tmp_path, "e")
    for start in range(0, 400, 100):
        block = np.ones((100, 40, 1024), np.float32)
        store.add([f"q{index}" for index in range(start, start + 100)], list(block))
    rows = [Row(f"q{index}", PATHS) for index in range(400)]
    examples = build_examples(rows, 3, TrainConfig(), limit=None)
    plan = BatchPlan(8 if batch_by == "path" else 40, batch_by, CPU)
    del block
    before, most = anonymous_mb(), 0.0
    for batch in iterate_batches(examples, store, plan, np.random.default_rng(0)):
        assert batch.features.shape[1:] == (40, 1024) and 6 <= len(batch.features) <= 8
        most = max(most, anonymous_mb())
    assert most - before < 16


def anonymous_mb() -> float:
    """Memory of this process, pages of mapped files aside."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon:"))


@pytest.mark.parametrize(("batch_by", "steps"), [("question", 1250), ("path", 3907)])
def test_a_batch_smaller_than_a_questions_paths_is_one_question(batch_by: str, steps: int) -> None:
    """The numbers of the docstring and of the help."""
    examples = SimpleNamespace(questions=range(1250), question_of=range(1250 * 50))
    plan = BatchPlan(16, batch_by, torch.device("cpu"))  # type: ignore[arg-type]
    assert count_batches(examples, plan) == steps  # type: ignore[arg-type]


def test_the_targets_of_a_question_are_those_of_its_paths_added_up(
    features: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polar.targets.QUESTIONS_AT_A_TIME", 4)  # 10 questions: 4, 4 and 2
    rows = [Row(f"q{index}", PATHS[: 1 + index % 5]) for index in range(10)]
    examples = build_examples(rows, 3, TrainConfig(), limit=None)
    plan = BatchPlan(6, "question", CPU)
    batches = list(iterate_batches(examples, features, plan, np.random.default_rng(0)))
    for batch in batches:
        for row, question in enumerate(batch.features[:, 0, 0].long().tolist()):
            paths = np.flatnonzero(examples.question_of == question)
            expected = collapse(examples, paths, np.zeros(len(paths), dtype=np.int64), 1)
            for found, wanted in zip(batch.targets.take(np.array([row])), expected, strict=True):
                torch.testing.assert_close(found, wanted)
        assert float(batch.weight) == pytest.approx(float(batch.targets.weight.sum()))
    assert sum(len(batch.features) for batch in batches) == 10
