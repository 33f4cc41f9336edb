"""Guaranteed: a predictor that names its model is used with no other."""

import pytest

from polar.model import PolarPredictor, PredictorConfig
from polar.same_model import check_model


def make_predictor(model: str) -> PolarPredictor:
    return PolarPredictor(PredictorConfig(4, 8, model=model, d_model=8))


@pytest.mark.parametrize(
    ("trained", "asked"),
    [
        ("Qwen/Qwen3-8B", "/models/Qwen3-8B"),
        ("/models/tiny/", "elsewhere/tiny"),
        ("smollm2-135m", "smollm2-135m"),
        ("", "whatever"),  # a published checkpoint has no name in it
    ],
)
def test_its_own_model_is_taken_by_any_of_its_names(trained: str, asked: str) -> None:
    check_model(make_predictor(trained), asked)


def test_another_model_is_refused() -> None:
    with pytest.raises(ValueError, match="trained for Qwen/Qwen3-8B, not Qwen/Qwen3-4B: give"):
        check_model(make_predictor("Qwen/Qwen3-8B"), "Qwen/Qwen3-4B")
