"""Runner and grader together: a question and a path in, a graded outcome out."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from dart_math.grader import Grader
from llm_depth_router.engine import Engine
from llm_depth_router.jobs import Completion, Job
from llm_depth_router.models import LoadedModel
from llm_depth_router.runner import Runner, encode_prompt
from mcts.lockstep import Finished
from polar.prompting import Prompting
from polar.questions import Question

Path = tuple[int, ...]
Source = Literal["executed", "searched", "empty", "error"]


@dataclass(frozen=True)
class Outcome:
    """What came of a path for a question.

    `source` says how we know: it was executed now; it was taken from the search's labels; the
    path is empty and there is nothing to run; or the runner refused the job (`response` is why).
    """

    path: Path
    correct: bool
    answer: str | None
    response: str
    source: Source


class Attempt(NamedTuple):
    """A path to run for a question: greedily, or with a temperature and the seed of its draw."""

    question_id: str
    path: Path
    temperature: float = 0.0
    seed: int = 0


class Verifier:
    """Runs paths for questions and grades what they answer; the search's evaluator."""

    def __init__(
        self,
        runner: Runner,
        grader: Grader,
        loaded: LoadedModel,
        prompting: Prompting,
        questions: Iterable[Question],
    ) -> None:
        self.runner, self.grader, self.prompting = runner, grader, prompting
        self.questions = {question.id: question for question in questions}
        self._loaded = loaded
        self._tickets: dict[int, tuple[str, Path, float]] = {}

    def check_prompts(self) -> None:
        """Raise a ValueError that names the first question whose prompt cannot run."""
        for question in self.questions.values():
            prompt = self._render(question)
            try:
                encode_prompt(
                    self._loaded.model,
                    self._loaded.tokenizer,
                    prompt,
                    self.prompting.max_new_tokens,
                )
            except ValueError as error:
                raise ValueError(f"question {question.id!r} cannot run: {error}") from error

    def _render(self, question: Question) -> str:
        prompting = self.prompting
        return self._loaded.render(prompting.style, question.question, prompting.chat_template)

    def submit(
        self, question_id: str, path: Path, *, temperature: float = 0.0, seed: int = 0
    ) -> int:
        """Hand in a path for a question; its outcome comes back from `step`."""
        prompting = self.prompting
        ticket = self.runner.submit(
            Job(self._render(self.questions[question_id]), path, seed),
            max_new_tokens=prompting.max_new_tokens,
            stop=prompting.style.stop,
            temperature=temperature,
        )
        self._tickets[ticket] = (question_id, path, time.perf_counter())
        return ticket

    def step(self) -> list[Finished]:
        """Let the runner work; return what it finished, graded.

        Raises ValueError where a job cannot run at all (a prompt too long for the model).
        """
        finished = []
        for ticket, completion in self.runner.step():
            question_id, path, start = self._tickets.pop(ticket)
            if completion.finish == "error":
                raise ValueError(f"question {question_id!r} cannot run: {completion.error}")
            outcome = self._grade(question_id, path, completion)
            seconds = time.perf_counter() - start
            finished.append(
                Finished(
                    question_id, path, outcome.correct, outcome.answer, outcome.response, seconds
                )
            )
        return finished

    @property
    def depth(self) -> int:
        """How many layers the model has."""
        return self._loaded.depth

    def run_all(
        self, pairs: Sequence[tuple[str, Path]], progress: Callable[[int], object] | None = None
    ) -> dict[tuple[str, Path], Outcome]:
        """Execute every distinct (question id, path) once, greedily, and grade it."""
        outcomes = self.run_attempts([Attempt(*pair) for pair in pairs], progress)
        return {(attempt.question_id, attempt.path): outcomes[attempt] for attempt in outcomes}

    def run_attempts(
        self, attempts: Sequence[Attempt], progress: Callable[[int], object] | None = None
    ) -> dict[Attempt, Outcome]:
        """Execute every distinct attempt once, and grade it.

        `progress` is called with the number of newly finished attempts.
        """
        outcomes = {each: _empty_outcome(each.path) for each in attempts if not each.path}
        waiting = {
            self.submit(each.question_id, each.path, temperature=each.temperature, seed=each.seed):
            each for each in dict.fromkeys(attempts) if each.path
        }  # fmt: skip
        while waiting:
            finished = self.runner.step()
            for ticket, completion in finished:
                attempt = waiting.pop(ticket)
                del self._tickets[ticket]
                outcomes[attempt] = self._grade(attempt.question_id, attempt.path, completion)
            if progress is not None and finished:
                progress(len(finished))
        return outcomes

    def _grade(self, question_id: str, path: Path, completion: Completion) -> Outcome:
        if completion.finish == "error":
            return Outcome(path, False, None, completion.error, "error")
        reference = self.questions[question_id].answer
        verdict = self.grader.grade(completion.text, reference, self.prompting.style.contract)
        return Outcome(path, verdict.correct, verdict.answer, completion.text, "executed")


def make_engine(
    loaded: LoadedModel, prompting: Prompting, *, cache_gb: float, prefix_gb: float
) -> Engine:
    """The engine for these prompts; gigabytes (10⁹ bytes) of running jobs and of shared states."""
    return Engine(
        loaded.model,
        loaded.tokenizer,
        preamble=prompting.style.preamble,
        cache_bytes=int(cache_gb * 1e9),
        prefix_bytes=int(prefix_gb * 1e9),
    )


def _empty_outcome(path: Path) -> Outcome:
    return Outcome(path, False, None, "", "empty")
