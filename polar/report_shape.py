"""What has to stand in a report for its tables to be printed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcts.json_shape import check_present, check_shape, parse_json

SCHEMAS = (1, 2)  # of the reports that can be printed

CUT = "questions_cut_by_the_encoder"
RATE = (float, float)  # hits, total
ARM = {
    "questions": int,
    "pass_at": [RATE],
    "mean_layers": float,
    "mean_unique_layers": float,
    "no_answer": RATE,
    "top1_is_full_path": RATE,
    "interval": (float, float),
}
SEARCH = {
    name: int for name in ("questions", "solved", "executions", "valid_paths", "parsed_valid_paths")
}
REQUIRED = {"summary": {str: {str: ARM}}, "search": {str: {"test": SEARCH, "all": SEARCH}}}
OPTIONAL = {
    "settings": dict,
    "best_sampling": {str: [{"pass_at": RATE, "temperature": str}]},
    "verdicts": {str: {str: int}},
    "questions": [{"question": str, "difficulty": int | None}],
}


def load_report(path: Path) -> dict[str, Any]:
    """The report in a file; ValueError where there is none, or one of another schema."""
    try:
        report = parse_json(path.read_bytes())
    except FileNotFoundError as error:
        raise ValueError(f"no report at {path}: run_polar.py writes report-*.json") from error
    except ValueError as error:
        raise ValueError(f"{path} holds no report: {error}") from error
    if not isinstance(report, dict) or "summary" not in report:
        raise ValueError(f"{path} holds no report: give a report-*.json of an evaluation")
    if report.get("schema", 1) not in SCHEMAS:
        raise ValueError(f"{path} has schema {report['schema']!r}, this version prints {SCHEMAS}")
    try:
        check_shape(report, REQUIRED, "the report")
        check_present(report, OPTIONAL, "the report")
        check_present(report.get("settings", {}), {CUT: int}, "settings")
        _check_groups(report["summary"], report["search"])
    except ValueError as error:
        raise ValueError(
            f"{path} is no whole report ({error}): write it anew with run_polar.py --eval"
        ) from error
    return report


def _check_groups(summary: Mapping[str, Any], search: Mapping[str, Any]) -> None:
    """Raise ValueError where a group lacks an arm or a number that every group has."""
    arms: Mapping[str, Any] = next(iter(summary.values()), {})
    if not {"full path", "polar"} <= arms.keys():
        raise ValueError("it has no group with full path and polar")
    if all(group.startswith("mmlu-pro:") for group in summary):
        raise ValueError("it has the means of MMLU-Pro alone")
    for group, scores in summary.items():
        if scores.keys() != arms.keys():
            raise ValueError(f"the group {group} has other arms than the first")
        if search and group not in search:
            raise ValueError(f"search.{group} is missing")
        for arm, found in scores.items():
            is_menu = arm.startswith("menu")  # of no training path there is none, in any group
            if not found["pass_at"] and not (is_menu and not arms[arm]["pass_at"]):
                raise ValueError(f"summary.{group}.{arm} has no pass_at")
