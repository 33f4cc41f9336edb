"""Guarantees of polar.program: parsing finds the canonical program of a path exactly when one
exists, and a program's path parses back to a program with the same path."""

import itertools
import subprocess
import sys
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polar.program import MAX_SEGMENT, Op, Program, Segment, full_path, parse_path

Path = tuple[int, ...]


def rank(program: Program) -> tuple[int, int, int, tuple[int, ...]]:
    """The canonical order, smallest first."""
    ops = [segment.op for segment in program.segments]
    sizes = tuple(-segment.size for segment in program.segments)
    return len(ops), ops.count(Op.SKIP), -ops.count(Op.REPEAT), sizes


def all_programs(depth: int, start: int = 0) -> list[tuple[Segment, ...]]:
    """Every program over the layers start … depth - 1, by plain enumeration."""
    if start == depth:
        return [()]
    return [
        (Segment(start, size, op), *rest)
        for size in range(1, min(MAX_SEGMENT, depth - start) + 1)
        for op in Op
        for rest in all_programs(depth, start + size)
    ]


def parse_by_recursion(path: Path, depth: int) -> Program | None:
    """The oracle: a memoised recursion over (layer, position) that tries every segment."""

    @cache
    def best(layer: int, position: int) -> tuple | None:
        """The smallest (segments, skips, -repeats, -sizes, ops) of what is left."""
        if layer == depth:
            return (0, 0, 0, (), ()) if position == len(path) else None
        found = []
        for size in range(1, min(MAX_SEGMENT, depth - layer) + 1):
            block = tuple(range(layer, layer + size))
            for op in Op:
                after = position + size * op
                if path[position:after] == block * op:
                    rest = best(layer + size, after)
                    if rest is not None:
                        count, skips, repeats, sizes, ops = rest
                        skips, repeats = skips + (op == Op.SKIP), repeats - (op == Op.REPEAT)
                        found.append((count + 1, skips, repeats, (-size, *sizes), (op, *ops)))
        return min(found, default=None)

    answer = best(0, 0)
    if answer is None:
        return None
    segments, layer = [], 0
    for size, op in zip(answer[3], answer[4], strict=True):
        segments.append(Segment(layer, -size, op))
        layer -= size
    return Program(tuple(segments))


@st.composite
def programs(draw: st.DrawFn, max_depth: int = 36) -> Program:
    depth = draw(st.integers(1, max_depth))
    segments, layer = [], 0
    while layer < depth:
        size = draw(st.integers(1, min(MAX_SEGMENT, depth - layer)))
        segments.append(Segment(layer, size, draw(st.sampled_from(Op))))
        layer += size
    return Program(tuple(segments))


@st.composite
def edited_paths(draw: st.DrawFn) -> tuple[Path, int]:
    """A full path after a few skips and repeats of blocks: some parse, some do not."""
    depth = draw(st.integers(1, 36))
    path = list(range(depth))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, max(0, len(path) - 1)))
        block = path[start : start + draw(st.integers(1, 6))]
        copies = draw(st.integers(0, 3))
        path[start : start + len(block)] = block * copies
    return tuple(path), depth


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5, 6])
def test_every_reachable_path_parses_to_its_canonical_program(depth: int) -> None:
    best: dict[Path, Program] = {}
    for segments in all_programs(depth):
        program = Program(segments)
        known = best.get(program.path)
        if known is None or rank(program) < rank(known):
            best[program.path] = program
    for path, program in best.items():
        assert parse_path(path, depth) == program


@pytest.mark.parametrize(("depth", "longest"), [(1, 4), (2, 6), (3, 7), (4, 6)])
def test_every_other_path_is_refused(depth: int, longest: int) -> None:
    reachable = {Program(segments).path for segments in all_programs(depth)}
    for length in range(longest + 1):
        for path in itertools.product(range(-1, depth + 1), repeat=length):
            assert (parse_path(path, depth) is not None) == (path in reachable), path


@given(edited_paths())
def test_parsing_agrees_with_the_recursion_over_layer_and_position(case: tuple[Path, int]) -> None:
    path, depth = case
    assert parse_path(path, depth) == parse_by_recursion(path, depth)


@given(programs())
def test_a_programs_path_parses_back_to_a_program_with_the_same_path(program: Program) -> None:
    parsed = parse_path(program.path, program.depth)
    assert parsed is not None
    assert parsed.path == program.path
    assert parsed.depth == program.depth
    assert rank(parsed) <= rank(program)
    assert parse_path(parsed.path, parsed.depth) == parsed


@pytest.mark.parametrize(
    ("path", "depth", "segments"),
    [
        ((0, 1, 2, 3, 4, 5), 6, ((0, 4, Op.KEEP), (4, 2, Op.KEEP))),
        ((), 5, ((0, 4, Op.SKIP), (4, 1, Op.SKIP))),
        ((0, 0, 1, 1), 2, ((0, 1, Op.REPEAT), (1, 1, Op.REPEAT))),
        ((0, 1, 0, 1), 2, ((0, 2, Op.REPEAT),)),
        ((0, 1, 2, 1, 2, 5), 6, ((0, 1, Op.KEEP), (1, 2, Op.REPEAT), (3, 2, Op.SKIP), (5, 1, 1))),
    ],
)
def test_examples_checked_by_hand(path: Path, depth: int, segments: tuple) -> None:
    assert parse_path(path, depth) == Program(tuple(Segment(*segment) for segment in segments))


@pytest.mark.parametrize(
    "path",
    [(0, 0, 0), (0, 1, 2, 3, 4, 0, 1, 2, 3, 4), (1, 0), (0, 1, 0), (0, 1, 1, 0), (0, 5), (-1, 0)],
)
def test_paths_outside_the_grammar_give_none(path: Path) -> None:
    assert parse_path(path, depth=5) is None


def test_the_full_path_keeps_everything() -> None:
    program = parse_path(full_path(30), 30)
    assert program is not None
    assert {segment.op for segment in program.segments} == {Op.KEEP}
    assert len(program.segments) == 8


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        (((1, 1, Op.KEEP),), "starts at layer 1, expected 0"),
        (((0, 2, Op.KEEP), (1, 1, Op.KEEP)), "starts at layer 1, expected 2"),
        (((0, 5, Op.KEEP),), "has 5 layers"),
        (((0, 0, Op.KEEP),), "has 0 layers"),
    ],
)
def test_a_program_with_gaps_overlaps_or_long_segments_is_refused(
    segments: tuple, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Program(tuple(Segment(*segment) for segment in segments))


def test_programs_and_labels_import_without_torch() -> None:
    code = "import sys, polar.program, polar.labels; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
