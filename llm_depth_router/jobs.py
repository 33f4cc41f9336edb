"""What a runner is handed and what it gives back."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Finish = Literal["stop", "eos", "length", "error"]


class Job(NamedTuple):
    """Run `path` on `prompt`; `seed` is used only when sampling."""

    prompt: str
    path: tuple[int, ...]
    seed: int = 0


@dataclass(frozen=True)
class Completion:
    """What one job generated, and why it ended.

    `text` is the decoded `token_ids` (special tokens removed). `finish` is "stop" when the
    answer was complete, "eos" at the model's end token, "length" at the token limit, and
    "error" when the job could not run; `error` then says why and `text` is empty.
    """

    text: str
    token_ids: tuple[int, ...]
    finish: Finish
    error: str = ""
