"""Muon: momentum whose steps are made orthogonal, for the matrices and kernels between input and classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # Jordan 2024: singular values come near 1 in five rounds
_ROUNDS = 5


class Muon(AdamW):
    """Muon (Jordan et al. 2024, github.com/KellerJordan/Muon) where a group is `orthogonal`, else AdamW.

    A kernel (O, I, h, w) is taken as a matrix (O, h * w * I). An orthogonal step has the size of AdamW's
    (arXiv:2502.16982), so that one rate and one decay serve both. torch.optim.Muon takes matrices alone.
    """

    def __init__(
        self,
        groups: Iterable[dict[str, Any]],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.99),
        momentum: float = 0.95,
    ) -> None:
        groups = [{"orthogonal": False, "momentum": momentum} | group for group in groups]
        super().__init__(groups, lr=lr, betas=betas, fused=True)
        self._step_supports_amp_scaling = False  # a GradScaler shall unscale, and skip what did overflow

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """One step; the gradients of orthogonal groups are used up."""
        for group in self.param_groups:
            for parameter in group["params"] if group["orthogonal"] else ():
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["momentum_buffer"] = torch.zeros_like(parameter)
                buffer = state["momentum_buffer"].lerp_(parameter.grad, 1 - group["momentum"])
                ahead = parameter.grad.lerp(buffer, group["momentum"])  # Nesterov's look ahead
                rows = ahead.movedim(1, -1).flatten(1) if ahead.ndim > 2 else ahead
                step = orthogonalize(rows) * 0.2 * max(rows.shape) ** 0.5
                if ahead.ndim > 2:
                    step = step.view(len(ahead), *ahead.shape[2:], ahead.shape[1]).movedim(-1, 1)
                parameter.mul_(1 - group["lr"] * group["weight_decay"]).add_(step, alpha=-group["lr"])
                parameter.grad = None  # AdamW passes over it
        return super().step(closure)


def orthogonalize(matrix: Tensor) -> Tensor:
    """Float (R, C) -> U V^T of its singular value decomposition, roughly: singular values 0.7 to 1.2.

    Newton-Schulz iteration with a polynomial of degree five, in bf16 on a GPU.
    """
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x.bfloat16() if x.is_cuda else x.float()
    x = x / (x.norm() + 1e-7)
    a, b, c = _COEFFICIENTS
    for _ in range(_ROUNDS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.T if matrix.shape[0] > matrix.shape[1] else x).to(matrix.dtype)


def find_orthogonal(module: nn.Module) -> set[Tensor]:
    """Weights of linear maps and full convolutions, but for the first (of pixels) and the classifier's."""
    weights = [
        child.weight
        for name, child in module.named_modules()
        if isinstance(child, nn.Linear) or (isinstance(child, nn.Conv2d) and child.groups == 1)
        if "classifier" not in name
    ]
    return set(weights[1:])
