"""One evaluation from texts to outcomes: encode, load the model, run everything, say how."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from llm_depth_router.models import load_model
from mcts.samples import Sample
from polar.encoder import check_encoder
from polar.eval_config import EvalSetup
from polar.evaluate import Evaluation, evaluate_predictor
from polar.features import FeatureStore
from polar.model import PolarPredictor
from polar.outcomes import Attempt, Outcome
from polar.progress import OpenBar, encode_with_bar
from polar.questions import Question
from polar.same_model import check_weights


def run_evaluation(
    setup: EvalSetup,
    predictor: PolarPredictor,
    questions: Sequence[Question],
    train: Sequence[Sample],
    folder: Path,
    open_bar: OpenBar,
    known: Mapping[Attempt, Outcome] | None = None,
) -> tuple[Evaluation, dict[str, Any]]:
    """What came of it, and the settings that every report holds.

    The menu is drawn from `train`; responses are stored in `folder`; `known` as in
    `evaluate_predictor`. Raises ValueError where the predictor belongs to another encoder, or
    the samples to another model.
    """
    encoder = predictor.config.encoder
    check_encoder(encoder, predictor.config.encoder_digest)
    texts = [question.question for question in questions]
    features = encode_with_bar(texts, encoder, setup.device, open_bar)
    _check_width(features, predictor)
    loaded = load_model(setup.model, dtype=setup.dtype, device=setup.device)
    check_weights(setup.searched, loaded, setup.model)
    with open_bar(unit="path", desc="evaluate") as bar:

        def show(count: int, total: int) -> None:
            bar.total = total
            bar.update(count)

        found = evaluate_predictor(
            predictor.to(setup.device),
            questions,
            features,
            train,
            loaded,
            setup.prompting,
            setup.config,
            folder,
            known=known,
            progress=show,
        )
    return found, {
        "model": loaded.name,
        "encoder": encoder,
        "questions_cut_by_the_encoder": features.count_cut(texts),
        "training": predictor.metrics,
        "decode": asdict(setup.config.decode),
        "temperatures": list(setup.config.temperatures),
        "seed": setup.config.seed,
        "prompt": setup.prompting.describe(),
        "dtype": loaded.dtype_name,
        "device": str(loaded.model.device),
    }


def _check_width(features: FeatureStore, predictor: PolarPredictor) -> None:
    config = predictor.config
    if features.dim != config.encoder_dim:
        raise ValueError(
            f"{config.encoder} is {features.dim} wide, the predictor was trained for an encoder of "
            f"width {config.encoder_dim}: restore that one, or train again"
        )
