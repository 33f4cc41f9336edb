"""Answer text against reference text: the tiers that need no child process."""

import re
from typing import NamedTuple

from dart_math.exact import read_number
from dart_math.extract import option_letter
from dart_math.measures import read_measure
from dart_math.nodes import Apply, Node, Number, Quantity
from dart_math.parse import parse_tokens
from dart_math.structure import same
from dart_math.tokens import MAX_LENGTH, tokenize

_DECIMAL_COMMA = re.compile(r"\s*\$?\s*-?(?:\d+,\d{1,2}|\d{4,},\d+|0,\d+)\s*\$?\s*")
_REFERENCE_COMMA = re.compile(r"\s*\$?\s*-?(?:\d{4,},\d{1,2}|0,\d{3,})\s*\$?\s*")
_NAMED = re.compile(r"\s*+\$?\s*+[A-Za-z]\s*+=\s*+([^=]{1,40})|\(([^(),]{1,40})\)")
# A single letter behind a number and a space.
_LETTER_UNIT = re.compile(r"([^A-Za-z=]{1,40}?)(?:\s|~|\\[,;: ])+([mgshlL])\s*")
_SPELLINGS = ((r"\dfrac", r"\frac"), (r"\left(", "("), (r"\right)", ")"), (r"\,", " "))
# Between digits, letters and commas a space may tell numbers apart; beside these it does not.
# A pattern that begins with a plain character is searched several times as fast.
_LOOSE_SPACE = re.compile(
    r" (?:(?<=[-+=(\[{}^_*|<>] ) *|(?<=, ) *(?!\d)|(?<![\\.] ) *(?=[-+=)\]{}^_*|<>]))"
)
_SIGNED_TENS = re.compile(r"e(?<=\de)(?=[-+]\d)")  # 2e-3
_NUMBER_E = re.compile(r"(?<![A-Za-z\\])e(?![A-Za-z]|(?<=\de)[-+]?\d)")


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
    first, second = read_measure(answer), read_measure(reference)
    if first is not None and second is not None:
        return _decide_trees(first, second)
    if len(answer) > MAX_LENGTH or len(reference) > MAX_LENGTH:
        return Decision(False, "text", "too long")
    if first is not None or second is not None:  # "x = 3" or (3) for 3
        number = _value_named(answer if first is None else reference)
        if number is not None:
            return _decide_trees(first or number, second or number)
    elif _plain_spelling(answer) == _plain_spelling(reference):
        return Decision(True, "text", "same text after normalisation")
    changed = align_notation(answer, reference)
    if changed != (answer, reference):
        return decide(*changed)
    return _decide_texts(answer, first, reference, second)


def _value_named(text: str) -> Number | Quantity | None:
    """The number of "x = 3" and (3), the measure of "5 m": what a letter does beside a number."""
    named = _NAMED.fullmatch(text)
    if named:
        return read_measure(named[1] or named[2])
    measured = _LETTER_UNIT.fullmatch(text)
    return read_measure(rf"{measured[1]}\text{{{measured[2]}}}") if measured else None


def _plain_spelling(text: str) -> str:
    r"""The spellings that are met most often made one, before anything is read.

    >>> _plain_spelling(r"\left( \dfrac{1}{2}, 3 \right)"), _plain_spelling("1 , 1 2")
    ('(\\frac{1}{2}, 3)', '1 , 1 2')
    """
    for long, short in _SPELLINGS if "\\" in text else ():
        text = text.replace(long, short)
    return _LOOSE_SPACE.sub("", text).strip() if " " in text else text


def _decide_choice(answer: str, reference: str) -> Decision:
    equal = option_letter(reference) == answer
    return Decision(equal, "text", "same letter" if equal else "different letters")


def align_notation(answer: str, reference: str) -> tuple[str, str]:
    """Two texts in the one notation that fits both, where one of them could be read in two ways.

    A comma is a decimal point where only this fits a reference, and in the answer to a decimal;
    2e-3 is a sum beside a text that holds the number e.

    >>> align_notation("3,5", "3.5"), align_notation("2e-3", "2e - 3"), align_notation("3,5", "3")
    (('3.5', '3.5'), ('2e -3', '2e - 3'), ('3,5', '3'))
    """
    if "," in reference and _REFERENCE_COMMA.fullmatch(reference):
        return answer, reference.replace(",", ".")
    if "," in answer and "." in reference and _DECIMAL_COMMA.fullmatch(answer):
        number = read_number(reference)
        if number is not None and number.digits:
            answer = answer.replace(",", ".")
    if _SIGNED_TENS.search(answer) and _NUMBER_E.search(reference):
        answer = _SIGNED_TENS.sub("e ", answer)
    elif _SIGNED_TENS.search(reference) and _NUMBER_E.search(answer):
        reference = _SIGNED_TENS.sub("e ", reference)
    return answer, reference


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
