"""Guaranteed: pass@k never falls with k; rates carry their counts; intervals hold the mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polar.metrics import (
    Rate,
    mean_layers,
    mean_unique_layers,
    no_answer_rate,
    paired_interval,
    pass_at_k,
    sampled_pass_at_k,
)
from polar.outcomes import Outcome


def outcome(correct: bool, path: tuple[int, ...] = (0, 1), answer: str | None = "1") -> Outcome:
    return Outcome(path, correct, answer, "", "executed")


RANKED = [
    [outcome(False), outcome(True, (0, 1, 1))],
    [outcome(True, (0,)), outcome(False, answer=None)],
    [outcome(False, ()), outcome(False)],
]


def test_a_table_that_can_be_checked_by_hand() -> None:
    assert [pass_at_k(RANKED, k) for k in (1, 2)] == [Rate(1, 3), Rate(2, 3)]
    assert no_answer_rate(RANKED) == Rate(1, 6)
    assert mean_layers(RANKED) == 1.0
    assert mean_layers(RANKED, k=2) == pytest.approx((2 + 3 + 1 + 2 + 0 + 2) / 6)
    assert mean_unique_layers(RANKED, k=2) == pytest.approx((2 + 2 + 1 + 2 + 0 + 2) / 6)


def test_an_answer_that_nobody_recorded_is_not_counted() -> None:
    labelled = Outcome((0, 1), True, None, "", "labelled")
    searched = Outcome((0, 1), False, None, "", "searched")
    assert no_answer_rate([[labelled], [searched], [outcome(True)]]) == Rate(1, 2)
    assert no_answer_rate([[labelled]]) == Rate(0, 0)


@given(st.lists(st.lists(st.booleans(), max_size=5), min_size=1))
def test_pass_at_k_grows_with_k(rows: list[list[bool]]) -> None:
    ranked = [[outcome(correct) for correct in row] for row in rows]
    hits = [pass_at_k(ranked, k).hits for k in range(1, 7)]
    assert hits == sorted(hits)
    assert hits[-1] == sum(any(row) for row in rows)


def test_sampling_is_estimated_from_all_sets_of_k_draws() -> None:
    """Of 3 draws one is right: it stands in 1 of 3 singles, 2 of 3 pairs, the only triple."""
    one = [outcome(True), outcome(False), outcome(False)]
    none = [outcome(False)] * 3
    assert [sampled_pass_at_k([one, none], k) for k in (1, 2, 3)] == [
        Rate(1, 6),
        Rate(2, 6),
        Rate(1, 2),
    ]
    assert sampled_pass_at_k([one[::-1], none], 1) == Rate(1, 6)  # whatever came first


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1))
def test_sampled_pass_at_k_grows_with_k_from_the_mean_to_any(rows: list[list[bool]]) -> None:
    drawn = [[outcome(correct) for correct in row] for row in rows]
    shares = [sampled_pass_at_k(drawn, k).share for k in range(1, 5)]
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(sum(map(sum, rows)) / (4 * len(rows)))
    assert sampled_pass_at_k(drawn, 4) == pass_at_k(drawn, 4)


def test_nothing_to_count_is_zero_of_zero() -> None:
    assert pass_at_k([], 1) == Rate(0, 0)
    assert Rate(0, 0).share == 0.0


def test_an_interval_is_paired() -> None:
    """Equal verdicts leave no doubt, however much the questions differ."""
    verdicts = [True, False] * 20
    assert paired_interval(verdicts, verdicts) == (0.0, 0.0)
    low, high = paired_interval([True] * 30 + [False] * 10, [False] * 40)
    assert low < 0.75 < high
    # Binomial(40, 0.75) of the 40 resampled differ: 2.6% have 24 or fewer, 1.6% more than 35.
    assert low in (24 / 40, 25 / 40) and high == 35 / 40


def test_thousands_of_questions_take_no_time() -> None:
    ours = [float(number % 2) for number in range(20_000)]
    low, high = paired_interval(ours, [0.25] * 20_000)
    assert 0.24 < low < 0.25 < high < 0.26
