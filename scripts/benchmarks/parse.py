"""Paths into programs, against a plain recursion."""

import argparse
import json
import math
import random
import time
from functools import cache

from benchmarks.jobs import MAX_BLOCK, Path, grow_programs
from polar.program import parse_path


def benchmark_parse(arguments: argparse.Namespace) -> None:
    """Microseconds per path of the parser and of the recursion, on the same grown paths."""
    rng = random.Random(arguments.seed)
    depth = arguments.depth
    paths = [grow_programs(depth, 8, rng)[-1] for _ in range(arguments.num_paths)]
    seconds, parsed = {}, {}
    for name, parse in (("recursion", can_parse_by_recursion), ("parser", parse_path)):
        started = time.perf_counter()
        parsed[name] = [bool(parse(path, depth)) for path in paths]
        seconds[name] = time.perf_counter() - started
    report = {
        "paths": len(paths),
        "parsable": sum(parsed["parser"]),
        "agreeing": sum(a == b for a, b in zip(*parsed.values(), strict=True)),
        "parser_us": 1e6 * seconds["parser"] / len(paths),
        "recursion_us": 1e6 * seconds["recursion"] / len(paths),
        "speedup": seconds["recursion"] / seconds["parser"],
    }
    print(json.dumps(report, indent=2))


def can_parse_by_recursion(path: Path, depth: int) -> bool:
    """A plain memoised recursion over (layer, position), without any order of programs."""

    @cache
    def count_segments(layer: int, position: int) -> float:
        if layer == depth:
            return 0 if position == len(path) else math.inf
        fewest = math.inf
        for size in range(1, min(MAX_BLOCK, depth - layer) + 1):
            block = tuple(range(layer, layer + size))
            for times in (0, 1, 2):
                end = position + size * times
                if path[position:end] == block * times:
                    fewest = min(fewest, 1 + count_segments(layer + size, end))
        return fewest

    return count_segments(0, 0) < math.inf
