"""Guarantees of polar.labels: labels and program round-trip, op labels stand at starts only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polar.labels import IGNORE, Labels, labels_program, program_labels
from polar.program import MAX_SEGMENT, Op, Program, Segment, full_path, parse_path

SIZED_OPS = st.tuples(st.integers(1, MAX_SEGMENT), st.sampled_from(Op))


def build(sized_ops: list[tuple[int, Op]]) -> Program:
    segments, layer = [], 0
    for size, op in sized_ops:
        segments.append(Segment(layer, size, op))
        layer += size
    return Program(tuple(segments))


@given(st.lists(SIZED_OPS, min_size=1, max_size=36))
def test_labels_and_program_round_trip(sized_ops: list[tuple[int, Op]]) -> None:
    program = build(sized_ops)
    assert labels_program(program_labels(program)) == program


@given(st.lists(SIZED_OPS, min_size=1, max_size=36))
def test_an_op_label_stands_exactly_where_a_segment_starts(
    sized_ops: list[tuple[int, Op]],
) -> None:
    labels = program_labels(build(sized_ops))
    assert [op != IGNORE for op in labels.op] == [start == 1 for start in labels.boundary]


def test_labels_of_a_known_path() -> None:
    program = parse_path((0, 1, 2, 2, 5), depth=6)
    assert program is not None
    assert program_labels(program) == Labels((1, 0, 1, 1, 0, 1), (1, IGNORE, 2, 0, IGNORE, 1))


def test_the_full_path_starts_a_segment_every_four_layers() -> None:
    program = parse_path(full_path(10), depth=10)
    assert program is not None
    assert program_labels(program).boundary == (1, 0, 0, 0, 1, 0, 0, 0, 1, 0)


@pytest.mark.parametrize(
    "labels",
    [
        Labels((0, 1), (IGNORE, 1)),
        Labels((1, 1), (1, IGNORE)),
        Labels((1, 0, 0, 0, 0), (1, IGNORE, IGNORE, IGNORE, IGNORE)),
        Labels((), ()),
    ],
)
def test_labels_that_spell_no_program_are_refused(labels: Labels) -> None:
    with pytest.raises(ValueError):
        labels_program(labels)
