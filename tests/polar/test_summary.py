"""Guaranteed: an arm's scores can be checked by hand, and sampling is estimated without bias."""

from mcts.samples import Sample
from polar.metrics import Rate
from polar.outcomes import Outcome
from polar.summary import (
    BestSampling,
    choose_best_sampling,
    count_verdicts,
    summarise,
    summarise_search,
)

FULL, SHORT, LOOP, ODD = (0, 1, 2, 3), (0, 1, 3), (0, 1, 1, 2, 3), (0, 1, 2, 1, 2, 1, 2, 3)


def run(path: tuple[int, ...], correct: bool, source="executed") -> Outcome:
    return Outcome(path, correct, "1", "text", source)


RESULTS = {
    "full path": {"q": [run(FULL, False)], "r": [run(FULL, False)]},
    "polar": {"q": [run(SHORT, False), run(FULL, False)], "r": [run(FULL, False), run(LOOP, True)]},
    "menu 2": {"q": [], "r": []},
    "sampling 0.3": {"q": [run(FULL, True), run(FULL, True)], "r": [run(FULL, False)] * 2},
    "sampling 1": {"q": [run(FULL, False), run(FULL, True)],
                   "r": [run(FULL, True), run(FULL, False)]},
}  # fmt: skip


def test_a_summary_that_can_be_checked_by_hand() -> None:
    summaries = summarise(RESULTS, ["q", "r"], depth=4)
    polar = summaries["polar"]
    assert polar.pass_at == [Rate(0, 2), Rate(1, 2)]
    assert (polar.mean_layers, polar.mean_unique_layers) == (3.5, 3.5)
    assert polar.top1_is_full_path == Rate(1, 2)
    assert polar.interval == (0.0, 0.0)
    assert summaries["full path"].pass_at == [Rate(0, 2)]
    assert summaries["menu 2"].pass_at == []


def test_sampling_counts_every_draw_at_pass_at_1() -> None:
    summaries = summarise(RESULTS, ["q", "r"], depth=4)
    assert summaries["sampling 0.3"].pass_at == [Rate(2, 4), Rate(1, 2)]
    assert summaries["sampling 1"].pass_at == [Rate(2, 4), Rate(2, 2)]
    low, high = summaries["sampling 1"].interval  # both questions: half of the draws, against none
    assert (low, high) == (0.5, 0.5)


def test_the_best_temperature_is_chosen_for_each_k() -> None:
    summaries = summarise(RESULTS, ["q", "r"], depth=4)
    assert choose_best_sampling(summaries) == [
        BestSampling("0.3", Rate(2, 4)),  # the lower one where they are equal
        BestSampling("1", Rate(2, 2)),
    ]
    assert choose_best_sampling({"polar": summaries["polar"]}) == []


def test_a_verdict_that_several_arms_share_counts_once_and_every_draw_counts() -> None:
    labelled = {"q": [run(SHORT, False, "searched"), run(FULL, False)], "r": []}
    results = RESULTS | {"polar": labelled}
    assert count_verdicts(results, ["q", "r"]) == {"executed": 2 + 8, "searched": 1}
    assert count_verdicts(results, ["r"]) == {"executed": 1 + 4}


def test_what_the_search_found_is_counted() -> None:
    sample = Sample("q", "Q?", "1", "test", 1.0, (FULL, ODD), (SHORT,))
    unsolved = Sample("u", "U?", "1", "train", 0.0, (), (FULL,))
    summary = summarise_search([sample, unsolved], depth=4)
    assert (summary.questions, summary.solved, summary.full_path_correct) == (2, 1, 1)
    assert (summary.executions, summary.valid_paths) == (4, 2)
    assert summary.parsed_valid_paths == 1  # layers 1, 2 three times are no program
    assert summary.shorter_than_full == 0
