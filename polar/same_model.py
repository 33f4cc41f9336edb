"""Whether a predictor belongs to the model it is asked about."""

from pathlib import Path

from llm_depth_router.models import layout_name
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
