"""Answers that say the question again: right by value, and no answer."""

import math
import re
from dataclasses import fields, is_dataclass
from itertools import groupby
from typing import Any

from dart_math.nodes import Apply, Node, Number, Relation
from dart_math.parse import parse_tokens
from dart_math.spellings import undress
from dart_math.tokens import tokenize

_MAX_QUESTION = 20_000  # characters that are looked through
_EQUAL = ("=", r"\approx")
_PAIRS = (("(", ")"), ("[", "]"))
_SEPARATORS = re.compile(r"[,\s~]|\\[,!;: ]")


def repeats_question(answer: str, reference: str, question: str) -> bool:
    r"""Whether `answer` is made of formulas that stand in `question`, and not the reference's.

    A formula is what leaves something to work out. What the reference says in the same way is an
    answer, wherever it stands; so is a number, a fraction in lowest terms, a name, a set of them.

    >>> repeats_question("x = 23 + 1", "24", "What is $23+1$?")
    True
    >>> repeats_question("24", "24", "Is it 23 or 24?"), repeats_question("6/8", "3/4", "And 3?")
    (False, False)
    """
    tokens, wanted_tokens = tokenize(undress(answer)), tokenize(undress(reference))
    if len(tokens) < 2 or sorted(tokens) == sorted(wanted_tokens):
        return False
    question = question[:_MAX_QUESTION]
    asked = _formula(tokenize(question))
    if not all(_is_repeated(side, asked) for side in _sides(_formula(tokens))):
        return False
    written = _SEPARATORS.sub("", question)  # where 0.\overline{3} is no 3/9
    if not all(token in written for token in tokens if token[0].isdecimal()):
        return False
    try:
        said, wanted = parse_tokens(tokens), parse_tokens(wanted_tokens)
    except (ValueError, RecursionError):  # no reading
        return False
    return not set(_terms(said)) & set(_terms(wanted)) and _leaves_work(said)


def _formula(tokens: list[str]) -> list[str]:
    """`tokens` without braces, currencies and the words of units and labels."""
    return [
        token
        for token in tokens
        if token not in ("{", "}", r"\$") and token[0] != '"' and not _is_word(token)
    ]


def _is_word(token: str) -> bool:
    return token.isalpha() and len(token) > 3


def _sides(tokens: list[str]) -> list[list[str]]:
    """What stands between the signs of equality."""
    return [list(side) for is_sign, side in groupby(tokens, _EQUAL.__contains__) if not is_sign]


def _is_repeated(side: list[str], asked: list[str]) -> bool:
    """Whether a side is a bare name, or stands in what is asked, one token behind the other."""
    while len(side) > 2 and (side[0], side[-1]) in _PAIRS:
        side = side[1:-1]
    if len(side) == 1 and side[0].isalpha():
        return True
    return any(
        asked[place : place + len(side)] == side
        for place, token in enumerate(asked)
        if side and token == side[0]
    )


def _terms(node: Node) -> tuple[Node, ...]:
    return node.terms if isinstance(node, Relation) else (node,)


def _leaves_work(node: Any) -> bool:
    """Whether an operation stands in a tree, other than a sign or a fraction in lowest terms."""
    if isinstance(node, Apply) and node.name != "neg":
        return not _is_reduced(node)
    if is_dataclass(node):
        node = tuple(getattr(node, field.name) for field in fields(node))
    return isinstance(node, tuple) and any(map(_leaves_work, node))


def _is_reduced(node: Apply) -> bool:
    values = [part.value for part in node.args if isinstance(part, Number)]
    if node.name != "/" or len(values) != 2 or any(value.denominator != 1 for value in values):
        return False
    return math.gcd(values[0].numerator, values[1].numerator) == 1
