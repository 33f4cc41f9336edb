"""Guarantees of polar.tune: every point of the grid is tried once, the best validation loss comes
first, and an interrupted search of the grid goes on where it stopped."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from polar.features import FeatureStore
from polar.train_config import TrainConfig
from polar.tune import (
    Trial,
    format_trials,
    load_trials,
    make_grid,
    run_trials,
    write_trials,
)

BASE = TrainConfig(polar_d_model=8, polar_heads=2, polar_layers=1)
TRIALS = [Trial(1e-3, 8, 2, 1, 1.5, 0.1), Trial(1e-2, 8, 2, 2, 1.2, 0.1)]


class Row(NamedTuple):
    question: str
    valid_paths: tuple[tuple[int, ...], ...]
    initial_score: float = 0.0


ROWS = [Row("a", ((0, 1),)), Row("b", ((0, 2),))]


@pytest.fixture
def features(tmp_path: Path) -> FeatureStore:
    store = FeatureStore(tmp_path / "features", "e")
    rng = np.random.default_rng(0)
    store.add(["a", "b"], [rng.standard_normal((3, 6)).astype(np.float32) for _ in range(2)])
    return store


def test_the_grid_is_the_papers_and_keeps_the_rest() -> None:
    grid = make_grid(TrainConfig(seed=7, max_paths_per_sample=3))
    assert len(grid) == len(set(grid)) == 36
    assert {config.learning_rate for config in grid} == {1e-4, 3e-4, 5e-4, 8e-4, 1e-3, 3e-3}
    assert {config.batch_size for config in grid} == {32, 128, 256}
    assert {config.num_epochs for config in grid} == {3, 10}
    assert {(config.seed, config.max_paths_per_sample) for config in grid} == {(7, 3)}
    assert len(make_grid(BASE, [1e-3, 1e-3], [8], [2])) == 1


def test_trials_come_best_first_and_known_ones_are_not_run_again(features: FeatureStore) -> None:
    grid = make_grid(BASE, [1e-3, 1e-2], [8], [2])
    ran: list[Trial] = []
    trials = run_trials(grid, ROWS, ROWS, features, depth=3, on_trial=ran.append)
    assert sorted(trial.val_loss for trial in ran) == [trial.val_loss for trial in trials]
    assert {trial.learning_rate for trial in trials} == {1e-3, 1e-2}
    again = run_trials(
        grid, ROWS, ROWS, features, depth=3, known=ran[:1], on_trial=lambda t: ran.append(t)
    )
    assert len(ran) == 3
    assert [trial.val_loss for trial in again] == [trial.val_loss for trial in trials]


def test_trials_are_validated_whatever_the_base_says(features: FeatureStore) -> None:
    silent = replace(BASE, no_validation=True)
    first, second = (
        run_trials(make_grid(base, [1e-3], [8], [2]), ROWS, ROWS, features, depth=3)
        for base in (BASE, silent)
    )
    assert [trial.val_loss for trial in first] == [trial.val_loss for trial in second]


def test_trials_are_read_back_and_refused_under_other_settings(tmp_path: Path) -> None:
    path = tmp_path / "trials.json"
    assert load_trials(path, {"seed": 1}) == []
    write_trials(path, {"seed": 1}, TRIALS)
    assert load_trials(path, {"seed": 1}) == TRIALS
    with pytest.raises(ValueError, match="seed is 2 here, 1 there"):
        load_trials(path, {"seed": 2})


def test_damaged_trials_are_named(tmp_path: Path) -> None:
    path = tmp_path / "trials.json"
    for text in ('{"settings": {}, "tri', '{"settings": {}}', '{"settings": {}, "trials": [{}]}'):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"trials.json is damaged .*delete it"):
            load_trials(path, {})


def test_a_trial_that_diverges_comes_last_and_the_grid_goes_on(
    features: FeatureStore, tmp_path: Path
) -> None:
    grid = make_grid(BASE, [1e30, 1e-3], [1], [3])
    trials = run_trials(grid, ROWS, ROWS, features, depth=3)
    assert [trial.learning_rate for trial in trials] == [1e-3, 1e30]
    assert (trials[1].val_loss, trials[1].best_epoch) == (float("inf"), 0)
    write_trials(tmp_path / "trials.json", {}, trials)
    assert load_trials(tmp_path / "trials.json", {}) == trials
    assert "inf" in format_trials(trials)
