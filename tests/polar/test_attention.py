"""Guarantees of polar.attention: results and gradients equal to those of torch's own module."""

import torch
from torch import nn

from polar.attention import cross_attend


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
