"""Guarantees of polar.decode: the beam equals brute force over the kept ops when it is wide
enough, candidates are distinct paths, and every rule of the release's decoding holds."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from polar.decode import Candidate, DecodeConfig, beam_decode, segment_starts
from polar.model import PredictorLogits
from polar.program import MAX_SEGMENT, Op, Program, Segment


def random_logits(seed: int, depth: int) -> PredictorLogits:
    generator = torch.Generator().manual_seed(seed)
    return PredictorLogits(
        torch.randn(1, depth, generator=generator), torch.randn(1, depth, 3, generator=generator)
    )


def decode(logits: PredictorLogits, **options: float) -> list[Candidate]:
    return beam_decode(logits, DecodeConfig(**options))[0]  # type: ignore[arg-type]


def brute_force(logits: PredictorLogits, kept_ops: int, len_penalty: float) -> list[Program]:
    """Every program over the decoded segments, best first."""
    depth = logits.boundary.shape[1]
    starts = segment_starts(torch.sigmoid(logits.boundary[0]).tolist(), 0.5)
    log_probs = torch.log_softmax(logits.op[0].double(), dim=-1)
    kept = [torch.topk(log_probs[start], kept_ops).indices.tolist() for start in starts]
    scored = []
    for ops in itertools.product(*kept):
        stops = [*starts[1:], depth]
        segments = [
            Segment(start, stop - start, Op(op))
            for start, stop, op in zip(starts, stops, ops, strict=True)
        ]
        program = Program(tuple(segments))
        log_prob = sum(float(log_probs[start, op]) for start, op in zip(starts, ops, strict=True))
        scored.append((log_prob - len_penalty * len(program.path), program))
    return [program for _, program in sorted(scored, key=lambda pair: -pair[0])]


@settings(deadline=None)
@given(
    seed=st.integers(0, 10_000),
    depth=st.integers(1, 9),
    kept_ops=st.integers(1, 3),
    len_penalty=st.sampled_from([0.0, 0.1, -0.2]),
    k=st.integers(1, 6),
)
def test_a_beam_as_wide_as_k_equals_brute_force_over_the_kept_ops(
    seed: int, depth: int, kept_ops: int, len_penalty: float, k: int
) -> None:
    logits = random_logits(seed, depth)
    candidates = decode(
        logits, beam_size=k, top_k_paths=k, top_k_ops=kept_ops, len_penalty=len_penalty
    )
    expected = brute_force(logits, kept_ops, len_penalty)[:k]
    assert [candidate.program for candidate in candidates] == expected


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_candidates_are_distinct_paths_in_falling_order_of_probability(seed: int) -> None:
    candidates = decode(random_logits(seed, 20), beam_size=20, top_k_paths=20, top_k_ops=3)
    assert len({candidate.program.path for candidate in candidates}) == 20
    log_probs = [candidate.log_prob for candidate in candidates]
    assert log_probs == sorted(log_probs, reverse=True)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.floats(0, 1))
def test_no_segment_exceeds_the_maximum_and_no_wanted_boundary_is_lost(
    probs: list[float], threshold: float
) -> None:
    starts = segment_starts(probs, threshold)
    gaps = [stop - start for start, stop in itertools.pairwise([*starts, len(probs)])]
    assert max(gaps) <= MAX_SEGMENT
    wanted = {layer for layer, prob in enumerate(probs) if layer and prob >= threshold}
    assert wanted <= set(starts)


def test_a_known_decoding() -> None:
    boundary = torch.tensor([[9.0, -9.0, 9.0]])
    op = torch.log(torch.tensor([[[0.1, 0.6, 0.3], [0.0, 0.0, 1.0], [0.5, 0.1, 0.4]]]))
    candidates = decode(PredictorLogits(boundary, op), beam_size=3, top_k_paths=3)
    assert [candidate.program.path for candidate in candidates] == [
        (0, 1),
        (0, 1, 2, 2),
        (0, 1, 0, 1),
    ]
    assert candidates[0].log_prob == pytest.approx(math.log(0.6 * 0.5))
    assert candidates[2].log_prob == pytest.approx(math.log(0.3 * 0.5))


def test_an_all_skip_candidate_keeps_its_place() -> None:
    op = torch.tensor([[[2.0, 1.0, 0.0], [2.0, 1.5, 0.0]]])
    candidates = decode(PredictorLogits(torch.full((1, 2), 9.0), op))
    assert candidates[0].program.path == ()
    assert candidates[1].program.path == (1,)


def test_the_length_penalty_prefers_short_paths() -> None:
    op = torch.tensor([[[0.0, 0.3, -9.0]]])
    logits = PredictorLogits(torch.zeros(1, 1), op)
    assert decode(logits)[0].program.path == (0,)
    assert decode(logits, len_penalty=0.5)[0].program.path == ()
    assert decode(logits, len_penalty=0.5)[0].log_prob == decode(logits)[1].log_prob


def test_every_question_of_a_batch_is_decoded_alone() -> None:
    first, second = random_logits(1, 8), random_logits(2, 8)
    both = PredictorLogits(
        torch.cat([first.boundary, second.boundary]), torch.cat([first.op, second.op])
    )
    assert beam_decode(both, DecodeConfig()) == [decode(first), decode(second)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beam_size": 3}, "give --beam_size 5 or more"),
        ({"top_k_paths": 0}, "top_k_paths must be at least 1"),
        ({"top_k_ops": 4}, "top_k_ops must be 1, 2 or 3"),
        ({"seg_threshold": 1.5}, "seg_threshold must be in"),
    ],
)
def test_impossible_settings_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DecodeConfig(**options)
