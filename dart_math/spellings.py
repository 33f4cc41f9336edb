"""Spellings of one text made one, before anything is read."""

import re

from dart_math.exact import read_number
from dart_math.signs import latex_of_sign

_UNICODE = latex_of_sign()

# Signs that leave no token wherever they stand: here those around a text.
_BEFORE = re.compile(r"(?:[\s~$]|\\[ ,;:!(\[]|\\displaystyle(?![A-Za-z]))++")
_BEHIND = re.compile(r"(?<!\\)(?:[\s~$]|\\[ ,;:!)\]]|(?<!\.)\.)\Z")
_ONE_GROUP = re.compile(r"\{((?:[^{}\\]|\\.|\{(?:[^{}\\]|\\.)*+\})*+)\}", re.DOTALL)
_REPLACED = ((r"\dfrac", r"\frac"), (r"\left(", "("), (r"\right)", ")"), (r"\,", " "))
# One word in a font: which font, and the space around it, leave no trace.
_FONT_WORD = re.compile(
    r"(?:(?<!\\)\s+)?\\(?:text(?:rm|bf|it)?|math(?:rm|bf|it|sf)|mbox)\s*\{\s*([A-Za-z]{2,})\s*\}"
)
# A sign of multiplication that is as often left out.
_TIMES = re.compile(
    r"(?<=\d)\s*(?:\*|\\(?:cdot|times)(?![A-Za-z]))\s*(?=\\(?:sqrt|pi)(?![A-Za-z]))"
)
# Behind any other command its argument may end where the sign stands: \ln 2 \cdot \pi.
_OTHER_COMMAND = re.compile(r"\\(?!(?:sqrt|pi|frac|cdot|times|text)(?![A-Za-z]))[A-Za-z]")
# Between digits, letters and commas a space may tell numbers apart; beside these it does not.
# A pattern that begins with a plain character is searched several times as fast.
_LOOSE_SPACE = re.compile(
    r" (?:(?<=[-+=(\[{}^_*|<>] ) *|(?<=, ) *(?!\d)|(?<![\\.] ) *(?=[-+=)\]{}^_*|<>]))"
)
_TENS = re.compile(r"\d[eE]")  # with a sign and digits behind it, and no space, a power of ten
_DECIMAL_COMMA = re.compile(r"-?(?:\d+,\d{1,2}|\d{4,},\d+|0,\d+)")
_REFERENCE_COMMA = re.compile(r"-?(?:\d{4,},\d{1,2}|0,\d{3,})")
_SIGNED_TENS = re.compile(r"e(?<=\de)(?=[-+]\d)")  # 2e-3
_NUMBER_E = re.compile(r"(?<![A-Za-z\\])e(?![A-Za-z]|(?<=\de)[-+]?\d)")


def undress(text: str) -> str:
    r"""`text` in ASCII where that is possible, without what stands around it and leaves no token.

    That is spacing, $ and \( \), a pair of braces, a final period; a text of nothing else stays.

    >>> undress(r"\( {\frac{1}{2}}\, \)."), undress("{1}{2}"), undress(r"\$5\$."), undress("$")
    ('\\frac{1}{2}', '{1}{2}', '\\$5\\$', '$')
    """
    bare, dressed = text if text.isascii() else text.translate(_UNICODE), ""
    while bare != dressed:
        dressed = bare
        if bare[:1] in "\\{$~ \n\t" and bare:
            before = _BEFORE.match(bare)
            bare = bare[before.end() :] if before else bare
            group = _ONE_GROUP.fullmatch(bare) if bare[:1] == "{" else None
            # In braces a word before \$ is a value, outside a part of its name.
            bare = group[1] if group and not group[1].endswith(r"\$") else bare
        if bare[-1:] in " .$~\n\t,;:!)]":
            behind = _BEHIND.search(bare, max(0, len(bare) - 2))
            bare = bare[: behind.start()] if behind else bare
    return bare or text


def plain_spelling(text: str) -> str:
    r"""`text` undressed, with the spellings that are met most often made one.

    >>> plain_spelling(r"\left( \dfrac{1}{2}, 3 \right)."), plain_spelling("1 , 1 2")
    ('(\\frac{1}{2}, 3)', '1 , 1 2')
    """
    text = undress(text)
    if "\\" in text:
        text = _spell_commands(text)
    if " " in text and not _TENS.search(text):
        text = _LOOSE_SPACE.sub("", text).strip()
    return text


def _spell_commands(text: str) -> str:
    if r"\\" not in text:  # rows, or commands with their backslash doubled
        for long, short in _REPLACED:
            text = text.replace(long, short)
    if r"\text" in text or r"\math" in text or r"\mbox" in text:
        text = _FONT_WORD.sub(r"\\text{\1}", text)
    if (r"\sqrt" in text or r"\pi" in text) and not _OTHER_COMMAND.search(text):
        text = _TIMES.sub("", text)
    return text


def align_notation(answer: str, reference: str) -> tuple[str, str]:
    """Two texts in the one notation that fits both, where one of them could be read in two ways.

    A comma is a decimal point where only this fits a reference, and in the answer to a decimal;
    2e-3 is a sum beside a text that holds the number e.

    >>> align_notation("3,5", "3.5"), align_notation("2e-3", "2e - 3"), align_notation("3,5", "3")
    (('3.5', '3.5'), ('2 e-3', '2e - 3'), ('3,5', '3'))
    """
    if "," in reference and _REFERENCE_COMMA.fullmatch(reference):
        return answer, reference.replace(",", ".")
    if "," in answer and "." in reference and _DECIMAL_COMMA.fullmatch(answer):
        number = read_number(reference)
        if number is not None and number.digits:
            answer = answer.replace(",", ".")
    if _SIGNED_TENS.search(answer) and _NUMBER_E.search(reference):
        answer = _SIGNED_TENS.sub(" e", answer)
    elif _SIGNED_TENS.search(reference) and _NUMBER_E.search(answer):
        reference = _SIGNED_TENS.sub(" e", reference)
    return answer, reference
