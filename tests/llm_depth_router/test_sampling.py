"""The most likely token, whatever the size of the vocabulary."""

import pytest
import torch

from llm_depth_router.sampling import choose_best


@pytest.mark.parametrize("vocabulary", [1, 5, 256, 384, 1001, 49152])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_best_token_is_the_first_of_equals(vocabulary, dtype):
    generator = torch.Generator().manual_seed(vocabulary)
    levels = torch.randint(0, 4, (64, vocabulary), generator=generator)  # equals everywhere
    logits = levels.to(dtype)
    best = choose_best(logits)
    for row, token in zip(levels.tolist(), best.tolist(), strict=True):
        assert token == row.index(max(row))
