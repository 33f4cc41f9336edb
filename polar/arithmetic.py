"""The built-in ladder of arithmetic questions: five difficulties, split by problem."""

import random
from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement
from typing import NamedTuple

from polar.questions import Question
from polar.splits import deal_splits

# The solved examples of the fewshot prompt, whose answers the model is shown.
SHOWN = {((3, 4), ("+",)), ((6, 3), ("*",)), ((14, 25), ("+",))}


class Problem(NamedTuple):
    """The terms of a calculation, whatever their order: what must not stand in two splits."""

    operands: tuple[int, ...]
    operators: tuple[str, ...]  # between the operands


def small_calculations() -> Iterator[Problem]:
    """A number up to 20, or a round one up to 90,000, times 2…10; sums of numbers up to 34."""
    round_numbers = [digit * 10**zeros for zeros in (1, 2, 3, 4) for digit in range(1, 10)]
    for first in [*range(1, 20), *round_numbers[1:]]:
        for second in range(2, 11):
            if first >= second or first == 1:  # 3 * 7 is 7 * 3
                yield Problem((first, second), ("*",))
    yield from _sums(1, 34)


def _sums(smallest: int, largest: int, larger_from: int = 1) -> Iterator[Problem]:
    """Every pair in smallest…largest whose larger number is at least `larger_from`."""
    for pair in combinations_with_replacement(range(smallest, largest + 1), 2):
        if pair[1] >= larger_from:
            yield Problem(pair, ("+",))


def medium_sums() -> Iterator[Problem]:
    """Two numbers up to 65, the larger one at least 35."""
    return _sums(1, 65, larger_from=35)


def large_sums() -> Iterator[Problem]:
    """Two numbers of two digits, the larger one at least 66."""
    return _sums(10, 99, larger_from=66)


def three_terms() -> Iterator[Problem]:
    """a + b + c and a + b - c of numbers up to 12, with a positive result."""
    for triple in combinations_with_replacement(range(1, 13), 3):
        yield Problem(triple, ("+", "+"))
    for first, second in combinations_with_replacement(range(1, 13), 2):
        for third in range(1, min(13, first + second)):
            yield Problem((first, second, third), ("+", "-"))


def three_digit_sums() -> Iterator[Problem]:
    """Two numbers of three digits."""
    return _sums(100, 999)


# From easy to hard for a 135M model; docs/log.md has what its full path scores.
LADDER: dict[int, Callable[[], Iterator[Problem]]] = {
    1: small_calculations,
    2: medium_sums,
    3: large_sums,
    4: three_terms,
    5: three_digit_sums,
}


def make_arithmetic(difficulty: int, count: int, seed: int) -> list[Question]:
    """`count` distinct problems of one difficulty, drawn without replacement and dealt to splits.

    Raises ValueError where the ladder has no such difficulty or not so many problems.

    >>> question = make_arithmetic(3, 8, seed=0)[0]
    >>> question.question, question.answer, question.split
    ('What is 35 + 69?', '104', 'test')
    """
    if difficulty not in LADDER:
        raise ValueError(f"the arithmetic ladder has difficulties 1…5, not {difficulty}")
    problems = [problem for problem in LADDER[difficulty]() if tuple(problem) not in SHOWN]
    if not 1 <= count <= len(problems):
        raise ValueError(
            f"difficulty {difficulty} has {len(problems)} distinct problems: ask for 1 to "
            f"{len(problems)} questions, not {count}"
        )
    rng = random.Random(f"arithmetic {difficulty} {seed}")
    chosen = rng.sample(problems, count)
    splits = deal_splits(count, rng)
    return [
        _ask(problem, difficulty, number, split, rng)
        for number, (problem, split) in enumerate(zip(chosen, splits, strict=True))
    ]


def _ask(
    problem: Problem, difficulty: int, number: int, split: str, rng: random.Random
) -> Question:
    """The question, with the first two operands in random order (they commute)."""
    first, second, *rest = problem.operands
    if rng.random() < 0.5:
        first, second = second, first
    operands = (first, second, *rest)
    text = str(operands[0])
    for operator, operand in zip(problem.operators, operands[1:], strict=True):
        text += f" {operator} {operand}"
    return Question(
        id=f"arithmetic-{difficulty}-{number:05d}",
        question=f"What is {text}?",
        answer=str(_calculate(problem)),
        difficulty=difficulty,
        split=split,
    )


def _calculate(problem: Problem) -> int:
    result = problem.operands[0]
    for operator, operand in zip(problem.operators, problem.operands[1:], strict=True):
        match operator:
            case "+":
                result += operand
            case "-":
                result -= operand
            case "*":
                result *= operand
    return result
