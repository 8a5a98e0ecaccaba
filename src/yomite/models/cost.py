"""What a model costs: parameters and multiply-accumulates of one image."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


def count_parameters(model: nn.Module) -> int:
    """Numbers that training changes."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


@torch.no_grad()
def count_macs(model: nn.Module, width: int | None = None, length: int | None = None) -> int:
    """Multiply-accumulates of one image: convolutions, matrices, attention; the rest is below a percent.

    The model is left in evaluation mode.

    Args:
        model: Any of this folder.
        width: Of the image in px, for lines; None: a square.
        length: Characters that a model that writes is given as written; None: it is given the image alone.
    """
    height = int(model.input_size)  # type: ignore[arg-type]
    device = next(model.parameters()).device
    given: list[Tensor] = [torch.zeros((1, 1, height, width or height), dtype=torch.uint8, device=device)]
    if length is not None:
        given.append(torch.zeros((1, length), dtype=torch.long, device=device))
    # Fused attention and fused LSTMs are not counted on every device; written out as matrices they are.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*TF32")  # of another make's devices
        unfused = torch.backends.mkldnn.flags(enabled=False)
        with unfused, sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            model.eval()(*given)
    return counter.get_total_flops() // 2
