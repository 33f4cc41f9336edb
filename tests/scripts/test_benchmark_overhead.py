"""Guaranteed: Table 4 has every part, and its layers and gain are those of the report."""

import json
from argparse import Namespace

import pytest
import torch

from benchmarks.overhead import EndToEnd, time_components, time_report
from llm_depth_router.models import load_model
from polar.decode import DecodeConfig, beam_decode
from polar.encoder import load_encoder
from polar.model import PolarPredictor, PredictorConfig
from polar.pipeline import ProgramChooser
from polar.prompting import choose_prompting


def test_parts_are_timed_and_a_report_is_run_end_to_end(
    command, workspace, capsys, monkeypatch
) -> None:
    workspace.write_samples()
    torch.manual_seed(0)
    config = PredictorConfig(4, 8, encoder=str(workspace.encoder), model="tiny-llama", d_model=8)
    PolarPredictor(config).save_weights(workspace.root / "predictor.safetensors")
    flags = ("--model_path", workspace.model, "--data_root", workspace.data, "--eval",
             "--checkpoint_path", workspace.root / "predictor.safetensors", "--device", "cpu",
             "--max_new_tokens", 2, "--num_samples", 2, "--seg_threshold", 0.3,
             "--temperatures")  # fmt: skip
    assert command("run_polar.py", *flags) == 0
    (path,) = (workspace.root / "outputs").rglob("report-*.json")
    capsys.readouterr()
    decoded = []
    monkeypatch.setattr("polar.arms.beam_decode", lambda logits, decode: (
        decoded.append(decode) or beam_decode(logits, decode)))  # fmt: skip
    more = ("--report", path, "--repeats", 2, "--num_questions", 1, "--device", "cpu")
    assert command("scripts/benchmark.py", "overhead", "--model_path", workspace.model, *more) == 0
    found = json.loads(capsys.readouterr().out)
    parts = found["components"]
    assert set(parts) == {"layer", "encoder", "head", "beam", "forward", "total_overhead"}
    assert parts["layer"]["equivalent_layers"] == parts["forward"]["share_of_forward"] == 1
    two = parts["head"]["ms"] + parts["beam"]["ms"]
    assert found["predictor_and_beam_over_layer"] == pytest.approx(two / parts["layer"]["ms"])
    (row,) = found["end_to_end"]
    arms = json.loads(path.read_text())["summary"]["1"]
    assert (row["group"], row["timed_questions"], row["full_path_layers"]) == ("1", 1, 4.0)
    assert row["polar_layers"] == arms["polar"]["mean_layers"]
    assert row["relative_latency"] == row["polar_ms"] / row["full_path_ms"]
    assert decoded == [DecodeConfig(seg_threshold=0.3)]  # as the report's programs were
    PolarPredictor(config).save_weights(workspace.root / "predictor.safetensors")
    assert command("scripts/benchmark.py", "overhead", "--model_path", workspace.model, *more) == 2
    assert "is not the predictor of --report any more" in capsys.readouterr().err


ARM = {"questions": 1, "pass_at": [[1, 1]], "mean_layers": 4, "mean_unique_layers": 4,
       "no_answer": [0, 1], "top1_is_full_path": [1, 1], "interval": [0, 0]}  # fmt: skip
ARMS = {"1": {"full path": ARM, "polar": ARM}}
FOUND = {"questions": 1, "solved": 1, "executions": 1, "valid_paths": 1, "parsed_valid_paths": 1}
SEARCH = {"1": {"test": FOUND, "all": FOUND}}
SETTINGS = {"model": "x/tiny-llama", "checkpoint": "none", "decode": {}}


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        ({"summary": ARMS, "search": {}, "settings": SETTINGS}, "one of eval_ood.py"),
        *(
            ({"summary": ARMS, "search": SEARCH, "settings": settings}, reason)
            for settings, reason in (
                ({}, "(it.model is missing): write it anew"),
                (SETTINGS | {"model": 5}, "(it.model is int, not str)"),
                (SETTINGS | {"decode": {"foo": 1}}, "unexpected keyword argument 'foo'"),
                (SETTINGS | {"decode": {"beam_size": 2.5}}, "is float, not int"),
                (SETTINGS | {"model": "x/other"}, "is of x/other, not "),
            )
        ),
    ],
)
def test_a_report_that_cannot_be_timed_is_one_line(
    command, workspace, capsys, report: dict, reason: str
) -> None:
    path = workspace.root / "report-1.json"
    path.write_text(json.dumps(report))
    flags = ("--model_path", workspace.model, "--report", path)
    assert command("scripts/benchmark.py", "overhead", *flags) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("benchmark.py: --report ") and reason in line


def test_a_layer_is_what_each_layer_behind_the_first_adds_to_the_full_path(
    workspace, monkeypatch
) -> None:
    loaded = load_model(str(workspace.model), device=torch.device("cpu"))
    layers = loaded.model.model
    monkeypatch.setattr(
        "benchmarks.overhead.time_call", lambda call, device: 10.0 + 2 * len(layers.layers)
    )
    predictor = PolarPredictor(PredictorConfig(4, 8, d_model=8)).eval()
    chooser = ProgramChooser(predictor, load_encoder(str(workspace.encoder)))
    prompting = choose_prompting(loaded.row)
    parts, _ = time_components(loaded, prompting, chooser, DecodeConfig(), "1 + 1?", repeats=2)
    assert (parts["forward"], parts["layer"]) == (18, 2)  # one layer alone takes 12


def test_the_gain_is_polars_accuracy_less_the_full_paths_in_points(monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.overhead.time_answers", lambda *_: (200.0, 150.0))
    arms = {
        "full path": {"mean_layers": 4.0, "pass_at": [[1, 4]]},
        "polar": {"mean_layers": 3.5, "pass_at": [[3, 4], [4, 4]]},
    }
    report = {
        "summary": {"2": arms, "all": arms},
        "questions": [{"question": "?", "difficulty": 2}],
    }
    others = [None] * 4  # model, prompt, chooser, decoding: for the timing alone
    (row,) = time_report(report, *others, Namespace(num_questions=8))
    assert row == EndToEnd("2", 1, 4.0, 3.5, 200.0, 150.0, 0.75, 50.0)
