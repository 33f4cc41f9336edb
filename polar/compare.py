"""Searches beside their controls: what part of "search finds a valid path" a tree adds to luck."""

import math
import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mcts.draws import read_draws
from mcts.merge import name_some
from mcts.records import describe_difference, question_digest
from mcts.samples import SamplesReader
from mcts.trace import Path
from polar.metrics import Rate, paired_interval
from polar.program import parse_path

# What files must have in common to be compared.
SHARED = ("model", "weights", "tokenizer", "depth", "dtype", "prompt")
DIGESTS = ("weights", "tokenizer")
CONTROLS = ("random", "sample")
Z_95 = 1.959964


@dataclass(frozen=True)
class Attempts:
    """What an arm ran for one question, in order; `full_path` is None where that was sampled.

    `asked` is the digest of the question's text and reference answer. `paths` are those of the
    right executions only, None for the others: sampling has no others.
    """

    asked: str
    full_path: bool | None
    verdicts: tuple[bool, ...]
    paths: tuple[Path | None, ...]

    def first(self, number: int) -> "Attempts":
        """The arm with fewer executions: a search's first ones do not depend on its later ones."""
        return replace(self, verdicts=self.verdicts[:number], paths=self.paths[:number])

    @property
    def solved(self) -> bool:
        """Whether any of the executions was right."""
        return any(self.verdicts)


@dataclass(frozen=True)
class SearchArm:
    """One file: its rule, what it shares with others, and its attempts by question id."""

    rule: str
    label: str
    difficulty: int | None
    shared: Mapping[str, Any]
    attempts: Mapping[str, Attempts]


def read_arm(path: pathlib.Path) -> SearchArm:
    """An arm from a samples file of run_mcts.py or a .jsonl of sample_answers.py."""
    return _read_draws(path) if path.suffix == ".jsonl" else _read_samples(path)


def _read_samples(path: pathlib.Path) -> SearchArm:
    reader = SamplesReader(path)
    attempts = {
        sample.id: Attempts(
            question_digest(sample.question, sample.answer),
            bool(sample.initial_score),
            tuple(execution.correct for execution in sample.trace),
            tuple(execution.path if execution.correct else None for execution in sample.trace),
        )
        for sample in reader
    }
    header = reader.header
    if not isinstance(header.get("rule"), dict) or not all(a.verdicts for a in attempts.values()):
        raise ValueError(f"{path} says not how it was searched: give a file of run_mcts.py")
    rule = header["rule"]
    return SearchArm(
        rule=rule["name"],
        label=f"{rule['name']} {rule['space']}",
        difficulty=header.get("difficulty"),
        shared={key: header.get(key) for key in SHARED},
        attempts=attempts,
    )


def _read_draws(path: pathlib.Path) -> SearchArm:
    settings, draws = read_draws(path)
    verdicts: dict[tuple[str, str], list[bool]] = {}
    for draw in sorted(draws, key=lambda draw: draw.draw):
        verdicts.setdefault((draw.question, draw.asked), []).append(draw.correct)
    return SearchArm(
        rule="sample",
        label=f"sample, temperature {settings['rule']['temperature']}",
        difficulty=None,
        shared={key: settings.get(key) for key in SHARED},
        attempts={
            id: Attempts(asked, None, tuple(row), (None,) * len(row))
            for (id, asked), row in verdicts.items()
        },
    )


def group_arms(arms: Mapping[str, SearchArm]) -> dict[int | None, dict[str, SearchArm]]:
    """The arms (by file name) by difficulty, then label.

    Draws go to every difficulty whose searches have some of their questions, with those questions.
    ValueError: files of other models or prompts (with the difference), an id with two questions, a
    file that shares no question with any search.
    """
    first_name, first = next(iter(arms.items()))
    groups: dict[int | None, dict[str, SearchArm]] = {}
    for name, arm in sorted(arms.items(), key=lambda item: item[1].rule == "sample"):
        if difference := describe_difference(*_comparable(arm.shared, first.shared)):
            raise ValueError(
                f"{name} cannot be compared with {first_name} (here: {name}): {difference}"
            )
        parts = {arm.difficulty: arm} if arm.rule != "sample" else _split_draws(name, arm, groups)
        for difficulty, part in parts.items():
            group = groups.setdefault(difficulty, {})
            _check_questions(name, part, group)
            group[f"{arm.label} ({name})" if arm.label in group else arm.label] = part
    return dict(sorted(groups.items(), key=lambda item: item[0] or 0))


def _comparable(
    ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Both without a digest that one file lacks, as it is from before it was noted."""
    lacking = [key for key in DIGESTS if None in (ours[key], theirs[key])]
    absent = dict.fromkeys(lacking)
    return {**ours, **absent}, {**theirs, **absent}


def _split_draws(
    name: str, arm: SearchArm, groups: Mapping[int | None, Mapping[str, SearchArm]]
) -> dict[int | None, SearchArm]:
    parts = {}
    for difficulty, group in groups.items():
        searched = {id for other in group.values() for id in other.attempts}
        attempts = {id: row for id, row in arm.attempts.items() if id in searched}
        if attempts:
            parts[difficulty] = replace(arm, attempts=attempts)
    if not parts:
        raise ValueError(f"{name} has no question in common with the searches: add those as well")
    return parts


def _check_questions(name: str, arm: SearchArm, group: Mapping[str, SearchArm]) -> None:
    for label, other in group.items():
        for id in arm.attempts.keys() & other.attempts.keys():
            if arm.attempts[id].asked != other.attempts[id].asked:
                raise ValueError(
                    f"{name}: question {id!r} has another text or reference answer than in the"
                    f" file of {label}: give files that were made from the same questions"
                )


def pool_groups(
    groups: Mapping[int | None, Mapping[str, SearchArm]],
) -> dict[str, dict[str, Attempts]]:
    """The attempts of all difficulties together, for the arms that every difficulty has."""
    common = [
        label
        for label in next(iter(groups.values()))
        if all(label in group for group in groups.values())
    ]
    return {
        label: {
            id: attempts
            for group in groups.values()
            for id, attempts in group[label].attempts.items()
        }
        for label in common
    }


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
