"""Answers in foreign texts: what a response announces, else the last expression in it."""

import re

from dart_math.boxes import complete_boxes

_ANNOUNCED = re.compile(
    r"answer(?:[^\n.=:$]{0,60}?)\s+(?:is|are)\s*:?\s*"
    r"|answer\s*(?::\s*|\s(?=\\[(\[]|[$\d-]))|####\s*",
    re.IGNORECASE,
)
_MATH = re.compile(
    r"\$\$(?P<a>.{1,1000}?)\$\$|\\\[(?P<b>.{1,1000}?)\\\]|\\\((?P<c>.{1,1000}?)\\\)"
    r"|(?<!\\)\$(?P<d>[^$\n]{1,1000}?)(?<!\\)\$",
    re.DOTALL,
)
_JOINER = re.compile(
    r"(?:\\+(?:q?quad|text\{[^{}]*\}|[()\[\],; ])|and|or|[\s,;.$+]|[A-Za-z](?:_\{?\w\}?)?\s*=)*"
)
_ESCAPED_NEWLINE = re.compile(r"\\n(?![a-z])")
_SENTENCE_END = re.compile(r"\.(?=\s|$)|[\u3002\n]|<\|")
_NUMBER = re.compile(
    r"(?<![A-Za-z\d.])[-\u2212]?[$€£]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)?(?:\.\d+)?(?<=\d)"
    r"(?:\s*/\s*\d+(?:\.\d+)?)?(?:\s*\\?%)?"
)
_COMMAND = re.compile(r"\\(?:text|mbox)\s*\{[^{}]*\}|\\[A-Za-z]+(?:\s*\{[A-Za-z]+\})?")
_WORD = re.compile(r"(?!(?:and|or)\b)[A-Za-z]{2,}")
_VERB = re.compile(r"\b(?:is|are|was|has|have|equals|get|that|the)\b")
_SENTENCE_BREAK = re.compile(r"\w[.?!]\s+[A-Za-z]{2,}|[\u3002\u0600-\u9fff]")
_FIRST_FORMULA = re.compile(r"[\d$]|\\[(\[]")
_LEADING_WORDS = re.compile(
    r"(?:(?:therefore|thus|hence|so|then|finally|approximately|about|roughly|exactly)\b[,:]?\s*)+",
    re.IGNORECASE,
)
_DOLLAR = re.compile(r"(?<!\\)\$")
_MAX_LABEL_WORDS = 4
TAIL = 20_000  # characters of a long text that are looked at
_SHORT = 200
_JOINED_WITHIN = 40  # characters between answers that belong together


def extract_from_prose(text: str, boxes: list[tuple[int, int, str]]) -> str | None:
    r"""The answer of a text that follows no contract.

    The last boxes, when several stand close together all of them; else what follows "the answer
    is"; else the whole text when it is short and no prose; else the last formula; else the last
    number.

    >>> extract_from_prose("So we get $x = 3$ and then the answer is 5.", [])
    '5'
    >>> extract_from_prose("It weighs 66 kg, then 192 kg.", [])
    '192'
    """
    if boxes:
        return _join_boxes(text, boxes)
    text = _ESCAPED_NEWLINE.sub("\n", text[-TAIL:])
    announced = list(_ANNOUNCED.finditer(text))
    if announced:
        start = announced[-1].end()
        rest = text[start:].strip()
        answer = _first_expression(rest)
        if answer:
            return answer
    stripped = text.strip()
    if len(stripped) <= _SHORT and not is_prose(stripped):
        return _without_dollars(stripped)
    return _last_expression(text)


def is_prose(text: str) -> bool:
    r"""Whether a text with a number or formula in it is a sentence rather than an expression.

    >>> is_prose("so there are 5 of them"), is_prose("64 square feet"), is_prose("x + 2y = 1")
    (True, False, False)
    """
    formula = _FIRST_FORMULA.search(text)
    if formula is None:
        return False
    plain = _COMMAND.sub(" ", text)
    if _VERB.search(plain) or _SENTENCE_BREAK.search(plain):
        return True
    before = _COMMAND.sub(" ", text[: formula.start()])
    return len(_WORD.findall(before)) > 1 or len(_WORD.findall(plain)) > _MAX_LABEL_WORDS


def reference_answer(reference: str) -> str:
    """The answer that a reference holds: its last boxes when it is a whole solution."""
    boxes = list(complete_boxes(reference))
    return _join_boxes(reference, boxes) if boxes else reference


def _join_boxes(text: str, boxes: list[tuple[int, int, str]]) -> str:
    """The last box with those before it that only a comma, "and" or a little else separates."""
    contents = [boxes[-1][2]]
    start = boxes[-1][0]
    for box_start, box_end, content in reversed(boxes[:-1]):
        between = text[box_end:start]
        if len(between) > _JOINED_WITHIN or not _JOINER.fullmatch(between):
            break
        if content != contents[0]:
            contents.insert(0, content)
        start = box_start
    return ", ".join(contents)


def _first_expression(rest: str) -> str | None:
    math = _MATH.match(rest)
    if math:
        return next(group for group in math.groups() if group is not None)
    end = _SENTENCE_END.search(rest)
    sentence = (rest[: end.start()] if end else rest).strip().strip("*").strip()
    if len(sentence) <= _SHORT and not is_prose(sentence):
        return _without_dollars(sentence)
    return _last_expression(sentence)


def _without_dollars(text: str) -> str | None:
    """A short answer without the signs around its formulas and the words that lead to it."""
    return _DOLLAR.sub("", _LEADING_WORDS.sub("", text, count=1)).strip() or None


def _last_expression(text: str) -> str | None:
    """The last formulas that only "and" or a comma separates, or a number that stands behind."""
    formulas: list[str] = []
    end = 0
    for match in _MATH.finditer(text):
        content = next(group for group in match.groups() if group is not None)
        if is_prose(content):
            continue
        between = text[end : match.start()]
        if not formulas or len(between) > _JOINED_WITHIN or not _JOINER.fullmatch(between):
            formulas.clear()
        formulas.append(content)
        end = match.end()
    numbers = [match.group() for match in _NUMBER.finditer(text, end)]
    if numbers:
        return numbers[-1]
    return ", ".join(formulas) or None
