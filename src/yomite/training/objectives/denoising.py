"""Denoising: from any place between noise and ink, tell which way the ink lies (flow matching)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from yomite.models.generator import InkGenerator, measure_velocity
from yomite.streams.batch import Batch

TIME_MEAN = -0.8
"""Of the logits of the times; half of the times lie below 0.31."""


class Denoising(nn.Module):
    """For models that draw: images (N, 1, S, S); plain glyphs and references in the metadata.

    The loss is the mean square of the velocity's error. Times are drawn where it is decided which lines are
    drawn, and that is early: a line of 3 px shows through noise from a time of about 0.2 on (logit-normal,
    Esser et al., arXiv:2403.03206). Sometimes the style is left out, so that the model can be guided. counts:
    "samples", "ink_error" (mean distance of the ink that is foreseen, 0..2).
    """

    def __init__(self, drop_style: float = 0.15) -> None:
        """Set the share of samples whose style is left out."""
        super().__init__()
        self.drop_style = drop_style

    def forward(
        self, model: InkGenerator, batch: Batch, rng: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the mean loss of a batch, and counts to be summed and divided by "samples"."""
        plain, references = batch.metadata["plain"], batch.metadata["references"]
        device, num_samples = batch.images.device, len(batch)
        # Any number of references must do: every batch takes some of those that came.
        num_seen = int(torch.randint(1, references.shape[1] + 1, (), generator=rng, device=device))
        style = model.embed_style(references[:, :num_seen])
        is_bare = torch.rand(num_samples, generator=rng, device=device) < self.drop_style
        style = torch.where(is_bare[:, None], model.no_style.to(style.dtype), style)
        ink = batch.images.float() / 127.5 - 1.0
        noise = torch.randn(ink.shape, generator=rng, device=device)
        times = (torch.randn(num_samples, generator=rng, device=device) + TIME_MEAN).sigmoid()
        losses, errors = measure_velocity(model, ink, noise, times, plain, style)
        counts = {
            "ink_error": errors.detach().sum(),
            "samples": torch.tensor(num_samples, device=device),
        }
        return losses.mean(), counts
