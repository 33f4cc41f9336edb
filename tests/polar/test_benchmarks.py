"""Guaranteed: every benchmark has its column, subjects are cut alike, computer science is apart."""

from pathlib import Path

import pytest

from polar.benchmarks import group_columns, leave_out_trained, load_benchmarks, take_first
from polar.questions import Question, save_questions
from polar.trained_on import mark_questions


def write(path: Path, *questions: Question) -> Path:
    save_questions(path, questions)
    return path


def ask(id: str, subject: str | None = None) -> Question:
    return Question(id, "Q?", "1", subject=subject)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    subjects = ("math", "math", "math", "law", "computer science")
    choices = [Question(f"mmlu-pro/{n}", f"Q{n}?\nA. 1\nB. 2", "A", subject=subject,
                        options=("1", "2")) for n, subject in enumerate(subjects)]  # fmt: skip
    return [
        write(tmp_path / "a.jsonl", ask("asdiv/1", "Addition"), ask("asdiv/2", "Sum")),
        write(tmp_path / "mmlu.jsonl", *choices),
        write(tmp_path / "mine.jsonl", ask("x"), ask("y")),
    ]


def test_a_benchmark_is_named_by_its_ids_else_by_its_file(files: list[Path]) -> None:
    found = load_benchmarks(files)
    assert {name: len(members) for name, members in found.items()} == {
        "asdiv": 2,
        "mmlu-pro": 5,
        "mine": 2,
    }


def test_mmlu_pro_is_known_however_its_ids_spell_it(tmp_path: Path) -> None:
    file = write(tmp_path / "m.jsonl", ask("mmlu_pro/1", "math"), ask("mmlu_pro/2", "law"))
    assert list(group_columns(load_benchmarks([file])))[:2] == ["mmlu-pro/math", "mmlu-pro/law"]


def test_what_was_trained_on_is_left_out_and_counted(files: list[Path]) -> None:
    benchmarks = load_benchmarks(files)
    kept, left_out = leave_out_trained(benchmarks, mark_questions(["q0? a. 1 b. 2", "Other?"]))
    assert left_out == {"asdiv": 0, "mmlu-pro": 1, "mine": 0}
    assert [question.id for question in kept["mmlu-pro"]] == [f"mmlu-pro/{n}" for n in range(1, 5)]
    assert kept["asdiv"] == benchmarks["asdiv"]
    with pytest.raises(ValueError, match="trained on all 2 questions of asdiv"):
        leave_out_trained(benchmarks, mark_questions(["Q?"]))


def test_a_limit_takes_of_all_subjects_alike(files: list[Path]) -> None:
    found = take_first(load_benchmarks(files), 3)
    assert [question.subject for question in found["mmlu-pro"]] == [
        "math",
        "law",
        "computer science",
    ]
    assert [question.id for question in found["asdiv"]] == ["asdiv/1", "asdiv/2"]
    subsets = ("addsub", "addsub", "multiarith")
    mawps = [Question(str(n), "?", "1", subject=name) for n, name in enumerate(subsets)]
    assert [q.subject for q in take_first({"mawps": mawps}, 2)["mawps"]] == ["addsub", "multiarith"]


def test_the_columns_are_benchmarks_subjects_and_two_wholes(files: list[Path]) -> None:
    columns = group_columns(load_benchmarks(files))
    assert {name: len(members) for name, members in columns.items()} == {
        "asdiv": 2,
        "mine": 2,
        "mmlu-pro/math": 3,
        "mmlu-pro/law": 1,
        "mmlu-pro/computer science": 1,
        "mmlu-pro: 13 subjects": 4,  # without computer science, as in the paper
        "mmlu-pro: all": 5,
    }


def test_a_benchmark_given_twice_or_a_shared_id_is_refused(files: list[Path], tmp_path) -> None:
    again = write(tmp_path / "again.jsonl", ask("asdiv/3"))
    with pytest.raises(ValueError, match=r"again\.jsonl holds asdiv again"):
        load_benchmarks([*files, again])
    other = write(tmp_path / "other.jsonl", ask("x"))
    with pytest.raises(ValueError, match="share an id"):
        load_benchmarks([*files, other])
