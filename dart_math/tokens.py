r"""Answer text to tokens: LaTeX, Unicode and plain spellings of one thing become the same token.

A token is a number ("1234", ".5"), a run of letters ("xy"), a command ("\\frac"), a text word
('"cm', from \text{cm}) or one other character. Spaces, sizes and dollar signs leave none.
"""

import re
from functools import lru_cache

from dart_math.signs import latex_of_sign
from dart_math.units import LETTER_UNITS

MAX_LENGTH = 2_000

_UNICODE = latex_of_sign()

_DOUBLED = re.compile(r"\\\\(?=[A-Za-z{}()\[\]!,%$])")
_DEGREE = re.compile(r"\^\s*(?:\\circ(?![a-zA-Z])|\{\s*\\circ\s*\})|\\degrees?(?![a-zA-Z])")
# The digits that repeat: under a bar, in round brackets right behind the point, or from dot to dot.
_REPEATING = re.compile(
    r"(?<![\d.])(\d{1,3}(?:,\d{3})+|\d*)\.(\d*?)"
    r"(?:\\(?:overline|bar)\s*(?:\{\s*(\d+)\s*\}|(\d))|(?<=\.)\((\d+)\)"
    r"|\\dot\s*(?:\{\s*(\d)\s*\}|(\d))(?:(\d*)\\dot\s*(?:\{\s*(\d)\s*\}|(\d)))?)"
)
# The same with dots behind it, 0.1666…; and a decimal that goes on in some other way.
_REPEATS_ON = re.compile(
    r"(?<![\d.])(\d{1,6})\.(\d{0,9}?)(?:(\d)(?:\3){2,40}|(\d{2,9})\4{1,9})\s*\\l?dots(?![a-zA-Z])"
)
_GOES_ON = re.compile(r"(?<=\d)(\.\d+)\s*\\l?dots(?![a-zA-Z])")
_ORDINAL = re.compile(r"\^\s*(?:\{\s*)?\\text\{\s*(st|nd|rd|th)\s*\}(?:\s*\})?")
_PLAIN_ORDINAL = re.compile(r"(?<=\d)\s*\^\s*\{?\s*(st|nd|rd|th)\s*\}?(?![A-Za-z])")
_DIGITS_IN_BRACKETS = re.compile(r"\((\d[\dA-F]*)\)(?=\s*_)")  # (101)_2
_HALF_OF_DAY = re.compile(r"(?<=\d)\s*([ap])\.\s?(m)\b\.?", re.IGNORECASE)
_NOT_EQUAL = re.compile(r"\\not\s*=")
_DECIMAL_COMMA = re.compile(r"(?<=\d)\{,\}(?=\d)(?!\d{3}(?!\d))")  # of 1{,}5; 1{,}500 is 1,500
_NEGATIVE_SPACE = re.compile(r"(?<!\\)\\!(?:\s|\\,)*")
_THIN_THOUSANDS = re.compile(r"(?<=\d)\\[,;:](?=\d{3}(?!\d))")
_SPACE = re.compile(
    r"\\(?:left|right|middle|[bB]igg?[lrm]?)(?![a-zA-Z])\s*\.?"
    r"|\\(?:text)?color\s*\{[^{}]*\}"
    r"|(?<!\\)\\(?:q?quad|displaystyle|textstyle|[lL]arge|LARGE|[hH]uge|limits|nolimits|boldmath|noindent"
    r"|phantom\s*(?:\{[^{}]*\})?"
    r"|[hv]space\*?\s*\{[^{}]*\}|[,;:> ])|\\\\?\s*$"
)
_TOKEN = re.compile(
    r"(?P<number>\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?|\d{1,3}(?: \d{3})+(?! ?\d)(?:\.\d+)?"
    r"|\d[\dA-F]{0,40}(?=_)|(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+(?!\w|\.\d))?)"
    r"|\\(?:mathbb|Bbb)\s*(?P<numbers>[RNZQC])(?![A-Za-z])"
    r"|\\(?P<font>text[a-z]*|math[a-z]+|mbox|hbox|Bbb|operatorname|boldsymbol|bm|emph|rm)"
    r"\s*\{(?P<words>[^{}]*)\}"
    r"|(?P<plain>[A-Za-z]+|\\[A-Za-z]+|\\[^\s]|[^\s$])"
)
_TEXT_PART = re.compile(
    r"(?:[A-Za-z]\.){2,}|[A-Za-z]\.[A-Za-z](?![A-Za-z])|[A-Za-z]+|\d+(?:,\d{3})*(?:\.\d+)?|\S"
)

_SAME = {
    **dict.fromkeys((r"\dfrac", r"\tfrac", r"\cfrac"), r"\frac"),
    **dict.fromkeys((r"\dbinom", r"\tbinom"), r"\binom"),
    **dict.fromkeys((r"\leq", r"\leqslant", r"\leqq"), r"\le"),
    **dict.fromkeys((r"\geq", r"\geqslant", r"\geqq"), r"\ge"),
    **{r"\neq": r"\ne", r"\lt": "<", r"\gt": ">", r"\cdot": "*", r"\times": "*", r"\ast": "*"},
    **{r"\div": "/", r"\lbrace": r"\{", r"\rbrace": r"\}", r"\lbrack": "[", r"\rbrack": "]"},
    **dict.fromkeys((r"\vert", r"\lvert", r"\rvert"), "|"),
    **{r"\varnothing": r"\emptyset", r"\colon": ":", r"\imath": "i", r"\%": "%", r"\#": "#"},
    **{r"\to": r"\to", r"\rightarrow": r"\to", r"\implies": r"\Rightarrow", r"\&": "&"},
    **{r"\land": "and", r"\lor": "or", r"\wedge": "and", r"\vee": "or"},
    r"\simeq": r"\approx",
    **dict.fromkeys((r"\ldots", r"\cdots", r"\dotsc", r"\dotsb"), r"\dots"),
    **{r"\varphi": r"\phi", r"\vartheta": r"\theta", r"\varepsilon": r"\epsilon"},
    **{r"\lang": r"\langle", r"\rang": r"\rangle", r"\backslash": r"\setminus"},
}
_DROPPED = frozenset((r"\(", r"\)", r"\[", r"\]", r"\,", r"\;", r"\:", r"\rm", r"\bf", r"\it"))
_NUMBER_SETS = frozenset("RNZQC")
_CONSTANT_WORDS = {"infinity": r"\infty", "pi": r"\pi"}


def tokenize(text: str) -> list[str]:
    r"""The tokens of an answer text.

    >>> tokenize(r"\left( \dfrac{1}{2}, 3\text{ cm} \right)")
    ['(', '\\frac', '{', '1', '}', '{', '2', '}', ',', '3', '"cm', ')']
    >>> tokenize("$1,234.5$"), tokenize("(1,234)")
    (['1234.5'], ['(', '1', ',', '234', ')'])
    """
    tokens: list[str] = []
    depth = 0  # of round, square and set brackets: a comma in them separates, 000 excepted
    for match in _TOKEN.finditer(clean(text)):
        kind, token = match.lastgroup, match.group()
        if kind == "number":
            if "," in token and depth and ",0" not in token:
                tokens.extend(re.split("(,)", token))
            else:
                tokens.append(token.replace(",", "").replace(" ", ""))
        elif kind == "numbers":
            tokens.append("\\" + match["numbers"])
        elif kind == "words":
            tokens += _font_tokens(match["font"], match["words"])
        else:
            token = _SAME.get(token, token)
            if token in ("(", "[", r"\{"):
                depth += 1
            elif token in (")", "]", r"\}"):
                depth -= 1
            if token not in _DROPPED:
                tokens.append(token)
    while tokens and tokens[-1] in (".", ",", ";", "\\"):
        tokens.pop()
    return tokens


def clean(text: str) -> str:
    r"""`text` with Unicode signs spelled in LaTeX, and sizes and spacing commands gone.

    >>> clean(r"32,\! 349^{\circ}"), clean("2π²")
    ('32,349\\degree ', '2\\pi ^2')
    """
    if not text.isascii():
        text = text.translate(_UNICODE)
    if "{,}" in text:
        text = _DECIMAL_COMMA.sub(".", text).replace("{,}", ",")
    text = text.replace("~", " ")
    if text.startswith("**") and text.endswith("**"):  # Markdown's bold
        text = text[2:-2]
    if "**" in text:
        text = text.replace("**", "^")
    if "^" in text and "\\" not in text:
        text = _PLAIN_ORDINAL.sub(r" \\text{\1}", text)
    if ")_" in text:
        text = _DIGITS_IN_BRACKETS.sub(r"\1", text)
    if "." in text and ("m" in text or "M" in text):
        text = _HALF_OF_DAY.sub(r" \1\2 ", text)
    if ".(" in text:
        text = _REPEATING.sub(_repeating_fraction, text)
    if "..." in text:
        text = text.replace("...", r"\dots ")
    if "\\" not in text:
        return text
    if r"dots" in text:
        text = _GOES_ON.sub(r"\1", _REPEATS_ON.sub(_repeating_fraction, text))
    if r"\not" in text:
        text = _NOT_EQUAL.sub(r"\\ne ", text)
    if r"\begin" not in text and r"\\" in text:
        text = _DOUBLED.sub(r"\\", text)
    if r"\!" in text:
        text = _NEGATIVE_SPACE.sub("", text)
    if r"\overline" in text or r"\bar" in text or r"\dot" in text:
        text = _REPEATING.sub(_repeating_fraction, text)
    if "^" in text and r"\text{" in text:
        text = _ORDINAL.sub(r" \\text{\1}", text)
    if r"\circ" in text or r"\deg" in text:
        text = _DEGREE.sub(r"\\degree ", text)
    if r"\," in text or r"\;" in text or r"\:" in text:
        text = _THIN_THOUSANDS.sub("", text)
    return _SPACE.sub(" ", text)


def _repeating_fraction(match: re.Match[str]) -> str:
    r"""0.1\overline{6} as the fraction it is."""
    whole, fixed, *parts = (group or "" for group in match.groups())
    whole, repeated = whole.replace(",", ""), "".join(parts)
    over = int(whole + fixed + repeated) - int(whole + fixed or "0")
    under = 10 ** len(fixed + repeated) - 10 ** len(fixed)
    return rf"\frac{{{over}}}{{{under}}}"


@lru_cache(maxsize=4_096)
def _font_tokens(font: str, content: str) -> tuple[str, ...]:
    """The tokens of what stands in a font, which is the same words again and again."""
    if font in ("mathbb", "Bbb") and content.strip() in _NUMBER_SETS:
        return ("\\" + content.strip(),)
    tokens: list[str] = []
    is_text = font.startswith("text") or font in ("mbox", "hbox", "emph")
    for part in _TEXT_PART.findall(clean(content)):
        word = part.replace(".", "") if part[0].isalpha() else part
        if part[0].isdecimal():
            tokens.append(part.replace(",", "").rstrip("."))
        elif font == "operatorname" and len(word) > 1:
            tokens.append("\\" + word)
        elif word in _CONSTANT_WORDS:
            tokens.append(_CONSTANT_WORDS[word])
        elif word[0].isalpha() and (is_text or len(word) > 1 or word in LETTER_UNITS):
            tokens.append('"' + word)
        elif word not in (".", "\\", "$"):
            tokens.append(word)
    return tuple(tokens)
