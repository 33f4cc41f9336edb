"""Guaranteed: draws do not depend on interruptions, and growing the numbers keeps what is there."""

import json

import pytest

from mcts.draws import read_draws

SCRIPT = "scripts/sample_answers.py"


@pytest.fixture
def draw(command, workspace):
    def run(*more: object) -> int:
        flags = ("--model_path", workspace.model, "--questions", workspace.questions,
                 "--output", "draws.jsonl", "--num_questions", 3, "--draws", 4,
                 "--max_new_tokens", 3, "--device", "cpu")  # fmt: skip
        return command(SCRIPT, *flags, *more)

    return run


def test_an_interrupted_run_goes_on_to_the_same_draws(draw, workspace, capsys) -> None:
    assert draw() == 0
    settings, draws = read_draws(workspace.root / "draws.jsonl")
    assert settings["rule"] == {"name": "sample", "temperature": 0.7}
    ids = [question.id for question in workspace.make_questions()[:3]]
    assert [(d.question, d.draw) for d in draws] == [(id, n) for n in range(4) for id in ids]
    assert len({d.response for d in draws}) > 6
    assert "0/3 questions solved by any of 4 draws, 0 right draws of 12" in capsys.readouterr().out

    path = workspace.root / "draws.jsonl"
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:6]) + b'{"ques')
    assert draw() == 0
    assert path.read_bytes() == whole
    assert draw("--num_questions", 4, "--draws", 5) == 0
    assert path.read_bytes().startswith(whole)
    assert len(read_draws(path)[1]) == 4 * 5


def test_what_does_not_fit_is_one_line_and_code_2(draw, workspace, capsys) -> None:
    assert draw() == 0
    for flags, message in (
        (("--seed", 1), "seed is 0 here, 1 there"),
        (("--questions", "none.jsonl"), "no questions file"),
        (("--cache_gb", 1e-7), "cannot run: the keys and values"),
    ):
        assert draw(*flags, *(("--output", "b.jsonl") if "--cache_gb" in flags else ())) == 2
        error = capsys.readouterr().err.strip().splitlines()[-1]
        assert error.startswith("sample_answers.py: ") and message in error
    (workspace.root / "theirs.json").write_text('{"precious": 1}')
    assert draw("--output", "theirs.json") == 2
    assert "theirs.json is something else: move it" in capsys.readouterr().err
    assert (workspace.root / "theirs.json").read_text() == '{"precious": 1}'
    rows = [json.loads(line) for line in workspace.questions.read_text().splitlines()]
    rows[0]["answer"] += "0"
    workspace.questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert draw() == 2
    assert "another text or reference answer" in capsys.readouterr().err
