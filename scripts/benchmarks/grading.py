"""The grader: verdicts per second of one core by what decides, and answers of files."""

import argparse
import gc
import json
import random
import resource
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.rewrites import REWRITES
from dart_math import Grader

Pair = tuple[str, str]  # answer, reference
MAX_LISTED = 50
MIN_REWRITES = 6  # of every reference; those with fewer are counted

# Every kind makes its pairs from different whole numbers: none is met twice, none is cached.
KINDS: dict[str, dict[str, Callable[[int], Pair]]] = {
    "text": {
        "respelled fractions": lambda n: (rf"\dfrac{{{n}x}}{{7}}", rf"\frac{{{n}x}}{{7}}"),
        "spacing": lambda n: (rf"{n}\,\pi ", rf"{n} \pi"),
        "points": lambda n: (rf"\left({n}, x\right)", f"({n},x)"),
        "fonts": lambda n: (rf"{n}x \mathrm{{cm}}", rf"{n}x\text{{ cm}}"),
    },
    "numbers": {
        "integers": lambda n: (str(n), str(n + 1) if n % 2 else f"{n}.0"),
        "decimal and fraction": lambda n: (f"{n}.5", rf"\frac{{{2 * n + 1}}}{{2}}"),
        "units": lambda n: (f"{n:,} cm", rf"{n}\text{{ cm}}"),
        "decimals with units": lambda n: (f"{n:,} cm", rf"{n}.0 \text{{ cm}}"),
        "units spelled out": lambda n: (f"{n} centimeters", rf"{n}.0\,\mathrm{{cm}}"),
        "named": lambda n: (f"x = {n}", str(n)),
        "in brackets": lambda n: (f"({n})", str(n)),
        "mixed": lambda n: (rf"{n}\frac12", f"{n}.5"),
        "money": lambda n: (rf"\${n:,}.00", str(n)),
        "squares": lambda n: (f"{n}^2", str(n * n)),
        "whole roots": lambda n: (rf"\sqrt{{{n * n}}}", str(n)),
        "powers of ten": lambda n: (rf"{n}\times10^3", str(1000 * n)),
    },
    "structure": {
        "lists": lambda n: (f"{n}, {n + 1}", f"{n + 1},{n}"),
        "intervals": lambda n: (
            f"[{n}, {2 * n}.5)",
            rf"\left[{n}, \frac{{{4 * n + 1}}}{{2}}\right)",
        ),
        "points": lambda n: (f"({n}, 1/2)", f"({n}, 0.5)"),
    },
    "symbolic": {
        "binomials": lambda n: (f"(x+{n})^2", f"x^2+{2 * n}x+{n * n}"),
        "roots": lambda n: (rf"\sqrt{{{n * n * 2}}}", rf"{n}\sqrt{{2}}"),
        "different": lambda n: (f"x^2+{n}", f"x^2+{n + 1}"),
    },
    "sets": {
        "quadratic inequalities": lambda n: (f"x^2 + {n}x > 2 + 2x^2", f"x^2 - {n}x + 2 < 0"),
        "rational equations": lambda n: (f"y = {n}/x", f"xy = {n}"),
        "pure powers": lambda n: (f"x^2 < {n}", rf"(-\sqrt{{{n}}}, \sqrt{{{n}}})"),
        "absolute values": lambda n: (f"|x - {n}| < 3", f"({n - 3}, {n + 3})"),
        "quotients": lambda n: (rf"\frac{{x-{n}}}{{x-{n + 2}}} \le 0", f"[{n}, {n + 2})"),
        "square roots": lambda n: (rf"\sqrt{{x}} < {n}", f"[0, {n * n})"),
        "exponentials": lambda n: (f"2^x > {n}", rf"x > \log_2 {n}"),
        "logarithms": lambda n: (rf"\ln x > {n}", f"x > e^{{{n}}}"),
        "different sets": lambda n: (f"x^2 < {n}", rf"(-\sqrt{{{n}}}, \sqrt{{{n}}}]"),
    },
    # Conditions without finitely many cells: equal only as multiples of each other.
    "functions": {
        "multiples": lambda n: (rf"\sin x > \frac{{x}}{{{n}}}", rf"{n} \sin x > x"),
        "chains": lambda n: (rf"0 < \cos x < \frac{{1}}{{{n}}}", rf"0 < {n} \cos x < 1"),
        "no solution": lambda n: (rf"\sin x > {n}", r"\emptyset"),
        "powers beside sums": lambda n: (f"x < 2^x + {n}", f"x < 2^x + {n + 1}"),
    },
}
# The tier of a verdict that decides the pairs of each group.
TIERS = {"text": "text", "numbers": "number", "structure": "structure"} | dict.fromkeys(
    ("symbolic", "sets", "functions"), "symbolic"
)
# The slower groups get fewer pairs: num_pairs divided by this.
DIVISORS = {
    "text": 1,
    "numbers": 1,
    "structure": 2,
    "symbolic": 10,
    "sets": 50,
    "functions": 50,
}
FIRST = 1001
PAIR_FIELDS: dict[str, type] = {"prediction": str, "reference": str, "equal": bool}


@dataclass(frozen=True)
class Rate:
    """Pairs of one kind, shares of them, and verdicts per second of a core.

    `equal` is the share that is equal, `by_tier` the share that its own tier decided.
    """

    pairs: int
    equal: float
    by_tier: float
    per_second: float


def benchmark_grading(arguments: argparse.Namespace) -> None:
    """Print one JSON object; the files are optional."""
    with Grader() as grader:
        grader.grade(r"\boxed{x+1}", "1+x")  # the child has started
        gc.freeze()  # no kind pays for a collection through all imported libraries
        report: dict[str, object] = {
            "verdicts_per_second": measure_kinds(grader, arguments.num_pairs),
            "random_pairs": measure_random_pairs(grader, arguments.num_pairs),
        }
        if arguments.questions is not None:
            references = read_field(arguments.questions, "answer")
            report["rewrites"] = measure_rewrites(grader, references)
            report["cross_pairs"] = measure_cross_pairs(grader, references)
        if arguments.pairs is not None:
            report["public_pairs"] = measure_pairs(grader, arguments.pairs)
    print(json.dumps(report, indent=2, ensure_ascii=False))


def processor_seconds(grader: Grader) -> float:
    """Time on a processor of this process and of the grader's child, so that load does not count.

    The child's is read from the system's records: the kernel adds it to ours only when it ends.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = usage.ru_utime + usage.ru_stime + ended.ru_utime + ended.ru_stime
    for process in grader.process_ids():
        fields = Path(f"/proc/{process}/schedstat").read_text().split()
        seconds += int(fields[0]) / 1e9
    return seconds


def measure(grader: Grader, pairs: Sequence[Pair], tier: str | None = None) -> Rate:
    """Grade each pair once, in a box; without a `tier`, whoever decides is right."""
    started = processor_seconds(grader)
    verdicts = [grader.grade(f"\\boxed{{{answer}}}", reference) for answer, reference in pairs]
    seconds = processor_seconds(grader) - started
    equal = sum(verdict.correct for verdict in verdicts) / len(pairs)
    by_tier = sum(tier in (None, verdict.tier) for verdict in verdicts) / len(pairs)
    return Rate(len(pairs), equal, by_tier, len(pairs) / max(seconds, 1e-9))


def measure_kinds(grader: Grader, num_pairs: int) -> dict[str, dict[str, object]]:
    """Every kind, and the mean of each group: all its pairs over all its seconds."""
    report: dict[str, dict[str, object]] = {}
    for group, kinds in KINDS.items():
        count = max(1, num_pairs // DIVISORS[group])
        rates = {
            kind: measure(grader, [make(n) for n in range(FIRST, FIRST + count)], TIERS[group])
            for kind, make in kinds.items()
        }
        seconds = sum(rate.pairs / rate.per_second for rate in rates.values())
        mean = sum(rate.pairs for rate in rates.values()) / seconds
        report[group] = {"mean": mean, **{kind: asdict(rate) for kind, rate in rates.items()}}
    return report


def measure_random_pairs(grader: Grader, num_pairs: int) -> dict[str, float]:
    """What an answer costs on average when any generated text meets any other."""
    rng = random.Random(0)
    makers = [make for kinds in KINDS.values() for make in kinds.values()]
    texts = [side for n in range(10, 60) for make in makers for side in make(n)]
    rate = measure(grader, [(rng.choice(texts), rng.choice(texts)) for _ in range(num_pairs)])
    return {"pairs": rate.pairs, "mean_ms": 1e3 / rate.per_second}


def read_field(path: Path, field: str, kind: type = str) -> list[Any]:
    """One field of every row; ValueError names the row that lacks it."""
    values = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        row = json.loads(line)
        if not isinstance(row, dict) or not isinstance(row.get(field), kind):
            raise ValueError(
                f"{path}, row {number}: no {kind.__name__} {field!r}; write one object a line"
            )
        values.append(row[field])
    return values


def measure_rewrites(grader: Grader, references: Sequence[str]) -> dict[str, object]:
    """How many references equal themselves after each rewrite that keeps their meaning.

    A rewrite that leaves a reference as it is is not tried on it.
    """
    tried, unequal, scarce, differing = 0, 0, 0, []
    for reference in references:
        answers = {name: rewrite(reference) for name, rewrite in REWRITES.items()}
        changed = {name: answer for name, answer in answers.items() if answer != reference}
        failed = [
            [name, answer, reference]
            for name, answer in changed.items()
            if not grader.grade(f"\\boxed{{{answer}}}", reference).correct
        ]
        tried += len(changed)
        scarce += len(changed) < MIN_REWRITES
        unequal += bool(failed)
        differing += failed
    return {
        "references": len(references),
        "with_fewer_rewrites": scarce,
        "equal_after_all": 1 - unequal / max(len(references), 1),
        "tried": tried,
        "equal": 1 - len(differing) / max(tried, 1),
        "differing": differing[:MAX_LISTED],
    }


def measure_cross_pairs(grader: Grader, references: Sequence[str]) -> dict[str, object]:
    """As many random pairs of answers to different questions; what of different text is equal."""
    rng = random.Random(0)
    pairs = [tuple(rng.sample(references, 2)) for _ in references]
    started = processor_seconds(grader)
    accepted = [
        [answer, reference]
        for answer, reference in pairs
        if answer != reference and grader.grade(f"\\boxed{{{answer}}}", reference).correct
    ]
    seconds = processor_seconds(grader) - started
    return {"pairs": len(pairs), "mean_ms": 1e3 * seconds / len(pairs), "accepted": accepted}


def measure_pairs(grader: Grader, path: Path) -> dict[str, object]:
    """Agreement with the expectations of a file (fields: prediction, reference, equal)."""
    rows = list(
        zip(
            *(read_field(path, name, kind) for name, kind in PAIR_FIELDS.items()),
            strict=True,
        )
    )
    differing = [
        [answer, reference, equal]
        for answer, reference, equal in rows
        if grader.grade(answer, reference, "any").correct is not equal
    ]
    share = 1 - len(differing) / max(len(rows), 1)
    return {"pairs": len(rows), "agreeing": share, "differing": differing}
