"""Guaranteed: every distinct pair and draw runs once; the search counts only where handed in."""

from dataclasses import replace

from mcts.samples import Sample
from mcts.trace import Execution
from polar.arms import Arm
from polar.draws import choose_draws
from polar.evaluate import by_group, choose_test, known_outcomes, run_arms
from polar.outcomes import Attempt, Outcome
from polar.searched import SearchedData
from polar.splits import Splits
from polar.summary import summarise

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

    def run_attempts(self, attempts, progress=None):
        self.ran += attempts
        if progress:
            progress(len(attempts))
        return {each: Outcome(each.path, each.path == LOOP, "1", "text", "executed")
                for each in attempts}  # fmt: skip


def test_all_arms_share_their_runs() -> None:
    verifier, seen = FakeVerifier(), []
    results = run_arms(ARMS, verifier, {}, {}, lambda count, total: seen.append((count, total)))
    pairs = [("q", FULL), ("q", SHORT), ("r", FULL), ("r", LOOP)]
    assert sorted(verifier.ran) == sorted(Attempt(*pair) for pair in pairs)
    assert seen == [(4, 4)]
    assert [outcome.path for outcome in results["polar"]["r"]] == [FULL, LOOP]


def test_draws_run_beside_the_arms_each_of_them() -> None:
    verifier = FakeVerifier()
    draws = {"sampling 0.3": choose_draws(["q", "r"], 2, 0.3, seed=0, depth=4)}
    results = run_arms(ARMS, verifier, {}, draws)
    assert len(verifier.ran) == len(set(verifier.ran)) == 4 + 4
    assert {each.temperature for each in verifier.ran} == {0.0, 0.3}
    assert [outcome.path for outcome in results["sampling 0.3"]["r"]] == [FULL, FULL]


def test_the_searchs_verdicts_are_taken_only_when_given() -> None:
    verifier = FakeVerifier()
    draws = {"sampling 0.3": choose_draws(["q"], 1, 0.3, seed=0, depth=4)}
    results = run_arms(ARMS, verifier, known_outcomes([SAMPLE]), draws)
    greedy = [each for each in verifier.ran if not each.temperature]
    assert sorted(greedy) == sorted([Attempt("r", FULL), Attempt("r", LOOP)])
    assert results["polar"]["q"] == [
        Outcome(SHORT, False, "7", "", "searched"),
        Outcome(FULL, True, "1", "", "searched"),
    ]
    assert results["sampling 0.3"]["q"][0].source == "executed"
    del results["sampling 0.3"]
    summary = summarise(results, ["q", "r"], depth=4)["polar"]
    assert summary.sources == {"searched": 2, "executed": 2}


def test_a_verdict_without_a_recorded_answer_says_so() -> None:
    """The search's trace may be left out of a samples file; what is in it, is known."""
    silent = Execution(SHORT, False, None, 0, 1, 0.0)
    known = known_outcomes([replace(SAMPLE, trace=(silent,))])
    assert known[Attempt("q", FULL)] == Outcome(FULL, True, None, "", "labelled")
    assert known[Attempt("q", SHORT)] == Outcome(SHORT, False, None, "", "searched")


def test_a_path_that_is_listed_as_valid_and_as_invalid_is_run() -> None:
    both = replace(SAMPLE, valid_paths=(FULL, SHORT), invalid_paths=(SHORT,))
    assert set(known_outcomes([both])) == {Attempt("q", FULL)}


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
