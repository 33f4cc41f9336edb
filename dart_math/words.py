"""Answers in words: numbers by their names, and names with an article."""

from fractions import Fraction

from dart_math.atoms import KNOWN_NAMES
from dart_math.nodes import Number
from dart_math.units import is_measure, singular_unit

_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve"
_NUMBER_WORDS = _NUMBERS.split()
_ARTICLES = ("a", "an", "the")


def named_number(tokens: list[str]) -> Number | None:
    """The number, up to twelve, that a single word names.

    >>> named_number(["Five"]), named_number(["score"])
    (Number(value=Fraction(5, 1), digits=0), None)
    """
    word = tokens[0].lstrip('"').lower()
    is_number = len(tokens) == 1 and word in _NUMBER_WORDS
    return Number(Fraction(_NUMBER_WORDS.index(word))) if is_number else None


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
