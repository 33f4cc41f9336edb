"""One run trained in its directory: encode, train under a bar and its trackers, store."""

from dataclasses import asdict
from pathlib import Path

from llm_depth_router.models import cache_folder
from polar.encoder import await_questions
from polar.launch import Place
from polar.model import WEIGHTS, PredictorConfig
from polar.processes import Processes, accelerate_processes
from polar.progress import OpenBar, encode_with_bar
from polar.run import HISTORY, STATE, RunIdentity, store_result
from polar.searched import SearchedData
from polar.track import TrackConfig, tracking
from polar.train import TrainResult, train
from polar.train_state import EpochRow


def train_run(
    directory: Path,
    identity: RunIdentity,
    data: SearchedData,
    place: Place,
    track: TrackConfig,
    open_bar: OpenBar,
) -> TrainResult:
    """Train the run, from where a killed start left it, and store it.

    Of several processes the first one encodes, stores, tracks and shows.
    """
    config, is_first = identity.train, place.rank == 0
    # Sizes that cannot be are refused before anything is encoded.
    PredictorConfig(identity.depth, 1, d_model=config.polar_d_model, heads=config.polar_heads)
    training, validation = data.all_of("train"), data.all_of("validation")
    questions = [sample.question for sample in training + validation]
    if is_first:
        features = encode_with_bar(questions, identity.encoder, place.device, open_bar)
    else:
        features = await_questions(questions, identity.encoder, cache_folder() / "features")
    with (
        open_bar(total=config.num_epochs, unit="epoch", desc="train", disable=not is_first) as bar,
        tracking(track if is_first else TrackConfig(), directory, asdict(config)) as log,
    ):

        def show(row: EpochRow) -> None:
            bar.n = row.epoch
            validated = "" if row.val_loss is None else f", validation {row.val_loss:.3f}"
            bar.set_postfix_str(f"loss {row.train_loss:.3f}{validated}")
            log(row)

        result = train(
            training,
            validation,
            features,
            config,
            depth=identity.depth,
            model=identity.model,
            device=str(place.device),
            processes=accelerate_processes() if place.world > 1 else Processes(),
            state_path=directory / STATE,
            history_path=directory / HISTORY,
            on_epoch=show,
        )
    if is_first:
        store_result(directory, result)
    return result


def describe_training(directory: Path, result: TrainResult) -> str:
    """What was trained from what, and what was left out, in one line."""
    found = result.predictor.metrics
    return (
        "{path}: epoch {epoch} of {epochs}, from {training_programs} programs of "
        "{training_questions} questions ({paths_that_do_not_parse} of {valid_paths} valid paths do "
        "not parse, {paths_beyond_the_limits} are beyond the limits, {full_paths_left_out} full "
        "paths left out; the encoder cuts {questions_cut_by_the_encoder} questions)"
    ).format(path=directory / WEIGHTS, epochs=len(result.history), **found)
