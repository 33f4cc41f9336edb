"""Guaranteed: the published command trains and evaluates; bad input is one line and exit code 2."""

import json

import pytest

SCRIPT = "run_polar.py"
PUBLISHED = """
    --policy_mode polar --num_epochs 3 --batch_size 128 --learning_rate 5e-4
    --max_paths_per_sample 50 --per_sample_weight_normalize --beam_size 5 --top_k_paths 5
    --reweight_original_path_if_shorter_valid --original_path_weight 0.30
    --seed 42 --lr_scheduler cosine --warmup_steps 10
"""


@pytest.fixture
def polar(command, workspace):
    """Runs run_polar.py in the workspace; more flags replace or add."""

    def run(*more: object) -> int:
        flags = ("--model_path", workspace.model, "--data_root", workspace.data, "--encoder",
                 workspace.encoder, "--device", "cpu", "--target_diff", 1,
                 "--temperatures")  # fmt: skip
        return command(SCRIPT, *flags, *PUBLISHED.split(), *more)

    return run


def reports(workspace) -> list[dict]:
    folder = workspace.root / "outputs" / "tiny-llama" / "diff-1"
    return [json.loads(path.read_text()) for path in sorted(folder.glob("report-*.json"))]


def test_the_published_command_trains_runs_every_candidate_and_reports(
    polar, workspace, capsys
) -> None:
    workspace.write_samples()
    assert polar() == 0
    printed = capsys.readouterr().out
    assert "PoLar, pass@1" in printed and "best found by search" in printed
    folder = workspace.root / "outputs" / "tiny-llama" / "diff-1"
    assert {path.name for path in folder.iterdir()} >= {
        "config.json", "history.csv", "predictor.safetensors"}  # fmt: skip
    assert len((folder / "history.csv").read_text().splitlines()) == 1 + 3
    (report,) = reports(workspace)
    assert len(report["questions"]) == 4
    outcomes = [o for q in report["questions"] for arm in q["arms"].values() for o in arm]
    assert {outcome["source"] for outcome in outcomes} <= {"executed", "empty"}
    assert report["settings"]["run"]["train"]["original_path_weight"] == 0.30


def test_a_second_run_reuses_the_predictor_and_adds_a_report(polar, workspace, capsys) -> None:
    workspace.write_samples()
    spelled = f"{workspace.model.parent}/./{workspace.model.name}/"
    assert polar("--model_path", spelled) == 0
    predictor = workspace.root / "outputs" / "tiny-llama" / "diff-1" / "predictor.safetensors"
    before = predictor.stat().st_mtime_ns
    assert polar("--top_k_paths", 2) == 0
    assert predictor.stat().st_mtime_ns == before
    assert "trained already, reused" in capsys.readouterr().out
    assert len(reports(workspace)) == 2


def test_eval_takes_a_checkpoint_from_anywhere_and_tells_its_training(polar, workspace) -> None:
    workspace.write_samples()
    assert polar() == 0
    trained = workspace.root / "outputs" / "tiny-llama" / "diff-1"
    more = ("--checkpoint_path", trained, "--run_tag", "again", "--encoder", "")
    assert polar("--eval", *more) == 0
    (path,) = (trained.parent / "diff-1-again").glob("report-*.json")
    told = json.loads(path.read_text())["settings"]["run"]
    assert told == json.loads((trained / "config.json").read_text())


def test_a_predictor_that_was_trained_otherwise_is_not_evaluated(polar, workspace, capsys) -> None:
    workspace.write_samples()
    assert polar() == 0
    assert polar("--eval", "--encoder", "", "--seed", 7) == 0  # the evaluation's
    error = refused(polar, capsys, "--eval", "--encoder", "", "--learning_rate", 0.25)
    assert "trained otherwise (learning_rate is 0.25 here" in error


def test_samples_of_other_weights_are_refused(polar, workspace, capsys) -> None:
    workspace.write_samples({"model": "tiny-llama", "weights": "0000-of-another-model"})
    error = refused(polar, capsys, "--trust_valid_cache")
    assert "searched with other weights" in error


def test_the_searchs_verdicts_count_only_on_request(polar, workspace) -> None:
    workspace.write_samples()
    assert polar("--trust_valid_cache") == 0
    (report,) = reports(workspace)
    assert report["summary"]["1"]["full path"]["sources"] == {"labelled": 4}
    assert report["settings"]["trust_valid_cache"] is True


def test_another_difficulty_has_a_directory_of_its_own(polar, workspace) -> None:
    path = workspace.write_samples()
    assert polar() == 0
    path.parent.rename(path.parent.with_name("dart-math-diff-2"))
    assert polar("--target_diff", 2) == 0
    assert (workspace.root / "outputs" / "tiny-llama" / "diff-2" / "config.json").exists()


def refused(polar, capsys, *flags: object) -> str:
    assert polar(*flags) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("run_polar.py: ")
    return error


def test_missing_data_prints_the_expected_layout(polar, workspace, capsys) -> None:
    error = refused(polar, capsys)
    assert "tiny-llama/dart-math-diff-1/merged_mcts_samples.json" in error
    assert not (workspace.root / "outputs").exists()


def test_an_unknown_model_lists_the_known_ones(polar, capsys) -> None:
    assert "smollm2-135m" in refused(polar, capsys, "--model_path", "gpt5")


def test_a_malformed_samples_file_names_file_row_and_field(polar, workspace, capsys) -> None:
    path = workspace.write_samples()
    rows = json.loads(path.read_text())
    del rows["samples"][2]["gt_ans"]
    path.write_text(json.dumps(rows))
    error = refused(polar, capsys)
    assert str(path) in error and "gt_ans" in error
    path.write_text("{")
    assert str(path) in refused(polar, capsys)


def test_samples_of_another_depth_are_refused(polar, workspace, capsys) -> None:
    workspace.write_samples(paths=[(0, 1, 2, 3, 4, 5)])
    error = refused(polar, capsys)
    assert "merged_mcts_samples.json" in error and "final_valid_transitions" in error


def test_another_training_config_in_the_same_directory_is_refused(polar, workspace, capsys) -> None:
    workspace.write_samples()
    assert polar() == 0
    error = refused(polar, capsys, "--num_epochs", 4)
    assert "train.num_epochs is 4 here, 3 there" in error and "--run_tag" in error


def test_a_checkpoint_of_another_depth_is_refused(polar, workspace, capsys) -> None:
    from polar.model import PolarPredictor, PredictorConfig

    workspace.write_samples()
    sizes = PredictorConfig(depth=9, encoder_dim=8, d_model=8, heads=2)
    PolarPredictor(sizes).save_weights(workspace.root / "other.safetensors")
    other = workspace.root / "other.safetensors"
    error = refused(polar, capsys, "--checkpoint_path", other, "--encoder", "")
    assert "9 layers, this one has 4" in error


def test_evaluating_what_was_never_trained_says_so(polar, workspace, capsys) -> None:
    workspace.write_samples()
    assert "train one first" in refused(polar, capsys, "--eval", "--encoder", "")


def test_another_encoder_for_a_trained_predictor_is_refused(polar, workspace, capsys) -> None:
    workspace.write_samples()
    assert "names its own" in refused(polar, capsys, "--eval")


def test_an_encoder_that_changed_since_the_training_is_refused(polar, workspace, capsys) -> None:
    workspace.write_samples()
    assert polar() == 0
    tokenizer = next(workspace.encoder.rglob("tokenizer_config.json"))
    tokenizer.write_text(tokenizer.read_text() + "\n")
    error = refused(polar, capsys, "--eval", "--encoder", "")
    assert "is not the one that the predictor was trained with" in error


def test_a_published_checkpoint_takes_encoder_and_heads_from_the_command_line(
    polar, workspace, capsys
) -> None:
    import torch

    from polar.model import PolarPredictor, PredictorConfig
    from polar.published import RENAMED

    workspace.write_samples()
    theirs = {ours: name for name, ours in RENAMED.items()}
    weights = {}
    sizes = PredictorConfig(depth=4, encoder_dim=8, d_model=12, heads=3)
    for name, tensor in PolarPredictor(sizes).state_dict().items():
        first, *rest = name.split(".", 1)
        weights[".".join([theirs[first], *rest])] = tensor
    torch.save(weights, workspace.root / "published.pt")
    published = ("--checkpoint_path", workspace.root / "published.pt", "--polar_heads")
    assert "no multiple of heads 5" in refused(polar, capsys, *published, 5)
    assert polar(*published, 3) == 0
    assert "no record of the questions it was trained on" in capsys.readouterr().out
    assert reports(workspace)[0]["settings"]["encoder"] == str(workspace.encoder)


@pytest.mark.parametrize("flags", [("--dtype", "bfloat16"), ("--prompt_style", "fewshot")])
def test_evaluation_otherwise_than_searched_is_refused(polar, workspace, capsys, flags) -> None:
    from llm_depth_router.models import ModelRow
    from polar.prompting import choose_prompting

    prompt = choose_prompting(ModelRow("x/y"), max_new_tokens=4).describe()
    header = {"model": "tiny-llama", "depth": 4, "dtype": "float32", "prompt": prompt}
    workspace.write_samples(header)
    assert "searched" in refused(polar, capsys, *flags)


def relabel(path, splits: dict[str, str]) -> None:
    """Give the samples of some splits another one."""
    file = json.loads(path.read_text())
    for sample in file["samples"]:
        sample["split"] = splits.get(sample["split"], sample["split"])
    path.write_text(json.dumps(file))


def drop(path, *splits: str) -> None:
    """Take the samples of some splits out of the file."""
    file = json.loads(path.read_text())
    file["samples"] = [sample for sample in file["samples"] if sample["split"] not in splits]
    path.write_text(json.dumps(file))


def test_a_file_of_test_questions_alone_is_evaluated_without_a_menu(
    polar, workspace, capsys
) -> None:
    path = workspace.write_samples()
    assert polar() == 0
    trained = workspace.root / "outputs" / "tiny-llama" / "diff-1"
    drop(path, "train", "validation")
    capsys.readouterr()
    more = ("--checkpoint_path", trained, "--run_tag", "test-only", "--encoder", "")
    assert polar(*more) == 0
    printed = capsys.readouterr().out
    assert "4 test questions" in printed and "menu" not in printed
    assert reports(workspace)[0]["settings"]["test_questions_trained_on"] == 0


@pytest.mark.parametrize("flags", [("--checkpoint_path", "outputs/tiny-llama/diff-1"), ("--eval",)])
def test_questions_that_were_trained_on_are_not_tested(polar, workspace, capsys, flags) -> None:
    path = workspace.write_samples()
    assert polar() == 0
    relabel(path, {"train": "test", "validation": "test"})
    error = refused(polar, capsys, "--encoder", "", *flags)
    assert "trained on 12 of the 16 test questions" in error
    assert len(reports(workspace)) == 1


def test_a_run_of_the_releases_split_reports_how_many_test_questions_it_knows(
    polar, workspace, capsys
) -> None:
    path = workspace.write_samples()
    file = json.loads(path.read_text())
    tested = next(sample for sample in file["samples"] if sample["split"] == "test")
    tested["question"] = file["samples"][0]["question"]
    assert file["samples"][0]["split"] == "train"
    path.write_text(json.dumps(file))
    assert polar("--release_split") == 0
    assert "trained on 1 of the 4 test questions" in capsys.readouterr().out
    assert reports(workspace)[0]["settings"]["test_questions_trained_on"] == 1


def test_a_checkpoint_that_keeps_no_record_of_its_questions_is_told(
    polar, workspace, capsys
) -> None:
    from polar.model import PolarPredictor

    path = workspace.write_samples()
    assert polar() == 0
    weights = workspace.root / "outputs" / "tiny-llama" / "diff-1" / "predictor.safetensors"
    predictor = PolarPredictor.load_weights(weights)
    predictor.trained_on = None
    predictor.save_weights(weights)
    capsys.readouterr()
    assert polar("--eval", "--encoder", "") == 0  # config.json names the same samples
    assert "no record" not in capsys.readouterr().out
    relabel(path, {"train": "test"})
    assert polar("--eval", "--encoder", "") == 0
    assert "no record of the questions it was trained on" in capsys.readouterr().out
    assert reports(workspace)[-1]["settings"]["test_questions_trained_on"] is None


def test_search_and_arms_count_the_same_questions(polar, workspace, capsys) -> None:
    workspace.write_samples()
    assert polar("--num_samples", 2) == 0
    (report,) = reports(workspace)
    assert report["search"]["1"]["test"]["questions"] == 2
    assert report["summary"]["1"]["polar"]["questions"] == 2


@pytest.mark.parametrize(
    "flags", [("--num_samples", -1), ("--max_new_tokens", 0), ("--cache_gb", "nan")]
)
def test_numbers_that_make_no_sense_are_refused(polar, workspace, capsys, flags) -> None:
    workspace.write_samples()
    assert polar(*flags) == 2
    assert flags[0] in capsys.readouterr().err
