"""Guaranteed: a search writes its samples, resumes by itself, and refuses what does not fit."""

import json
import time

import pytest
import torch
from transformers import AutoModelForCausalLM

from mcts.lockstep import Progress
from mcts.rules import PRESETS, STOPS
from mcts.samples import load_samples
from mcts.sealed_line import open_line, seal_line
from mcts.trace import Execution, SearchTrace
from polar.launch import Place

SCRIPT = "scripts/run_mcts.py"


@pytest.fixture
def search(command, workspace):
    """Runs a small search in the workspace; more flags replace or add."""

    def run(*more: object) -> int:
        flags = ("--model_path", workspace.model, "--questions", workspace.questions,
                 "--data_root", workspace.data, "--target_diff", 1, "--num_simulations", 3,
                 "--num_questions", 4, "--max_new_tokens", 2, "--device", "cpu")  # fmt: skip
        return command(SCRIPT, *flags, *more)

    return run


def test_a_search_writes_every_execution_and_then_the_samples(search, workspace, capsys) -> None:
    assert search() == 0
    file = load_samples(workspace.samples, depth=4)
    questions = workspace.make_questions()[:4]
    assert [(s.id, s.answer, s.split) for s in file.samples] == [
        (q.id, q.answer, q.split) for q in questions
    ]
    assert all(len(sample.trace) == 3 for sample in file.samples)
    assert all(sample.trace[0].path == (0, 1, 2, 3) for sample in file.samples)
    assert (file.header["model"], file.header["dtype"]) == ("tiny-llama", "float32")
    assert file.header["prompt"]["max_new_tokens"] == 2
    (journal,) = workspace.samples.parent.glob("*-journals/*.jsonl")
    assert len(journal.read_text().splitlines()) == 1 + 4 * 3
    assert "0/4 questions solved" in capsys.readouterr().out


def test_progress_shows_questions_rate_and_share_and_names_questions_on_request(
    search, capsys
) -> None:
    assert search("--log_questions") == 0
    out, err = capsys.readouterr()
    assert out.count("0 of 3 paths valid") == 4
    last = err.replace("\r", "\n").strip().splitlines()[-1]
    assert "search: " in last and "12/12 [" in last
    assert "runs/s, 4/4 questions, 0/4 solved]" in last
    assert search("--num_questions", 5) == 0  # the bar goes on from what was done before
    last = capsys.readouterr().err.replace("\r", "\n").strip().splitlines()[-1]
    assert "15/15 [" in last and "runs/s, 5/5 questions, 0/5 solved]" in last


def test_time_left_is_told_before_the_first_question_ends(load_script, capsys) -> None:
    bar = load_script(SCRIPT).ProgressBar(3, {"done": True}, 10)
    time.sleep(0.2)
    bar(Progress(3, 0, 0, num_executed=5, num_replayed=2, just_finished=()))
    line = capsys.readouterr().err.split("\r")[-1]
    assert "17/40 [" in line and "0.00 runs/s" not in line and "?" not in line
    assert "1/4 questions, 1/1 solved]" in line
    short = SearchTrace((Execution((0,), True, "1", None, 1, 1.0),) * 4)  # 4 of 10 executions
    bar(Progress(3, 1, 1, num_executed=6, num_replayed=2, just_finished=(("q", short),)))
    bar.close()
    line = capsys.readouterr().err.split("\r")[-1]
    assert "18/34 [" in line and "2/4 questions, 2/2 solved]" in line


def test_the_other_processes_show_nothing(load_script, capsys) -> None:
    bar = load_script(SCRIPT).ProgressBar(3, {}, 10, show=False)
    bar(Progress(3, 0, 0, num_executed=5, num_replayed=2, just_finished=()))
    bar.close()
    assert capsys.readouterr().err == ""


def test_of_several_processes_the_bar_names_the_one_it_is_about(load_script) -> None:
    name_part = load_script(SCRIPT).name_part
    cpu = torch.device("cpu")
    assert name_part("0/1", Place(0, 1, cpu)) == "search"
    assert name_part("3/8", Place(0, 2, cpu)) == "search, shard 3/8, process 0 of 2"


def test_the_same_command_runs_nothing_again(search, workspace) -> None:
    assert search() == 0
    before = workspace.samples.read_bytes()
    (journal,) = workspace.samples.parent.glob("*-journals/*.jsonl")
    recorded = journal.read_bytes()
    assert search() == 0
    assert (workspace.samples.read_bytes(), journal.read_bytes()) == (before, recorded)


def test_an_interrupted_search_goes_on_to_the_same_samples(search, workspace) -> None:
    assert search() == 0
    before = workspace.samples.read_bytes()
    (journal,) = workspace.samples.parent.glob("*-journals/*.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:6]) + lines[6][:20])
    workspace.samples.unlink()
    assert search() == 0
    assert workspace.samples.read_bytes() == before


def test_shards_meet_in_the_same_samples(search, workspace, capsys) -> None:
    assert search() == 0
    whole = workspace.samples.read_bytes()
    output = workspace.root / "sharded" / "samples.json"
    assert search("--output", output, "--shard", "1/2") == 0
    assert "left to other processes: 2 questions or more" in capsys.readouterr().out
    assert not output.exists()
    assert search("--output", output, "--shard", "0/2") == 0
    assert output.read_bytes() == whole


def test_what_is_left_is_dealt_again_to_any_number_of_processes(
    search, workspace, load_script, monkeypatch
) -> None:
    assert search("--num_questions", 3) == 0
    ids = [question.id for question in workspace.make_questions()]
    run_mcts = load_script(SCRIPT)
    place = Place(1, 2, torch.device("cpu"))
    told: list[dict[str, bool]] = []

    def gather_all(place: Place, mine: dict[str, bool]) -> dict[str, bool]:
        told.append(mine)
        return mine | {ids[0]: False, ids[2]: False}  # what the other process found

    monkeypatch.setattr(run_mcts, "find_place", lambda device: place)
    monkeypatch.setattr(run_mcts, "gather_all", gather_all)
    flags = {"model_path": workspace.model, "questions": workspace.questions, "target_diff": 1,
             "data_root": workspace.data, "num_simulations": 3, "num_questions": 8,
             "max_new_tokens": 2}  # fmt: skip
    words = [str(word) for name, value in flags.items() for word in (f"--{name}", value)]
    assert run_mcts.main(words) == 0
    assert told == [{ids[1]: False}]
    _, ours = sorted(workspace.samples.parent.glob("*-journals/*.jsonl"))
    searched = {json.loads(line)["question"] for line in ours.read_text().splitlines()[1:]}
    assert searched == {ids[4], ids[6]}  # every second of the five that were left


def test_more_questions_continue_a_search_and_fewer_shorten_its_samples(search, workspace) -> None:
    assert search() == 0
    four = workspace.samples.read_bytes()
    (journal,) = workspace.samples.parent.glob("*-journals/*.jsonl")
    recorded = journal.read_bytes()
    assert search("--num_questions", 6) == 0
    assert journal.read_bytes().startswith(recorded)
    assert len(journal.read_text().splitlines()) == 1 + 6 * 3
    assert len(load_samples(workspace.samples).samples) == 6
    assert search() == 0
    assert workspace.samples.read_bytes() == four


def test_a_question_that_has_changed_is_refused(search, workspace, capsys) -> None:
    assert search() == 0
    rows = [json.loads(line) for line in workspace.questions.read_text().splitlines()]
    rows[2]["answer"] = "another"
    workspace.questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert search() == 2
    error = capsys.readouterr().err
    assert f"question '{rows[2]['id']}' had another text or reference answer" in error


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--model_path", "gpt5"), "unknown model 'gpt5'"),
        (("--questions", "none.jsonl"), "no questions file at none.jsonl"),
        (("--target_diff", 2), "no question of difficulty 2; it has [1]"),
        (("--shard", "3/2"), "--shard 3/2 is not I/N"),
        (("--min_length", 9), "min_length"),
        (("--widening", 2.0), "the rule release has no constant 'widening'"),
        (("--num_simulations", 0), "num_simulations"),
        (("--device", "foo"), "--device foo"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(search, capsys, flags, message) -> None:
    assert search(*flags) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("run_mcts.py: ") and message in error


def test_a_journal_of_other_settings_is_refused_with_the_difference(search, capsys) -> None:
    assert search() == 0
    assert search("--seed", 7) == 2
    assert "seed is 0 here, 7 there" in capsys.readouterr().err


def test_another_model_in_a_folder_of_the_same_name_is_refused(search, workspace, capsys) -> None:
    assert search() == 0
    model = AutoModelForCausalLM.from_pretrained(workspace.model)
    torch.nn.init.zeros_(model.lm_head.weight)
    model.save_pretrained(workspace.model)
    assert search() == 2
    assert "weights is " in capsys.readouterr().err


def test_another_tokenizer_in_the_same_folder_is_refused(search, workspace, capsys) -> None:
    assert search() == 0
    file = workspace.model / "tokenizer.json"
    rules = json.loads(file.read_text())
    vocabulary = rules["model"]["vocab"]
    vocabulary["1"], vocabulary["7"] = vocabulary["7"], vocabulary["1"]
    file.write_text(json.dumps(rules))
    assert search("--num_questions", 6) == 2
    assert "tokenizer is " in capsys.readouterr().err


def test_executions_recorded_twice_with_different_verdicts_are_named(
    search, workspace, capsys
) -> None:
    assert search() == 0
    (journal,) = workspace.samples.parent.glob("*-journals/*.jsonl")
    settings, *lines = journal.read_bytes().splitlines(keepends=True)
    turned = [seal_line({**open_line(line), "correct": True}) for line in lines[:2]]
    journal.with_name("zzzz.jsonl").write_bytes(settings + b"".join(turned))
    capsys.readouterr()
    assert search() == 0
    out = capsys.readouterr().out
    assert "recorded twice with different verdicts" in out and "0/4 questions solved" in out


def test_the_flags_of_constants_are_those_of_the_rules(load_script) -> None:
    flags = load_script(SCRIPT).CONSTANTS
    presets = [{**preset.defaults(12), **STOPS} for preset in PRESETS.values()]
    constants = {name: type(value) for preset in presets for name, value in preset.items()}
    assert {name: kind for name, (kind, _) in flags.items()} | {"num_simulations": int} == constants


@pytest.mark.parametrize(
    "flags", [("--width", 0), ("--num_questions", -3), ("--max_new_tokens", 0), ("--cache_gb", -1)]
)
def test_numbers_that_make_no_sense_are_refused(search, capsys, flags) -> None:
    assert search(*flags) == 2
    assert flags[0] in capsys.readouterr().err


def test_a_samples_file_of_others_is_not_overwritten(search, workspace, capsys) -> None:
    output = workspace.root / "theirs.json"
    output.write_text("{}")
    assert search("--output", output) == 2
    assert "was not made here" in capsys.readouterr().err
    assert output.read_text() == "{}"


def test_a_prompt_too_long_for_the_model_is_named(search, workspace, capsys) -> None:
    row = {"id": "long", "question": "x" * 300, "answer": "1", "difficulty": 1}
    workspace.questions.write_text(json.dumps(row) + "\n")
    assert search() == 2
    assert "question 'long' cannot run: a prompt of" in capsys.readouterr().err
    assert not workspace.data.exists()
