"""Guaranteed: one predictor on benchmarks it never saw, printed as Table 3, resumable."""

import json
from pathlib import Path

import pytest
import torch

from llm_depth_router.models import ModelRow
from mcts.samples import Sample, write_samples
from polar.model import PolarPredictor, PredictorConfig
from polar.prompting import choose_prompting
from polar.questions import Question, save_questions
from polar.trained_on import mark_questions

SCRIPT = "scripts/eval_ood.py"


@pytest.fixture
def benchmarks(tmp_path: Path) -> tuple[Path, Path]:
    """Three questions of ASDiv, and two subjects of MMLU-Pro with computer science."""
    asdiv, mmlu = tmp_path / "asdiv.jsonl", tmp_path / "mmlu.jsonl"
    save_questions(asdiv, [Question(f"asdiv/{n}", f"What is {n} + 1?", "9") for n in range(3)])
    subjects = ("math", "math", "math", "history", "computer science")
    save_questions(mmlu, [Question(f"mmlu-pro/{n}", f"Which is {n}?\nA. 1\nB. 2", "B",
                                   subject=subject, options=("1", "2"))
                          for n, subject in enumerate(subjects)])  # fmt: skip
    return asdiv, mmlu


@pytest.fixture
def ood(command, workspace, benchmarks):
    """Runs eval_ood.py with an untrained predictor; more flags replace or add."""
    torch.manual_seed(0)
    config = PredictorConfig(4, 8, encoder=str(workspace.encoder), model="x/tiny-llama", d_model=8)
    PolarPredictor(config).save_weights(workspace.root / "run" / "predictor.safetensors")

    def run(*more: object) -> int:
        flags = ("--model_path", workspace.model, "--checkpoint_path", workspace.root / "run",
                 "--device", "cpu", "--max_new_tokens", 2, "--temperatures", 0.7)  # fmt: skip
        return command(SCRIPT, *flags, "--questions", *benchmarks, *more)

    return run


def reports(workspace) -> list[dict]:
    paths = sorted((workspace.root / "run").glob("report-*.json"))
    return [json.loads(path.read_text()) for path in paths]


def test_table_3_is_printed_and_reported_and_prints_again(ood, workspace, capsys, command) -> None:
    assert ood() == 0
    printed = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    assert "pass@1, % ASDiv Math Hist CS" in lines
    assert "questions 3 3 1 1" in lines
    assert not any(line.startswith("menu") for line in lines)  # no samples, no menu
    (report,) = reports(workspace)
    assert report["summary"]["mmlu-pro: all"]["polar"]["questions"] == 5
    rows = {row["id"]: row for row in report["questions"]}
    assert len(rows) == 8 and rows["mmlu-pro/3"]["subject"] == "history"
    arms = rows["mmlu-pro/3"]["arms"]
    assert set(arms) == {"full path", "polar", "random 1", "menu 1", "sampling 0.7"}
    assert {"path", "log_prob", "answer", "correct"} <= set(arms["polar"][0])
    (path,) = (workspace.root / "run").glob("report-*.json")
    assert command("scripts/print_report.py", path.relative_to(workspace.root)) == 0
    again = capsys.readouterr().out
    tables = printed.rpartition("\n\nreport: ")[0]
    assert tables.endswith(again.rpartition("\n\nreport: ")[0])


def test_a_limit_holds_for_each_benchmark(ood, workspace) -> None:
    assert ood("--num_samples", 2) == 0
    (report,) = reports(workspace)
    assert [row["id"] for row in report["questions"]] == [
        "asdiv/0",
        "asdiv/1",
        "mmlu-pro/0",
        "mmlu-pro/3",  # one of each subject in turn
    ]


def test_a_second_start_runs_nothing_again(ood, workspace) -> None:
    flags = ("--num_samples", 1)
    assert ood(*flags) == 0 and ood(*flags) == 0
    first, second = reports(workspace)
    assert first["recalled"] == 0
    groups = ("asdiv", "mmlu-pro: 13 subjects")
    executed = [first["verdicts"][group]["executed"] for group in groups]
    assert second["recalled"] == sum(executed) > 0
    assert second["questions"] == first["questions"]


def test_the_samples_give_the_prompt_and_the_menu(ood, workspace, capsys) -> None:
    prompt = choose_prompting(ModelRow("x/y"), style="fewshot", max_new_tokens=2).describe()
    workspace.write_samples({"model": "tiny-llama", "dtype": "float32", "prompt": prompt})
    assert ood("--num_samples", 1, "--data_root", workspace.data) == 0
    assert "menu" in capsys.readouterr().out
    (report,) = reports(workspace)
    assert report["settings"]["prompt"] == prompt
    assert report["questions"][0]["arms"]["menu 1"][0]["path"] == [0, 1, 3]


def test_the_samples_are_split_as_at_training(ood, workspace, capsys) -> None:
    rows = [
        Sample(f"{n}", "What is 9 + 9?", "18", split, 1.0, ((0, 1, 3),), ())
        for n, split in enumerate(("train", "validation", "test"))
    ]
    write_samples(workspace.samples, {"model": "tiny-llama", "dtype": "float32"}, rows)
    flags = ("--num_samples", 1, "--data_root", workspace.data)
    assert ood(*flags) == 2
    assert "a question may be in one split only" in capsys.readouterr().err
    run = {"samples": {}, "train": {}, "release_split": True}
    (workspace.root / "run" / "config.json").write_text(json.dumps(run))
    assert ood(*flags) == 0


def test_what_is_not_known_or_shared_is_said(ood, workspace, capsys) -> None:
    assert ood("--num_samples", 1) == 0
    printed = capsys.readouterr().out
    assert "trained on some of these questions is not known" in printed
    assert ", 2 new tokens at most, float32 are assumed" in printed
    workspace.write_samples({"model": "tiny-llama", "dtype": "float32"})
    train = next(q for q in workspace.make_questions() if q.split == "train")
    file = workspace.root / "mine.jsonl"
    save_questions(file, [Question("mine/1", train.question, "1"), Question("mine/2", "?", "2")])
    (workspace.root / "run" / "config.json").write_text('{"samples": {"1": "other"}, "train": {}}')
    capsys.readouterr()
    assert ood("--data_root", workspace.data, "--questions", file) == 0
    printed = capsys.readouterr().out
    assert "not trained on the samples of difficulty 1 under --data_root" in printed
    assert "trained on, so left out: 1 of mine" in printed
    report = reports(workspace)[-1]
    assert report["settings"]["left_out_as_trained_on"] == {"mine": 1}
    assert [row["id"] for row in report["questions"]] == ["mine/2"]


def test_the_predictors_own_questions_are_left_out_before_the_limit(ood, workspace, capsys) -> None:
    path = workspace.root / "run" / "predictor.safetensors"
    predictor = PolarPredictor.load_weights(path)
    predictor.trained_on = mark_questions(["What is 0 + 1?"])
    predictor.save_weights(path)
    assert ood("--num_samples", 1) == 0
    assert "left out: 1 of asdiv" in capsys.readouterr().out
    (report,) = reports(workspace)
    assert [row["id"] for row in report["questions"]] == ["asdiv/1", "mmlu-pro/0"]


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (("--model_path", "gpt5"), "smollm2-135m"),
        (("--checkpoint_path", "none"), "no predictor at"),
        (("--questions", "none.jsonl"), "no questions file at none.jsonl"),
        (("--data_root", "none"), "no samples for difficulty 1"),
    ],
)
def test_what_is_missing_is_one_line(ood, capsys, flags: tuple[str, str], reason: str) -> None:
    assert ood(*flags) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("eval_ood.py: ") and reason in error


def test_a_predictor_of_another_model_is_refused(ood, workspace, capsys) -> None:
    config = PredictorConfig(4, 8, encoder="minilm", model="Qwen/Qwen3-8B", d_model=8)
    PolarPredictor(config).save_weights(workspace.root / "other.safetensors")
    assert ood("--checkpoint_path", workspace.root / "other.safetensors") == 2
    assert "trained for Qwen/Qwen3-8B" in capsys.readouterr().err


def test_a_predictor_of_another_encoder_is_refused(ood, workspace, capsys) -> None:
    config = PredictorConfig(4, 9, encoder=str(workspace.encoder), model="x/tiny-llama", d_model=8)
    PolarPredictor(config).save_weights(workspace.root / "wide.safetensors")
    assert ood("--checkpoint_path", workspace.root / "wide.safetensors") == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert "is 8 wide, the predictor was trained for an encoder of width 9" in error


def test_another_encoder_in_the_folder_than_at_training_is_refused(ood, workspace, capsys) -> None:
    config = PredictorConfig(4, 8, encoder=str(workspace.encoder), encoder_digest="0" * 64,
                             model="x/tiny-llama", d_model=8)  # fmt: skip
    PolarPredictor(config).save_weights(workspace.root / "moved.safetensors")
    assert ood("--checkpoint_path", workspace.root / "moved.safetensors") == 2
    assert "not the one that the predictor was trained with" in capsys.readouterr().err
