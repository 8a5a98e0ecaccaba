"""Finding lines: their cores, how they run, how high they are, and how the page is turned."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from yomite.models.finder import measure_losses
from yomite.streams.batch import Batch
from yomite.streams.pages import read_maps


class Finding(nn.Module):
    """For models of pages: images (N, 1, H, W), maps uint8 (N, 3, h, w) -> maps (N, 3, h, w).

    The loss is the mean over pages of `yomite.models.finder.measure_losses`. counts: "samples", "overlap"
    (the Dice coefficient of the cores).
    """

    def forward(
        self, model: nn.Module, batch: Batch, rng: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the mean loss of a batch, and counts to be summed and divided by "samples"."""
        losses, overlap = measure_losses(model(batch.images).float(), *read_maps(batch))
        counts = {
            "overlap": overlap.detach().sum(),
            "samples": torch.tensor(len(batch), device=losses.device),
        }
        return losses.mean(), counts
