"""What a model costs: parameters and multiply-accumulates of one image."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def count_parameters(model: nn.Module) -> int:
    """Numbers that training changes."""
    return sum(parameter.numel() for parameter in model.parameters())


@torch.inference_mode()
def count_macs(model: nn.Module) -> int:
    """Multiply-accumulates of the convolutions and matrices for one image; the rest is below a percent."""
    total = 0

    def add(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        assert isinstance(module, nn.Conv2d | nn.Linear)
        total += output.numel() * module.weight[0].numel()  # each output is one row against its inputs

    handles = [
        module.register_forward_hook(add)
        for module in model.modules()
        if isinstance(module, nn.Conv2d | nn.Linear)
    ]
    size = int(model.input_size)  # type: ignore[arg-type]
    try:
        model.eval()(torch.zeros((1, 1, size, size), dtype=torch.uint8))
    finally:
        for handle in handles:
            handle.remove()
    return total
