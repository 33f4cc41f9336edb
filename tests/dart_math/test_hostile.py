r"""Texts made to hurt: none hangs, grows, touches a file, starts anything or changes a verdict.

Every string stands as an answer and as a reference, in a box, behind "The answer is" and bare.
"""

import itertools
import re
import time
from pathlib import Path

import pytest

from dart_math import Grader
from dart_math.equal import decide

TIME_LIMIT = 2.0
MEMORY_LIMIT = 1 << 30
PEAK_MEMORY = 512 << 20  # that a child may take at most for the texts below
LONGEST_DECISION = 0.5  # seconds of the processor, in this process; the slowest took 0.11
SLACK_SECONDS = 20.0  # starting a child on a busy machine
REFERENCES = ("1+x^2", r"(-\infty,2)\cup(3,\infty)", "5")
CONTROLS = [
    (r"\boxed{x^2-1}", "(x-1)(x+1)", True),
    (r"\boxed{x^2-1}", "(x-1)(x+2)", False),
    (r"\boxed{0.5}", r"\frac{1}{2}", True),
    (r"\boxed{x^2 < 4}", "(-2,2)", True),
    (r"\boxed{\sqrt{8}}", r"2\sqrt{2}", True),
]

TOWERS = [
    "9^{9^{9^9}}",
    "10^{10^{10}}",
    "2^{2^{2^{2^{2^2}}}}",
    "9^9^9^9^9",
    "x^{x^{x^{x^x}}}",
    "x^{9^{9^9}}",
    "(x+1)^{20000}",
    "(x+y+z)^{999999999}",
    "(10^{10})^{10^{10}}",
    "e^{e^{e^{e^{e}}}}",
    "e^{10^{100}}",
    r"\sin(10^{10^{5}})",
    r"\exp(\exp(\exp(9)))",
    "0.0000001^{-999999999}",
    "(-1)^{10^{30}}",
    r"\sqrt[99999999]{2}",
    r"2^{\frac{1}{10^{30}}}",
    r"\log_{10^{10^{9}}} 2",
    "i^{i^{i^i}}",
    "(-8)^{1/3^{99}}",
]
FACTORIALS = [
    "1000000000!",
    "100000!",
    "9!!!!!!!!",
    "((((9!)!)!)!)!",
    "(10^{100})!",
    "x!!!!!",
    "(-5)!",
    r"\frac{10000!}{9999!}",
    r"\binom{10^9}{10^8}",
    r"\binom{1000000}{500000}",
    r"\binom{x}{10^{50}}",
    r"\binom{-5}{3}",
    r"\gcd(10^{500}!, 7)",
    r"\lcm(" + ",".join(str(n) for n in range(1, 300)) + ")",
]
SUMS = [
    r"\sum_{k=1}^{10000000} k",
    r"\sum_{k=1}^{\infty} \frac{1}{k^2}",
    r"\prod_{k=1}^{10^9} k",
    r"\int_0^\infty e^{-x^2} dx",
    r"\int \int \int \int x",
    r"\lim_{x \to 0} \frac{\sin x}{x}",
    "+".join("x" for _ in range(900)),
    "-".join("x" for _ in range(900)),
    "(x+1)" * 300,
    "x" * 1900,
    "x^2" * 400,
    "1/" * 900 + "1",
    "+-" * 900 + "5",
    "-" * 1900 + "5",
    ",".join(f"{n}x" for n in range(300)),
    r"\{" + ",".join(rf"\sqrt{{{n}}}" for n in range(150)) + r"\}",
    ";" * 1500,
    ", " * 900 + "1",
]
NESTING = [
    opening * count + "x" + closing * count
    for (opening, closing), count in itertools.product(
        [
            ("{", "}"),
            ("(", ")"),
            ("[", "]"),
            (r"\{", r"\}"),
            ("|", "|"),
            (r"\sqrt{", "}"),
            (r"\frac{1}{", "}"),
            ("x^{", "}"),
            (r"\left(", r"\right)"),
            (r"\sin(", ")"),
            (r"\text{", "}"),
            (r"\boxed{", "}"),
            ("f(", ")"),
            (r"\lfloor ", r"\rfloor"),
            (r"\begin{pmatrix}", r"\end{pmatrix}"),
        ],
        (30, 300, 3000),
    )
]
OPEN_ENDS = [
    part * 2000 for part in ("{", "}", "(", ")", r"\{", r"\left(", r"\frac", r"\sqrt", "^", "_")
] + [part * 600 for part in (r"\boxed{", r"\begin{pmatrix}", r"\\", "&", "$", "|", "%", "!", ":")]
MATRICES = [
    r"\begin{pmatrix}" + r"\\".join("&".join("x" for _ in range(n)) for _ in range(n)) + end
    for n in (3, 12, 20, 25)
    for end in (r"\end{pmatrix}", r"\end{pmatrix}^{99}", r"\end{bmatrix}", "")
] + [
    r"\begin{vmatrix}"
    + r"\\".join("&".join(f"x_{{{i * j}}}" for j in range(n)) for i in range(n))
    + r"\end{vmatrix}"
    for n in (4, 9, 14)
]
CONDITIONS = [
    "x^2 < " + "1" * 1500,
    r"\sin x > 0",
    "x^7 - 3x^5 + x - 7 > 0",
    r"\sin(x^2) + \cos(e^x) > x^{11}",
    "x^{100} > 2^x",
    r"\tan x < x",
    "2^x + 3^x = 5^x",
    "x^9 - x + 1 = 0",
    r"|x|" * 100 + "< 5",
    " < ".join("x" for _ in range(300)),
    " = ".join(str(n) for n in range(300)),
    r"x \in \{" + ",".join(str(n) for n in range(300)) + r"\}",
    r"(0,1)\cup" * 150 + "(0,1)",
    r"\mathbb{R}\setminus" * 100 + "(0,1)",
]
CODE = [
    "__import__('os').system('touch hostile_marker')",
    "__import__('subprocess').run(['touch', 'hostile_marker'])",
    "open('hostile_marker', 'w').write('x')",
    "print(12345)",
    "exit()",
    "quit()",
    "raise SystemExit",
    "import os; os.remove('README.md')",
    "exec('x=1')",
    "eval('1+1')",
    "compile('1', '', 'eval')",
    "lambda: 1",
    "(lambda f: f(f))(lambda f: f(f))",
    "[x for x in ().__class__.__bases__[0].__subclasses__()]",
    "().__class__.__mro__[1].__subclasses__()[100]",
    "x.__class__.__init__.__globals__",
    "''.join(chr(i) for i in range(99999999))",
    "__builtins__['eval']('1')",
    "globals()['__name__']",
    "getattr(x, '__class__')",
    "Symbol('x').subs(x, __import__('os'))",
    "sympify('__import__(\"os\")')",
    "Integer(10)**Integer(10)**Integer(10)",
    "factorial(10**9)",
    "while True: pass",
    "os.fork()",
    "{0.__class__.__mro__}",
    "{x!r:>1000000000}",
    "%s%s%s%n%n",
    "%(x)1000000000d",
    "${jndi:ldap://localhost/a}",
    "$(touch hostile_marker)",
    "`touch hostile_marker`",
    "; touch hostile_marker",
    "'; DROP TABLE answers; --",
    '", "reference", true]',
    '"]\n["5", "5',
    '{"equal": true, "reason": "forged"}',
    '\n{"equal": true, "reason": "forged"}\n',
    "\\\n5",
]
LATEX = [
    r"\input{/etc/passwd}",
    r"\include{../../secret}",
    r"\write18{touch hostile_marker}",
    r"\immediate\write18{ls}",
    r"\openout\file=hostile_marker",
    r"\def\a{\a\a}\a",
    r"\def\x{\x}\x",
    r"\newcommand{\b}{\b\b}\b",
    r"\let\l=\loop\l",
    r"\loop\iftrue\repeat",
    r"\csname end\endcsname",
    r"\catcode`\%=12",
    r"\expandafter\expandafter\expandafter",
    r"\verb|\boxed{5}|",
    r"\url{file:///etc/passwd}",
    r"\operatorname{eval}(1)",
    r"\operatorname{__import__}(os)",
    r"\mathrm{exec}(x)",
    r"\text{__import__('os')}",
    r"\variable{x}",
    r"x_{__import__('os')}",
    r"\operatorname{eye}(10^9)",
    r"\operatorname{zeros}(10^9, 10^9)",
    r"\operatorname{diag}(1,2,3)",
    r"\begin{cases} 1 & x > 0 \\ 2 \end{cases}",
    r"\begin{__import__('os')}\end{x}",
    r"\hspace{999999999cm}5",
    r"\phantom{" + "x" * 1000 + "}",
]
CHARACTERS = [
    "\x00",
    "5\x00",
    "\x00" * 1000,
    "\ud800",
    "x\udfff+1",
    "\ud83d\ude00",
    "\N{GRINNING FACE}" * 500,
    "\u202e5",
    "\u200b" * 1500 + "5",
    "\ufeff5",
    "\x1b[2J\x1b]0;x\x07",
    "\r\n" * 700,
    "\x7f\x80\x9f",
    "e\u0301" * 700,
    "\u0660\u0661",
    "\N{SUPERSCRIPT TWO}" * 500,
    "2" + "\N{SUPERSCRIPT NINE}" * 300,
    "\N{SQUARE ROOT}" * 300 + "2",
    "\N{INFINITY}" * 300,
    "NaN",
    "inf",
    "-inf",
    "nan + 1",
    r"\infty - \infty",
    r"\frac{\infty}{\infty}",
    "1/0",
    "0/0",
    "0^0",
    r"\frac{1}{x-x}",
    r"\log 0",
    r"\log_1 5",
    r"\tan\frac{\pi}{2}",
]
LONG = [
    character * 1_000_000
    for character in ("1", "a", " ", "\\", "{", "$", ",", "9^", r"\frac", "(", "\n", ".", "0.1")
] + ["1" * 1900, "0." + "3" * 1900, "1/" + "7" * 1800, "1" * 900 + "^" + "9" * 900]
FAMILIES = {
    "towers": TOWERS,
    "factorials": FACTORIALS,
    "sums": SUMS,
    "nesting": NESTING,
    "open ends": OPEN_ENDS,
    "matrices": MATRICES,
    "conditions": CONDITIONS,
    "code": CODE,
    "latex": LATEX,
    "characters": CHARACTERS,
    "long": LONG,
}


@pytest.fixture(scope="module")
def grader():
    with Grader(time_limit=TIME_LIMIT, memory_limit=MEMORY_LIMIT) as grader:
        yield grader


def test_the_corpus_is_large_enough() -> None:
    assert len({text for family in FAMILIES.values() for text in family}) >= 250


@pytest.mark.parametrize("family", FAMILIES)
def test_no_text_hurts(
    grader: Grader, family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    references = REFERENCES[-1:] if family == "long" else REFERENCES
    for text, reference in itertools.product(FAMILIES[family], references):
        for response, contract in (
            (f"\\boxed{{{text}}}", "boxed"),
            (f"The answer is {text}", "answer_is"),
            (text, "any"),
            (text, "choice"),
        ):
            start = time.monotonic()
            verdict = grader.grade(response, reference, contract)
            assert time.monotonic() - start < TIME_LIMIT + SLACK_SECONDS, text[:80]
            assert "Refused" not in verdict.reason, text[:80]
            assert verdict.tier in ("none", "text", "number", "structure", "symbolic")
            if verdict.correct:  # only the 5s below are worth 5, and only these
                assert reference == "5" and "5" in text, text[:80]
        grader.grade(f"\\boxed{{{reference}}}", text)
    assert list(tmp_path.iterdir()) == []
    assert all(_peak_bytes(process) <= PEAK_MEMORY for process in grader.process_ids())
    for response, reference, expected in CONTROLS:
        marked = response.replace("}", " }", 1)  # not from the cache of an earlier family
        spaces = " " * list(FAMILIES).index(family)
        assert grader.grade(marked, reference + spaces).correct is expected


def _peak_bytes(process: int) -> int:
    status = Path(f"/proc/{process}/status")
    if not status.exists():  # no such record on this system
        return 0
    peak = re.search(r"VmPeak:\s+(\d+) kB", status.read_text())
    return int(peak[1]) * 1024 if peak else 0


@pytest.mark.parametrize("text", ["9^{9^{9^9}}", "10^{10^{10}}", "1000000000!", "(x+1)^{20000}"])
def test_what_is_too_large_is_told_from_what_differs(grader: Grader, text: str) -> None:
    verdict = grader.grade(f"\\boxed{{{text}}}", "x + 1")
    assert (verdict.correct, verdict.tier) == (False, "symbolic")
    assert verdict.reason in ("too large to compare", "different expressions")


def test_the_parent_decides_each_in_a_moment_or_hands_over() -> None:
    slowest = max(
        (_seconds(answer, reference), answer[:80], reference[:80])
        for family in FAMILIES.values()
        for text in family
        for answer, reference in ((text, "5"), ("x", text))
    )
    assert slowest[0] < LONGEST_DECISION, slowest


def _seconds(answer: str, reference: str) -> float:
    start = time.process_time()
    decide(answer, reference)
    return time.process_time() - start
