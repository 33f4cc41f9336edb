"""Guaranteed: the command prints the table of a search, its random control and its draws."""

SCRIPT = "scripts/compare_searches.py"


def test_searches_and_draws_of_the_same_questions_stand_side_by_side(
    command, workspace, capsys
) -> None:
    common = ("--model_path", workspace.model, "--questions", workspace.questions,
              "--num_questions", 2, "--max_new_tokens", 2, "--device", "cpu")  # fmt: skip
    search = ("scripts/run_mcts.py", *common, "--target_diff", 1, "--num_simulations", 3)
    assert command(*search, "--output", "tree.json") == 0
    assert command(*search, "--output", "random.json", "--rule", "random") == 0
    draw = ("scripts/sample_answers.py", *common, "--draws", 3, "--output", "draws.jsonl")
    assert command(*draw) == 0
    capsys.readouterr()
    assert command(SCRIPT, "tree.json", "random.json", "draws.jsonl") == 0
    out = capsys.readouterr().out
    assert out.startswith("difficulty 1: 2 questions, 3 executions each")
    assert all(name in out for name in ("release skip_loop", "random skip_loop", "sample, temp"))
    assert "release skip_loop minus sample, temperature 0.7, of the misses: +0.0 points" in out


def test_a_file_that_is_not_there_is_one_line_and_code_2(command, capsys) -> None:
    assert command(SCRIPT, "nowhere.json") == 2
    assert capsys.readouterr().err.startswith("compare_searches.py: nowhere.json does not exist")
