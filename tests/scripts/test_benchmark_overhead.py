"""Guaranteed: Table 4 has every part, and its layers and gain are those of the report."""

import json

import pytest
import torch

from polar.decode import DecodeConfig, beam_decode
from polar.model import PolarPredictor, PredictorConfig


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


ARMS = {"1": {"full path": {}, "polar": {}}}
SETTINGS = {"model": "x/tiny-llama", "checkpoint": "none", "decode": {}}


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        ({"summary": ARMS, "search": {}, "settings": SETTINGS}, "one of eval_ood.py"),
        ({"summary": ARMS, "search": {"1": {}}, "settings": {}}, "write it anew"),
        (
            {"summary": ARMS, "search": {"1": {}}, "settings": SETTINGS | {"model": "x/other"}},
            "is of x/other, not ",
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
