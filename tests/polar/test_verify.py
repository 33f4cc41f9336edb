"""Guaranteed: every distinct pair runs once, what cannot run is a value, verdicts are graded."""

from pathlib import Path

import pytest

from dart_math.grader import Grader
from llm_depth_router.jobs import Completion, Job
from llm_depth_router.models import LoadedModel, ModelRow
from llm_depth_router.runner import Runner
from polar.prompting import choose_prompting
from polar.questions import Question
from polar.response_log import open_response_log
from polar.verify import Attempt, Outcome, Verifier

CHOICE = Question("choice", "Which is even?\nA. 3\nB. 4", "B", options=("3", "4"))
QUESTIONS = [Question("one", "What is 1 + 1?", "2"), Question("two", "What is 2 + 2?", "4")]


class ParrotRunner(Runner):
    """Answers with the number of layers of the path; refuses paths of layer 9."""

    def __init__(self, answer: str = "The answer is {}.") -> None:
        self.answer, self.at_once = answer, 1
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
        done = [self.queue.pop() for _ in self.queue[: self.at_once]]  # the last first
        return [(ticket, self.answer_job(job)) for ticket, job in done]

    def answer_job(self, job: Job) -> Completion:
        if 9 in job.path:
            return Completion("", (), "error", "no layer 9")
        return Completion(self.answer.format(len(job.path)), (1,), "stop")


@pytest.fixture
def make_verifier(make_model, tokenizer):
    """Verifiers that share a model and a grader."""
    loaded = LoadedModel("tiny", make_model("llama"), tokenizer, ModelRow("tiny"))
    with Grader() as grader:

        def make(style="fewshot", answer="The answer is {}.", log=None) -> Verifier:
            prompting = choose_prompting(loaded.row, style=style)
            questions = [*QUESTIONS, CHOICE]
            return Verifier(ParrotRunner(answer), grader, loaded, prompting, questions, log)

        yield make


@pytest.fixture
def verifier(make_verifier) -> Verifier:
    return make_verifier()


def test_each_distinct_pair_is_run_once_and_graded(verifier: Verifier) -> None:
    pairs = [("one", (0, 1)), ("two", (0, 1)), ("one", (0, 1)), ("one", ())]
    counted: list[int] = []
    outcomes = verifier.run_all(pairs, counted.append)
    assert len(verifier.runner.jobs) == 2
    assert sum(counted) == 3  # with the empty path
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


def test_what_was_done_beside_a_job_that_cannot_run_reaches_the_search(verifier: Verifier) -> None:
    verifier.runner.at_once = 3
    for path in ((0, 1), (9,), (0, 1, 2)):
        verifier.submit("one", path)
    assert {finished.path for finished in verifier.step()} == {(0, 1), (0, 1, 2)}
    with pytest.raises(ValueError, match="question 'one' cannot run: no layer 9"):
        verifier.step()


@pytest.mark.parametrize("style", ["direct", "fewshot"])
@pytest.mark.parametrize(
    ("response", "answer", "correct"),
    [
        ("\\boxed{B}", "B", True),
        ("\\boxed{B. 4}", "B", True),
        ("Answer: B", "B", True),
        ("The answer is A.", "A", False),
        ("\\boxed{4}", None, False),
    ],
)
def test_multiple_choice_shows_its_options_once_and_wants_a_letter(
    make_verifier, style: str, response: str, answer: str | None, correct: bool
) -> None:
    verifier = make_verifier(style, response.replace("{", "{{").replace("}", "}}"))
    outcome = verifier.run_all([("choice", (0, 1))])["choice", (0, 1)]
    assert (outcome.answer, outcome.correct) == (answer, correct)
    (job,) = verifier.runner.jobs
    end = {"direct": "\n### Problem End\n\nAnswer:", "fewshot": "\n"}[style]
    assert job.prompt.endswith(f"Which is even?\nA. 3\nB. 4{end}")
    assert job.prompt.count("A. 3") == 1


def test_what_the_log_has_is_graded_anew_but_not_run_again(make_verifier, tmp_path: Path) -> None:
    first, second = Attempt("one", (0, 1)), Attempt("one", (0, 1), 0.7, 5)
    with open_response_log(tmp_path, {}) as log:
        before = make_verifier(log=log).run_attempts([first, Attempt("two", (9,))])
    with open_response_log(tmp_path, {}) as log:
        verifier = make_verifier(log=log)
        after = verifier.run_attempts([first, second, Attempt("two", (9,))])
    assert [(job.path, job.seed) for job in verifier.runner.jobs] == [((0, 1), 5), ((9,), 0)]
    assert after[first] == before[first] and after[first].correct
    assert log.recalled == 1  # what could not run is tried again


def test_a_killed_evaluation_keeps_what_was_done(make_verifier, tmp_path: Path) -> None:
    done: list[int] = []

    def stop(count: int) -> None:
        done.append(count)
        if sum(done) == 1:
            raise KeyboardInterrupt

    attempts = [Attempt("one", (0, 1)), Attempt("two", (0, 1))]
    with open_response_log(tmp_path, {}) as log, pytest.raises(KeyboardInterrupt):
        make_verifier(log=log).run_attempts(attempts, stop)
    with open_response_log(tmp_path, {}) as log:
        verifier = make_verifier(log=log)
        assert verifier.run_attempts(attempts)[attempts[0]].correct
    assert len(verifier.runner.jobs) == 1
