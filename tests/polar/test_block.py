"""Guarantees of polar.block: results and gradients equal to those of torch's own blocks, and exact
gradients whatever is dropped."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from polar import block as block_module
from polar.block import run_blocks
from polar.dropout import draw_places


def encoder_of(layers: int) -> nn.TransformerEncoder:
    torch.manual_seed(0)
    block = nn.TransformerEncoderLayer(16, 4, 64, dropout=0.1, batch_first=True)
    encoder = nn.TransformerEncoder(block, layers, enable_nested_tensor=False)
    for parameter in encoder.parameters():
        nn.init.normal_(parameter, std=0.3)  # biases too
    return encoder


def test_blocks_equal_torchs_own_and_give_equal_gradients() -> None:
    encoder = encoder_of(2).eval()
    x = torch.randn(3, 5, 16, requires_grad=True)
    ours, theirs = run_blocks(encoder, x), encoder(x)
    torch.testing.assert_close(ours, theirs)
    weight = torch.randn(3, 5, 16)
    found, expected = (
        torch.autograd.grad((out * weight).sum(), [x, *encoder.parameters()])
        for out in (ours, theirs)
    )
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)  # order of float sums


def test_gradients_are_exact_with_dropout(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = encoder_of(1).double().train()
    x = torch.randn(2, 3, 16, dtype=torch.float64, requires_grad=True)
    places = draw_places([2 * 4 * 9, 2 * 3 * 16, 2 * 3 * 64, 2 * 3 * 16], 0.1)
    assert all(len(part) for part in places)
    monkeypatch.setattr(block_module, "draw_places", lambda sizes, p: places)
    inputs = (x, *encoder.parameters())  # changed in place by the check
    assert torch.autograd.gradcheck(lambda x, *parameters: run_blocks(encoder, x), inputs)


def test_a_training_block_drops_as_torch_would_at_the_same_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """torch's own block with its dropout replaced by masks of the drawn places."""
    encoder = encoder_of(1).train()
    block = encoder.layers[0]
    x = torch.randn(2, 3, 16)
    shapes = [(8, 3, 3), (6, 16), (6, 64), (6, 16)]
    places = draw_places([torch.Size(shape).numel() for shape in shapes], 0.1)
    monkeypatch.setattr(block_module, "draw_places", lambda sizes, p: places)
    masks = [
        torch.full(shape, 1 / 0.9).flatten().index_fill(0, part, 0).view(shape)
        for shape, part in zip(shapes, places, strict=True)
    ]
    torch.testing.assert_close(run_blocks(encoder, x), written_out(block, x.view(6, 16), masks))


def written_out(block: nn.TransformerEncoderLayer, x: Tensor, masks: Sequence[Tensor]) -> Tensor:
    """The block of 2 rows of 3 layers, 4 heads, term by term; x [6, 16]."""
    attention = block.self_attn
    projected = x @ attention.in_proj_weight.t() + attention.in_proj_bias
    q, k, v = projected.view(2, 3, 3, 4, 4).permute(2, 0, 3, 1, 4)  # each [2, 4, 3, 4]
    weights = (q @ k.transpose(2, 3) / 2).softmax(dim=-1) * masks[0].view(2, 4, 3, 3)
    read = (weights @ v).transpose(1, 2).reshape(6, 16)
    x = block.norm1(x + attention.out_proj(read) * masks[1])
    hidden = block.linear1(x).relu() * masks[2]
    return block.norm2(x + block.linear2(hidden) * masks[3]).view(2, 3, 16)


def test_mixed_precision_and_inference_run_torchs_own_blocks() -> None:
    encoder = encoder_of(2).eval()
    x = torch.randn(3, 5, 16)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(run_blocks(encoder, x), encoder(x))
    ours = run_blocks(encoder, x)
    with torch.no_grad():
        theirs = run_blocks(encoder, x)
        assert torch.equal(theirs, encoder(x))
    torch.testing.assert_close(ours, theirs)
