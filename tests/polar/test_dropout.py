"""Guarantees of polar.dropout: the share that is asked for, each element by itself, drawn from the
global stream; the gradients of torch's own."""

import pytest
import torch
from torch.nn import functional as F

from polar.dropout import draw_places, dropout, relu_dropout_


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_dropout_drops_its_share_and_keeps_the_mean(p: float) -> None:
    torch.manual_seed(0)
    dropped = dropout(torch.ones(1001, 1001), p)
    kept = dropped[dropped != 0]
    # four standard deviations of the share of a million coins
    assert 1 - len(kept) / dropped.numel() == pytest.approx(p, abs=4 * (p * (1 - p) / 1e6) ** 0.5)
    assert torch.equal(kept, torch.full_like(kept, 1 / (1 - p)))
    for neighbours in (dropped[:, 1:] * dropped[:, :-1], dropped[1:] * dropped[:-1]):
        assert float(neighbours.mean()) == pytest.approx(1, abs=0.01)  # independent


@pytest.mark.parametrize("p", [0.001, 0.1, 0.9])
@pytest.mark.parametrize("size", [1, 3])
def test_every_place_of_a_few_is_dropped_as_often(p: float, size: int) -> None:
    torch.manual_seed(0)
    draws = 20000
    hits = torch.zeros(size)
    for _ in range(draws):
        places = draw_places(size, p)
        assert places.tolist() == sorted(set(places.tolist()))
        hits[places] += 1
    # five standard deviations
    assert hits.tolist() == pytest.approx([draws * p] * size, abs=5 * (draws * p * (1 - p)) ** 0.5)


def test_dropout_draws_from_the_global_stream() -> None:
    torch.manual_seed(3)
    first, second = dropout(torch.ones(64), 0.5), dropout(torch.ones(64), 0.5)
    torch.manual_seed(3)
    assert torch.equal(dropout(torch.ones(64), 0.5), first)
    assert not torch.equal(first, second)


def test_the_gradient_passes_where_nothing_is_dropped_and_is_scaled_alike() -> None:
    x = torch.randn(6, 8, requires_grad=True)
    result = dropout(x.t(), 0.5)  # in another layout
    (gradient,) = torch.autograd.grad(result.sum(), x)
    assert torch.equal(gradient.t(), (result != 0) * 2.0)
    assert torch.equal(result, x.t() * gradient.t())


def test_relu_and_dropout_together_equal_one_after_the_other() -> None:
    rows = torch.randn(50, 8, requires_grad=True)
    torch.manual_seed(1)
    together = relu_dropout_(rows * 1, 0.25)
    torch.manual_seed(1)
    apart = dropout(F.relu(rows), 0.25)
    torch.testing.assert_close(together, apart)
    weight = torch.randn(50, 8)
    found, expected = (
        torch.autograd.grad((out * weight).sum(), rows)[0] for out in (together, apart)
    )
    torch.testing.assert_close(found, expected)
