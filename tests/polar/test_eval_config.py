"""Guaranteed: the flags of evaluation become its settings, and nonsense is named."""

import argparse

import pytest

from polar.eval_config import TEMPERATURES, EvalConfig
from polar.eval_flags import add_eval_arguments, make_eval_config


def parse(*words: str) -> EvalConfig:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=42)
    add_eval_arguments(parser.add_argument_group("evaluation"), top_k_paths=5)
    return make_eval_config(parser.parse_args(words))


def test_the_defaults_are_the_papers() -> None:
    config = parse()
    assert config.temperatures == TEMPERATURES == (0.3, 0.7, 1.0)
    assert (config.decode.beam_size, config.decode.top_k_paths, config.seed) == (5, 5, 42)


def test_no_temperature_switches_sampling_off() -> None:
    assert parse("--temperatures").temperatures == ()
    assert parse("--temperatures", "0.5", "--beam_size", "7").temperatures == (0.5,)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--temperatures", "0.3", "0.3"), "stands twice"),
        (("--top_k_paths", "6"), "beam_size 5 cannot yield"),
    ],
)
def test_settings_that_make_no_sense_are_refused(words: tuple[str, ...], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(*words)
