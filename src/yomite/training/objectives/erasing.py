"""Erasing paper: which ink is the character's, and which is printed around it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from yomite.models.ink_finder import measure_losses
from yomite.streams.batch import Batch
from yomite.streams.papers import read_targets


class Erasing(nn.Module):
    """For models of task ink: views (N, 1, S, S), targets uint8 (N, 2, S, S) -> logits (N, S, S).

    The loss is the mean over pictures of `measure_losses`. counts: "samples", "right" (the share of each
    picture's weight that is told right).
    """

    def forward(
        self, model: nn.Module, batch: Batch, rng: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the mean loss of a batch, and counts to be summed and divided by "samples"."""
        logits, (is_ink, weight) = model(batch.images).float(), read_targets(batch)
        is_right = (logits.detach() > 0) == (is_ink > 0.5)
        counts = {
            "right": ((is_right * weight).sum(dim=(1, 2)) / weight.sum(dim=(1, 2)).clamp(min=1.0)).sum(),
            "samples": torch.tensor(len(batch), device=logits.device),
        }
        return measure_losses(logits, is_ink, weight).mean(), counts
