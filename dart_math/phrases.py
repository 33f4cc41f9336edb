"""Phrases that name a set of numbers: "all real numbers", "no solution"."""

import re

from dart_math.nodes import Apply, Group, Node, Symbol

EMPTY_SET = Group("set", ())
REAL_LINE = Group("bracket", (Apply("neg", (Symbol("oo"),)), Symbol("oo")), "(", ")")

_ALL_REALS = re.compile(
    r"(?:[a-z] (?:is|can be) )?(?:the )?(?:set of )?(?:(?:all|any|every) )?(?:the )?"
    r"(?:reals|real numbers?|real values?(?: of [a-z])?|real [a-z])"
)
_NO_SOLUTION = re.compile(
    r"(?:there (?:is|are) )?no (?:real )?(?:solutions?|roots?)(?: exists?)?|(?:the )?empty set"
)
_EXCEPTIONS = ("except", "excluding", '"except', '"excluding')
_LONGEST = 12  # tokens of a phrase


def split_phrase(tokens: list[str]) -> tuple[Node, list[str]] | None:
    """The set that a phrase of `tokens` names, and the tokens of what is excepted from it.

    >>> split_phrase(["no", "real", "solutions"])
    (Group(kind='set', items=(), left='', right='', joiner=''), [])
    >>> split_phrase(["all", "reals", "except", "2"])[1], split_phrase(["12"])
    (['2'], None)
    """
    if not tokens[0].lstrip('"').isalpha():
        return None
    if len(tokens) < 2:
        return (EMPTY_SET, []) if tokens[0].lstrip('"').lower() == "none" else None
    head, excepted = tokens[:_LONGEST], list[str]()
    for place, token in enumerate(head):
        if token in _EXCEPTIONS and place + 1 < len(tokens):
            head, excepted = tokens[:place], tokens[place + 1 :]
            break
    phrase = " ".join(token.lstrip('"').lower() for token in head)
    if len(tokens) - len(excepted) > _LONGEST:
        return None
    if _ALL_REALS.fullmatch(phrase):
        return REAL_LINE, excepted
    if not excepted and _NO_SOLUTION.fullmatch(phrase):
        return EMPTY_SET, []
    return None
