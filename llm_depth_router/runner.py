"""What everything that runs jobs has in common: tickets in, completions out."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from llm_depth_router.jobs import Completion, Job
from llm_depth_router.prompts import StopRule


class Runner(ABC):
    """A stream of jobs: `submit` hands one in, `step` does some work and returns what finished."""

    @abstractmethod
    def submit(
        self,
        job: Job,
        *,
        max_new_tokens: int,
        stop: StopRule | None = None,
        temperature: float = 0.0,
    ) -> int:
        """Hand in a job; the ticket comes back from `step` with its completion.

        A job that cannot run comes back with `finish="error"`; nothing is raised.
        """

    @abstractmethod
    def step(self) -> list[tuple[int, Completion]]:
        """Do a bounded piece of work and return the tickets that are done (maybe none)."""

    @property
    @abstractmethod
    def pending(self) -> int:
        """How many tickets have not come back yet."""

    def generate(
        self,
        jobs: Sequence[Job],
        *,
        max_new_tokens: int,
        stop: StopRule | None = None,
        temperature: float = 0.0,
        progress: Callable[[int], object] | None = None,
    ) -> list[Completion]:
        """Run all `jobs` and return their completions in the same order.

        `progress` is called with the number of newly finished jobs (`tqdm.update` fits).
        Raises ValueError while tickets of `submit` are out: their completions would be lost.
        """
        if self.pending:
            raise ValueError(f"{self.pending} tickets are out: collect them with step() first")
        completions: dict[int, Completion] = {}
        tickets = [
            self.submit(job, max_new_tokens=max_new_tokens, stop=stop, temperature=temperature)
            for job in jobs
        ]
        while self.pending:
            finished = self.step()
            completions.update(finished)
            if progress is not None and finished:
                progress(len(finished))
        return [completions[ticket] for ticket in tickets]


def encode_prompt(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompt: str,
    max_new_tokens: int,
) -> list[int]:
    """The token ids of `prompt`; ValueError where it is empty or too long for the model."""
    ids = list(tokenizer(prompt).input_ids)
    limit = model.config.get_text_config().max_position_embeddings
    if not ids:
        raise ValueError("the prompt has no tokens: give some text")
    if max_new_tokens < 1:
        raise ValueError(f"max_new_tokens must be at least 1, not {max_new_tokens}")
    if len(ids) + max_new_tokens > limit:
        raise ValueError(
            f"a prompt of {len(ids)} tokens and {max_new_tokens} new ones exceed the model's "
            f"{limit} positions: shorten the prompt or lower max_new_tokens"
        )
    return ids


def end_token_ids(model: PreTrainedModel) -> list[int]:
    """The token ids that end a text, as the model's generation config lists them."""
    ends = model.generation_config.eos_token_id if model.generation_config else None
    if ends is None:
        return []
    return [ends] if isinstance(ends, int) else list(ends)
