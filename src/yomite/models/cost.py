"""What a model costs: parameters and multiply-accumulates of one image."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


def count_parameters(model: nn.Module) -> int:
    """Numbers that training changes."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


@torch.no_grad()
def count_macs(model: nn.Module) -> int:
    """Multiply-accumulates of one image: convolutions, matrices, attention; the rest is below a percent.

    The model is left in evaluation mode.
    """
    size = int(model.input_size)  # type: ignore[arg-type]
    image = torch.zeros((1, 1, size, size), dtype=torch.uint8, device=next(model.parameters()).device)
    # Fused attention is not counted on every device; written out as matrices it is.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        model.eval()(image)
    return counter.get_total_flops() // 2
