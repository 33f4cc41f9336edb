"""The arms of a comparison: searches and draws, by difficulty, with what each ran of a question."""

import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from mcts.draws import read_draws
from mcts.edits import Bounds
from mcts.records import describe_difference, question_digest
from mcts.samples import SamplesReader
from mcts.trace import Path

# What files must have in common to be compared.
SHARED = ("model", "weights", "tokenizer", "depth", "dtype", "prompt")
DIGESTS = ("weights", "tokenizer")


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
    bounds: Mapping[str, Any] = field(default_factory=dict)  # of its edits


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
        bounds={each.name: rule.get(each.name) for each in fields(Bounds)},
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


def note_bounds(arms: Mapping[str, SearchArm]) -> list[str]:
    """A line for each search that draws its paths from other edits than a random arm beside it."""
    return [
        f"  {label} and {control} edit within other bounds: {difference}"
        for label, arm in arms.items()
        for control, other in arms.items()
        if arm.rule not in ("random", "sample") and other.rule == "random"
        if (difference := describe_difference(arm.bounds, other.bounds))
    ]
