"""Response to answer text, by the contract of the prompt."""

import re

from dart_math.boxes import complete_boxes, first_box
from dart_math.foreign import extract_from_prose

CONTRACTS = ("boxed", "answer_is", "choice", "any")

# After a colon, the answer may stand on the next line that holds something.
_NEXT_LINE = r"(?:\**[ \t]*\n\s*(?=\S)(?!(?:the )?(?:final )?answer is))?"
_ANSWER_IS = re.compile(rf"answer is(?!\w)[ \t]*(?::{_NEXT_LINE})?[ \t]*", re.IGNORECASE)
# What ends an answer before its sentence ends: a reason, or a token such as <|im_end|>.
_AFTERTHOUGHT = r",?(?<!\w)(?:because|since|so|which)\b|<\|(?=\w+\|>)|</s>"
# A full stop, even with the next word glued to it, and a question mark end the answer; a decimal
# point, or that of a few abbreviations, does not. An exclamation mark at the end of a sentence is
# punctuation: "5!" for 120 stands in a formula, before a full stop, or within the sentence.
_ABBREVIATED = r"(?<![ap]\.m)(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bsq)"
_SENTENCE_END = re.compile(
    _ABBREVIATED + r"\.(?=\s|$|[A-Z](?:[a-z]{2}|:))|[。\n]|(?<=\d)\.(?=[a-z]{2})"
    r"|\.(?=[\"'*]+(?:\s|$))|(?<!\?)\?++(?=[\"'*]*(?:\s|$))"
    r"|(?<!!)!++(?=[\"'*]*(?:[ \t]*(?:\n|$)|\s+[A-Z][a-z]))|" + _AFTERTHOUGHT
)
_JOINER = re.compile(r"(?<![\s,])(?:[\s,]++(?:and|or|so)\b){1,3}[\s,]*+$")  # "5, and" of "and so"
# The three patterns of MMLU-Pro, tried in this order. Differs from the release: a letter counts
# only when no other letter follows it, so that "the answer is Because" names no option.
_CHOICE_ANSWER_IS = re.compile(r"answer is \(?([A-J])(?![A-Za-z])\)?")
_CHOICE_ANSWER = re.compile(r"[aA]nswer:\s*([A-J])(?![A-Za-z])")
_CHOICE_LETTER = re.compile(r"\b[A-J]\b")
# What a box that names one option may hold: "C", "(C)", "Option C", "C. its text"; fonts are off.
_FONT = re.compile(r"\\(?:text|math|boxed|fbox|left|right)[a-z]*|\\[()\[\]]|[{}$*]")
_SPACING = re.compile(r"\\[,;:! ]|~")
# A lower-case letter is a name or a number (i, e) unless a bracket or a word makes it an option.
_LABELLED = re.compile(
    r"(?:(?i:the|correct|final|answer|option|choice|letter|is)\b[\s:]*)*"
    r"(?:\(\s*([A-Ja-j])\s*\)|([A-J])(?=[.:)]|$)|([a-j])(?=\))"
    r"|(?i:(?<=option )|(?<=choice )|(?<=letter ))([a-j])(?=[.:]|$))"
    r"[.:)]?(?:\s+(?P<text>.*)|(?P<rest>.*))",
    re.DOTALL,
)
_SECOND_LABEL = re.compile(r"(?:^|[\s,;&/])(?:\([a-j]\)|\(?[A-J](?:[.:)]\s|\)|[.:]?$))")
# Beside anything else a letter is a name or a unit: 10 J, -A; in brackets it may follow a value.
_ONLY_LETTER = re.compile(
    r"[\s()\[\].,:;!\"']*([A-J])[\s()\[\].,:;!\"']*|[^A-Za-z\\=^_]*\s\(([A-J])\)[.,;:!]?"
)
MAX_OPTION = 1_000  # characters of a box that are looked at for a letter


def extract_answer(text: str, contract: str) -> str | None:
    r"""The answer that `text` gives under `contract`, or None where it gives none.

    `boxed`: the content of the first \boxed{…} or \fbox{…} whose braces close.
    `answer_is`: what follows "The answer is", to the end of the line or sentence, or to a reason.
    `choice`: an option letter A-J, from a box or by the three patterns of MMLU-Pro.
    `any`: the last box, else what the text announces as its answer, else its last expression.

    >>> extract_answer(r"so \boxed{\frac{1}{2}}.", "boxed"), extract_answer(r"\boxed{1", "boxed")
    ('\\frac{1}{2}', None)
    >>> extract_answer("The answer is 3.5. Next", "answer_is")
    '3.5'
    """
    if contract == "boxed":
        answer = first_box(text)
    elif contract == "answer_is":
        answer = _after_answer_is(text)
    elif contract == "choice":
        answer = _choice_letter(text)
    elif contract == "any":
        answer = extract_from_prose(text, list(complete_boxes(text)))
    else:
        raise ValueError(
            f"unknown answer contract {contract!r}; choose one of {', '.join(CONTRACTS)}"
        )
    return (answer.strip() or None) if answer is not None else None


def _after_answer_is(text: str) -> str | None:
    for match in _ANSWER_IS.finditer(text):
        end = _SENTENCE_END.search(text, match.end())
        answer = text[match.end() : end.start() if end else len(text)]
        answer = _JOINER.sub("", answer.strip().strip("*").strip()).rstrip(",")
        if answer:
            return answer
    return None


def _choice_letter(text: str) -> str | None:
    box = next(complete_boxes(text), None)
    if box is not None:
        letter = option_letter(box[2])
        if letter is not None:
            return letter
        text = f"{text[: box[0]]} {text[box[1] :]}"  # what it holds instead is no letter either
    announced = _CHOICE_ANSWER_IS.search(text)
    if announced:
        return announced[1]
    first = _CHOICE_ANSWER.search(text)
    if first:  # the last one of the first line that has one
        end = text.find("\n", first.end())
        line = text[first.start() : end if end >= 0 else len(text)]
        return _CHOICE_ANSWER.findall(line)[-1]
    last = None
    for match in _CHOICE_LETTER.finditer(text):
        last = match.group()
    return last


def option_letter(content: str) -> str | None:
    r"""The one option that a box, or a reference, names; None where it names none or several.

    >>> [option_letter(text) for text in (r"\text{(C)}", "Option C", "C. a car", "A, B", "42")]
    ['C', 'C', 'C', None, None]
    """
    plain = _FONT.sub("", _SPACING.sub(" ", content[:MAX_OPTION])).strip()
    match = _LABELLED.fullmatch(plain)
    if match is None:
        only = _ONLY_LETTER.fullmatch(plain)
        return only[only.lastindex or 0] if only else None
    if _SECOND_LABEL.search(match["rest"] or match["text"] or ""):
        return None
    return next(filter(None, match.groups())).upper()
