"""Guaranteed: what is no report, or not a whole one, is one line that names the first gap."""

import json
from pathlib import Path

import pytest

from polar.report_shape import load_report

ARM = {
    "questions": 1,
    "pass_at": [[1, 1]],
    "mean_layers": 4.0,
    "mean_unique_layers": 4.0,
    "no_answer": [0, 1],
    "top1_is_full_path": [1, 1],
    "interval": [0.0, 0.0],
}
ARMS = {"full path": ARM, "polar": ARM, "menu 1": ARM | {"pass_at": []}}
FOUND = {"questions": 1, "solved": 1, "executions": 1, "valid_paths": 1, "parsed_valid_paths": 1}
REPORT = {
    "schema": 2,
    "summary": {"1": ARMS},
    "search": {"1": {"test": FOUND, "all": FOUND}},
    "settings": {},
    "verdicts": {"1": {"executed": 1}},
}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "holds no report"),
        ("[]", "give a report"),
        ('{"summary": {}, "schema": 99}', "99"),
        ('{"summary": {}}', "no whole report"),
        ('{"summary": {}, "search": {}}', "no whole report"),
        ('{"summary": {"1": {"polar": {}}}, "search": {}}', "no whole report"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_report_is_named(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "report-1.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=reason):
        load_report(path)
    with pytest.raises(ValueError, match="no report at"):
        load_report(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"summary": {"1": ARMS | {"polar": ARM | {"mean_layers": "x"}}}}, "mean_layers is str"),
        ({"summary": {"1": ARMS | {"polar": ARM | {"interval": [1]}}}}, "interval has 1 items"),
        ({"summary": {"1": ARMS | {"polar": ARM | {"pass_at": []}}}}, r"1\.polar has no pass_at"),
        ({"summary": {"1": ARMS, "2": {"polar": ARM, "full path": ARM}}}, "2 has other arms"),
        ({"search": {"2": {"test": FOUND, "all": FOUND}}}, r"search\.1 is missing"),
        ({"verdicts": {"1": {"executed": None}}}, "executed is NoneType, not int"),
        ({"summary": {"mmlu-pro: all": ARMS}, "search": {}}, "means of MMLU-Pro alone"),
        (
            {"summary": {"1": ARMS | {"menu 1": ARM}, "a": ARMS}, "search": {}},
            "menu 1 has no pass_at",
        ),
        ({"settings": {"questions_cut_by_the_encoder": "x"}}, "encoder is str, not int"),
        ({"settings": 5}, "settings is int, not dict"),
    ],
)
def test_a_report_that_cannot_be_printed_names_the_gap(
    tmp_path: Path, change: dict, message: str
) -> None:
    path = tmp_path / "report-1.json"
    path.write_text(json.dumps(REPORT))
    assert load_report(path) == REPORT
    path.write_text(json.dumps(REPORT | change))
    with pytest.raises(ValueError, match=rf"no whole report \(.*{message}"):
        load_report(path)
