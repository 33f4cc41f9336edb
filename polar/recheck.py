"""Recorded verdicts against runs of the same paths, one at a time through stock `generate()`."""

import pathlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dart_math.grader import Grader
from llm_depth_router.execute import SequentialRunner
from llm_depth_router.models import LoadedModel, layout_name, load_model
from mcts.samples import SamplesReader, read_header
from polar.launch import Place
from polar.metrics import Rate
from polar.prompting import choose_prompting
from polar.questions import Question
from polar.same_model import check_weights
from polar.verify import Path, Verifier

NEEDED = ("model", "prompt", "dtype", "depth")  # of a header, to run a path as it was run


@dataclass(frozen=True)
class Recorded:
    """One verdict of a samples file."""

    question: Question
    path: Path
    correct: bool


@dataclass(frozen=True)
class Recheck:
    """What was run again, and which of it came out otherwise."""

    total: int
    now_invalid: tuple[Recorded, ...]
    now_valid: tuple[Recorded, ...]

    @property
    def agreement(self) -> Rate:
        """The share of verdicts that came out the same."""
        return Rate(self.total - len(self.now_invalid) - len(self.now_valid), self.total)

    @property
    def question_ids(self) -> list[str]:
        """The questions with a verdict that came out otherwise."""
        return list(dict.fromkeys(each.question.id for each in self.now_invalid + self.now_valid))


def recheck_samples(
    path: pathlib.Path,
    number: int,
    seed: int,
    model_path: str | None,
    place: Place,
    progress: Callable[[int], object] | None = None,
) -> Recheck:
    """Run `number` of the recorded paths again, drawn over all questions of a samples file.

    `model_path` is for a model that its header's name does not load. ValueError: a file without a
    header, another model, a path that cannot run.
    """
    header = read_header(path)
    if missing := [name for name in NEEDED if name not in header]:
        raise ValueError(
            f"{path} has no {', '.join(missing)} in its header: only files of run_mcts.py can be"
            " checked again"
        )
    drawn = draw_recorded(path, number, seed)
    loaded = load_searched(header, model_path, place)
    prompting = choose_prompting(loaded.row, searched=header["prompt"])
    questions = {each.question.id: each.question for each in drawn}.values()
    runner = SequentialRunner(loaded.model, loaded.tokenizer)
    with Grader() as grader:
        verifier = Verifier(runner, grader, loaded, prompting, questions)
        outcomes = verifier.run_all([(each.question.id, each.path) for each in drawn], progress)
    other = []
    for each in drawn:
        outcome = outcomes[each.question.id, each.path]
        if outcome.source == "error":
            raise ValueError(f"question {each.question.id!r} cannot run: {outcome.response}")
        if outcome.correct != each.correct:
            other.append(each)
    return Recheck(
        total=len(drawn),
        now_invalid=tuple(each for each in other if each.correct),
        now_valid=tuple(each for each in other if not each.correct),
    )


def draw_recorded(path: pathlib.Path, number: int, seed: int) -> Sequence[Recorded]:
    """`number` verdicts (all, if there are fewer), each as likely; a row is in memory at a time."""
    rng = random.Random(seed)
    drawn: list[Recorded] = []
    seen = 0
    for sample in SamplesReader(path, keep_trace=False):
        question = Question(sample.id, sample.question, sample.answer)
        for paths, correct in ((sample.valid_paths, True), (sample.invalid_paths, False)):
            for each in paths:
                place = seen if seen < number else rng.randrange(seen + 1)
                if place < number:
                    drawn[place : place + 1] = [Recorded(question, each, correct)]
                seen += 1
    if not drawn:
        raise ValueError(f"{path} holds no paths to run again")
    return drawn


def load_searched(header: dict[str, Any], model_path: str | None, place: Place) -> LoadedModel:
    """The model of a samples file's header, in its dtype."""
    name = model_path or header["model"]
    if layout_name(name) != header["model"]:
        raise ValueError(
            f"the samples were searched with {header['model']}, not {layout_name(name)}: give"
            " --model_path of that model"
        )
    try:
        loaded = load_model(name, dtype=header["dtype"], device=place.device)
    except ValueError as error:
        hint = "" if model_path else "; where it is a folder or file, give --model_path"
        raise ValueError(f"{error}{hint}") from error
    if loaded.depth != header["depth"]:
        raise ValueError(
            f"the samples are of a model with {header['depth']} layers, {name} has {loaded.depth}"
        )
    check_weights(header, loaded, name)
    return loaded
