"""Searches beside their controls: what part of "search finds a valid path" a tree adds to luck."""

import math
from collections.abc import Mapping, Sequence

from mcts.merge import name_some
from polar.metrics import Rate, paired_interval
from polar.program import parse_path
from polar.search_arms import Attempts

CONTROLS = ("random", "sample")
Z_95 = 1.959964


def format_table(title: str, arms: Mapping[str, Mapping[str, Attempts]], depth: int) -> str:
    """One block: the arms with as many executions as the shortest has, on their common questions.

    A search may end a question earlier (`runs`: executions per question); a question with fewer
    draws is left out, and counted. Below it stands what each tree solves beyond its controls of
    the questions that the full path gets wrong, with 95% bootstrap intervals of the paired
    difference. ValueError: the arms have no such question in common.
    """
    number = min(max(len(a.verdicts) for a in attempts.values()) for attempts in arms.values())
    common = sorted(set.intersection(*(set(attempts) for attempts in arms.values())))
    undrawn = [id for id in common if any(_lacks_draws(rows[id], number) for rows in arms.values())]
    ids = [id for id in common if id not in set(undrawn)]
    if not ids:
        reason = f" with {number} draws each" if undrawn else ""
        raise ValueError(
            f"{title}: {', '.join(arms)} have no question in common{reason}: give searches and"
            " draws of the same questions, run to their end"
        )
    cut = {
        label: {id: attempts[id].first(number) for id in ids} for label, attempts in arms.items()
    }
    missed = [id for id in ids if not any(rows[id].full_path for rows in cut.values())]
    is_equal = all(len(row.verdicts) == number for rows in cut.values() for row in rows.values())
    lines = [
        f"{title}: {len(ids)} questions, {'' if is_equal else 'up to '}{number} executions each",
        f"  {'':24} {'full path':>14}  {'solved by any':>14}  {'valid':>5}  {'parsed':>16}"
        f"  {'solved of the misses':>20}  {'95%':>8}  {'runs':>5}",
    ]
    for label, rows in cut.items():
        lines.append(_format_row(label, list(rows.values()), [rows[id] for id in missed], depth))
    lines += _format_differences(cut, missed)
    if undrawn:
        lines.append(f"  left out, with fewer draws: {len(undrawn)} ({name_some(undrawn)})")
    return "\n".join(lines)


def _lacks_draws(row: Attempts, number: int) -> bool:
    is_sampled = row.full_path is None
    return is_sampled and len(row.verdicts) < number


def _format_row(
    label: str, rows: Sequence[Attempts], missed: Sequence[Attempts], depth: int
) -> str:
    full = [row.full_path for row in rows if row.full_path is not None]
    valid = [path for row in rows for path in row.paths if path is not None]
    parsed = Rate(sum(parse_path(path, depth) is not None for path in valid), len(valid))
    found = Rate(sum(row.solved for row in missed), len(missed))
    low, high = wilson_interval(found)
    interval = f"{100 * low:.0f}…{100 * high:.0f}%"
    return (
        f"  {label:24} {str(Rate(sum(full), len(full))) if full else '-':>14}"
        f"  {Rate(sum(row.solved for row in rows), len(rows))!s:>14}"
        f"  {sum(sum(row.verdicts) for row in rows) / len(rows):5.2f}"
        f"  {str(parsed) if valid else '-':>16}  {found!s:>20}  {interval:>8}"
        f"  {sum(len(row.verdicts) for row in rows) / len(rows):5.1f}"
    )


def _format_differences(
    arms: Mapping[str, Mapping[str, Attempts]], missed: Sequence[str]
) -> list[str]:
    solved = {label: [rows[id].solved for id in missed] for label, rows in arms.items()}
    controls = [label for label in arms if label.startswith(CONTROLS)]
    lines = []
    for label in arms:
        for control in controls if missed and label not in controls else ():
            low, high = paired_interval(solved[label], solved[control])
            difference = (sum(solved[label]) - sum(solved[control])) / len(missed)
            lines.append(
                f"  {label} minus {control}, of the misses: {100 * difference:+.1f} points,"
                f" 95% {100 * low:+.1f} … {100 * high:+.1f}"
            )
    return lines


def wilson_interval(rate: Rate) -> tuple[float, float]:
    """The 95% score interval of a share (Wilson 1927); 0…1 where there is nothing to count.

    >>> [round(bound, 3) for bound in wilson_interval(Rate(5, 10))]
    [0.237, 0.763]
    """
    if not rate.total:
        return 0.0, 1.0
    weight = Z_95**2 / rate.total
    middle = (rate.share + weight / 2) / (1 + weight)
    spread = rate.share * (1 - rate.share) / rate.total + weight / (4 * rate.total)
    half = Z_95 * math.sqrt(spread) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)
