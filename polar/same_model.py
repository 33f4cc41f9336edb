"""Whether predictors and samples belong to the model that is asked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llm_depth_router.model_digest import digest_model, digest_tokenizer
from llm_depth_router.models import LoadedModel, layout_name
from polar.model import PolarPredictor


def is_same_model(one: str, other: str) -> bool:
    """Whether two names are of one model; hub ids and folders count by their last component.

    >>> is_same_model("Qwen/Qwen3-8B", "/models/Qwen3-8B/"), is_same_model("a/b", "a/c")
    (True, False)
    """
    return Path(layout_name(one)).name == Path(layout_name(other)).name


def check_model(predictor: PolarPredictor, model_name: str) -> None:
    """Raise a ValueError where the predictor says that it was trained for another model."""
    trained = predictor.config.model
    if trained and not is_same_model(trained, model_name):
        raise ValueError(
            f"the predictor was trained for {trained}, not {model_name}: "
            "give it that model, or a predictor of this one"
        )


def check_weights(header: Mapping[str, Any], loaded: LoadedModel, name: str) -> None:
    """Raise a ValueError where the header of samples names other weights or another tokenizer."""
    for part, measure, what in (
        ("weights", lambda: digest_model(loaded.model), "other weights or another config"),
        ("tokenizer", lambda: digest_tokenizer(loaded.tokenizer), "another tokenizer"),
    ):  # a digest reads all weights: only where there is one to compare with
        if header.get(part) is not None and header[part] != measure():
            raise ValueError(
                f"the samples were searched with {what} than {name} has: give --model_path of that"
                " model"
            )
