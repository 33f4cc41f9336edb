r"""Unicode signs spelled in LaTeX, for str.translate."""

import unicodedata

_DIGITS = "0123456789"
_NAMED = {
    r"\times ": "\N{MULTIPLICATION SIGN}",
    r"\cdot ": "\N{MIDDLE DOT}\N{DOT OPERATOR}\N{BULLET OPERATOR}",
    r"\div ": "\N{DIVISION SIGN}",
    r"\pm ": "\N{PLUS-MINUS SIGN}",
    r"\mp ": "\N{MINUS-OR-PLUS SIGN}",
    r"\sqrt ": "\N{SQUARE ROOT}",
    r"\sqrt[3]": "\N{CUBE ROOT}",
    r"\infty ": "\N{INFINITY}",
    r"\degree ": "\N{DEGREE SIGN}",
    r"\le ": "\N{LESS-THAN OR EQUAL TO}",
    r"\ge ": "\N{GREATER-THAN OR EQUAL TO}",
    r"\ne ": "\N{NOT EQUAL TO}",
    r"\approx ": "\N{ALMOST EQUAL TO}",
    r"\in ": "\N{ELEMENT OF}",
    r"\emptyset ": "\N{EMPTY SET}",
    r"\cup ": "\N{UNION}",
    r"\cap ": "\N{INTERSECTION}",
    r"\setminus ": "\N{SET MINUS}",
    r"\R ": "\N{DOUBLE-STRUCK CAPITAL R}",
    r"\Z ": "\N{DOUBLE-STRUCK CAPITAL Z}",
    r"\C ": "\N{DOUBLE-STRUCK CAPITAL C}",
    r"\langle ": "\N{MATHEMATICAL LEFT ANGLE BRACKET}",
    r"\rangle ": "\N{MATHEMATICAL RIGHT ANGLE BRACKET}",
    r"\lfloor ": "\N{LEFT FLOOR}",
    r"\rfloor ": "\N{RIGHT FLOOR}",
    r"\lceil ": "\N{LEFT CEILING}",
    r"\rceil ": "\N{RIGHT CEILING}",
    "-": "\N{MINUS SIGN}\N{EN DASH}\N{EM DASH}\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}",
    "*": "\N{ASTERISK OPERATOR}",
    ",": "\N{IDEOGRAPHIC COMMA}",
    ".": "\N{IDEOGRAPHIC FULL STOP}",
    " ": "\N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}",
    r"\euro ": "\N{EURO SIGN}",
    r"\pounds ": "\N{POUND SIGN}",
    r"\cents ": "\N{CENT SIGN}",
    r"\yen ": "\N{YEN SIGN}",
    r"\rupee ": "\N{INDIAN RUPEE SIGN}",
    "": "\N{ZERO WIDTH SPACE}\N{INVISIBLE TIMES}\N{ZERO WIDTH NO-BREAK SPACE}"
    "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}",
    " 1/2 ": "\N{VULGAR FRACTION ONE HALF}",
    " 1/3 ": "\N{VULGAR FRACTION ONE THIRD}",
    " 2/3 ": "\N{VULGAR FRACTION TWO THIRDS}",
    " 1/4 ": "\N{VULGAR FRACTION ONE QUARTER}",
    " 3/4 ": "\N{VULGAR FRACTION THREE QUARTERS}",
    " 1/5 ": "\N{VULGAR FRACTION ONE FIFTH}",
    " 1/8 ": "\N{VULGAR FRACTION ONE EIGHTH}",
}
_GREEK = "alpha beta gamma delta epsilon theta lambda mu pi rho sigma tau phi omega"


def latex_of_sign() -> dict[int, str]:
    r"""The table for str.translate.

    >>> "3π²".translate(latex_of_sign()), "\N{FULLWIDTH DIGIT FOUR}".translate(latex_of_sign())
    ('3\\pi ^2', '4')
    """
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}  # full-width ASCII
    for digit, sign in zip(_DIGITS, "⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True):
        table[ord(sign)] = f"^{digit}"
    for digit, sign in zip(_DIGITS, "₀₁₂₃₄₅₆₇₈₉", strict=True):
        table[ord(sign)] = f"_{digit}"
    for latex, signs in _NAMED.items():
        table.update(dict.fromkeys(map(ord, signs), latex))
    return table | greek_letters()


def greek_letters() -> dict[int, str]:
    """Greek letters, as commands."""
    names = {"lambda": "LAMDA"}
    return {
        ord(unicodedata.lookup(f"GREEK SMALL LETTER {names.get(name, name).upper()}")): f"\\{name} "
        for name in _GREEK.split()
    }
