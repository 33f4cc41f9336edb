"""What the predictor costs beside the LLM, and what its programs save: the paper's Table 4."""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from llm_depth_router.execute import SequentialRunner, executing
from llm_depth_router.jobs import Job
from llm_depth_router.models import LoadedModel, load_model
from mcts.json_shape import check_present, check_shape
from polar.arithmetic import make_arithmetic
from polar.checkpoint import describe_checkpoint, load_predictor
from polar.decode import DecodeConfig, beam_decode
from polar.encoder import default_encoder, encode_tokens, load_encoder
from polar.features import pad_features
from polar.metrics import Rate, mean
from polar.model import PolarPredictor, PredictorConfig
from polar.pipeline import ProgramChooser
from polar.program import full_path
from polar.prompting import Prompting, choose_prompting
from polar.report_shape import load_report
from polar.same_model import check_model, is_same_model

SETTINGS = {"model": str, "checkpoint": str, "decode": {str: float}}  # of a report
LATER = {"dtype": str, "prompt": dict, "checkpoint_sha256": str}  # those of some versions lack them


@dataclass(frozen=True)
class Component:
    """A part, in milliseconds for one question: the fastest of all repeats, and in layers."""

    ms: float
    equivalent_layers: float
    share_of_forward: float


@dataclass(frozen=True)
class EndToEnd:
    """One group of a report: PoLar's first program against the full path, a question at a time.

    Layers and accuracy are those of the report; latencies (from a question's text to
    its last token, on average) are measured now, on `timed_questions` of them.
    """

    group: str
    timed_questions: int
    full_path_layers: float
    polar_layers: float
    full_path_ms: float
    polar_ms: float
    relative_latency: float
    accuracy_gain_points: float


def benchmark_overhead(arguments: argparse.Namespace) -> None:
    """Table 4 as JSON; the end-to-end part only with a report."""
    report = load_report(arguments.report) if arguments.report else None
    settings = find_settings(report, arguments.model_path) if report else {}
    decode = settings.get("decode", DecodeConfig())
    loaded = load_model(
        arguments.model_path,
        dtype=settings.get("dtype"),
        device=torch.device(arguments.device) if arguments.device else None,
    )
    prompting = choose_prompting(loaded.row, searched=settings.get("prompt"))
    chooser = make_chooser(settings, arguments.model_path, loaded)
    question = make_arithmetic(1, 1, seed=0)[0].question
    parts, tokens = time_components(loaded, prompting, chooser, decode, question, arguments.repeats)
    result = {
        "model": arguments.model_path,
        "dtype": loaded.dtype_name,
        "threads": torch.get_num_threads(),
        "prompt_tokens": tokens,
        "components": {name: asdict(part) for name, part in describe(parts).items()},
        "predictor_and_beam_over_layer": (parts["head"] + parts["beam"]) / parts["layer"],
        "end_to_end": [
            asdict(row)
            for row in (
                time_report(report, loaded, prompting, chooser, decode, arguments) if report else ()
            )
        ],
    }
    print(json.dumps(result, indent=2, ensure_ascii=False))


def find_settings(report: Mapping[str, Any], model: str) -> dict[str, Any]:
    """The settings of a report that can be timed with `model`; ValueError where it is no such."""
    settings: dict[str, Any] = report.get("settings", {})
    if not report["search"]:
        raise ValueError("--report is one of eval_ood.py: give one of run_polar.py")
    try:
        check_shape(settings, SETTINGS)
        check_present(settings, LATER, "settings")
        decode = DecodeConfig(**settings["decode"])
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"--report does not say how it was made ({error}): write it anew with run_polar.py"
        ) from error
    if not is_same_model(settings["model"], model):
        raise ValueError(
            f"--report is of {settings['model']}, not {model}: give --model_path "
            f"{settings['model']}, or another --report"
        )
    return settings | {"decode": decode}


def make_chooser(settings: Mapping[str, Any], model: str, loaded: LoadedModel) -> ProgramChooser:
    """The predictor of a report's settings; without any an untrained one of the paper's size.

    Raises ValueError where the file holds another predictor by now.
    """
    device = loaded.model.device
    if settings:
        path = Path(settings["checkpoint"])
        predictor = load_predictor(path, loaded.depth).to(device)
        digest = describe_checkpoint(path)["checkpoint_sha256"]
        if settings.get("checkpoint_sha256", digest) != digest:
            raise ValueError(
                f"{path} is not the predictor of --report any more: evaluate it anew with "
                "run_polar.py --eval"
            )
        check_model(predictor, model)
        return ProgramChooser(predictor, load_encoder(predictor.config.encoder, str(device)))
    encoder = load_encoder(default_encoder(model), str(device))
    width = encode_tokens(encoder, ["How wide?"])[0].shape[1]
    config = PredictorConfig(depth=loaded.depth, encoder_dim=width)
    return ProgramChooser(PolarPredictor(config).to(device).eval(), encoder)


@torch.inference_mode()
def time_components(
    loaded: LoadedModel,
    prompting: Prompting,
    chooser: ProgramChooser,
    decode: DecodeConfig,
    question: str,
    repeats: int,
) -> tuple[dict[str, float], int]:
    """Seconds of each part for one question, and how many tokens its prompt has.

    The parts take turns, so that what else the machine does meets all alike. A layer is what the
    full path takes longer than one layer does, shared by the layers in between.
    """
    model, predictor = loaded.model, chooser.predictor
    prompt = loaded.render(prompting.style, question, prompting.chat_template)
    ids = torch.tensor([loaded.tokenizer(prompt).input_ids], device=model.device)
    matrices = encode_tokens(chooser.encoder, [question])
    features, mask = pad_features(matrices, predictor.config.encoder_dim)
    features, mask = features.to(model.device), mask.to(model.device)
    logits = predictor(features, mask)
    single = (0,)

    def forward() -> object:
        return model(ids, use_cache=False, logits_to_keep=1)

    def forward_one_layer() -> float:
        with executing(model, single):
            return time_call(forward, model.device)

    calls: dict[str, Callable[[], float]] = {
        "forward": lambda: time_call(forward, model.device),
        "one_layer_forward": forward_one_layer,
        "encoder": lambda: time_call(
            lambda: encode_tokens(chooser.encoder, [question]), model.device
        ),
        "head": lambda: time_call(lambda: predictor(features, mask), model.device),
        "beam": lambda: time_call(lambda: beam_decode(logits, decode), model.device),
    }
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            seconds[name].append(call())
    best = {name: min(times) for name, times in seconds.items()}
    best["layer"] = (best["forward"] - best.pop("one_layer_forward")) / (loaded.depth - 1)
    return best, ids.shape[1]


def time_call(call: Callable[[], object], device: torch.device) -> float:
    """Seconds of a call, the device's work included."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    started = time.perf_counter()
    call()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - started


def describe(seconds: Mapping[str, float]) -> dict[str, Component]:
    """Every part in milliseconds, in layers, and as a share of the full forward pass."""
    total = seconds["head"] + seconds["beam"] + seconds["encoder"]
    return {
        name: Component(1e3 * part, part / seconds["layer"], part / seconds["forward"])
        for name, part in {**seconds, "total_overhead": total}.items()
    }


def time_report(
    report: Mapping[str, Any],
    loaded: LoadedModel,
    prompting: Prompting,
    chooser: ProgramChooser,
    decode: DecodeConfig,
    arguments: argparse.Namespace,
) -> list[EndToEnd]:
    """Every group of the report but the one that holds all."""
    rows = []
    for group, arms in report["summary"].items():
        if group == "all":
            continue
        rows_here = (row for row in report.get("questions", ()) if str(row["difficulty"]) == group)
        texts = [row["question"] for row in rows_here]
        if not texts:
            raise ValueError(f"--report has no question of difficulty {group}: give a whole one")
        timed = texts[: arguments.num_questions]
        full_ms, polar_ms = time_answers(timed, loaded, prompting, chooser, decode, group)
        full, polar = arms["full path"], arms["polar"]
        gain = Rate(*polar["pass_at"][0]).share - Rate(*full["pass_at"][0]).share
        rows.append(
            EndToEnd(
                group=group,
                timed_questions=len(timed),
                full_path_layers=full["mean_layers"],
                polar_layers=polar["mean_layers"],
                full_path_ms=full_ms,
                polar_ms=polar_ms,
                relative_latency=polar_ms / full_ms,
                accuracy_gain_points=100 * gain,
            )
        )
    return rows


def time_answers(
    questions: Sequence[str],
    loaded: LoadedModel,
    prompting: Prompting,
    chooser: ProgramChooser,
    decode: DecodeConfig,
    group: str,
) -> tuple[float, float]:
    """Mean milliseconds an answer: by the full path, and by the predicted program with all of it.

    The two take turns in going first, so that neither warms up the machine for the other.
    An all-skip program has nothing to run; it costs its prediction.
    """
    runner = SequentialRunner(loaded.model, loaded.tokenizer)

    def answer(question: str, path: tuple[int, ...]) -> None:
        prompt = loaded.render(prompting.style, question, prompting.chat_template)
        runner.generate(
            [Job(prompt, path)] if path else [],
            max_new_tokens=prompting.max_new_tokens,
            stop=prompting.style.stop,
        )

    def predict_and_answer(question: str) -> None:
        answer(question, chooser.choose([question], decode=decode)[0][0].program.path)

    full, polar, device = [], [], loaded.model.device
    for index, question in enumerate(tqdm(questions, desc=f"end to end, {group}")):
        calls = [
            (full, partial(answer, question, full_path(loaded.depth))),
            (polar, partial(predict_and_answer, question)),
        ]
        for seconds, call in calls[:: -1 if index % 2 else 1]:
            seconds.append(time_call(call, device))
    return 1e3 * mean(full), 1e3 * mean(polar)
