"""Rewrites of an answer text that keep its meaning; one that does not fit leaves it as it is."""

import re
from collections.abc import Callable

_BARE = re.compile(r"[-+\w\s^{}\\]+")
_DIGITS = re.compile(r"(?<![\d.])[1-9]\d{4,}(?![\d.])")
_TIMES_BEHIND_POWER = re.compile(
    r"(\^(?:\{[^{}]*\}|\d))\s*\\(?:cdot|times)(?![a-z])\s*(?=\d{1,2}(?!\d)|[(a-z])"
)
_OPENING = re.compile(r"(?<!left)(?<!right)([(\[])")
_CLOSING = re.compile(r"(?<!left)(?<!right)([)\]])")


def _sized(text: str) -> str:
    r"""Brackets with \left and \right, where they come in pairs."""
    paired = text.count("(") + text.count("[") == text.count(")") + text.count("]")
    if not paired or "sqrt[" in text:
        return text
    return _OPENING.sub(r"\\left\1", _CLOSING.sub(r"\\right\1", text))


def _grouped(text: str) -> str:
    """Long whole numbers with commas, where a comma can mean nothing else."""
    if re.search(r"[(\[{,_:]", text):
        return text
    return _DIGITS.sub(lambda match: f"{int(match[0]):,}", text)


def _named(text: str) -> str:
    return text if re.search(r"[=<>x]|\\[lg]e|approx|\\in ", text) else f"x = {text}"


def _bracketed(text: str) -> str:
    is_bare = _BARE.fullmatch(text) and "text" not in text and "mbox" not in text
    return f"({text})" if is_bare else text


def _starred(text: str) -> str:
    if any(command in text for command in (r"\text", r"\begin", r"\sin", r"\cos")):
        return text
    return re.sub(r"(?<=[\d}])x", "*x", text)


# The first eight change every text.
REWRITES: dict[str, Callable[[str], str]] = {
    "spaces": lambda text: "  " + text.replace(" ", "  ") + " ",
    "dollars": lambda text: "$" + text.rstrip(".") + "$.",
    "formula": lambda text: rf"\({text}\)",
    "period": lambda text: text.rstrip(".") + ("" if text.endswith(".") else "."),
    "thin space behind": lambda text: text + r"\,",
    "blank before": lambda text: r"\ " + text,
    "display": lambda text: r"\displaystyle " + text,
    "group": lambda text: "{" + text.rstrip(".") + "}",
    "dfrac": lambda text: re.sub(r"\\[dtc]?frac(?![a-z])", r"\\dfrac", text),
    "left and right": _sized,
    "slash": lambda text: re.sub(r"^(-?)\\[dt]?frac\{(\d+)\}\{(\d+)\}$", r"\1\2/\3", text),
    "thin spaces": lambda text: text.replace(" + ", r"\,+\,").replace(r"\pi", r"{\pi}"),
    "thousands": _grouped,
    "cdot": lambda text: re.sub(r"(\d)\s*(\\sqrt|\\pi)", r"\1 \\cdot \2", text),
    "name": _named,
    "bmatrix": lambda text: text.replace("pmatrix", "bmatrix"),
    "mbox": lambda text: text if r"\textnormal" in text else text.replace(r"\text{", r"\mbox{"),
    "braces": lambda text: re.sub(r"\\frac(\d)(\d)", r"\\frac{\1}{\2}", text),
    "brackets": _bracketed,
    "star": _starred,
    "side by side": lambda text: _TIMES_BEHIND_POWER.sub(r"\1 ", text),
}
