"""Question in, answer out: the predicted program of a frozen LLM, run."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, overload

import torch
from huggingface_hub.errors import HFValidationError
from sentence_transformers import SentenceTransformer

from dart_math.extract import extract_answer
from llm_depth_router.jobs import Job
from llm_depth_router.models import LoadedModel, find_row, load_model, read_depth
from llm_depth_router.runner import Runner
from polar.arms import PREDICT_BATCH, predict_batch
from polar.checkpoint import load_predictor
from polar.decode import Candidate, DecodeConfig
from polar.encoder import check_encoder, encode_tokens, load_encoder
from polar.launch import find_place
from polar.model import PolarPredictor, PredictorConfig
from polar.program import Program
from polar.prompting import Prompting, choose_prompting, find_options
from polar.same_model import check_model
from polar.verify import make_engine

CACHE_GB, PREFIX_GB = 2.0, 1.0  # as run_polar.py has them


@dataclass(frozen=True)
class Answered:
    """What one program made of a question.

    `probability` is the predictor's for these ops, given the segments it has chosen: the product
    over the segments. It says how sure the predictor is of the program, not of the answer.
    `answer` is None where the response holds none. A program that skips every layer has the path
    (), an empty response and no answer.
    """

    question: str
    program: Program
    probability: float
    answer: str | None
    response: str

    @property
    def path(self) -> tuple[int, ...]:
        """The layers executed, in their order."""
        return self.program.path


class ProgramChooser:
    """A predictor and its question encoder, in memory: text → the best programs."""

    def __init__(self, predictor: PolarPredictor, encoder: SentenceTransformer) -> None:
        self.predictor, self.encoder = predictor, encoder

    @classmethod
    def from_pretrained(
        cls, predictor: str | Path, model: str, depth: int, device: torch.device
    ) -> Self:
        """Load `predictor` (a run's directory, a file, a hub id) for `model`, of `depth` layers.

        Raises ValueError where there is no such predictor, or it is of another model or depth.
        """
        found = find_predictor(predictor, depth).to(device)
        check_model(found, model)
        if not found.config.encoder:
            raise ValueError(f"the predictor {predictor} does not name its question encoder")
        check_encoder(found.config.encoder, found.config.encoder_digest)
        return cls(found, load_encoder(found.config.encoder, str(device)))

    def choose(
        self, questions: Sequence[str], k: int = 1, *, decode: DecodeConfig | None = None
    ) -> list[list[Candidate]]:
        """The k best programs of each question, best first; fewer where no more can be decoded.

        With `decode` it is these settings that say how many.
        """
        decode = decode or DecodeConfig(beam_size=k, top_k_paths=k)
        config = self.predictor.config
        chosen: list[list[Candidate]] = []
        for start in range(0, len(questions), PREDICT_BATCH):
            batch = questions[start : start + PREDICT_BATCH]
            matrices = encode_tokens(self.encoder, batch)
            for question, matrix in zip(batch, matrices, strict=True):
                _check_features(question, matrix.shape, config)
            chosen.extend(predict_batch(self.predictor, matrices, decode))
        return chosen


def _check_features(question: str, shape: tuple[int, ...], config: PredictorConfig) -> None:
    if shape[0] == 0:
        raise ValueError(f"no token in the question {question!r}: give some text")
    if shape[1] != config.encoder_dim:
        raise ValueError(
            f"the encoder {config.encoder} gives features {shape[1]} wide, the predictor was "
            f"trained on {config.encoder_dim}: it belongs to another encoder"
        )


def find_predictor(name: str | Path, depth: int) -> PolarPredictor:
    """The predictor in a run's directory or a checkpoint file, or on the hub.

    Raises ValueError where there is none, or it was trained for a model of another depth.
    """
    if Path(name).exists():
        return load_predictor(Path(name), depth)
    try:
        return PolarPredictor.from_pretrained(str(name), depth=depth)
    except (OSError, HFValidationError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(
            f"no predictor at {name}: give a directory of run_polar.py such as "
            f"outputs/smollm2-135m/diff-1, a checkpoint file or a hub id ({reason})"
        ) from error


class PolarPipeline:
    """A frozen LLM that answers each question by the program predicted for it.

    >>> pipeline = PolarPipeline.from_pretrained("models/tiny", "outputs/tiny/diff-1")
    >>> (best,) = pipeline.answer("What is 7 + 8?")
    >>> best.answer, best.path, best.probability > 0.5
    ('15', (0, 1, 2, 1, 2), True)
    >>> [segment.op.name for segment in best.program.segments]
    ['KEEP', 'REPEAT', 'SKIP']

    Many questions run together in one batch, here by the three best programs of each:

    >>> for ranked in pipeline.answer(["What is 7 + 8?", "What is 6 + 9?"], k=3):
    ...     [answered.answer for answered in ranked]
    ['15', '15', '15']
    ['15', '15', '15']

    `models/tiny` is a model of 4 layers that says 15 whatever it is asked.
    """

    def __init__(
        self, loaded: LoadedModel, chooser: ProgramChooser, prompting: Prompting, runner: Runner
    ) -> None:
        self.loaded, self.chooser = loaded, chooser
        self.prompting, self.runner = prompting, runner

    @classmethod
    def from_pretrained(
        cls,
        model: str,
        predictor: str | Path,
        *,
        dtype: str | None = None,
        device: str | None = None,
        prompt_style: str | None = None,
        chat_template: bool = False,
        max_new_tokens: int | None = None,
    ) -> Self:
        """Load `model` (a built-in name, hub id, folder or GGUF file) and its `predictor`.

        `predictor` is a directory of run_polar.py or of `save_pretrained`, a checkpoint file, or
        a hub id. Ask as the paths were searched: `dtype`, `prompt_style`, `chat_template` and
        `max_new_tokens` are by default those of the model, as in run_mcts.py.
        Raises ValueError where something is missing or does not fit the others.
        """
        prompting = choose_prompting(
            find_row(model),
            style=prompt_style,
            chat_template=chat_template,
            max_new_tokens=max_new_tokens,
        )
        place = find_place(device).device
        chooser = ProgramChooser.from_pretrained(predictor, model, read_depth(model), place)
        loaded = load_model(model, dtype=dtype, device=place)
        runner = make_engine(loaded, prompting, cache_gb=CACHE_GB, prefix_gb=PREFIX_GB)
        return cls(loaded, chooser, prompting, runner)

    @overload
    def answer(self, questions: str, k: int = 1) -> list[Answered]: ...

    @overload
    def answer(self, questions: list[str], k: int = 1) -> list[list[Answered]]: ...

    def answer(
        self, questions: str | list[str], k: int = 1
    ) -> list[Answered] | list[list[Answered]]:
        """Predict the k best programs of each question and run them, best first.

        One question gives its list of k, many questions a list of such lists. A list is shorter
        where fewer programs can be decoded.
        Raises ValueError where k is below 1 or a question does not fit into the model.
        """
        if isinstance(questions, str):
            return self.answer([questions], k)[0]
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        chosen = self.chooser.choose(questions, k)
        pairs = [
            (question, candidate)
            for question, ranked in zip(questions, chosen, strict=True)
            for candidate in ranked
        ]
        responses = self.run([(question, one.program.path) for question, one in pairs])
        answers = iter(
            Answered(
                question, one.program, math.exp(one.log_prob), self.extract(question, text), text
            )
            for (question, one), text in zip(pairs, responses, strict=True)
        )
        return [[next(answers) for _ in ranked] for ranked in chosen]

    def run(self, pairs: Sequence[tuple[str, tuple[int, ...]]]) -> list[str]:
        """What the model responds to each (question, path), greedily; all run in one batch.

        Each distinct pair runs once; the response of the empty path is empty.
        Raises ValueError where a question does not fit into the model.
        """
        style, chat = self.prompting.style, self.prompting.chat_template
        jobs = {
            (question, path): Job(self.loaded.render(style, question, chat), path)
            for question, path in pairs
            if path
        }
        completions = self.runner.generate(
            list(jobs.values()), max_new_tokens=self.prompting.max_new_tokens, stop=style.stop
        )
        responses = {}
        for (question, path), completion in zip(jobs, completions, strict=True):
            if completion.finish == "error":
                raise ValueError(f"the question {question!r} cannot run: {completion.error}")
            responses[question, path] = completion.text
        return [responses.get(pair, "") for pair in pairs]

    def extract(self, question: str, response: str) -> str | None:
        """The answer in a response, by the contract of the prompt; None where it has none.

        Where the question ends with options, as lines "A. …", the answer is a letter.
        """
        contract = "choice" if find_options(question) else self.prompting.style.contract
        return extract_answer(response, contract)
