"""Guarantees of polar.dropout: the share that is asked for, each element by itself, drawn from the
global stream."""

import pytest
import torch

from polar.dropout import draw_places


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_the_share_of_many_is_dropped_and_neighbours_are_independent(p: float) -> None:
    torch.manual_seed(0)
    kept = torch.ones(1001 * 1001)
    (places,) = draw_places([kept.numel()], p)
    kept[places] = 0
    # four standard deviations of the share of a million coins
    assert len(places) / kept.numel() == pytest.approx(p, abs=4 * (p * (1 - p) / 1e6) ** 0.5)
    kept = kept.view(1001, 1001)
    for neighbours in (kept[:, 1:] * kept[:, :-1], kept[1:] * kept[:-1]):
        assert float(neighbours.mean()) == pytest.approx((1 - p) ** 2, abs=0.002)


@pytest.mark.parametrize("p", [0.001, 0.1, 0.9])
@pytest.mark.parametrize("sizes", [(1,), (3,), (1, 2), (2, 0, 1)])
def test_every_place_of_a_few_is_dropped_as_often(p: float, sizes: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    draws = 20000
    hits = [torch.zeros(size) for size in sizes]
    for _ in range(draws):
        for hit, places in zip(hits, draw_places(sizes, p), strict=True):
            assert places.tolist() == sorted(set(places.tolist()))
            hit[places] += 1
    # five standard deviations
    expected = pytest.approx([draws * p] * sum(sizes), abs=5 * (draws * p * (1 - p)) ** 0.5)
    assert torch.cat(hits).tolist() == expected


def test_places_come_from_the_global_stream() -> None:
    torch.manual_seed(3)
    first, second = draw_places([64], 0.5)[0], draw_places([64], 0.5)[0]
    torch.manual_seed(3)
    assert torch.equal(draw_places([64], 0.5)[0], first)
    assert not torch.equal(first, second)
