"""Guaranteed: ask.py prints each question's answers beside drawn programs; errors are one line."""

import pytest
import torch

from polar.model import PolarPredictor, PredictorConfig

SCRIPT = "scripts/ask.py"
RUN = "outputs/tiny/diff-1"


@pytest.fixture
def ask(command, workspace):
    """Runs ask.py in the workspace, whose model and predictor are random."""

    def run(*arguments: object, depth: int = 4) -> int:
        torch.manual_seed(0)
        sizes = {"d_model": 8, "heads": 2, "layers": 1, "encoder": str(workspace.encoder)}
        predictor = PolarPredictor(PredictorConfig(depth=depth, encoder_dim=8, **sizes))
        predictor.save_weights(workspace.root / RUN / "predictor.safetensors")
        return command(SCRIPT, "--model_path", workspace.model, "--device", "cpu", *arguments)

    return run


def test_the_program_and_the_full_path_stand_below_each_other(
    command, tiny_workspace, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tiny_workspace)
    flags = ("--model_path", "models/tiny", "--checkpoint_path", RUN, "--device", "cpu")
    assert command(SCRIPT, "What is 7 + 8?", *flags) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["What is 7 + 8?", "             0"]
    *drawn, probability, answer = lines[2].split()
    assert (" ".join(drawn), answer) == ("PoLar 1 =Rr. 5 layers p", "15")
    assert 0.5 < float(probability) <= 1
    assert " ".join(lines[3].split()) == "full path ==== 4 layers 15"
    assert lines[2].index("=") == lines[3].index("=") == lines[1].index("0")
    assert lines[-2] == "= kept   . skipped   R, Rr, … a block that runs twice"


def test_several_questions_get_several_programs_each(ask, capsys) -> None:
    questions = ("What is 1 + 1?", "How many\nlegs?")
    assert ask(*questions, "--checkpoint_path", RUN, "--top_k_paths", 2) == 0
    printed = capsys.readouterr().out
    assert [printed.count(part) for part in ("PoLar 1 ", "PoLar 2 ", "full path ")] == [2, 2, 2]
    assert "How many legs?\n" in printed


def test_what_a_model_babbles_cannot_move_the_cursor(ask, capsys) -> None:
    """A random model writes control characters and gives no answer."""
    assert ask("What is 1 + 1?", "--checkpoint_path", RUN) == 0
    printed = capsys.readouterr().out
    assert "no answer: " in printed
    assert all(character.isprintable() or character == "\n" for character in printed)


def test_control_characters_are_blanks_in_what_is_printed(load_script) -> None:
    ask = load_script(SCRIPT)
    assert ask.show("a\x1b[2J b\x07\n\u202ec") == "a [2J b c"
    assert ask.show_answer("\x1b[31m7\x9b", "") == "[31m7"
    assert ask.show_answer(None, "so\r\x1b[1A") == "no answer: 'so [1A'"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--checkpoint_path", "no/where/diff-1"), "no predictor at no/where/diff-1"),
        (("--checkpoint_path", RUN, "--model_path", "tinny"), "unknown model 'tinny'"),
        (("--checkpoint_path", RUN, "--device", "abacus"), "--device abacus"),
    ],
)
def test_bad_input_is_one_line(ask, capsys, arguments, message) -> None:
    assert ask("What is 1 + 1?", *arguments) == 2
    printed = capsys.readouterr()
    lines = [line for line in printed.err.splitlines() if line.startswith("ask.py: ")]
    assert len(lines) == 1 and message in lines[0] and printed.out == ""


def test_a_predictor_of_another_depth_is_one_line(ask, capsys) -> None:
    assert ask("What is 1 + 1?", "--checkpoint_path", RUN, depth=6) == 2
    assert "trained for a model of 6 layers, this one has 4" in capsys.readouterr().err


def test_an_interruption_is_one_line(ask, capsys, monkeypatch) -> None:
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("polar.pipeline.PolarPipeline.from_pretrained", interrupt)
    assert ask("What is 1 + 1?", "--checkpoint_path", RUN) == 130
    assert capsys.readouterr().err == "\nask.py: interrupted\n"


def test_a_question_and_a_predictor_are_needed(ask, capsys) -> None:
    assert ask("What is 1 + 1?") == 2
    assert ask("--checkpoint_path", RUN) == 2
    assert "question" in capsys.readouterr().err
