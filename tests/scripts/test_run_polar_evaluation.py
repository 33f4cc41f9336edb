"""Guaranteed: sampling stands beside PoLar, labels are counted, a killed evaluation goes on."""

import json
from pathlib import Path

import pytest
import torch

from mcts.samples import Sample, write_samples
from polar.arithmetic import make_arithmetic
from polar.layout import samples_path
from polar.model import PolarPredictor, PredictorConfig
from polar.tables import format_report

FULL, SHORT, LOOP = (0, 1, 2, 3), (0, 1, 3), (0, 1, 2, 1, 2, 3)


@pytest.fixture
def polar(command, workspace):
    """Evaluates an untrained predictor on 2 test questions of difficulty 1; more flags replace."""
    workspace.write_samples()
    torch.manual_seed(0)
    config = PredictorConfig(4, 8, encoder=str(workspace.encoder), model="tiny-llama", d_model=8)
    PolarPredictor(config).save_weights(workspace.root / "predictor.safetensors")

    def run(*more: object) -> int:
        flags = ("--model_path", workspace.model, "--data_root", workspace.data, "--eval",
                 "--checkpoint_path", workspace.root / "predictor.safetensors", "--device", "cpu",
                 "--max_new_tokens", 2, "--num_samples", 2, "--top_k_paths", 2)  # fmt: skip
        return command("run_polar.py", *flags, *more)

    return run


def reports(workspace, scope: str = "1") -> list[dict]:
    folder = workspace.root / "outputs" / "tiny-llama" / f"diff-{scope}"
    return [json.loads(path.read_text()) for path in sorted(folder.glob("report-*.json"))]


def test_sampling_has_as_many_draws_as_there_are_candidates(polar, workspace, capsys) -> None:
    assert polar() == 0
    printed = capsys.readouterr().out
    (report,) = reports(workspace)
    arms = report["questions"][0]["arms"]
    assert [name for name in arms if name.startswith("sampling")] == [
        "sampling 0.3",
        "sampling 0.7",
        "sampling 1",
    ]
    for name, outcomes in arms.items():
        if name.startswith("sampling"):
            assert [outcome["path"] for outcome in outcomes] == [list(FULL)] * 2
    assert len(report["best_sampling"]["1"]) == 2
    assert "sampling best τ, pass@2" in printed and "unbiased" in printed
    assert printed.strip().startswith("difficulty 1: ")
    assert format_report(report) in printed


def test_a_predictor_of_another_model_is_refused(polar, workspace, capsys) -> None:
    config = PredictorConfig(4, 8, encoder=str(workspace.encoder), model="x/other", d_model=8)
    PolarPredictor(config).save_weights(workspace.root / "other.safetensors")
    assert polar("--checkpoint_path", workspace.root / "other.safetensors") == 2
    assert "trained for x/other" in capsys.readouterr().err


def test_a_prompt_other_than_that_of_the_search_is_refused_before_the_training(
    workspace, command, capsys
) -> None:
    workspace.write_samples({"prompt": {"style": "fewshot", "max_new_tokens": 4}})
    flags = ("--model_path", workspace.model, "--data_root", workspace.data, "--device", "cpu",
             "--encoder", workspace.encoder, "--prompt_style", "direct")  # fmt: skip
    assert command("run_polar.py", *flags) == 2
    assert "direct" in capsys.readouterr().err.splitlines()[-1]
    assert not (workspace.root / "outputs").exists()


def test_the_report_holds_what_the_training_left_out(polar, workspace) -> None:
    path = workspace.root / "predictor.safetensors"
    predictor = PolarPredictor.load_weights(path)
    predictor.metrics = {"paths_that_do_not_parse": 3}
    predictor.save_weights(path)
    assert polar("--temperatures") == 0
    (report,) = reports(workspace)
    assert report["settings"]["training"] == {"paths_that_do_not_parse": 3}
    assert report["settings"]["questions_cut_by_the_encoder"] == 0


def test_sampling_can_be_switched_off(polar, workspace, capsys) -> None:
    assert polar("--temperatures") == 0
    (report,) = reports(workspace)
    assert set(report["questions"][0]["arms"]) == {"full path", "polar", "random 2", "menu 2"}
    assert "sampling" not in capsys.readouterr().out


def test_the_printed_tables_print_again_without_a_run(polar, workspace, command, capsys) -> None:
    assert polar("--temperatures", 1.0) == 0
    printed = capsys.readouterr().out
    (path,) = Path("outputs").rglob("report-*.json")
    assert command("scripts/print_report.py", path) == 0
    path.write_text('{"schema": 2, "search": {"1": {}}, "questions": [], '
                    '"summary": {"1": {"full path": {}, "polar": {}}}}')  # fmt: skip
    assert command("scripts/print_report.py", path) == 2
    assert printed.endswith(capsys.readouterr().out)


def test_the_labels_that_were_trusted_are_counted(polar, workspace, capsys) -> None:
    assert polar("--trust_valid_cache", "--temperatures") == 0
    (report,) = reports(workspace)
    verdicts = report["verdicts"]["1"]
    labelled = {
        (row["id"], tuple(outcome["path"]))
        for row in report["questions"]
        for arm in row["arms"].values()
        for outcome in arm
        if tuple(outcome["path"]) in (FULL, SHORT, LOOP)
    }
    assert verdicts["labelled"] == len(labelled) >= 2 * 2  # the full path and the menu's other
    assert f"{verdicts['labelled']} from labels without an answer" in capsys.readouterr().out
    assert report["summary"]["1"]["full path"]["no_answer"] == [0, 0]


def test_an_interrupted_evaluation_goes_on(polar, workspace, monkeypatch) -> None:
    from polar.verify import Verifier

    grade, graded = Verifier._grade, []

    def interrupt(self, *arguments):
        graded.append(arguments)
        if len(graded) == 3:
            raise KeyboardInterrupt
        return grade(self, *arguments)

    monkeypatch.setattr(Verifier, "_grade", interrupt)
    assert polar() == 130
    monkeypatch.setattr(Verifier, "_grade", grade)
    assert polar() == 0
    (report,) = reports(workspace)
    assert report["recalled"] >= 3
    assert polar() == 0
    _, again = reports(workspace)
    assert again["recalled"] == again["verdicts"]["1"]["executed"]
    assert again["questions"] == report["questions"]


def test_all_difficulties_are_reported_each_and_together(polar, workspace, capsys) -> None:
    for difficulty in range(1, 6):
        rows = [Sample(q.id, q.question, q.answer, q.split, 1.0, (FULL, SHORT, LOOP), ())
                for q in make_arithmetic(difficulty, 8, seed=0)]  # fmt: skip
        write_samples(samples_path(workspace.data, str(workspace.model), difficulty), {}, rows)
    flags = ("--eval_all_diffs", "--num_samples", 1, "--top_k_paths", 1, "--temperatures", 1.0)
    assert polar(*flags) == 0
    (report,) = reports(workspace, "all")
    counts = {group: arms["polar"]["questions"] for group, arms in report["summary"].items()}
    assert counts == {"1": 1, "2": 1, "3": 1, "4": 1, "5": 1, "all": 5}
    printed = capsys.readouterr().out
    assert "difficulty 5, 1 test questions" in printed
    assert "all difficulties, 5 test questions" in printed
