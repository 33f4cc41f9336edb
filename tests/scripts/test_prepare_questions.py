"""Guaranteed: the command writes what it was asked for, says what it did, and ends with code 2 and
one line when it cannot."""

import gzip
import json
import sys
from pathlib import Path

import pytest

from llm_depth_router.prompts import STYLES
from mcts.samples import Sample, write_samples
from polar.arithmetic import make_arithmetic
from polar.questions import Question, load_questions

SCRIPT = "scripts/prepare_questions.py"


def write_rows(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_arithmetic_is_what_the_ladder_makes(command, tmp_path: Path, capsys) -> None:
    output = tmp_path / "Q.jsonl"
    flags = ("--source", "arithmetic", "--target_diff", 3, "--num_questions", 64, "--seed", 0)
    assert command(SCRIPT, *flags, "--output", output) == 0
    assert load_questions(output) == make_arithmetic(3, 64, seed=0)
    text = capsys.readouterr().out
    assert f"{output}: 64 questions (40 train, 8 validation, 16 test)" in text
    assert "0 of 16 test questions (0 of 16 rows) also stand in train" in text


def test_the_summary_counts_what_became_of_every_row(command, tmp_path: Path, capsys) -> None:
    rows = [
        {"problem": f"Q{n}?", "level": "Level 1", "solution": rf"\boxed{{{n}}}"} for n in range(8)
    ]
    rows += [
        {"problem": "q 0 ?", "level": "Level 1", "solution": r"\boxed{7}"},
        {"problem": "Q9?", "level": "Level ?", "solution": r"\boxed{9}"},
    ]
    path, output = write_rows(tmp_path / "rows.jsonl", rows), tmp_path / "Q.jsonl"
    flags = ("--source", "math", "--input", path, "--output", output)
    assert command(SCRIPT, *flags) == 2
    error = capsys.readouterr().err
    assert error == (
        f"prepare_questions.py: {path}, row 10: 'level' is 'Level ?', not one of Level 1 to "
        "Level 5; correct it, or add --skip_bad to leave such rows out\n"
    )
    assert not output.exists()
    assert command(SCRIPT, *flags, "--skip_bad") == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[:7] == [
        f"{output}: 8 questions (5 train, 1 validation, 2 test)",
        "rows read: 10",
        "rows that repeat a question: 1 (dropped)",
        f"with another answer than the first: {path}, row 9: '7', but '0' in math/rows.jsonl/1",
        "malformed rows skipped: 1",
        f"{path}, row 10: 'level' is 'Level ?', not one of Level 1 to Level 5",
        "the 10 rows are a part, or another edition",
    ]
    assert "difficulty 1: 8 questions (5 train, 1 validation, 2 test)" in lines


def test_a_benchmark_says_which_one_it_is(command, tmp_path: Path, capsys) -> None:
    rows = [{"question": f"Q{number}?", "result": str(number)} for number in range(520)]
    path = write_rows(tmp_path / "test.jsonl", rows)
    output = tmp_path / "Q.jsonl"
    assert command(SCRIPT, "--source", "mawps", "--input", path, "--output", output) == 0
    assert "the 520 rows are the test questions of Calc-MAWPS" in capsys.readouterr().out
    assert {question.split for question in load_questions(output)} == {"test"}


def test_fields_are_named_by_flags(command, tmp_path: Path) -> None:
    row = {"q": "Q?", "a": 3, "key": "x", "meta": {"level": "Level 4"}, "area": "sums"}
    path, output = write_rows(tmp_path / "rows.jsonl", [row]), tmp_path / "Q.jsonl"
    flags = ["--source", "jsonl", "--input", path, "--output", output, "--split", "test"]
    names = {"question": "q", "answer": "a", "id": "key", "difficulty": "meta.level"}
    for name, field in (names | {"subject": "area"}).items():
        flags += [f"--{name}_field", field]
    assert command(SCRIPT, *flags) == 0
    assert load_questions(output) == [
        Question("x", "Q?", "3", difficulty=4, split="test", subject="sums")
    ]


def test_multiple_choice_reaches_the_prompt_with_its_options(command, tmp_path: Path) -> None:
    row = {"question_id": 7, "question": "Which is even?", "options": ["3", "4"], "answer": "B"}
    path, output = write_rows(tmp_path / "p.jsonl", [row | {"category": "math"}]), tmp_path / "Q"
    assert command(SCRIPT, "--source", "mmlu-pro", "--input", path, "--output", output) == 0
    (question,) = load_questions(output)
    assert (question.answer, question.options, question.subject) == ("B", ("3", "4"), "math")
    prompt = STYLES["direct"].render(question.question)
    assert "### Problem Start\nWhich is even?\nA. 3\nB. 4\n### Problem End\n" in prompt


def test_the_audit_reads_every_published_shape(command, tmp_path: Path, capsys) -> None:
    rows = [
        {"sample_info": {"question": f"Q{n % 8}?", "ground_truth": "1"},
         "final_valid_transitions": [{"path": [0]}]}
        for n in range(16)
    ]  # fmt: skip
    shapes = {"list": rows, "samples": {"samples": rows}, "values": dict(enumerate(rows))}
    for name, shape in shapes.items():
        path = tmp_path / f"{name}.json.gz"
        path.write_bytes(gzip.compress(json.dumps(shape).encode()))
        assert command(SCRIPT, "audit", path) == 0
        text = capsys.readouterr().out
        assert f"{path}: (no splits in it: cut by position)" in text
        assert "4 of 4 test questions (4 of 4 rows) also stand in train" in text


def test_the_audit_finds_the_leak_of_a_positional_split(command, tmp_path: Path, capsys) -> None:
    rows = [
        {"query": f"Q{n % 5}?", "query_id": f"q{n % 5}", "gt_ans": "1",
         "query_metadata": {"level": 1}}
        for n in range(16)
    ]  # fmt: skip
    path, output = write_rows(tmp_path / "pool.jsonl", rows), tmp_path / "Q.jsonl"
    flags = ("--source", "dart-math", "--input", path, "--output", output, "--split", "release")
    assert command(SCRIPT, *flags, "--split_sizes", "10/2/4") == 0
    assert "4 of 4 test questions (4 of 4 rows) also stand in train" in capsys.readouterr().out
    samples = tmp_path / "merged_mcts_samples.json"
    write_samples(samples, {}, [Sample("a", "New?", "1", None, 0.0, ((0,),), ())])
    assert command(SCRIPT, "audit", output, samples) == 0
    text = capsys.readouterr().out
    assert f"{samples}: (no splits in it: cut by position)" in text
    assert "all files together:" in text
    assert text.count("4 of 4 test questions (4 of 4 rows) also stand in train") == 2


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--source", "dart-math"), "needs the package datasets, which is not installed"),
        (("--source", "reasoning-gym", "--task", "x"), "needs the package reasoning_gym"),
        (("--source", "gsm8k", "--question_field", "q"), "--question_field goes with --source js"),
        (("--source", "math", "--input", "none.jsonl"), "none.jsonl does not exist"),
        (("audit", "none.jsonl"), "none.jsonl does not exist"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    command, tmp_path: Path, capsys, monkeypatch, flags: tuple, message: str
) -> None:
    for package in ("datasets", "reasoning_gym"):
        monkeypatch.setitem(sys.modules, package, None)
    output = () if flags[0] == "audit" else ("--output", tmp_path / "Q.jsonl")
    assert command(SCRIPT, *flags, *output) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error


@pytest.mark.parametrize("sizes", ["1250/250", "a/b/c", "0/0/0"])
def test_sizes_that_are_none_are_refused(command, tmp_path: Path, sizes: str, capsys) -> None:
    flags = ("--source", "gsm8k", "--split_sizes", sizes, "--output", tmp_path / "Q.jsonl")
    assert command(SCRIPT, *flags) == 2
    assert "1250/250/500" in capsys.readouterr().err
