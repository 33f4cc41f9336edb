"""The paper's Table 3 from a report: pass@1 on benchmarks that the predictor never saw."""

from collections.abc import Mapping, Sequence
from typing import Any

from polar.metrics import Rate, mean
from polar.summary import SAMPLING

MMLU_PRO = "mmlu-pro"
COMPUTER_SCIENCE = "computer science"
# The columns of the paper, in its order; computer science is not among them.
SUBJECTS = {
    "math": "Math",
    "physics": "Phys",
    "chemistry": "Chem",
    "law": "Law",
    "engineering": "Eng",
    "other": "Other",
    "economics": "Econ",
    "health": "Health",
    "psychology": "Psych",
    "business": "Bus",
    "biology": "Bio",
    "philosophy": "Phil",
    "history": "Hist",
}
TITLES = {"asdiv": "ASDiv", "mawps": "MAWPS"}
PAPER_SUBJECTS, ALL_SUBJECTS = f"{MMLU_PRO}: 13 subjects", f"{MMLU_PRO}: all"


def format_benchmarks(report: Mapping[str, Any]) -> str:
    """Table 3 with pass@1 in percent, then each column with counts, no-answer rate and interval."""
    summary = report["summary"]
    columns = _order_columns(summary)
    blocks = [_format_accuracy(summary, columns)]
    if any(column.startswith(MMLU_PRO) for column in columns):
        blocks.append(_format_means(summary, columns))
    blocks.append(_format_details(summary))
    return "\n\n".join(blocks)


def _order_columns(groups: Mapping[str, Any]) -> list[str]:
    """Benchmarks first, then the paper's subjects, computer science, and what else there is."""
    subjects = [f"{MMLU_PRO}/{subject}" for subject in [*SUBJECTS, COMPUTER_SCIENCE]]
    benchmarks = [group for group in groups if not group.startswith(MMLU_PRO)]
    others = [group for group in groups if group.startswith(f"{MMLU_PRO}/")]
    return list(
        dict.fromkeys([*benchmarks, *(each for each in subjects if each in groups), *others])
    )


def column_title(group: str) -> str:
    """How a group is called in the table.

    >>> column_title("asdiv"), column_title("mmlu-pro/physics"), column_title("mine")
    ('ASDiv', 'Phys', 'mine')
    """
    subject = group.removeprefix(f"{MMLU_PRO}/")
    return (TITLES | SUBJECTS | {COMPUTER_SCIENCE: "CS"}).get(subject, group)


def arm_title(arm: str) -> str:
    """How an arm is called in the table.

    >>> [arm_title(arm) for arm in ("full path", "polar", "random 1", "sampling 0.3")]
    ['full path', 'PoLar', 'random', 'sampling τ=0.3']
    """
    if arm.startswith(SAMPLING):
        return f"sampling τ={arm.removeprefix(SAMPLING)}"
    return {"polar": "PoLar", "full path": arm}.get(arm) or arm.rsplit(" ", 1)[0]


def _shown_arms(arms: Mapping[str, Any]) -> list[str]:
    return [arm for arm, scores in arms.items() if scores["pass_at"]]


def _format_accuracy(summary: Mapping[str, Any], columns: Sequence[str]) -> str:
    titles = [column_title(column) for column in columns]
    widths = [max(6, len(title)) for title in titles]
    lines = [_format_row("pass@1, %", titles, widths)]
    for arm in _shown_arms(summary[columns[0]]):
        shares = [Rate(*summary[column][arm]["pass_at"][0]).share for column in columns]
        lines.append(_format_row(arm_title(arm), [f"{100 * s:.1f}" for s in shares], widths))
    counts = [str(summary[column]["polar"]["questions"]) for column in columns]
    return "\n".join([*lines, _format_row("questions", counts, widths)])


def _format_row(title: str, cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)]
    return f"{title:16} {' '.join(padded)}"


def _format_means(summary: Mapping[str, Any], columns: Sequence[str]) -> str:
    """MMLU-Pro as one number: over subjects and over questions, the paper's and all."""
    subjects = [column for column in columns if column.startswith(f"{MMLU_PRO}/")]
    in_paper = [column for column in subjects if column.removeprefix(f"{MMLU_PRO}/") in SUBJECTS]
    wholes = {PAPER_SUBJECTS: in_paper, ALL_SUBJECTS: subjects}
    shown = {whole: parts for whole, parts in wholes.items() if whole in summary}
    titles = [
        f"over {kind} ({len(parts)} subjects)"
        for parts in shown.values()
        for kind in ("subjects", "questions")
    ]
    widths = [len(title) + 1 for title in titles]
    lines = [_format_row("MMLU-Pro mean, %", titles, widths)]
    for arm in _shown_arms(summary[columns[0]]):
        shares = [
            share
            for whole, parts in shown.items()
            for share in (
                mean([Rate(*summary[part][arm]["pass_at"][0]).share for part in parts]),
                Rate(*summary[whole][arm]["pass_at"][0]).share,
            )
        ]
        lines.append(_format_row(arm_title(arm), [f"{100 * s:.1f}" for s in shares], widths))
    return "\n".join(lines)


def _format_details(summary: Mapping[str, Any]) -> str:
    """Every group and arm, with counts, and the paired interval against the full path."""
    lines = []
    for group, arms in summary.items():
        lines.append(f"{group}, {arms['polar']['questions']} questions")
        lines.append(
            f"  {'':16} {'right':>18}  {'no answer':>18}  {'layers':>6}  minus full path, points"
        )
        for arm in _shown_arms(arms):
            scores = arms[arm]
            low, high = (100 * bound for bound in scores["interval"])
            interval = "" if arm == "full path" else f"  95% {low:+.1f} … {high:+.1f}"
            lines.append(
                f"  {arm_title(arm):16} {Rate(*scores['pass_at'][0])!s:>18}"
                f"  {Rate(*scores['no_answer'])!s:>18}  {scores['mean_layers']:6.1f}{interval}"
            )
    return "\n".join(lines)
