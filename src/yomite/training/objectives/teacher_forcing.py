"""Teacher forcing: what follows each beginning of a line, for models that write character by character."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from yomite.models.decoding import foresee_lines
from yomite.streams.batch import Batch


class TeacherForcing(nn.Module):
    """For models of lines: images (N, 1, H, W), targets (N, L) -> logits (N, L + 1, C + 1), the end last.

    Batch: targets int64 (N, L) with target_lengths (N,). The loss is the mean over samples of the negative
    log-probability for each character, the end counted as one. counts: "samples", "exact" (lines of which
    every next character was foreseen).
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing

    def forward(
        self, model: nn.Module, batch: Batch, rng: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the mean loss of a batch, and counts to be summed and divided by "samples"."""
        logits = model(batch.images, batch.targets).float()
        lengths = batch.count_labels()
        losses, is_right = foresee_lines(logits, batch.targets, lengths, self.label_smoothing)
        counts = {"exact": is_right.sum(), "samples": torch.tensor(len(batch), device=logits.device)}
        return losses.mean(), counts
