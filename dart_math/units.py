"""Unit words: which spellings are the same unit."""

_SPELLINGS = {
    "cm": "centimeter centimetre",
    "mm": "millimeter millimetre",
    "km": "kilometer kilometre kms",
    "meter": "m metre",
    "inch": "in inches",
    "foot": "ft feet",
    "yard": "yd",
    "mile": "mi",
    "kg": "kilogram kilo kgs",
    "gram": "g gm",
    "pound": "lb lbs",
    "ounce": "oz",
    "ton": "tonne",
    "liter": "l litre",
    "ml": "milliliter millilitre",
    "gallon": "gal",
    "second": "s sec secs",
    "minute": "min mins",
    "hour": "h hr hrs",
    "day": "",
    "week": "",
    "year": "yr yrs",
    "dollar": "usd buck",
    "cent": "",
    "euro": "eur",
    "yen": "",
    "rupee": "",
    "celsius": "",
    "fahrenheit": "",
    "percent": "pct percentage",
    "degree": "deg",
    "radian": "rad",
    "unit": "",
    "mph": "",
    "kmh": "kph kmph",
    "hz": "hertz",
    "ordinal": "st nd rd th",
    "am": "",
    "pm": "",
}
UNIT_OF_WORD = {
    spelling: unit for unit, others in _SPELLINGS.items() for spelling in (unit, *others.split())
}
# A single letter is a unit only inside \text{…}, or where the other side is a bare number.
LETTER_UNITS = frozenset("mgshlL")
_SCALES = frozenset(("celsius", "fahrenheit"))
_POWERS = {"square": "2", "sq": "2", "squared": "2", "cubic": "3", "cubed": "3", "cu": "3"}
_IGNORED = frozenset(("of", "the", "a", "an", "units", "unit"))


def canonical_unit(words: list[str]) -> str:
    """One spelling for a phrase of unit words, "/" and exponents.

    >>> canonical_unit(["square", "feet"]), canonical_unit(["ft", "^2"])
    ('foot^2', 'foot^2')
    >>> canonical_unit(["miles", "per", "hour"]), canonical_unit(["apples"])
    ('mile/hour', 'apple')
    """
    text = ""
    power = ""
    for word in words:
        lower = word.lower()
        if lower in _POWERS and lower.endswith("ed"):
            text += "^" + _POWERS[lower]
        elif lower in _POWERS:
            power = "^" + _POWERS[lower]
        elif lower in ("per", "/"):
            text = text.rstrip() + "/"
        elif lower.startswith("^"):
            text = (text.rstrip() or "unit") + lower
        elif lower not in _IGNORED:
            text += singular_unit(lower) + power + " "
            power = ""
    text = text.strip().removeprefix("degree ") or ("unit" + power if power else "unit")
    return "%" if text == "percent" else text


def units_conflict(answer: str, reference: str) -> bool:
    """Whether two units are different measures; labels and the word "units" fit everything.

    >>> units_conflict("cm", "meter"), units_conflict("cm", "apple"), units_conflict("unit", "cm")
    (True, False, False)
    """
    if answer == reference or not answer or not reference:
        return False
    if "degree" in (answer, reference) and not {answer, reference}.isdisjoint(_SCALES):
        return False  # which degrees was left out
    return all(_is_measure(unit) for unit in (answer, reference))


def _is_measure(unit: str) -> bool:
    words = unit.replace("/", " ").split()
    return all(word.partition("^")[0] in _SPELLINGS and word[:4] != "unit" for word in words)


def singular_unit(word: str) -> str:
    """The unit that `word` names, or the word without its plural ending.

    >>> singular_unit("hrs"), singular_unit("boxes"), singular_unit("gas")
    ('hour', 'box', 'gas')
    """
    if word in UNIT_OF_WORD:
        return UNIT_OF_WORD[word]
    for ending in ("es", "s"):
        stem = word.removesuffix(ending)
        if stem != word and stem in UNIT_OF_WORD:
            return UNIT_OF_WORD[stem]
    if len(word) > 3 and word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
