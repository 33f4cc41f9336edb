"""Answer text against reference text: the tiers that need no child process."""

import re
from typing import NamedTuple

from dart_math.extract import option_letter
from dart_math.measures import read_measure
from dart_math.nodes import Apply, Node, Number, Quantity
from dart_math.parse import parse_tokens
from dart_math.spellings import align_notation, plain_spelling
from dart_math.structure import same
from dart_math.tokens import MAX_LENGTH, tokenize

_OPTION = re.compile(r"(?:\\[a-z]+\s*\{)?\s*\(?\s*([A-J])\s*\)?\s*\}?")  # and nothing else
_NAMED = re.compile(
    r"[A-Za-z](?:\([A-Za-z0-9]{1,3}\)|_\w)?\s*+=\s*+([^=]{1,40})|\(([^(),]{1,40})\)"
)
# A single letter, m/s and its like, or what is a function elsewhere, behind a number and a space.
_LETTER_UNIT = re.compile(
    r"([^A-Za-z=]{1,40}?)(?:\s|~|\\[,;: ])+([mgshlL](?:/[mgshlL])?|min|sec)\.?"
    r"(\^(?:[23]|\{[23]\}))?"
)


class Decision(NamedTuple):
    """Whether two texts are equal, by which tier, and why in a few words."""

    equal: bool
    tier: str
    reason: str


class UndecidedError(Exception):
    """Only the symbolic tier can tell."""


class _NoJudge:
    def equal(self, answer: Node, reference: Node) -> bool:
        raise UndecidedError

    def proportional(self, answer: Node, reference: Node, positive: bool) -> bool:
        raise UndecidedError

    def same_set(self, answer: Node, reference: Node) -> bool:
        raise UndecidedError


_NO_JUDGE = _NoJudge()


def decide(answer: str, reference: str, is_choice: bool = False) -> Decision | None:
    r"""The decision of the text, number and structure tiers; None where they cannot tell.

    >>> decide("0.5", r"\frac{1}{2}")
    Decision(equal=True, tier='number', reason='equal numbers')
    >>> decide("x+1", "1+x") is None
    True
    """
    if is_choice:
        return _decide_choice(answer, reference)
    if answer == reference:
        return Decision(True, "text", "same text")
    if len(answer) > MAX_LENGTH or len(reference) > MAX_LENGTH:
        return Decision(False, "text", "too long")
    answer, reference = plain_spelling(answer), plain_spelling(reference)
    if answer == reference:
        return Decision(True, "text", "same text after normalisation")
    first, second = read_measure(answer), read_measure(reference)
    if first is not None and second is not None:
        return _decide_trees(first, second)
    if first is not None or second is not None:  # "x = 3" or (3) for 3
        number = _value_named(answer if first is None else reference)
        if number is not None:
            return _decide_trees(first or number, second or number)
    elif _name_one_option(answer, reference):
        return Decision(True, "text", "same letter")
    changed = align_notation(answer, reference)
    if changed != (answer, reference):
        return decide(*changed)
    return _decide_texts(answer, first, reference, second)


def _name_one_option(answer: str, reference: str) -> bool:
    """Whether both name the same option by its capital: "C. 5" or "Option C" for C."""
    only = _OPTION.fullmatch(reference)
    return only is not None and only[1] in answer and only[1] == option_letter(answer)


def _value_named(text: str) -> Number | Quantity | None:
    """The number of "x = 3" and (3), the measure of "5 m": what a letter does beside a number."""
    named = _NAMED.fullmatch(text)
    if named:
        text = named[1] or named[2]
    measured = _LETTER_UNIT.fullmatch(text)
    if measured:
        value, unit, power = measured.groups()
        text = rf"{value}\text{{{unit}}}{power or ''}"
    return read_measure(text) if named or measured else None


def _decide_choice(answer: str, reference: str) -> Decision:
    equal = option_letter(reference) == answer
    return Decision(equal, "text", "same letter" if equal else "different letters")


def _decide_texts(
    answer: str, first: Node | None, reference: str, second: Node | None
) -> Decision | None:
    """Decide by tokens and trees; a text that is plainly a number, or a measure, comes with it."""
    answer_tokens = tokenize(answer) if first is None else []
    reference_tokens = tokenize(reference) if second is None else []
    if first is None and second is None and _same_words(answer_tokens, reference_tokens):
        return Decision(True, "text", "same text after normalisation")
    try:
        return _decide_trees(
            first or parse_tokens(answer_tokens), second or parse_tokens(reference_tokens)
        )
    except (ValueError, RecursionError):  # no reading; or thousands of factors
        return Decision(False, "text", "unparsable")


def _decide_trees(answer: Node, reference: Node) -> Decision | None:
    is_number = _is_scalar(answer) and _is_scalar(reference)
    try:
        equal = same(answer, reference, _NO_JUDGE)
    except UndecidedError:
        return None
    what = "numbers" if is_number else "parts"
    reason = f"equal {what}" if equal else f"different {what}"
    return Decision(equal, "number" if is_number else "structure", reason)


def _same_words(answer: list[str], reference: list[str]) -> bool:
    return bool(answer) and (answer == reference or _text_key(answer) == _text_key(reference))


def _text_key(tokens: list[str]) -> str:
    """Tokens as one text; letters of words in lower case, single letters as they are."""
    key = " ".join(token.lstrip('"') for token in tokens)
    return key.lower() if all(len(t) > 1 and t.lstrip('"').isalpha() for t in tokens) else key


def _is_scalar(node: Node) -> bool:
    return isinstance(node, Number | Apply | Quantity)
