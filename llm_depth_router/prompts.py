"""Prompt styles: the template, when an answer is complete, and the name of its answer contract."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class StopRule:
    """When a generated text holds a complete answer.

    Only a token whose text contains one of `closers` can complete an answer, so `is_complete`
    is asked only after such a token.
    """

    closers: tuple[str, ...]
    is_complete: Callable[[str], bool]


@dataclass(frozen=True)
class PromptStyle:
    """How a question is put to the model.

    Every prompt starts with `preamble`, the same for all questions, so its states can be shared.
    `contract` names the extraction rule of `dart_math`; `max_new_tokens` is enough for an answer.
    """

    name: str
    preamble: str
    template: str
    stop: StopRule
    contract: str
    max_new_tokens: int

    def render(self, question: str) -> str:
        """The raw prompt text of one question.

        >>> STYLES["direct"].render("What is 1 + 1?").splitlines()[4]
        'What is 1 + 1?'
        """
        return self.preamble + self.template.replace("{question}", question)


def has_complete_box(text: str) -> bool:
    r"""Whether `text` holds a \boxed{…} (or \fbox{…}) whose braces are balanced.

    >>> has_complete_box(r"\boxed{\frac{1}{2}}"), has_complete_box(r"\boxed{\frac{1}{2}")
    (True, False)
    """
    for command in ("\\boxed", "\\fbox"):
        start = text.find(command)
        while start >= 0:
            if _closes(text, start + len(command)):
                return True
            start = text.find(command, start + 1)
    return False


def _closes(text: str, position: int) -> bool:
    rest = text[position:].lstrip(" ")
    if not rest.startswith("{"):
        return False
    level = 0
    for index, character in enumerate(rest):
        if character in "{}" and (index == 0 or rest[index - 1] != "\\"):
            level += 1 if character == "{" else -1
            if level == 0:
                return True
    return False


def has_complete_line(text: str) -> bool:
    """Whether a line that is not blank has ended.

    >>> has_complete_line("The answer is 4.\\n"), has_complete_line("\\nThe answer")
    (True, False)
    """
    return "\n" in text.lstrip("\n")


# The paper's direct prompt, Appendix D.4.
DIRECT_PREAMBLE = (
    "Solve the following math problem and output ONLY the final answer directly,\n"
    "formatted strictly as \\boxed{ANSWER}.\n\n### Problem Start\n"
)
DIRECT_TEMPLATE = "{question}\n### Problem End\n\nAnswer:"

FEWSHOT_PREAMBLE = (
    "Solve each problem.\n\n"
    "Question: What is 3 + 4?\nThe answer is 7.\n\n"
    "Question: What is 12 - 5?\nThe answer is 7.\n\n"
    "Question: What is 6 * 3?\nThe answer is 18.\n\n"
    "Question: What is 25 + 14?\nThe answer is 39.\n\n"
)
FEWSHOT_TEMPLATE = "Question: {question}\n"

STYLES = {
    "direct": PromptStyle(
        name="direct",
        preamble=DIRECT_PREAMBLE,
        template=DIRECT_TEMPLATE,
        stop=StopRule(closers=("}",), is_complete=has_complete_box),
        contract="boxed",
        max_new_tokens=50,
    ),
    "fewshot": PromptStyle(
        name="fewshot",
        preamble=FEWSHOT_PREAMBLE,
        template=FEWSHOT_TEMPLATE,
        stop=StopRule(closers=("\n",), is_complete=has_complete_line),
        contract="answer_is",
        max_new_tokens=12,
    ),
}
