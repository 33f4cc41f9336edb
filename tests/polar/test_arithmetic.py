"""Guaranteed: five difficulties of at least 1,000 problems, none in two of them or two splits."""

import re
from collections import Counter

import pytest

from llm_depth_router.prompts import STYLES
from polar.arithmetic import LADDER, Problem, make_arithmetic


def test_every_difficulty_has_a_thousand_problems_of_its_own() -> None:
    problems = {difficulty: list(make()) for difficulty, make in LADDER.items()}
    assert sorted(problems) == [1, 2, 3, 4, 5]
    assert all(len(rows) >= 1000 for rows in problems.values())
    everything = [problem for rows in problems.values() for problem in rows]
    assert len(set(everything)) == len(everything)


@pytest.mark.parametrize("difficulty", [1, 2, 3, 4])
def test_no_problem_stands_twice_in_another_order(difficulty: int) -> None:
    """a + b and b + a are one problem; so are a * b and b * a."""
    problems = list(LADDER[difficulty]())

    def unordered(problem: Problem) -> tuple:
        if "-" in problem.operators:
            return (*sorted(problem.operands[:2]), problem.operands[2], problem.operators)
        return (*sorted(problem.operands), problem.operators)

    assert len({unordered(problem) for problem in problems}) == len(problems)


def test_answers_are_right() -> None:
    for difficulty in LADDER:
        for question in make_arithmetic(difficulty, 200, seed=1):
            expression = question.question.removeprefix("What is ").removesuffix("?")
            words = expression.split()
            value = int(words[0])
            for operator, operand in zip(words[1::2], words[2::2], strict=True):
                value = {"+": value + int(operand), "-": value - int(operand),
                         "*": value * int(operand)}[operator]  # fmt: skip
            assert question.answer == str(value)
            assert value > 0


def test_splits_are_exact_and_the_same_for_the_same_seed() -> None:
    questions = make_arithmetic(1, 96, seed=3)
    assert Counter(q.split for q in questions) == {"train": 60, "validation": 12, "test": 24}
    assert questions == make_arithmetic(1, 96, seed=3)
    assert questions != make_arithmetic(1, 96, seed=4)
    assert len({question.question for question in questions}) == 96


def test_too_many_questions_are_refused_with_the_count() -> None:
    with pytest.raises(ValueError, match=r"difficulty 1 has 1042 distinct problems: .* not 2000"):
        make_arithmetic(1, 2000, seed=0)
    with pytest.raises(ValueError, match="difficulties 1…5, not 6"):
        make_arithmetic(6, 1, seed=0)


def test_the_solved_examples_of_the_prompt_are_no_questions() -> None:
    examples = re.findall(r"Question: (.*)\nThe answer", STYLES["fewshot"].preamble)
    assert len(examples) == 4
    asked = {question.question for question in make_arithmetic(1, 1000, seed=0)}
    turned = {re.sub(r"(\d+) ([+*]) (\d+)", r"\3 \2 \1", example) for example in examples}
    assert asked & (set(examples) | turned) == set()
