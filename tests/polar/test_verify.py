"""Guaranteed: every distinct pair runs once, what cannot run is a value, verdicts are graded."""

import pytest

from dart_math.grader import Grader
from llm_depth_router.jobs import Completion, Job
from llm_depth_router.models import LoadedModel, ModelRow
from llm_depth_router.runner import Runner
from polar.prompting import choose_prompting
from polar.questions import Question
from polar.verify import Outcome, Verifier

QUESTIONS = [Question("one", "What is 1 + 1?", "2"), Question("two", "What is 2 + 2?", "4")]


class ParrotRunner(Runner):
    """Answers with the number of layers of the path; refuses paths of layer 9."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.queue: list[tuple[int, Job]] = []

    @property
    def pending(self) -> int:
        return len(self.queue)

    def submit(self, job, *, max_new_tokens, stop=None, temperature=0.0) -> int:
        self.jobs.append(job)
        self.queue.append((len(self.jobs), job))
        return len(self.jobs)

    def step(self):
        ticket, job = self.queue.pop()  # the last first: order must not matter
        if 9 in job.path:
            return [(ticket, Completion("", (), "error", "no layer 9"))]
        return [(ticket, Completion(f"The answer is {len(job.path)}.", (1,), "stop"))]


@pytest.fixture
def verifier(make_model, tokenizer):
    loaded = LoadedModel("tiny", make_model("llama"), tokenizer, ModelRow("tiny"))
    prompting = choose_prompting(loaded.row, style="fewshot")
    with Grader() as grader:
        yield Verifier(ParrotRunner(), grader, loaded, prompting, QUESTIONS)


def test_each_distinct_pair_is_run_once_and_graded(verifier: Verifier) -> None:
    pairs = [("one", (0, 1)), ("two", (0, 1)), ("one", (0, 1)), ("one", ())]
    counted: list[int] = []
    outcomes = verifier.run_all(pairs, counted.append)
    assert sum(counted) == len(verifier.runner.jobs) == 2
    assert outcomes == {
        ("one", (0, 1)): Outcome((0, 1), True, "2", "The answer is 2.", "executed"),
        ("two", (0, 1)): Outcome((0, 1), False, "2", "The answer is 2.", "executed"),
        ("one", ()): Outcome((), False, None, "", "empty"),
    }


def test_a_job_that_cannot_run_is_an_outcome_and_the_others_go_on(verifier: Verifier) -> None:
    outcomes = verifier.run_all([("one", (9,)), ("one", (0, 1))])
    assert outcomes["one", (9,)] == Outcome((9,), False, None, "no layer 9", "error")
    assert outcomes["one", (0, 1)].correct


def test_the_search_gets_finished_paths_and_a_clear_error(verifier: Verifier) -> None:
    verifier.submit("two", (0, 1, 2, 3))
    (finished,) = verifier.step()
    assert (finished.question_id, finished.path, finished.correct) == ("two", (0, 1, 2, 3), True)
    assert finished.seconds >= 0
    verifier.submit("one", (9,))
    with pytest.raises(ValueError, match="question 'one' cannot run: no layer 9"):
        verifier.step()
