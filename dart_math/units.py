"""Unit words: which spellings are the same unit."""

from dart_math.nodes import UnparsableError

_OTHER_MEASURES = (
    "quart pint cup tablespoon teaspoon acre hectare watt kilowatt megawatt joule kilojoule "
    "calorie kilocalorie volt ohm farad newton pascal kelvin mole bit byte kilobyte megabyte "
    "gigabyte kilohertz megahertz micrometer nanometer decimeter millisecond microsecond"
)
_SPELLINGS = {
    **dict.fromkeys(_OTHER_MEASURES.split(), ""),
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
    "ampere": "amp amps",
    "milligram": "milligramme",
    "second": "s sec secs",
    "minute": "min mins",
    "hour": "h hr hrs",
    "day": "",
    "week": "",
    "month": "",
    "year": "yr yrs",
    "decade": "",
    "century": "centuries",
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
    "mile/hour": "mph",
    "km/hour": "kmh kph kmph",
    "hz": "hertz",
    "ordinal": "st nd rd th",
    "am": "",
    "pm": "",
}
UNIT_OF_WORD = {
    spelling: unit for unit, others in _SPELLINGS.items() for spelling in (unit, *others.split())
}
# Bare, these would be products of letters: units inside \text{…} only.
_SYMBOLS = {
    **{"w": "watt", "kw": "kilowatt", "mw": "megawatt", "j": "joule", "kj": "kilojoule"},
    **{"v": "volt", "n": "newton", "pa": "pascal", "k": "kelvin", "mol": "mole", "kb": "kilobyte"},
    **{"mb": "megabyte", "gb": "gigabyte", "khz": "kilohertz", "mhz": "megahertz"},
    **{"mg": "milligram", "nm": "nanometer", "dm": "decimeter", "ms": "millisecond"},
    **{"qt": "quart", "pt": "pint", "tbsp": "tablespoon", "tsp": "teaspoon", "cal": "calorie"},
}
# A single letter is a unit only inside \text{…}, or where the other side is a bare number.
LETTER_UNITS = frozenset("mgshlL")
_SCALES = frozenset(("celsius", "fahrenheit"))
_POWERS = {"square": "2", "sq": "2", "squared": "2", "cubic": "3", "cubed": "3", "cu": "3"}
SCALE_WORDS = {
    **{"dozen": 12, "hundred": 100, "thousand": 1_000, "million": 10**6},
    **{"billion": 10**9, "trillion": 10**12},
}
# Words that change the number they follow, in ways that are not worked out.
_ARITHMETIC_WORDS = (
    "half halve halves third quarter fourth fifth sixth seventh eighth ninth tenth eleventh "
    "twelfth twentieth hundredth thousandth millionth billionth score gross double triple twice "
    "thrice quadruple squared cubed factorial negative minus plus divided multiplied over below "
    "above under less fewer than zero one two three four five six seven eight nine ten eleven "
    "twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty "
    "fifty sixty seventy eighty ninety not no mod modulo inverse reciprocal opposite "
    "quadrillion quintillion doubled tripled halved"
)
_ARITHMETIC = frozenset(_ARITHMETIC_WORDS.split())
# Labels that contradict each other.
_OPPOSITES = (
    "left right",
    "up down",
    "north south",
    "east west",
    "increase decrease",
    "gain loss",
    "profit loss",
    "win loss",
    "clockwise counterclockwise",
    "positive negative",
    "faster slower",
    "older younger",
    "taller shorter",
    "early late",
    "inside outside",
    "head tail",
)
_DIRECTIONS = frozenset(" ".join(_OPPOSITES).split())
_OPPOSITE_PAIRS = tuple((first, second) for first, second in map(str.split, _OPPOSITES))
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
            text = text.rstrip() + "^" + _POWERS[lower] + " "
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
    parts = [] if "/" in text else text.split()
    if any(map(is_measure, parts)):  # "5 years old", "5 cm long": labels beside a measure
        text = " ".join(part for part in parts if is_measure(part) or part in _DIRECTIONS)
    return "%" if text == "percent" else text


def take_scale(words: list[str]) -> tuple[int, list[str]]:
    """What "hundred", "million", "dozen" multiply by, and the words of the unit that are left.

    Raises UnparsableError for words that change the number otherwise: "5 halves", "5 below zero".

    >>> take_scale(["million", "dollars"]), take_scale(["units", "squared"])
    ((1000000, ['dollars']), (1, ['units', 'squared']))
    """
    scale, unit = 1, list[str]()
    for word in words:
        lower = word.lower()
        factor = SCALE_WORDS.get(lower) or SCALE_WORDS.get(lower.removesuffix("s"))
        is_power = lower in _POWERS and (bool(unit) or not lower.endswith("ed"))
        if factor is not None and "per" not in unit and "/" not in unit:
            scale *= factor
        elif factor is not None or (not is_power and _changes_number(lower)):
            raise UnparsableError(f"{word} is no unit")
        else:
            unit.append(word)
    return scale, unit


def _changes_number(word: str) -> bool:
    return word in _ARITHMETIC or word.removesuffix("s") in _ARITHMETIC


def units_conflict(answer: str, reference: str) -> bool:
    """Whether two units are different measures; labels and the word "units" fit everything.

    >>> units_conflict("cm", "meter"), units_conflict("cm", "apple"), units_conflict("unit", "cm")
    (True, False, False)
    """
    if answer == reference or not answer or not reference:
        return False
    if answer.startswith("mod ") or reference.startswith("mod "):
        return True
    if "degree" in (answer, reference) and not {answer, reference}.isdisjoint(_SCALES):
        return False  # which degrees was left out
    return all(is_measure(unit) for unit in (answer, reference))


def split_directions(unit: str) -> tuple[str, frozenset[str]]:
    """The unit without the words that say which way, and these words.

    >>> split_directions("mile north"), split_directions("cm")
    (('mile', frozenset({'north'})), ('cm', frozenset()))
    """
    words = unit.split(" ")
    directions = _DIRECTIONS.intersection(words)
    if not directions:
        return unit, directions
    return " ".join(word for word in words if word not in directions), directions


def are_opposite(answer: frozenset[str], reference: frozenset[str]) -> bool:
    """Whether a direction of one contradicts one of the other.

    >>> are_opposite(frozenset(["left"]), frozenset(["right"]))
    True
    """
    return any(
        (first in answer and second in reference) or (second in answer and first in reference)
        for first, second in (_OPPOSITE_PAIRS if answer and reference else ())
    )


def is_measure(unit: str) -> bool:
    """Whether a canonical unit is one of the measures, and no label or the word "unit".

    >>> is_measure("cm"), is_measure("apple")
    (True, False)
    """
    words = unit.replace("/", " ").split()
    return all(word.partition("^")[0] in _SPELLINGS and word[:4] != "unit" for word in words)


def is_label(unit: str) -> bool:
    """Whether a canonical unit measures nothing, in no part of it.

    >>> is_label("student"), is_label("increase"), is_label("increase/year")
    (True, True, False)
    """
    return not any(map(is_measure, unit.replace("/", " ").split()))


def singular_unit(word: str) -> str:
    """The unit that `word` names, or the word without its plural ending.

    >>> singular_unit("hrs"), singular_unit("boxes"), singular_unit("gas")
    ('hour', 'box', 'gas')
    """
    if word in UNIT_OF_WORD:
        return UNIT_OF_WORD[word]
    if word in _SYMBOLS:
        return _SYMBOLS[word]
    for ending in ("es", "s"):
        stem = word.removesuffix(ending)
        if stem != word and stem in UNIT_OF_WORD:
            return UNIT_OF_WORD[stem]
    if len(word) > 3 and word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
