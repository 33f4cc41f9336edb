"""The report of an evaluation: everything that it found, as one JSON file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mcts.atomic import replace_file
from mcts.samples import Sample
from polar.decode import Candidate
from polar.evaluate import Evaluation
from polar.questions import Question
from polar.summary import (
    Results,
    choose_best_sampling,
    count_verdicts,
    summarise,
    summarise_search,
)
from polar.versions import git_commit, software_versions

SCHEMA = 2  # of a report; 1 had no sampling, no verdicts by source, no benchmarks


def build_report(
    settings: Mapping[str, Any],
    groups: Mapping[str, Sequence[Question]],
    found: Evaluation,
    depth: int,
    searched: Mapping[str, Sequence[Sample]] | None = None,
) -> dict[str, Any]:
    """Everything an evaluation found, as JSON data: numbers by group, and every question.

    `groups` holds the questions by the group they are reported in, a question maybe in several;
    `searched` the samples of such a group, test questions or not.
    """
    questions = {question.id: question for members in groups.values() for question in members}
    summaries = {
        group: summarise(found.results, [question.id for question in members], depth)
        for group, members in groups.items()
    }
    return {
        "schema": SCHEMA,
        "settings": dict(settings),
        "versions": software_versions(),
        "commit": git_commit(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "recalled": found.recalled,
        "search": {
            group: {
                "test": asdict(summarise_search([s for s in samples if s.id in questions], depth)),
                "all": asdict(summarise_search(samples, depth)),
            }
            for group, samples in (searched or {}).items()
        },
        "summary": {
            group: {arm: asdict(scores) for arm, scores in arms.items()}
            for group, arms in summaries.items()
        },
        "best_sampling": {
            group: [asdict(best) for best in choose_best_sampling(arms)]
            for group, arms in summaries.items()
        },
        "verdicts": {
            group: count_verdicts(found.results, [question.id for question in members])
            for group, members in groups.items()
        },
        "questions": [
            _question_row(question, found.results, found.candidates[question.id])
            for question in questions.values()
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
        "subject": question.subject,
        "arms": arms,
    }


def write_report(folder: Path, report: Mapping[str, Any]) -> Path:
    """Add the report to a run's directory; later reports have names that sort behind earlier."""
    stamp = report["created"].replace(":", "").replace("-", "").split("+")[0]
    path = folder / f"report-{stamp}.json"
    for number in range(2, 1000):
        if not path.exists():
            break
        path = folder / f"report-{stamp}_{number:03}.json"  # "_" sorts behind "."
    with replace_file(path) as file:
        file.write(json.dumps(report, indent=1).encode())
    return path
