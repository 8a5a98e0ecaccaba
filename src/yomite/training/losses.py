"""Objectives: what a step makes small.

The loop knows only `objective(model, batch, rng) -> (loss, counts)`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.data.batches import Batch

Objective = Callable[[nn.Module, Batch, torch.Generator], tuple[Tensor, dict[str, Tensor]]]
"""Gives the mean loss of the batch, and counts to be summed over batches, then divided by "samples"."""


def classification(label_smoothing: float) -> Objective:
    """Cross-entropy over the classes; counts samples and the right ones.

    Args:
        label_smoothing: Share of the target spread over all classes (Szegedy et al., arXiv:1512.00567).
    """

    def objective(model: nn.Module, batch: Batch, rng: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        logits = model(batch.images).float()
        loss = functional.cross_entropy(logits, batch.targets, label_smoothing=label_smoothing)
        right = (logits.detach().argmax(dim=1) == batch.targets).sum()
        return loss, {"top1": right, "samples": torch.tensor(len(batch), device=right.device)}

    return objective
