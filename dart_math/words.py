"""Answers in words: numbers by their names, and names with an article."""

import re

from dart_math.atoms import KNOWN_NAMES
from dart_math.units import SCALE_WORDS, is_measure, singular_unit

_ONE_NAMES = "one two three four five six seven eight nine"
_TEEN_NAMES = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TEN_NAMES = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL_NAMES = f"zero {_ONE_NAMES} {_TEEN_NAMES}"
_VALUES = {name: value for value, name in enumerate(_SMALL_NAMES.split())} | {
    name: 10 * tens for tens, name in enumerate(_TEN_NAMES.split(), start=2)
}
_PARTS = {"half": 2, "halve": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5} | {
    **{"sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10},
}
# Names of numbers below a thousand, and of a few parts of one, in tokens with a space between.
_ANY_ONE, _SMALL, _ANY_TEN = (
    names.replace(" ", "|") for names in (_ONE_NAMES, _SMALL_NAMES, _TEN_NAMES)
)
_NAMED = re.compile(
    rf'(?<!\S)(?="?(?:{_SMALL}|{_ANY_TEN})(?!\S))(?:'
    rf'"?(?P<over>{_ANY_ONE})(?: -)? "?(?P<part>{"|".join(_PARTS)})s?|'
    rf'(?:"?(?P<hundreds>{_ANY_ONE}) "?hundred(?: "?and(?= "?(?:{_SMALL}|{_ANY_TEN})(?!\S)))?)?'
    rf'(?: ?"?(?P<tens>{_ANY_TEN})(?:(?: -)? "?(?P<ones>{_ANY_ONE}))?| ?"?(?P<small>{_SMALL}))?'
    r")(?!\S)",
    re.IGNORECASE,
)
_MINUS = re.compile(r'^"?(?:negative|minus)(?= \d| \\frac)', re.IGNORECASE)
_OUT_OF = re.compile(r'(?<=\d) "?out "?of (?=\d)')
_SAID_TWICE = re.compile(r"(?<!\S)(\d+) \( \1 \)")  # five (5)
_BRACKET_BEHIND = re.compile(r"\d \( \d")
_NO_LABELS = ("and", "out", "negative", "minus", "square", "cubic", "per")
_ARTICLES = ("a", "an", "the")


def numbers_for_words(tokens: list[str]) -> list[str]:
    r"""`tokens` with the names of numbers below a thousand, "minus" and "out of" as signs.

    >>> numbers_for_words(['"negative', '"twenty', "-", '"five', '"cm'])
    ['-', '25', '"cm']
    >>> numbers_for_words(["two", "hundred", "and", "six"])
    ['206']

    Beside a word that measures nothing a number is a word as well: two lines are no 2.
    """
    written = " ".join(tokens)
    text = _NAMED.sub(_spelled, written)
    if text != written:
        text = _SAID_TWICE.sub(r"\1", text)
        if _BRACKET_BEHIND.search(text) or any(map(_is_label, text.split(" "))):
            text = written
    return _OUT_OF.sub(" / ", _MINUS.sub("-", text)).split(" ")


def _is_label(token: str) -> bool:
    word = token.lstrip('"').lower()
    return len(word) > 2 and word.isalpha() and word not in _NO_LABELS and not _measures(word)


def _measures(word: str) -> bool:
    return is_measure(singular_unit(word)) or word.removesuffix("s") in SCALE_WORDS


def _spelled(match: re.Match[str]) -> str:
    """A named number in digits."""
    names = {group: (name or "").lower() for group, name in match.groupdict().items()}
    if names["part"]:
        return rf"\frac {{ {_VALUES[names['over']]} }} {{ {_PARTS[names['part']]} }}"
    value = 100 * _VALUES.get(names["hundreds"], 0)
    return str(value + sum(_VALUES.get(names[group], 0) for group in ("tens", "ones", "small")))


def without_article(tokens: list[str]) -> list[str]:
    """The tokens of an answer in words without the article before it; of any other, all.

    >>> without_article(["an", "ellipse"]), without_article(["a", "meters"])
    (['ellipse'], ['a', 'meters'])
    """
    if len(tokens) < 2 or tokens[0].lstrip('"').lower() not in _ARTICLES:
        return tokens
    words = [token.lstrip('"').lower() for token in tokens[1:]]
    are_words = all(len(word) > 3 and word.isalpha() for word in words)
    is_value = any(word in KNOWN_NAMES or is_measure(singular_unit(word)) for word in words)
    return tokens[1:] if are_words and not is_value else tokens
