"""Cross-entropy over the classes, and what may be added to it; each addition is one file here.

Losses are means over the samples, never over sums of weights, so a step cut into micro-batches or spread
over processes has the gradient of the whole.
"""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.models.character import keep_embedding
from yomite.streams.batch import Batch
from yomite.training.objectives.auxiliary import AuxiliaryTargets
from yomite.training.objectives.distillation import Distillation
from yomite.training.objectives.margin import add_margin
from yomite.training.objectives.mixup import mix


class Classification(nn.Module):
    """The objective of the character task: `objective(model, batch, rng) -> (loss, counts)`.

    counts: "samples" and "top1" (the right ones; with mixup the larger part of the mixture is right), and the
    summed losses or right answers of what is added.
    """

    def __init__(
        self,
        *,
        label_smoothing: float = 0.0,
        class_weights: Tensor | None = None,
        margin: float = 0.0,
        mixup: float = 0.0,
        auxiliary: AuxiliaryTargets | None = None,
        distillation: Distillation | None = None,
    ) -> None:
        """Put the parts together.

        Args:
            label_smoothing: Share of the target spread over all classes (Szegedy et al., arXiv:1512.00567).
            class_weights: Float (C,), what a sample of each class weighs; None: all alike.
            margin: Angle in radians added to that of the right class; needs a cosine head.
            mixup: Both parameters of the beta distribution of the share; 0: none.
            auxiliary: Further targets that are predicted from the embedding.
            distillation: A teacher to follow.
        """
        super().__init__()
        self.label_smoothing, self.margin, self.mixup = label_smoothing, margin, mixup
        self.class_weights: Tensor | None
        self.register_buffer("class_weights", class_weights, persistent=False)
        self.auxiliary, self.distillation = auxiliary, distillation

    def forward(
        self, model: nn.Module, batch: Batch, rng: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The mean loss of a batch, and counts to be summed and divided by "samples"."""
        images, share, others = batch.images, 1.0, batch.targets
        if self.mixup:
            images, share, order = mix(images, self.mixup, rng)
            others = batch.targets[order]
        parts = [(share, batch.targets)] + ([(1.0 - share, others)] if share < 1.0 else [])
        with keep_embedding(model) if self.auxiliary else nullcontext([]) as embedding:
            logits = model(images).float()
        losses = torch.stack([part * self.score(model, logits, targets) for part, targets in parts]).sum(
            dim=0
        )
        counts = {"top1": (logits.detach().argmax(dim=1) == batch.targets).sum()}
        if self.distillation:
            losses, following = self.distillation(losses, logits, images)
            counts["distance_to_teacher"] = following.detach().sum()
        if self.auxiliary:
            for part, targets in parts:
                added, right = self.auxiliary(embedding[0].float(), targets)
                losses = losses + part * added
                counts = {**right, **counts}  # of the larger part, which comes first
        return losses.mean(), counts | {"samples": torch.tensor(len(batch), device=logits.device)}

    def score(self, model: nn.Module, logits: Tensor, targets: Tensor) -> Tensor:
        """Float logits (N, C), int64 targets (N,) -> the loss of each sample, float (N,)."""
        if self.margin:
            logits = add_margin(logits, targets, model.classifier.scale, self.margin)  # type: ignore
        losses = functional.cross_entropy(
            logits, targets, label_smoothing=self.label_smoothing, reduction="none"
        )
        return losses if self.class_weights is None else losses * self.class_weights[targets]


def balance_classes(class_shares: np.ndarray, power: float) -> Tensor:
    """Weights that make rare classes count as much as frequent ones.

    Args:
        class_shares: Float (C,), which share of the samples is of each class.
        power: 0: every sample counts alike; 1: every class counts alike; between: to that power.

    Returns:
        Float32 (C,), proportional to `class_shares ** -power`, with mean 1 over the samples; 0 for classes
        without samples.
    """
    shares = class_shares / class_shares.sum()
    weights = np.zeros_like(shares)
    weights[shares > 0] = shares[shares > 0] ** -power
    return torch.tensor(weights / (shares * weights).sum(), dtype=torch.float32)
