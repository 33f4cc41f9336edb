"""Guarantees of polar.examples: which paths become examples, with what weight, and that every path
left out is counted."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from polar.examples import Examples, build_examples
from polar.labels import IGNORE
from polar.train_config import TrainConfig

FULL, SHORT, REPEAT = (0, 1, 2, 3), (0, 1, 3), (0, 1, 1, 2, 3)
UNPARSABLE = (0, 2, 1, 3)


class Row(NamedTuple):
    question: str
    valid_paths: tuple[tuple[int, ...], ...]
    initial_score: float = 0.0


def build(rows: list[Row], limit: int | None = None, **options: object) -> Examples:
    return build_examples(rows, 4, TrainConfig(**options), limit=limit)  # type: ignore[arg-type]


def test_labels_of_every_parsable_path_become_a_row() -> None:
    examples = build([Row("a", (FULL, UNPARSABLE, SHORT))])
    assert examples.op.tolist() == [
        [1, IGNORE, IGNORE, IGNORE],
        [1, IGNORE, 0, 1],
    ]
    assert examples.question_of.tolist() == [0, 0]
    assert examples.weight.tolist() == [1.0, 1.0]


def test_every_path_left_out_is_counted() -> None:
    rows = [
        Row("a", (FULL, SHORT, SHORT, UNPARSABLE, REPEAT, (0, 1, 2))),
        Row("b", (UNPARSABLE,)),
        Row("c", ()),
    ]
    counts = build(
        rows, limit=1, max_paths_per_sample=3, drop_original_path_if_shorter_valid=True
    ).counts
    assert counts.samples == 3
    assert counts.samples_without_example == 2
    assert counts.valid_paths == 6
    assert counts.unparsable == 2
    assert counts.over_path_limit == 1
    assert counts.full_path_dropped == 1
    assert counts.over_example_limit == 1
    assert counts.examples == 1


def test_questions_without_an_example_leave_no_gap() -> None:
    examples = build([Row("a", ()), Row("b", (FULL,)), Row("c", (UNPARSABLE,)), Row("d", (SHORT,))])
    assert examples.questions == ("b", "d")
    assert examples.question_of.tolist() == [0, 1]


def test_the_full_path_is_dropped_or_down_weighted_only_where_a_shorter_one_is_valid() -> None:
    rows = [Row("a", (FULL, SHORT)), Row("b", (FULL, REPEAT))]
    assert len(build(rows, drop_original_path_if_shorter_valid=True).weight) == 3
    weighted = build(rows, reweight_original_path_if_shorter_valid=True, original_path_weight=0.25)
    assert weighted.weight.tolist() == [0.25, 1.0, 1.0, 1.0]
    assert build(rows, original_path_weight=0.25).weight.tolist() == [1.0] * 4


def test_a_positive_keep_probability_alone_switches_dropping_on() -> None:
    rows = [Row(f"q{index}", (FULL, SHORT)) for index in range(200)]
    dropped = build(rows, keep_original_prob=0.25).counts.full_path_dropped
    assert 120 < dropped < 180
    assert build(rows, keep_original_prob=1.0).counts.full_path_dropped == 0


def test_the_length_preference_weighs_by_exp_of_minus_beta_length() -> None:
    examples = build([Row("a", (FULL, SHORT))], policy_mode="polar_lenpref", lenpref_beta=0.5)
    assert examples.weight[1] / examples.weight[0] == pytest.approx(np.exp(0.5))


@pytest.mark.parametrize("depth", [4, 64])
def test_a_steep_length_preference_does_not_vanish(depth: int) -> None:
    """exp(-5 * 64) is no float32, and exp(-5 * 200) no float64."""
    full = tuple(range(depth))
    rows = [Row("a", (full, full[:-1])), Row("b", (full[:-2],))]
    config = TrainConfig(policy_mode="polar_lenpref", lenpref_beta=5)
    examples = build_examples(rows, depth, config, limit=None)
    assert examples.weight == pytest.approx(np.exp([-10.0, -5.0, 0.0]), rel=1e-5)
    config = replace(config, lenpref_beta=200, per_sample_weight_normalize=True)
    normalised = build_examples(rows, depth, config, limit=None)
    assert normalised.weight == pytest.approx([np.exp(-200.0), 1.0, 1.0], rel=1e-5)


def test_normalised_weights_add_up_to_one_per_question() -> None:
    rows = [Row("a", (FULL, SHORT, REPEAT)), Row("b", (FULL,))]
    examples = build(rows, per_sample_weight_normalize=True, policy_mode="polar_lenpref")
    assert np.bincount(examples.question_of, weights=examples.weight) == pytest.approx([1, 1])


def test_a_question_counts_as_unsolved_once_however_many_paths_it_has() -> None:
    rows = [Row("a", (SHORT, REPEAT)), Row("b", (FULL, SHORT)), Row("c", (SHORT,), 1.0)]
    assert build(rows).unsolved.tolist() == [0.5, 0.5, 0.0, 0.0, 0.0]


def test_the_limit_draws_the_same_examples_for_the_same_seed() -> None:
    rows = [Row(f"q{index}", (FULL, SHORT)) for index in range(20)]
    first, again = build(rows, limit=7), build(rows, limit=7)
    assert len(first.weight) == 7
    assert first.questions == again.questions
    assert first.questions != build(rows, limit=7, seed=1).questions


def test_no_samples_give_no_examples() -> None:
    examples = build([], per_sample_weight_normalize=True)
    assert examples.counts.examples == 0
    assert examples.op.shape == (0, 4)
