"""The three rules by name: the published search, the paper's text, and the random control."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from mcts.edits import SPACES, Bounds
from mcts.policies import (
    SearchRule,
    draw_path,
    edit_blocks,
    edit_blocks_at_root,
    expand_all,
    expand_one,
    follow_nothing,
    follow_stale_score,
    follow_ucb,
)

Constants = dict[str, int | float]
STOPS: Constants = {"stop_after_valid": 0, "give_up_after": 0}
RELEASE_WINDOWS = {24: (16, 28), 28: (16, 32), 36: (24, 44)}  # the published ones, by depth


@dataclass(frozen=True)
class Preset:
    """A rule before its depth is known: `defaults(depth)` names every constant it reads."""

    defaults: Callable[[int], Constants]
    functions: dict[str, Any]


def release_defaults(depth: int) -> Constants:
    """The published search's constants; the window of another depth is [4/7·D, 8/7·D] rounded.

    >>> [release_defaults(30)[name] for name in ("min_length", "max_length")]
    [17, 34]
    """
    window = (max(1, round(4 * depth / 7)), max(depth, round(8 * depth / 7)))
    min_length, max_length = RELEASE_WINDOWS.get(depth, window)
    return {
        "num_simulations": 100,
        "min_length": min_length,
        "max_length": max_length,
        "max_block": 4,
        "max_block_below": 1,
        "max_repeats": 1,
        "max_visits": 2,
        "exploration": math.sqrt(2),
        "length_penalty": 5.0,
        "random_child": 0.1,
    }


def paper_defaults(depth: int) -> Constants:
    """Appendix B gives the bound 4 for block size and repetitions; the other values are ours."""
    return {
        "num_simulations": 200,
        "min_length": math.ceil(depth / 2),
        "max_length": math.floor(1.5 * depth),
        "max_block": 4,
        "max_repeats": 4,
        "max_visits": 0,
        "exploration": math.sqrt(2),
        "length_penalty": 0.1,
        "widening": 2.0,
    }


def random_defaults(depth: int) -> Constants:
    """The release's bounds, blocks of up to 4 in every one of 1…6 edits."""
    shared = ("num_simulations", "min_length", "max_length", "max_block", "max_repeats")
    release = release_defaults(depth)
    bounds = {name: release[name] for name in (*shared, "max_visits")}
    return {**bounds, "max_edits": 6, "max_draws": 1000}


PRESETS = {
    "release": Preset(
        release_defaults,
        {"edits": edit_blocks_at_root, "expand": expand_all, "follow": follow_stale_score},
    ),
    "paper": Preset(
        paper_defaults, {"edits": edit_blocks, "expand": expand_one, "follow": follow_ucb}
    ),
    "random": Preset(
        random_defaults, {"edits": edit_blocks, "expand": draw_path, "follow": follow_nothing}
    ),
}


def make_rule(name: str, space: str, depth: int, **overrides: int | float) -> SearchRule:
    """The rule called `name` for a model of `depth` layers, with some of its constants replaced.

    ValueError names an unknown rule, space or constant, and a value out of its range.

    >>> rule = make_rule("release", "skip_loop", depth=30, num_simulations=50)
    >>> rule.num_simulations, rule.bounds.max_length
    (50, 34)
    """
    if name not in PRESETS:
        raise ValueError(f"unknown search rule {name!r}: choose one of {', '.join(PRESETS)}")
    if space not in SPACES:
        raise ValueError(f"unknown search space {space!r}: choose one of {', '.join(SPACES)}")
    if type(depth) is not int or depth < 1:
        raise ValueError(f"the depth of a model is a whole number from 1 up, not {depth!r}")
    preset = PRESETS[name]
    constants = {**preset.defaults(depth), **STOPS}
    for key, value in overrides.items():
        if key not in constants:
            known = ", ".join(constants)
            raise ValueError(f"the rule {name} has no constant {key!r}; it has: {known}")
        constants[key] = _check_constant(key, value, constants[key])
    if not constants["min_length"] <= depth <= constants["max_length"]:
        raise ValueError(
            f"min_length {constants['min_length']} … max_length {constants['max_length']} must"
            f" hold the full path of {depth} layers, where every search starts"
        )
    return _build(name, space, depth, constants, preset)


# The least value of each constant; a probability is also at most 1.
LEAST = {
    "num_simulations": 1,
    "min_length": 1,
    "max_length": 1,
    "max_block": 1,
    "max_block_below": 1,
    "max_repeats": 1,
    "max_edits": 1,
    "max_draws": 1,
    "widening": 1,
}


def _check_constant(name: str, value: object, default: int | float) -> int | float:
    least, most = LEAST.get(name, 0), 1 if name == "random_child" else math.inf
    is_whole = isinstance(default, int)
    is_number = type(value) is int or (type(value) is float and not is_whole)
    if isinstance(value, int | float) and is_number and least <= value < math.inf and value <= most:
        return value if is_whole else float(value)
    limit = f"from {least} to {most}" if most == 1 else f"from {least} up"
    kind = "a whole number" if is_whole else "a number"
    raise ValueError(f"{name} must be {kind} {limit}, not {value!r}")


def _build(name: str, space: str, depth: int, constants: Constants, preset: Preset) -> SearchRule:
    names = {field.name for field in fields(Bounds)}
    bounds: dict[str, Any] = {key: value for key, value in constants.items() if key in names}
    others: dict[str, Any] = {key: value for key, value in constants.items() if key not in names}
    return SearchRule(
        name=name,
        depth=depth,
        bounds=Bounds(space=space, **bounds),
        used=tuple(constants),
        **preset.functions,
        **others,
    )


def rule_from_constants(constants: Mapping[str, Any]) -> SearchRule:
    """The rule whose `rule.constants()` these are, as found in a journal or a samples file.

    >>> rule = make_rule("paper", "skip", depth=12, widening=3.0)
    >>> rule_from_constants(rule.constants()) == rule
    True
    """
    missing = [key for key in ("name", "space", "depth") if key not in constants]
    if missing:
        raise ValueError(f"the constants of a search rule lack {', '.join(missing)}")
    return make_rule(**constants)
