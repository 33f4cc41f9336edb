"""Answers that say the question again: right by value, and no answer."""

from dataclasses import fields, is_dataclass
from typing import Any

from dart_math.nodes import Apply
from dart_math.parse import parse_tokens
from dart_math.spellings import undress
from dart_math.tokens import tokenize

MAX_QUESTION = 20_000  # characters that are looked through


def repeats_question(answer: str, reference: str, question: str) -> bool:
    r"""Whether `answer` is a formula that stands in `question`, and not the reference's.

    A formula is what leaves something to work out. What the reference says in the same way is an
    answer, wherever it stands; so is a number, a name, a set of them.

    >>> repeats_question("23 + 1", "24", "What is $23+1$?")
    True
    >>> repeats_question("24", "24", "Is it 23 or 24?"), repeats_question("6/8", "3/4", "And 3?")
    (False, False)
    """
    tokens = tokenize(undress(answer))
    if len(tokens) < 2 or not _stands_in(tokens, tokenize(question[:MAX_QUESTION])):
        return False
    try:
        said, wanted = parse_tokens(tokens), parse_tokens(tokenize(undress(reference)))
    except (ValueError, RecursionError):  # no reading
        return False
    return said != wanted and _leaves_work(said)


def _stands_in(part: list[str], whole: list[str]) -> bool:
    """Whether the tokens `part` stand one behind the other in `whole`."""
    return any(
        whole[place : place + len(part)] == part
        for place, token in enumerate(whole)
        if token == part[0]
    )


def _leaves_work(node: Any) -> bool:
    """Whether an operation other than a sign stands in the tree `node`, or in a tuple of trees."""
    if isinstance(node, Apply) and node.name != "neg":
        return True
    if is_dataclass(node):
        node = tuple(getattr(node, field.name) for field in fields(node))
    return isinstance(node, tuple) and any(map(_leaves_work, node))
