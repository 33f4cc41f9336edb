"""The report of an evaluation: one JSON file, and the table that is printed from it."""

import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mcts.atomic import replace_file
from polar.decode import Candidate
from polar.evaluate import Results, by_group, summarise, summarise_search
from polar.metrics import Rate
from polar.questions import Question
from polar.run import SearchedData

PACKAGES = ("torch", "transformers", "tokenizers", "sentence-transformers", "sympy", "mpmath")


def software_versions() -> dict[str, str]:
    """The versions of Python and of the libraries that can move a number."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "absent"
    return found


def git_commit() -> str | None:
    """The commit of this code, marked where files differ from it; None outside a checkout."""
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        run = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return run.stdout.strip()


def build_report(
    settings: Mapping[str, Any],
    data: SearchedData,
    test: Mapping[int, Sequence[Question]],
    results: Results,
    candidates: Mapping[str, Sequence[Candidate]],
    depth: int,
) -> dict[str, Any]:
    """Everything an evaluation found, as JSON data: numbers by group, and every question.

    `test` holds the questions by difficulty, `candidates` the decoded programs by question id.
    """
    tested = {question.id for members in test.values() for question in members}
    return {
        "settings": dict(settings),
        "versions": software_versions(),
        "commit": git_commit(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "search": {
            group: {
                "test": asdict(summarise_search([s for s in samples if s.id in tested], depth)),
                "all": asdict(summarise_search(samples, depth)),
            }
            for group, samples in by_group(data.samples).items()
        },
        "summary": {
            group: {
                arm: asdict(scores)
                for arm, scores in summarise(results, [q.id for q in members], depth).items()
            }
            for group, members in by_group(test).items()
        },
        "questions": [
            _question_row(question, results, candidates[question.id])
            for members in test.values()
            for question in members
        ],
    }


def _question_row(
    question: Question, results: Results, candidates: Sequence[Candidate]
) -> dict[str, Any]:
    arms = {
        arm: [asdict(outcome) for outcome in outcomes[question.id]]
        for arm, outcomes in results.items()
    }
    for row, candidate in zip(arms["polar"], candidates, strict=True):
        row["log_prob"] = candidate.log_prob
    return {
        "id": question.id,
        "question": question.question,
        "answer": question.answer,
        "difficulty": question.difficulty,
        "arms": arms,
    }


def write_report(folder: Path, report: Mapping[str, Any]) -> Path:
    """Add the report to a run's directory, under a name of its own."""
    stamp = report["created"].replace(":", "").replace("-", "").split("+")[0]
    path = folder / f"report-{stamp}.json"
    for number in range(2, 1000):
        if not path.exists():
            break
        path = folder / f"report-{stamp}-{number}.json"
    with replace_file(path) as file:
        file.write(json.dumps(report, indent=1).encode())
    return path


def format_report(report: Mapping[str, Any]) -> str:
    """The table of a report, one block a group, with counts beside every number."""
    blocks = [
        _format_group(group, report["search"][group], arms)
        for group, arms in report["summary"].items()
    ]
    return "\n\n".join(blocks)


def _format_group(group: str, search: Mapping[str, Any], arms: Mapping[str, Any]) -> str:
    title = "all difficulties" if group == "all" else f"difficulty {group}"
    found, everything = search["test"], search["all"]
    lines = [
        f"{title}, {arms['polar']['questions']} test questions",
        f"  {'':24} {'right':>16}   {'layers':>6}  {'unique':>6}  {'no answer':>16}",
    ]
    lines.append(_format_arm_row("full path, pass@1", arms["full path"], 0))
    lines.append(
        f"  {'best found by search':24} {Rate(found['solved'], found['questions'])!s:>16}"
        f"   ({found['executions']} executions)"
    )
    for name, arm in arms.items():
        if name == "full path" or not arm["pass_at"]:  # no training path, no menu
            continue
        shown = range(len(arm["pass_at"])) if name == "polar" else (0, len(arm["pass_at"]) - 1)
        title = "PoLar" if name == "polar" else name.rsplit(" ", 1)[0]
        lines += [_format_arm_row(f"{title}, pass@{k + 1}", arm, k) for k in dict.fromkeys(shown)]
    polar = arms["polar"]
    low, high = (100 * bound for bound in polar["interval"])
    lines += [
        f"  PoLar pass@1 minus full path: 95% interval {low:+.1f} … {high:+.1f} points",
        f"  PoLar's first program is the full path: {Rate(*polar['top1_is_full_path'])}",
        "  valid paths of all splits that parse into programs: "
        f"{Rate(everything['parsed_valid_paths'], everything['valid_paths'])}",
    ]
    return "\n".join(lines)


def _format_arm_row(title: str, arm: Mapping[str, Any], k: int) -> str:
    row = f"  {title:24} {Rate(*arm['pass_at'][k])!s:>16}"
    if k == 0:
        row += f"   {arm['mean_layers']:6.1f}  {arm['mean_unique_layers']:6.1f}"
        row += f"  {Rate(*arm['no_answer'])!s:>16}"
    return row
