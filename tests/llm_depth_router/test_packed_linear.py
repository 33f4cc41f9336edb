"""A packed layer computes what the plain one does, on any number of rows."""

import pytest
import torch

from llm_depth_router.packed_linear import PackedLinear, can_pack


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("rows", [1, 16, 130])
def test_packed_equals_plain(rows, bias):
    torch.manual_seed(0)
    linear = torch.nn.Linear(24, 40, bias=bias).requires_grad_(False)
    x = torch.randn(1, rows, 24)
    if not can_pack(linear):
        pytest.skip("oneDNN is not built into this torch")
    packed = PackedLinear(linear, rows=128)
    # Only the order of the sums may differ.
    torch.testing.assert_close(packed(x), linear(x), rtol=1e-5, atol=1e-5)


def test_half_precision_is_not_packed():
    assert not can_pack(torch.nn.Linear(4, 4).half())
