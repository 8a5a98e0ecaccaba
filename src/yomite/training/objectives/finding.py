"""Finding lines: their cores, how they run, how high they are, and how the page is turned."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.streams.batch import Batch
from yomite.streams.pages import SIZE_STEPS


class Finding(nn.Module):
    """For models of pages: images (N, 1, H, W), maps uint8 (N, 3, h, w) -> maps (N, 7, h, w).

    The loss of a page is the sum of four: cross-entropy and the Dice loss (arXiv:1606.04797) of the cores;
    and, the mean over all places within cores, cross-entropy of the direction, the smooth distance of log2
    sizes, and the cross-entropy of the turn. counts: "samples", "overlap" (the Dice coefficient).
    """

    def forward(
        self, model: nn.Module, batch: Batch, rng: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the mean loss of a batch, and counts to be summed and divided by "samples"."""
        losses, overlap = measure_losses(model(batch.images).float(), batch)
        counts = {
            "overlap": overlap.detach().sum(),
            "samples": torch.tensor(len(batch), device=losses.device),
        }
        return losses.mean(), counts


def measure_losses(maps: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return the loss and the Dice coefficient of each page, float (N,) both."""
    core = batch.targets[:, 0].float() / 255.0
    inside = (batch.targets[:, 2] > 0).float()
    room = inside.sum(dim=(1, 2)).clamp(min=1.0)

    def within(values: Tensor) -> Tensor:
        return (values * inside).sum(dim=(1, 2)) / room

    chances = maps[:, 0].sigmoid()
    shared = 2.0 * (chances * core).sum(dim=(1, 2))
    overlap = (shared + 32.0) / ((chances + core).sum(dim=(1, 2)) + 32.0)
    entropy = functional.binary_cross_entropy_with_logits(maps[:, 0], core, reduction="none")
    runs_down = batch.targets[:, 1].float()
    direction = functional.binary_cross_entropy_with_logits(maps[:, 1], runs_down, reduction="none")
    size = functional.smooth_l1_loss(
        maps[:, 2], batch.targets[:, 2].float() / SIZE_STEPS, reduction="none", beta=0.25
    )
    turns = batch.metadata["turn"][:, None, None].expand(-1, *maps.shape[2:])
    turn = functional.cross_entropy(maps[:, 3:], turns, reduction="none")
    losses = 4.0 * entropy.mean(dim=(1, 2)) + (1.0 - overlap)
    losses = losses + 0.5 * within(direction) + within(size) + 0.25 * within(turn)
    return losses, overlap
