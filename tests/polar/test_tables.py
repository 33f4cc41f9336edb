"""Guaranteed: tables come from the report alone, without torch, and have the paper's columns."""

import json
import subprocess
import sys
from pathlib import Path

from polar.ood_table import format_benchmarks
from polar.report_shape import load_report
from polar.tables import format_report

ROOT = Path(__file__).parent.parent.parent
SUBJECTS = ["law", "computer science", "math"]


def score(hits: int, total: int, arm: str) -> dict:
    """What a report has of an arm that answers `hits` of `total` questions."""
    return {
        "questions": total,
        "pass_at": [[hits, total]],
        "mean_layers": 30.0,
        "mean_unique_layers": 30.0,
        "no_answer": [1, total],
        "top1_is_full_path": [0, total],
        "interval": [-0.05, 0.1],
        "sources": {"executed": total},
    }


def make_benchmark_report() -> dict:
    """Math 1 of 2 → 2 of 2, law 0 of 6 → 3 of 6, computer science 0 of 2 → 1 of 2."""
    hits = {
        "asdiv": (5, 6, 10),
        "mmlu-pro/law": (0, 3, 6),
        "mmlu-pro/computer science": (0, 1, 2),
        "mmlu-pro/math": (1, 2, 2),
        "mmlu-pro: 13 subjects": (1, 5, 8),
        "mmlu-pro: all": (1, 6, 10),
    }
    return {
        "schema": 2,
        "search": {},
        "summary": {
            group: {
                "full path": score(full, total, "full path"),
                "polar": score(polar, total, "polar"),
                "menu 1": score(0, total, "menu 1") | {"pass_at": []},
                "sampling 0.3": score(full, total, "sampling 0.3"),
            }
            for group, (full, polar, total) in hits.items()
        },
    }


def words(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_table_3_has_the_papers_columns_and_computer_science_apart() -> None:
    lines = words(format_report(make_benchmark_report()))
    assert lines[:5] == [
        "pass@1, % ASDiv Math Law CS",
        "full path 50.0 50.0 0.0 0.0",
        "PoLar 60.0 100.0 50.0 50.0",
        "sampling τ=0.3 50.0 50.0 0.0 0.0",
        "questions 10 2 6 2",
    ]


def test_means_are_over_subjects_and_over_questions_without_and_with_computer_science() -> None:
    lines = words(format_report(make_benchmark_report()))
    start = lines.index(
        "MMLU-Pro mean, % over subjects (2 subjects) over questions (2 subjects) "
        "over subjects (3 subjects) over questions (3 subjects)"
    )
    assert lines[start + 2] == "PoLar 75.0 62.5 66.7 60.0"  # 5/8 and 6/10 of the questions


def test_every_column_has_counts_no_answer_rate_and_interval() -> None:
    lines = words(format_report(make_benchmark_report()))
    start = lines.index("mmlu-pro/law, 6 questions")
    assert lines[start + 2 : start + 4] == [
        "full path 0.0% 0/6 16.7% 1/6 30.0",
        "PoLar 50.0% 3/6 16.7% 1/6 30.0 95% -5.0 … +10.0",
    ]


def test_rows_of_unknown_subjects_have_columns_of_their_own() -> None:
    report = make_benchmark_report()
    law = report["summary"]["mmlu-pro/law"]
    report["summary"] = {"mmlu-pro/none": law, "mmlu-pro: all": law}
    lines = words(format_report(report))
    assert lines[:3] == ["pass@1, % mmlu-pro/none", "full path 0.0", "PoLar 50.0"]
    assert "MMLU-Pro mean, % over subjects (1 subjects) over questions (1 subjects)" in lines


def test_questions_that_the_encoder_cut_are_told() -> None:
    report = make_benchmark_report()
    assert "cut off" not in format_report(report)
    report["settings"] = {"questions_cut_by_the_encoder": 3}
    assert format_report(report).endswith(
        "\n\n3 questions are longer than the encoder reads: what follows is cut off"
    )


def test_without_mmlu_pro_there_are_no_means() -> None:
    report = make_benchmark_report()
    report["summary"] = {"asdiv": report["summary"]["asdiv"]}
    assert "mean" not in format_benchmarks(report)


def test_the_labels_that_were_used_are_counted() -> None:
    arms = {name: score(1, 4, name) for name in ("full path", "polar")}
    search = {"questions": 4, "solved": 2, "executions": 9, "parsed_valid_paths": 1,
              "valid_paths": 2}  # fmt: skip
    report = {
        "schema": 2,
        "search": {"1": {"test": search, "all": search}},
        "summary": {"1": arms},
        "best_sampling": {"1": []},
        "verdicts": {"1": {"executed": 5, "searched": 3, "labelled": 2, "error": 1}},
    }
    expected = (
        "verdicts: 5 executed, 3 taken from the search's labels, "
        "2 from labels without an answer, 1 of prompts that cannot run"
    )
    assert expected in words(format_report(report))


def test_prompts_that_cannot_run_are_told_under_table_3() -> None:
    report = make_benchmark_report()
    report["verdicts"] = {"asdiv": {"executed": 9, "error": 1}, "mmlu-pro/law": {"executed": 6}}
    assert format_report(report).endswith(
        "\n\nprompts that cannot run, which count as wrong: 1 of asdiv"
    )


def test_the_report_of_the_demo_can_be_printed_again() -> None:
    for path in sorted((ROOT / "docs" / "reports").glob("demo-*.json")):
        assert "PoLar, pass@1" in format_report(load_report(path))


def test_reports_print_without_torch(tmp_path: Path) -> None:
    path = tmp_path / "report-1.json"
    path.write_text(json.dumps(make_benchmark_report()))
    code = (
        "import sys; from scripts import print_report as p; code = p.main(sys.argv[1:]);"
        "heavy = {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules);"
        "sys.exit(code or len(heavy))"
    )
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().startswith("pass@1, %")
