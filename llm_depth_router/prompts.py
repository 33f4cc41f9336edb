"""Prompt styles: the template, when an answer is complete, and the name of its answer contract."""

import re
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


# Every brace and box of a text; an escaped character (also a backslash) is passed over as one.
BOX_PART = re.compile(r"(?P<box>\\(?:boxed|fbox)\s*\{)|\\.|[{}]", re.DOTALL)


def has_complete_box(text: str) -> bool:
    r"""Whether `text` holds a \boxed{…} (or \fbox{…}) whose braces are balanced, in one pass.

    >>> has_complete_box(r"\boxed{\frac{1}{2}}"), has_complete_box(r"\boxed{\frac{1}{2}")
    (True, False)
    """
    open_braces: list[bool] = []  # whether the brace opened a box
    for match in BOX_PART.finditer(text):
        if match["box"] or match.group() == "{":
            open_braces.append(bool(match["box"]))
        elif match.group() == "}" and open_braces and open_braces.pop():
            return True
    return False


def has_complete_line(text: str) -> bool:
    """Whether a line that says something has ended; to announce the answer is not to say it.

    >>> has_complete_line("The answer is 4.\\n"), has_complete_line("The answer is:\\n")
    (True, False)
    """
    *ended, _ = text.split("\n")
    return any(line.strip() and not _only_announces(line) for line in ended)


def _only_announces(line: str) -> bool:
    return line.rstrip(" \t*:").casefold().endswith("answer is")


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
