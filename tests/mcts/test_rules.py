"""Guaranteed: each rule shows all its constants, can be rebuilt from them, and refuses bad ones."""

import json
import math

import pytest

from mcts.rules import PRESETS, make_rule, rule_from_constants


def test_release_shows_the_published_constants():
    assert make_rule("release", "skip_loop", 28).constants() == {
        "name": "release",
        "space": "skip_loop",
        "depth": 28,
        "num_simulations": 100,
        "min_length": 16,
        "max_length": 32,
        "max_block": 4,
        "max_block_below": 1,
        "max_repeats": 1,
        "max_visits": 2,
        "exploration": math.sqrt(2),
        "length_penalty": 5.0,
        "random_child": 0.1,
        "stop_after_valid": 0,
        "give_up_after": 0,
    }


@pytest.mark.parametrize(
    ("depth", "window"), [(24, (16, 28)), (28, (16, 32)), (36, (24, 44)), (30, (17, 34))]
)
def test_release_keeps_the_published_length_windows(depth, window):
    bounds = make_rule("release", "skip", depth).bounds
    assert (bounds.min_length, bounds.max_length) == window


def test_paper_shows_its_constants():
    assert make_rule("paper", "loop", 30).constants() == {
        "name": "paper",
        "space": "loop",
        "depth": 30,
        "num_simulations": 200,
        "min_length": 15,
        "max_length": 45,
        "max_block": 4,
        "max_repeats": 4,
        "max_visits": 0,
        "exploration": math.sqrt(2),
        "length_penalty": 0.1,
        "widening": 2.0,
        "stop_after_valid": 0,
        "give_up_after": 0,
    }


def test_random_has_the_bounds_and_the_executions_of_the_release():
    release, control = make_rule("release", "skip_loop", 30), make_rule("random", "skip_loop", 30)
    assert control.bounds == release.bounds
    assert control.num_simulations == release.num_simulations


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("space", ["skip", "loop", "skip_loop"])
@pytest.mark.parametrize("depth", [1, 2, 3, 30])
def test_a_rule_is_rebuilt_from_its_constants_after_json(name, space, depth):
    rule = make_rule(name, space, depth, num_simulations=7, give_up_after=3)
    assert rule_from_constants(json.loads(json.dumps(rule.constants()))) == rule


@pytest.mark.parametrize("name", PRESETS)
def test_every_constant_can_be_overridden(name):
    rule = make_rule(name, "skip_loop", 30)
    for constant in rule.used:
        value = rule.constants()[constant]
        changed = (
            0.5 if constant == "random_child" else value + (1 if constant != "min_length" else -1)
        )
        assert (
            make_rule(name, "skip_loop", 30, **{constant: changed}).constants()[constant] == changed
        )


@pytest.mark.parametrize(
    ("arguments", "overrides", "message"),
    [
        (("greedy", "skip", 4), {}, "unknown search rule 'greedy': choose one of release, paper"),
        (
            ("paper", "all", 4),
            {},
            "unknown search space 'all': choose one of skip, loop, skip_loop",
        ),
        (("paper", "skip", 0), {}, "whole number from 1 up, not 0"),
        (("release", "skip", 30), {"widening": 2.0}, "the rule release has no constant 'widening'"),
        (("release", "skip", 30), {"max_block": 0}, "max_block must be a whole number from 1 up"),
        (("release", "skip", 30), {"max_block": 2.5}, "max_block must be a whole number"),
        (("release", "skip", 30), {"max_block": True}, "max_block must be a whole number"),
        (
            ("release", "skip", 30),
            {"random_child": 1.5},
            "random_child must be a number from 0 to 1",
        ),
        (("paper", "skip", 30), {"exploration": math.nan}, "exploration must be a number from 0"),
        (("paper", "skip", 30), {"exploration": math.inf}, "exploration must be a number from 0"),
        (("paper", "skip", 30), {"min_length": 31}, "must hold the full path of 30 layers"),
        (("paper", "skip", 30), {"max_length": 29}, "must hold the full path of 30 layers"),
        (("paper", "skip", 30), {"num_simulations": 0}, "num_simulations must be a whole number"),
    ],
)
def test_a_bad_rule_is_refused_with_what_is_known(arguments, overrides, message):
    with pytest.raises(ValueError, match=message):
        make_rule(*arguments, **overrides)


def test_constants_without_a_name_are_refused():
    with pytest.raises(ValueError, match="lack name, space, depth"):
        rule_from_constants({"num_simulations": 3})
