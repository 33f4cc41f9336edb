"""The tables of an evaluation, printed from its report alone; nothing here imports torch."""

from collections.abc import Mapping
from typing import Any

from polar.metrics import Rate
from polar.ood_table import format_benchmarks
from polar.summary import SAMPLING


def format_report(report: Mapping[str, Any]) -> str:
    """The tables of a report: one block a difficulty, or the benchmarks side by side."""
    if report["search"]:
        blocks = [_format_group(group, report) for group in report["summary"]]
    else:
        blocks = [format_benchmarks(report)]
    return "\n\n".join([*blocks, *_format_notes(report)])


def _format_group(group: str, report: Mapping[str, Any]) -> str:
    """The table of a difficulty, with counts beside every number."""
    search, arms = report["search"][group], report["summary"][group]
    title = "all difficulties" if group == "all" else f"difficulty {group}"
    found, everything, polar = search["test"], search["all"], arms["polar"]
    low, high = (100 * bound for bound in polar["interval"])
    return "\n".join(
        [
            f"{title}, {polar['questions']} test questions",
            f"  {'':24} {'right':>16}   {'layers':>6}  {'unique':>6}  {'no answer':>16}",
            _format_arm_row("full path, pass@1", arms["full path"], 0),
            *_format_sampling(arms, report.get("best_sampling", {}).get(group, [])),
            f"  {'best found by search':24} {Rate(found['solved'], found['questions'])!s:>16}"
            f"   ({found['executions']} executions)",
            *_format_arms(arms),
            f"  PoLar pass@1 minus full path: 95% interval {low:+.1f} … {high:+.1f} points",
            f"  PoLar's first program is the full path: {Rate(*polar['top1_is_full_path'])}",
            "  valid paths of all splits that parse into programs: "
            f"{Rate(everything['parsed_valid_paths'], everything['valid_paths'])}",
            *_format_verdicts(report.get("verdicts", {}).get(group, {})),
        ]
    )


def _format_sampling(arms: Mapping[str, Any], best: list[Mapping[str, Any]]) -> list[str]:
    """Every temperature at its smallest and largest k, and the best one at every k."""
    lines = []
    for name, arm in arms.items():
        if name.startswith(SAMPLING):
            title = f"sampling τ={name.removeprefix(SAMPLING)}"
            lines += [_format_arm_row(f"{title}, pass@{k + 1}", arm, k) for k in _ends(arm)]
    for k, choice in enumerate(best, start=1):
        rate = Rate(*choice["pass_at"])
        lines.append(
            f"  {f'sampling best τ, pass@{k}':24} {rate!s:>16}   (τ={choice['temperature']})"
        )
    return lines


def _ends(arm: Mapping[str, Any]) -> list[int]:
    return list(dict.fromkeys((0, len(arm["pass_at"]) - 1)))


def _format_arms(arms: Mapping[str, Any]) -> list[str]:
    """PoLar at every k, the controls at the smallest and largest."""
    lines = []
    for name, arm in arms.items():
        is_elsewhere = name == "full path" or name.startswith(SAMPLING)
        if is_elsewhere or not arm["pass_at"]:  # no training path, no menu
            continue
        shown = range(len(arm["pass_at"])) if name == "polar" else _ends(arm)
        title = "PoLar" if name == "polar" else name.rsplit(" ", 1)[0]
        lines += [_format_arm_row(f"{title}, pass@{k + 1}", arm, k) for k in shown]
    return lines


def _format_arm_row(title: str, arm: Mapping[str, Any], k: int) -> str:
    row = f"  {title:24} {Rate(*arm['pass_at'][k])!s:>16}"
    if k == 0:
        row += f"   {arm['mean_layers']:6.1f}  {arm['mean_unique_layers']:6.1f}"
        row += f"  {Rate(*arm['no_answer'])!s:>16}"
    return row


def _format_verdicts(verdicts: Mapping[str, int]) -> list[str]:
    """How many of the distinct verdicts were executed, and how many are the search's labels."""
    names = {
        "executed": "executed",
        "searched": "taken from the search's labels",
        "labelled": "from labels without an answer",
        "empty": "of programs that skip everything",
        "error": "of prompts that cannot run",
    }
    told = [f"{verdicts[source]} {name}" for source, name in names.items() if source in verdicts]
    return [f"  verdicts: {', '.join(told)}"] if told else []


def _format_notes(report: Mapping[str, Any]) -> list[str]:
    notes = []
    if report["search"] and any(report.get("best_sampling", {}).values()):
        notes.append(
            "sampling: the full path; pass@k is the share of all sets of k draws that hold a right "
            "one\n"
            "(unbiased; pass@1 is the mean over draws); the best τ is chosen on these questions"
        )
    failed = {group: found.get("error", 0) for group, found in report.get("verdicts", {}).items()}
    if not report["search"] and any(failed.values()):
        told = ", ".join(f"{count} of {group}" for group, count in failed.items() if count)
        notes.append(f"prompts that cannot run, which count as wrong: {told}")
    if cut := report.get("settings", {}).get("questions_cut_by_the_encoder"):
        notes.append(f"{cut} questions are longer than the encoder reads: what follows is cut off")
    return notes
