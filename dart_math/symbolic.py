"""The symbolic tier, run in the child process: by values, by cells of the line, and by SymPy.

No text ever reaches a parser that evaluates.
"""

from mpmath import mp

from dart_math.cells import same_cells
from dart_math.functions import TooLargeError
from dart_math.identities import constant_quotient, equal_values
from dart_math.nodes import Node, UnparsableError
from dart_math.parse import parse_answer
from dart_math.rational import prepare_polynomials, proportional_numerators
from dart_math.structure import same


def equal_symbolically(answer: str, reference: str) -> tuple[bool, str]:
    """Whether two texts are equal, and why in a few words.

    >>> equal_symbolically("x^2 + 2x + 1", "(x + 1)^2")
    (True, 'equal expressions')
    """
    judge = SymbolicJudge()
    try:
        equal = same(parse_answer(answer), parse_answer(reference), judge)
    except (UnparsableError, RecursionError):
        return False, "unparsable"
    if equal:
        return True, "equal expressions"
    if judge.too_large:
        return False, "too large to compare"
    return False, "conditions not comparable" if judge.is_open else "different expressions"


class SymbolicJudge:
    """Decides by values at points.

    `too_large` tells that a value could not be computed, `is_open` that two conditions could
    not be compared.
    """

    def __init__(self) -> None:
        self.too_large = False
        self.is_open = False

    def equal(self, answer: Node, reference: Node) -> bool:
        """Agreement wherever both are real, or where neither is anywhere."""
        try:
            return equal_values(answer, reference)
        except TooLargeError:
            self.too_large = True
            return False

    def proportional(self, answer: Node, reference: Node, positive: bool) -> bool:
        """Whether one is a (positive) multiple of the other; or both vanish together."""
        try:
            quotient = constant_quotient(answer, reference)
        except TooLargeError:
            self.too_large = True
            return False
        if quotient is not None:
            return not positive or (mp.im(quotient) == 0 and mp.re(quotient) > 0)
        return not positive and proportional_numerators(answer, reference)

    def same_set(self, answer: Node, reference: Node) -> bool:
        """By the cells of the line; what has no finite number of them is not accepted."""
        equal = same_cells(answer, reference)
        self.is_open = self.is_open or equal is None
        return bool(equal)


def warm_up() -> None:
    """Load what the first question would load, all that SymPy imports late included."""
    prepare_polynomials()
    for answer, reference in (
        (r"\sin(x)^2 + \cos(x)^2", "1 + y"),
        ("2^x > 8", "x > 3"),
        ("y = 2/x", "xy = 2"),
        (r"x \ne 3", r"\R \setminus \{3\}"),
    ):
        equal_symbolically(answer, reference)
