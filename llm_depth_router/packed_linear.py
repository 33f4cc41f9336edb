"""Linear layers whose weights are laid out once for the CPU's matrix units."""

import torch
from torch import Tensor, nn


class PackedLinear(nn.Module):
    """`linear` with its weight reordered by oneDNN ahead of time instead of at every call.

    On few rows a plain `nn.Linear` spends much of its time on that reordering (docs/engine.md).
    The packed weight is a second copy in memory.
    """

    def __init__(self, linear: nn.Linear, rows: int) -> None:
        super().__init__()
        self.weight = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), rows)
        self.bias = None if linear.bias is None else linear.bias.detach()

    def forward(self, x: Tensor) -> Tensor:  # [..., in] → [..., out]
        output: Tensor = torch.ops.mkldnn._linear_pointwise(
            x, self.weight, self.bias, "none", [], ""
        )
        return output


def can_pack(linear: nn.Linear) -> bool:
    """Whether this weight lies on a CPU in a type that oneDNN packs."""
    return (
        linear.weight.device.type == "cpu"
        and linear.weight.dtype in (torch.float32, torch.bfloat16)
        and torch.backends.mkldnn.is_available()
        and (linear.weight.dtype is torch.float32 or torch.ops.mkldnn._is_mkldnn_bf16_supported())
    )
