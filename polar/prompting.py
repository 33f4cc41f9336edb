"""How questions are put to the model: chosen at search, recorded, and the same at evaluation."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

import torch

from llm_depth_router.models import ModelRow, default_dtype, find_dtype, find_style
from llm_depth_router.prompts import PromptStyle
from mcts.json_shape import check_present
from mcts.records import describe_difference
from polar.questions import Question


@dataclass(frozen=True)
class Prompting:
    """How questions are put to the model: what must match between search and evaluation."""

    style: PromptStyle
    chat_template: bool
    max_new_tokens: int

    def describe(self) -> dict[str, str | int | bool]:
        """What a samples file's header holds of it; `text` tells two versions of a style apart."""
        text = self.style.preamble + self.style.template
        return {
            "style": self.style.name,
            "text": hashlib.sha256(text.encode()).hexdigest()[:12],
            "chat_template": self.chat_template,
            "max_new_tokens": self.max_new_tokens,
        }


def answer_contract(question: Question, prompting: Prompting) -> str:
    """How the answer is read from a response: as a letter where the question is multiple choice."""
    return "choice" if is_multiple_choice(question) else prompting.style.contract


def is_multiple_choice(question: Question) -> bool:
    """Whether the question has options and a letter for an answer.

    The options are the last lines of its text, "A. …", so the language model and the question
    encoder both see them: questions that differ in their options alone are different inputs. A
    samples file has the text but no list of options, hence they are looked for in the text.

    >>> is_multiple_choice(Question("q", "Which is even?\\nA. 3\\nB. 4", "B"))
    True
    >>> is_multiple_choice(Question("q", "Which is even?\\nA. 3\\nB. 4", "4"))
    False
    """
    return bool(question.options) or question.answer.strip() in find_options(question.question)


def find_options(text: str) -> tuple[str, ...]:
    """The letters of the options that a question's text ends with; none where there are none.

    >>> find_options("Which is even?\\nA. 3\\nB. 4"), find_options("What is 7 + 8?")
    (('A', 'B'), ())
    """
    starts = [line[:3] for line in text.splitlines()]
    if "A. " not in starts:
        return ()
    found = starts[len(starts) - 1 - starts[::-1].index("A. ") :]
    letters = tuple(ascii_uppercase[: len(found)])
    return letters if len(found) > 1 and found == [f"{letter}. " for letter in letters] else ()


def choose_prompting(
    row: ModelRow,
    *,
    style: str | None = None,
    chat_template: bool | None = None,
    max_new_tokens: int | None = None,
    searched: Mapping[str, Any] | None = None,
) -> Prompting:
    """What the user asks for; where nothing is asked, what was `searched` with, else the defaults.

    Raises ValueError, with the difference, where it is not what the samples were searched with.
    """
    recorded = dict(searched or {})
    known = {"style": str, "text": str, "chat_template": bool, "max_new_tokens": int}
    check_present(recorded, known, "prompt")
    chosen = find_style(row, style or recorded.get("style"))
    prompting = Prompting(
        style=chosen,
        chat_template=bool(recorded.get("chat_template", False))
        if chat_template is None
        else chat_template,
        max_new_tokens=recorded.get("max_new_tokens", chosen.max_new_tokens)
        if max_new_tokens is None
        else max_new_tokens,
    )
    if recorded and prompting.describe() != recorded:
        difference = describe_difference(prompting.describe(), recorded)
        raise ValueError(
            f"the samples were searched with another prompt ({difference}): "
            "leave the prompt flags away, or search again"
        )
    return prompting


def choose_dtype(asked: str | None, searched: str | None, device: torch.device) -> str:
    """The dtype's name: what is asked for, else what was searched with, else the device's default.

    Raises ValueError where it is not what the samples were searched with, or there is none such.
    """
    chosen = asked or searched or default_dtype(device)
    find_dtype(chosen)
    if searched not in (None, chosen):
        raise ValueError(
            f"the samples were searched in {searched}, not {chosen}: leave --dtype away, or search "
            "again"
        )
    return chosen
