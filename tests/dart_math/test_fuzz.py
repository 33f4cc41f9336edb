"""100,000 random texts: every tier answers, in time, and an answer always equals itself.

All of them go through extraction under each contract and through the tiers of this process; what
is left for the child process goes there, and it stays one child of modest memory.
"""

import random
import re
import time
from pathlib import Path

from dart_math import Grader, extract_answer
from dart_math.equal import decide
from dart_math.extract import CONTRACTS
from dart_math.tokens import tokenize

TEXTS = 100_000
SYMBOLIC_TEXTS = 2_500  # at least; about 3 of 100 are left for the child
CHILD_MEMORY = 128 << 20  # bytes of address space at most; it needs half of it to start
# LaTeX, numbers, names, brackets, signs, words and noise.
LATEX = (
    r"\frac \dfrac \sqrt \sqrt[3] \boxed \fbox \text \mathrm \left( \right) \pi \infty \cup \cap "
    r"\in \le \ge \ne \approx \pm \cdot \times \div \sin \cos \log \ln \binom \begin{pmatrix} "
    r"\end{pmatrix} \\ & \{ \} { } ( ) [ ] | ^ _ + - * / = < > ! % , ; : . $ \$ \, \! \quad \circ "
    r"0 1 2 7 10 12 100 1,000 0.5 .25 3.14159265 1/2 x y n e i a_1 xy abc sin cm degrees percent "
    r"answer is Answer: The and or odd \alpha \emptyset \mathbb{R} \lfloor \rfloor \det f( P("
)
NOISE = ("\N{MINUS SIGN}", "\N{GREEK SMALL LETTER PI}", "\N{SUPERSCRIPT TWO}", "\0", "\ud800")
PIECES = (*LATEX.split(), *NOISE)
REFERENCES = ("5", r"\frac{1}{2}", "x+1", "(1,2)", r"[0,1)\cup(2,3]", "1,2,3", "x = 3", "odd")


def random_text(rng: random.Random) -> str:
    """Two to twelve pieces, with or without spaces between them."""
    joint = rng.choice(("", " "))
    return joint.join(rng.choice(PIECES) for _ in range(rng.randint(2, 12)))


def peak_memory(process: int) -> int:
    """Bytes of address space that a process had at most."""
    status = Path(f"/proc/{process}/status").read_text()
    match = re.search(r"VmPeak:\s*(\d+) kB", status)
    assert match is not None
    return int(match[1]) << 10


def test_every_text_gets_a_decision_or_is_handed_over() -> None:
    rng = random.Random(20261122)
    left_over = []
    slowest = 0.0
    for index in range(TEXTS):
        text = random_text(rng)
        reference = REFERENCES[index % len(REFERENCES)]
        start = time.process_time()
        extract_answer(text, CONTRACTS[index % len(CONTRACTS)])
        decision = decide(text, reference)
        if tokenize(text):  # else there is nothing to read
            respelled = decide(f" $ {text}", text)
            assert respelled is not None and respelled.equal, text
        slowest = max(slowest, time.process_time() - start)
        if decision is None:
            left_over.append((text, reference))
    assert slowest < 1.0
    assert len(left_over) >= SYMBOLIC_TEXTS
    with Grader(time_limit=5.0) as grader:
        assert grader.grade(r"\boxed{x+1}", "1+x").correct
        child = grader.process_ids()
        reasons = {
            grader.grade(f"The answer is {text}", reference, "answer_is").reason
            for text, reference in left_over
        }
        assert grader.process_ids() == child  # nothing was ended
        assert peak_memory(*child) < CHILD_MEMORY
    assert not reasons & {"timeout", "memory", "crashed"}
    assert not any("Refused" in reason for reason in reasons)
