"""Connectionist temporal classification: a line's characters without their places (Graves et al., 2006)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.models.line import align_lines, compute_steps, count_used_steps, read_best_path
from yomite.streams.batch import Batch


class CTC(nn.Module):
    """For models of lines: images (N, 1, H, W) -> logits (N, T, C + 1), the last class is the blank.

    Batch: targets int64 (N, L) with target_lengths (N,); widths (N,) where images are padded to W. The loss
    is the mean over samples of the negative log-probability for each character. counts: "samples", "exact"
    (lines read right as a whole by the best path) and "impossible" (lines with more characters than steps:
    they teach nothing).
    """

    def forward(
        self, model: nn.Module, batch: Batch, rng: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the mean loss of a batch, and counts to be summed and divided by "samples"."""
        steps = compute_steps(model, batch.images, batch.metadata.get("is_vertical"))
        log_probs = functional.log_softmax(steps.float(), dim=2)
        lengths = batch.count_labels()
        used = count_used_steps(log_probs, batch.images, batch.widths)
        losses = align_lines(log_probs, used, batch.targets, lengths)
        counts = {
            "exact": _count_exact(log_probs.detach(), used, batch.targets, lengths),
            "impossible": (_count_steps(batch.targets, lengths) > used).sum(),
            "samples": torch.tensor(len(batch), device=log_probs.device),
        }
        return losses.mean(), counts


def _count_steps(targets: Tensor, lengths: Tensor) -> Tensor:
    """Count the steps that a line needs: one a character, and a blank between two that are equal."""
    later = torch.arange(1, targets.shape[1], device=targets.device) < lengths[:, None]
    return lengths + ((targets[:, 1:] == targets[:, :-1]) & later).sum(dim=1)


def _count_exact(log_probs: Tensor, used: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    labels, found = read_best_path(log_probs, used)
    width = max(labels.shape[1], targets.shape[1])
    blank = log_probs.shape[2] - 1
    padded = functional.pad(targets, (0, width - targets.shape[1]), value=blank)
    padded = padded.masked_fill(torch.arange(width, device=padded.device) >= lengths[:, None], blank)
    labels = functional.pad(labels, (0, width - labels.shape[1]), value=blank)
    return ((labels == padded).all(dim=1) & (found == lengths)).sum()
