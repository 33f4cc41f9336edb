"""Signs of currencies, which stand before or behind their number, as words behind it."""

from dart_math.units import UNIT_OF_WORD, singular_unit

CURRENCIES = {
    r"\$": "dollar",
    r"\textdollar": "dollar",
    **dict.fromkeys((r"\euro", r"\EUR", r"\texteuro"), "euro"),
    **dict.fromkeys((r"\pounds", r"\pound", r"\textsterling", r"\mathsterling"), "pound"),
    **dict.fromkeys((r"\yen", r"\textyen"), "yen"),
    r"\rupee": "rupee",
    r"\cents": "cent",
}
_RELATIONS = ("=", "<", ">", r"\le", r"\ge", r"\ne", r"\approx", r"\in", r"\Rightarrow", ":")
_ENDS = frozenset(("", ",", ";", ")", "]", r"\}", "&", "\\\\", "and", "or", *_RELATIONS))


def words_for_signs(tokens: list[str]) -> list[str]:
    r"""`tokens` with every sign of a currency gone and its name behind the item it belongs to.

    >>> words_for_signs([r"\$", "5", ",", r"\$", "6", "per", "hour"])
    ['5', '"dollar', ',', '6', '"dollar', 'per', 'hour']
    """
    if CURRENCIES.keys().isdisjoint(tokens):
        return tokens
    words: list[str] = []
    name = ""
    depth = 0  # of braces: a sign in \frac{…} belongs to the whole fraction
    for place, token in enumerate((*tokens, "")):
        if token in CURRENCIES:
            name = CURRENCIES[token]
            continue
        if name and depth == 0 and _ends_item(tokens, place):
            if singular_unit(token.lstrip('"').lower()) != name:
                words.append('"' + name)
            name = ""
        depth += (token == "{") - (token == "}")
        words.append(token)
    return words[:-1]


def _ends_item(tokens: list[str], place: int) -> bool:
    """Whether a unit word, a separator or the end stands at `place`, or a word behind a slash."""
    token, after = (*tokens, "", "")[place : place + 2]
    if token == "/":
        token = after
    is_word = token.isalpha() and (len(token) > 3 or token in UNIT_OF_WORD or token == "per")
    return token in _ENDS or token[0] == '"' or (is_word and len(token) > 1)
