"""Kinds of numbers that a command line takes, and which flags it spells out."""

import argparse
import math
from collections.abc import Sequence


def positive_int(text: str) -> int:
    """A whole number from 1 up.

    >>> positive_int("3")
    3
    """
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return value


def positive_float(text: str) -> float:
    """A finite number above 0.

    >>> positive_float("0.5")
    0.5
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def names_given(
    parser: argparse.ArgumentParser, arguments: Sequence[str] | None, parsed: argparse.Namespace
) -> frozenset[str]:
    """The names of the flags that a command line spells out, were it with their default values.

    >>> parser = argparse.ArgumentParser()
    >>> names = [parser.add_argument(flag, type=int, default=1).dest for flag in ("--a", "--b")]
    >>> sorted(names_given(parser, ["--a", "1"], parser.parse_args(["--a", "1"])))
    ['a']
    """
    unset = object()
    marked = argparse.Namespace(**dict.fromkeys(vars(parsed), unset))
    found = vars(parser.parse_args(arguments, marked))
    return frozenset(name for name, value in found.items() if value is not unset)
