"""Verdicts say who decided; no answer is not a wrong answer; a child that oversteps is replaced."""

import os
import signal
import threading
import time

import pytest

from dart_math import Grader
from dart_math.pool import ENDED, Reply, WorkerPool


@pytest.fixture(scope="module")
def grader():
    with Grader() as grader:
        yield grader


def test_a_right_box_is_correct_and_says_its_tier(grader: Grader) -> None:
    verdict = grader.grade(r"so \boxed{\frac{1}{2}}", "0.5")
    assert (verdict.correct, verdict.tier, verdict.answer) == (True, "number", r"\frac{1}{2}")


def test_no_answer_is_distinct_from_a_wrong_one(grader: Grader) -> None:
    missing = grader.grade("I do not know", "4")
    wrong = grader.grade(r"\boxed{5}", "4")
    assert (missing.correct, missing.tier, missing.answer) == (False, "none", None)
    assert missing.reason == "no answer"
    assert (wrong.correct, wrong.tier, wrong.answer) == (False, "number", "5")


def test_the_fewshot_contract_grades_a_line(grader: Grader) -> None:
    assert grader.grade("The answer is 19.\nQuestion:", "19", "answer_is").correct


def test_a_choice_is_a_letter(grader: Grader) -> None:
    assert grader.grade(r"\boxed{C}", "C", "choice").correct
    assert not grader.grade(r"\boxed{C}", "D", "choice").correct


def test_a_killed_child_costs_no_right_answer() -> None:
    with Grader() as grader:
        assert grader.grade(r"\boxed{x+1}", "1+x").correct
        os.kill(grader.process_ids()[0], signal.SIGKILL)
        time.sleep(0.2)
        assert grader.grade(r"\boxed{x+2}", "2+x").correct


def test_a_child_that_was_ended_is_no_lasting_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    replies = iter([Reply(False, reason) for reason in ENDED] + [Reply(True, "equal expressions")])
    monkeypatch.setattr(WorkerPool, "ask", lambda self, answer, reference: next(replies))
    with Grader() as grader:
        verdicts = [grader.grade(r"\boxed{x+1}", "1+x").correct for _ in range(5)]
    assert verdicts == [False, False, False, True, True]


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="workers=0"):
        Grader(workers=0)


def test_many_threads_share_one_grader(grader: Grader) -> None:
    verdicts: list[bool] = []

    def work(start: int) -> None:
        for value in range(start, start + 25):
            verdicts.append(grader.grade(rf"\boxed{{{value}+x}}", f"x+{value}").tier == "symbolic")

    threads = [threading.Thread(target=work, args=(100 * i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts == [True] * 200
