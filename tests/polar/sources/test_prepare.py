"""Guaranteed: what is asked for fits the source, and the same questions get the same splits."""

import json
from pathlib import Path

import pytest

from polar.sources.catalog import SOURCES
from polar.sources.field_names import FieldNames
from polar.sources.prepare import Preparation, gather, split_questions


def write_math(path: Path, count: int, repeats: int = 1) -> Path:
    """`count` questions of each of the levels 1 and 2, in the form of the pool."""
    rows = [
        {"query": f"Q{number}?", "query_id": f"q{number}", "gt_ans": "1",
         "query_metadata": {"level": 1 + number % 2}}
        for number in range(2 * count) for _ in range(repeats)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def splits(wish: Preparation) -> dict[str, str | None]:
    questions = split_questions(wish, gather(wish).questions)
    return {question.id: question.split for question in questions}


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"source": "math"}, "--source math needs --input"),
        ({"source": "jsonl"}, "--source jsonl needs --input"),
        ({"source": "arithmetic"}, "needs --target_diff"),
        ({"source": "arithmetic", "difficulty": 1, "inputs": (Path("x"),)}, "reads no files"),
        ({"source": "gsm8k", "difficulty": 1}, "has no levels: leave --target_diff away"),
        ({"source": "reasoning-gym"}, "--task names a task"),
        ({"source": "gsm8k", "task": "lcm"}, "--task names a task"),
        ({"source": "gsm8k", "count": 0}, "at least 1, not 0"),
        ({"source": "gsm8k", "count": 8, "sizes": (5, 1, 2)}, "goes with neither"),
        ({"source": "gsm8k", "count": 8, "split": "release"}, "goes with neither"),
        ({"source": "mawps", "split": "test", "sizes": (5, 1, 2)}, "no --split_sizes"),
    ],
)
def test_wishes_that_do_not_fit_together_are_refused(wish: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Preparation(**wish)


def test_one_difficulty_alone_gets_the_splits_it_has_beside_others(tmp_path: Path) -> None:
    path = write_math(tmp_path / "pool.jsonl", 40)
    everything = splits(Preparation("dart-math", (path,)))
    second = splits(Preparation("dart-math", (path,), difficulty=2))
    assert len(everything) == 80
    assert len(second) == 40
    assert second.items() <= everything.items()


def test_splits_do_not_depend_on_the_order_of_the_rows_or_their_repeats(tmp_path: Path) -> None:
    path = write_math(tmp_path / "pool.jsonl", 40)
    shuffled = tmp_path / "other.jsonl"
    shuffled.write_text("".join(reversed(write_math(shuffled, 40, 3).read_text().splitlines(True))))
    assert splits(Preparation("dart-math", (shuffled,))) == splits(
        Preparation("dart-math", (path,))
    )


def test_seeds_draw_different_splits(tmp_path: Path) -> None:
    path = write_math(tmp_path / "pool.jsonl", 40)
    first, second = (splits(Preparation("dart-math", (path,), seed=seed)) for seed in (0, 1))
    assert first != second


def test_release_splits_are_the_first_rows_by_position(tmp_path: Path) -> None:
    path = write_math(tmp_path / "pool.jsonl", 3, repeats=3)
    wish = Preparation("dart-math", (path,), difficulty=1, split="release", sizes=(2, 1, 2))
    assert splits(wish) == {
        "q0": "train",
        "q0#2": "train",
        "q0#3": "validation",
        "q2": "test",
        "q2#2": "test",
    }


def test_release_needs_its_2000_rows(tmp_path: Path) -> None:
    path = write_math(tmp_path / "pool.jsonl", 40)
    with pytest.raises(ValueError, match="needs 2000 questions of difficulty 1, there are 40"):
        splits(Preparation("dart-math", (path,), split="release"))


def test_benchmarks_are_test_questions_with_their_repeats(tmp_path: Path) -> None:
    path = tmp_path / "test.jsonl"
    rows = [{"question": text, "answer": "1"} for text in ("Q?", "R?", "Q ?")]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert splits(Preparation("mawps", (path,))) == {
        "mawps/test.jsonl/1": "test",
        "mawps/test.jsonl/2": "test",
        "mawps/test.jsonl/1#2": "test",
    }
    assert len(splits(Preparation("mawps", (path,), count=2))) == 2
    for split in ("test", "random"):
        there = 3 if split == "test" else 2
        message = (
            f"--num_questions 5 needs 5 .* are {there}: ask for at most --num_questions {there}$"
        )
        with pytest.raises(ValueError, match=message):
            splits(Preparation("mawps", (path,), split=split, count=5))
    assert len(splits(Preparation("mawps", (path,), split="random"))) == 2


def test_the_subsets_of_mawps_keep_every_row(tmp_path: Path) -> None:
    """In the original form each subset is a file whose rows are counted from 0 (iIndex)."""
    for subset in ("AddSub", "SingleOp"):
        (tmp_path / subset).mkdir()
        rows = [{"iIndex": n, "sQuestion": f"{subset} {n}?", "lSolutions": [n]} for n in range(2)]
        (tmp_path / subset / "questions.json").write_text(json.dumps(rows))
    assert list(splits(Preparation("mawps", (tmp_path,)))) == [
        *("mawps/AddSub/questions.json/1", "mawps/AddSub/questions.json/2"),
        *("mawps/SingleOp/questions.json/1", "mawps/SingleOp/questions.json/2"),
    ]


def test_rows_of_a_pool_without_ids_are_told_apart_by_their_files(tmp_path: Path) -> None:
    """Rows of one query id are one question; so two rows must not get one id by chance."""
    inputs = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        inputs.append(tmp_path / folder / "pool.jsonl")
        row = {"query": f"{folder}?", "gt_ans": "1", "query_metadata": {"level": 1}}
        inputs[-1].write_text(json.dumps(row))
    found = gather(Preparation("dart-math", tuple(inputs)))
    assert [question.question for question in found.questions] == ["a?", "b?"]
    assert found.repeats == 0


def test_fields_are_found_by_the_names_that_are_given(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"q": "Q?", "a": 3, "meta": {"level": "Level 4"}}))
    fields = FieldNames(question="q", answer="a", difficulty="meta.level")
    wish = Preparation("jsonl", (path,), difficulty=4, fields=fields)
    (question,) = gather(wish).questions
    assert (question.id, question.answer, question.difficulty) == ("jsonl/rows.jsonl/1", "3", 4)


def test_no_question_at_all_is_an_error(tmp_path: Path) -> None:
    path = write_math(tmp_path / "pool.jsonl", 4)
    with pytest.raises(ValueError, match="no question of difficulty 5 in 8 rows"):
        gather(Preparation("dart-math", (path,), difficulty=5))


def test_arithmetic_takes_sizes_of_its_own() -> None:
    found = splits(Preparation("arithmetic", difficulty=2, sizes=(5, 2, 3)))
    assert sorted(found.values()) == ["test"] * 3 + ["train"] * 5 + ["validation"] * 2


def test_only_benchmarks_keep_all_rows_and_only_the_pool_repeats_its_ids() -> None:
    assert [name for name, source in SOURCES.items() if source.is_benchmark] == [
        *("asdiv", "asdiv-all", "mawps", "mmlu-pro")
    ]
    assert [name for name, source in SOURCES.items() if source.has_same_question_ids] == [
        "dart-math"
    ]
