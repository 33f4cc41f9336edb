"""The predictor's cross-attention on torch's own module: the same function in fewer products."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def cross_attend(
    attention: nn.MultiheadAttention, queries: Tensor, tokens: Tensor, mask: Tensor
) -> Tensor:
    """Queries [D, d], the same for every row, read tokens [B, T, d] where mask [B, T] is True.

    Returns [B, D, d]. No dropout, as in the release. The keys' weight meets the few queries instead
    of all tokens; the keys' bias shifts all scores of a query alike, so it drops out.
    """
    heads = attention.num_heads
    query_weight, key_weight, value_weight = attention.in_proj_weight.chunk(3)
    query_bias, _, value_bias = attention.in_proj_bias.chunk(3)
    q = F.linear(queries, query_weight, query_bias).unflatten(-1, (heads, -1)).transpose(0, 1)
    probes = (q * q.shape[-1] ** -0.5) @ key_weight.unflatten(0, (heads, -1))  # [heads, D, d]
    scores = F.linear(tokens, probes.flatten(0, 1))  # [B, T, heads * D]
    weights = scores.masked_fill(~mask[:, :, None], -torch.inf).softmax(dim=1)
    v = F.linear(tokens, value_weight, value_bias).unflatten(-1, (heads, -1)).transpose(1, 2)
    read = weights.unflatten(-1, (heads, -1)).permute(0, 2, 3, 1) @ v  # [B, heads, D, d / heads]
    return attention.out_proj(read.transpose(1, 2).flatten(2))
