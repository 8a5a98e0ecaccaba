"""Objectives: what a step makes small.

The loop knows only `objective(model, batch, rng) -> (loss, counts)`. An objective may be an nn.Module: its
parameters are then optimized and checkpointed with those of the model, and dropped when weights are written.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.charset import Charset
from yomite.config import ObjectiveConfig
from yomite.data.batches import Batch

Objective = Callable[[nn.Module, Batch, torch.Generator], tuple[Tensor, dict[str, Tensor]]]
"""Gives the mean loss of the batch, and counts to be summed over batches, then divided by "samples".

The loss is a mean over samples none of which knows another: then the mean over micro-batches and processes is
that of the whole batch. What is random comes from `rng` or torch's own stream, both seeded for each
micro-batch.
"""


def build_objective(
    config: ObjectiveConfig, model: nn.Module, charset: Charset, data_root: Path
) -> Objective:
    """The objective that a run describes.

    Args:
        config: The run's objective section.
        model: Freshly built, on the CPU; an objective reads sizes from it and never keeps it.
        charset: The classes.
        data_root: Where tables and teachers are looked for.
    """
    return classification(config.label_smoothing)


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
