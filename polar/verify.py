"""Runner and grader together: a question and a path in, a graded outcome out."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from dart_math.grader import Grader
from llm_depth_router.engine_team import start_engine
from llm_depth_router.jobs import Completion, Job
from llm_depth_router.model_digest import digest_model, digest_tokenizer
from llm_depth_router.models import LoadedModel, layout_name
from llm_depth_router.runner import Runner, encode_prompt
from mcts.lockstep import Finished
from polar.outcomes import Attempt, Outcome, Path
from polar.prompting import Prompting, answer_contract
from polar.questions import Question
from polar.response_log import ResponseLog
from polar.versions import software_versions


class Verifier:
    """Runs paths for questions and grades what they answer; the search's evaluator.

    With a `log`, `run_attempts` stores every response and runs nothing that is stored already.
    """

    def __init__(
        self,
        runner: Runner,
        grader: Grader,
        loaded: LoadedModel,
        prompting: Prompting,
        questions: Iterable[Question],
        log: ResponseLog | None = None,
    ) -> None:
        self.runner, self.grader, self.prompting = runner, grader, prompting
        self.questions = {question.id: question for question in questions}
        self.log = log
        self._loaded = loaded
        self._tickets: dict[int, tuple[str, Path, float]] = {}
        self._failure: str | None = None  # of a job of the last step

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

        Raises ValueError where a job cannot run at all (a prompt too long for the model), one call
        later where others of the same step are done: theirs are kept.
        """
        finished = []
        for ticket, completion in [] if self._failure else self.runner.step():
            question_id, path, start = self._tickets.pop(ticket)
            if completion.finish == "error":
                self._failure = f"question {question_id!r} cannot run: {completion.error}"
                continue
            outcome = self._grade(question_id, path, completion)
            seconds = time.perf_counter() - start
            finished.append(
                Finished(
                    question_id, path, outcome.correct, outcome.answer, outcome.response, seconds
                )
            )
        if self._failure and not finished:
            raise ValueError(self._failure)
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
        """The outcome of every distinct attempt; each is executed once, and graded.

        `progress` is called with the number of newly finished attempts.
        """
        report = progress or (lambda count: None)
        distinct = list(dict.fromkeys(attempts))
        prompts = {each.question_id: self._render(self.questions[each.question_id])
                   for each in distinct}  # fmt: skip
        outcomes = self._find_known(distinct, prompts)
        report(len(outcomes))
        waiting = {
            self.submit(each.question_id, each.path, temperature=each.temperature, seed=each.seed):
            each for each in distinct if each not in outcomes
        }  # fmt: skip
        while waiting:
            finished = [(waiting.pop(ticket), done) for ticket, done in self.runner.step()]
            if self.log is not None:
                self.log.add([(prompts[each.question_id], each, done.text)
                              for each, done in finished if done.finish != "error"])  # fmt: skip
            outcomes |= {each: self._grade(each.question_id, each.path, done)
                         for each, done in finished}  # fmt: skip
            report(len(finished))
        self._tickets.clear()
        return outcomes

    def _find_known(
        self, attempts: Sequence[Attempt], prompts: Mapping[str, str]
    ) -> dict[Attempt, Outcome]:
        """What needs no execution: empty paths, and responses in the log, graded anew."""
        known = {each: Outcome((), False, None, "", "empty") for each in attempts if not each.path}
        if self.log is None:
            return known
        for each in attempts:
            response = self.log.find(prompts[each.question_id], each)
            if response is not None:
                known[each] = self._grade_text(each.question_id, each.path, response)
        return known

    def _grade(self, question_id: str, path: Path, completion: Completion) -> Outcome:
        if completion.finish == "error":
            return Outcome(path, False, None, completion.error, "error")
        return self._grade_text(question_id, path, completion.text)

    def _grade_text(self, question_id: str, path: Path, response: str) -> Outcome:
        question = self.questions[question_id]
        contract = answer_contract(question, self.prompting)
        verdict = self.grader.grade(response, question.answer, contract, question.question)
        return Outcome(path, verdict.correct, verdict.answer, response, "executed")


def describe_model(loaded: LoadedModel, prompting: Prompting) -> dict[str, Any]:
    """What ran, as journals, draws and samples files name it."""
    return {
        "model": layout_name(loaded.name),
        "weights": digest_model(loaded.model),
        "tokenizer": digest_tokenizer(loaded.tokenizer),
        "depth": loaded.depth,
        "dtype": loaded.dtype_name,
        "prompt": prompting.describe(),
        "versions": software_versions(),
    }


def make_engine(
    loaded: LoadedModel, prompting: Prompting, *, cache_gb: float, prefix_gb: float
) -> Runner:
    """The engine for these prompts; gigabytes (10⁹ bytes) of running jobs and of shared states."""
    return start_engine(
        loaded.model,
        loaded.tokenizer,
        preamble=prompting.style.preamble,
        cache_bytes=int(cache_gb * 1e9),
        prefix_bytes=int(prefix_gb * 1e9),
    )
