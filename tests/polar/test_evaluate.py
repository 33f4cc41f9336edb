"""Guaranteed: every distinct pair runs once; the search's verdicts count only where handed in."""

from mcts.samples import Sample
from mcts.trace import Execution
from polar.arms import Arm
from polar.evaluate import (
    by_group,
    choose_test,
    known_outcomes,
    run_arms,
    summarise,
    summarise_search,
)
from polar.metrics import Rate
from polar.run import SearchedData
from polar.splits import Splits
from polar.verify import Outcome

FULL, SHORT, LOOP, ODD = (0, 1, 2, 3), (0, 1, 3), (0, 1, 1, 2, 3), (0, 1, 2, 1, 2, 1, 2, 3)
SAMPLE = Sample(
    "q", "Q?", "1", "test", 1.0, (FULL, ODD), (SHORT,),
    (Execution(FULL, True, "1", None, 2, 1.0), Execution(SHORT, False, "7", 0, 1, 0.0)),
)  # fmt: skip
ARMS = [
    Arm("full path", {"q": (FULL,), "r": (FULL,)}),
    Arm("polar", {"q": (SHORT, FULL), "r": (FULL, LOOP)}),
]


class FakeVerifier:
    """Says yes to loops."""

    def __init__(self) -> None:
        self.ran: list = []

    def run_all(self, pairs, progress=None):
        self.ran += pairs
        if progress:
            progress(len(pairs))
        return {(q, path): Outcome(path, path == LOOP, "1", "text", "executed")
                for q, path in pairs}  # fmt: skip


def test_all_arms_share_their_runs() -> None:
    verifier, seen = FakeVerifier(), []
    results = run_arms(ARMS, verifier, {}, lambda count, total: seen.append((count, total)))
    assert sorted(verifier.ran) == sorted([("q", FULL), ("q", SHORT), ("r", FULL), ("r", LOOP)])
    assert seen == [(4, 4)]
    assert [outcome.path for outcome in results["polar"]["r"]] == [FULL, LOOP]


def test_the_searchs_verdicts_are_taken_only_when_given() -> None:
    verifier = FakeVerifier()
    results = run_arms(ARMS, verifier, known_outcomes([SAMPLE]))
    assert sorted(verifier.ran) == sorted([("r", FULL), ("r", LOOP)])
    assert results["polar"]["q"] == [
        Outcome(SHORT, False, "7", "", "searched"),
        Outcome(FULL, True, "1", "", "searched"),
    ]
    summary = summarise(results, ["q", "r"], depth=4)["polar"]
    assert summary.sources == {"searched": 2, "executed": 2}


def test_a_summary_that_can_be_checked_by_hand() -> None:
    results = run_arms(ARMS, FakeVerifier(), {})
    summaries = summarise(results, ["q", "r"], depth=4)
    polar = summaries["polar"]
    assert polar.pass_at == [Rate(0, 2), Rate(1, 2)]
    assert (polar.mean_layers, polar.mean_unique_layers) == (3.5, 3.5)
    assert polar.top1_is_full_path == Rate(1, 2)
    assert polar.interval == (0.0, 0.0)
    assert summaries["full path"].pass_at == [Rate(0, 2)]


def test_what_the_search_found_is_counted() -> None:
    unsolved = Sample("u", "U?", "1", "train", 0.0, (), (FULL,))
    summary = summarise_search([SAMPLE, unsolved], depth=4)
    assert (summary.questions, summary.solved, summary.full_path_correct) == (2, 1, 1)
    assert (summary.executions, summary.valid_paths) == (4, 2)
    assert summary.parsed_valid_paths == 1  # layers 1, 2 three times are no program
    assert summary.shorter_than_full == 0


def test_test_questions_are_cut_per_difficulty_and_grouped() -> None:
    other = Sample("p", "P?", "2", "test", 0.0, (), ())
    data = SearchedData(
        {1: Splits((), (), (SAMPLE, other)), 2: Splits((), (), (other,))}, {}, {1: "", 2: ""}
    )
    test = choose_test(data, limit=1)
    groups = by_group(test)
    assert {name: [q.id for q in group] for name, group in groups.items()} == {
        "1": ["q"],
        "2": ["p"],
        "all": ["q", "p"],
    }
    assert groups["2"][0].difficulty == 2
