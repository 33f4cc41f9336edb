"""Benchmarks out of distribution: which questions of which file, in which column of Table 3."""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, zip_longest
from pathlib import Path

from polar.ood_table import ALL_SUBJECTS, MMLU_PRO, PAPER_SUBJECTS, SUBJECTS
from polar.questions import Question, load_questions
from polar.trained_on import count_trained


def load_benchmarks(paths: Sequence[Path]) -> dict[str, list[Question]]:
    """The questions of each file by benchmark.

    A benchmark is named by what its ids begin with, "asdiv/…", else by its file. Raises ValueError
    where two files are of one benchmark, or one is malformed.
    """
    found: dict[str, list[Question]] = {}
    for path in paths:
        questions = load_questions(path)
        prefixes = {question.id.partition("/")[0] for question in questions if "/" in question.id}
        name = (prefixes.pop() if len(prefixes) == 1 else path.stem).lower().replace("_", "-")
        if name in found:
            raise ValueError(f"{path} holds {name} again: give each benchmark once")
        found[name] = questions
    ids = [question.id for questions in found.values() for question in questions]
    if len(set(ids)) < len(ids):
        raise ValueError("two of the files share an id: ids must be unique")
    return found


def leave_out_trained(
    benchmarks: Mapping[str, Sequence[Question]], marks: Collection[str]
) -> tuple[dict[str, list[Question]], dict[str, int]]:
    """The questions that have none of the `marks` of trained ones, and how many have, by benchmark.

    Raises ValueError where all of a benchmark have.
    """
    kept = {
        name: [question for question in members if not count_trained(marks, [question.question])]
        for name, members in benchmarks.items()
    }
    left_out = {name: len(benchmarks[name]) - len(members) for name, members in kept.items()}
    for name, count in left_out.items():
        if not kept[name]:
            raise ValueError(
                f"the predictor was trained on all {count} questions of {name}: "
                "give a file of others, or another predictor"
            )
    return kept, left_out


def take_first(benchmarks: Mapping[str, list[Question]], limit: int) -> dict[str, list[Question]]:
    """At most `limit` questions of each benchmark, of all its subjects alike."""
    return {name: deal_subjects(members)[:limit] for name, members in benchmarks.items()}


def deal_subjects(questions: Sequence[Question]) -> list[Question]:
    """The questions, one of each subject in turn, so that any first part has all subjects alike.

    >>> deal = [Question(id, "Q?", "A", subject=id[0]) for id in ("a1", "a2", "a3", "b1")]
    >>> [question.id for question in deal_subjects(deal)]
    ['a1', 'b1', 'a2', 'a3']
    """
    by_subject: dict[str | None, list[Question]] = {}
    for question in questions:
        by_subject.setdefault(question.subject, []).append(question)
    turns = chain.from_iterable(zip_longest(*by_subject.values()))
    return [question for question in turns if question is not None]


def group_columns(benchmarks: dict[str, list[Question]]) -> dict[str, list[Question]]:
    """The columns of the paper's Table 3: MMLU-Pro by subject, and its means over questions."""
    groups = {name: members for name, members in benchmarks.items() if name != MMLU_PRO}
    subjects: dict[str, list[Question]] = {}
    for question in benchmarks.get(MMLU_PRO, []):
        subjects.setdefault(question.subject or "none", []).append(question)
    groups |= {f"{MMLU_PRO}/{subject}": members for subject, members in subjects.items()}
    if subjects:
        everything = benchmarks[MMLU_PRO]
        in_paper = [question for question in everything if question.subject in SUBJECTS]
        groups |= {PAPER_SUBJECTS: in_paper} if in_paper else {}
        groups |= {ALL_SUBJECTS: everything} if len(in_paper) < len(everything) else {}
    return groups
