"""Guarantees of polar.attention: equal to torch's own modules, and dropout that drops the share it
is asked for, from the global stream."""

import pytest
import torch
from torch import nn

from polar.attention import cross_attend, dropout, run_block


def test_a_block_equals_torchs_own() -> None:
    torch.manual_seed(0)
    block = nn.TransformerEncoderLayer(16, 4, 64, dropout=0.1, batch_first=True).eval()
    x = torch.randn(3, 5, 16)
    torch.testing.assert_close(run_block(block, x), block(x))


def test_cross_attention_equals_torchs_own_and_gives_equal_gradients() -> None:
    torch.manual_seed(0)
    attention = nn.MultiheadAttention(16, 4, batch_first=True)
    nn.init.normal_(attention.in_proj_bias)
    queries, tokens = torch.randn(5, 16), torch.randn(3, 7, 16)
    mask = torch.arange(7) < torch.tensor([[7], [4], [1]])
    ours = cross_attend(attention, queries, tokens, mask)
    theirs, _ = attention(
        queries.expand(3, -1, -1), tokens, tokens, key_padding_mask=~mask, need_weights=False
    )
    torch.testing.assert_close(ours, theirs)
    found, expected = (
        torch.autograd.grad(out.square().sum(), list(attention.parameters()))
        for out in (ours, theirs)
    )
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)  # order of float sums


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


def test_dropout_draws_from_the_global_stream() -> None:
    torch.manual_seed(3)
    first, second = dropout(torch.ones(64), 0.5), dropout(torch.ones(64), 0.5)
    torch.manual_seed(3)
    assert torch.equal(dropout(torch.ones(64), 0.5), first)
    assert not torch.equal(first, second)
