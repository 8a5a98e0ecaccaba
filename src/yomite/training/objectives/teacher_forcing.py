"""Teacher forcing: what follows each beginning of a line, for models that write character by character."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.data.batches import Batch


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
        """The mean loss of a batch, and counts to be summed and divided by "samples"."""
        targets, lengths = batch.targets, batch.target_lengths
        num, longest = targets.shape
        if lengths is None:
            lengths = torch.full((num,), longest, device=targets.device)
        logits = model(batch.images, targets).float()
        end = logits.shape[2] - 1
        place = torch.arange(longest + 1, device=targets.device)
        wanted = functional.pad(targets, (0, 1), value=end).masked_fill(place == lengths[:, None], end)
        is_used = place <= lengths[:, None]
        losses = functional.cross_entropy(
            logits.transpose(1, 2), wanted, reduction="none", label_smoothing=self.label_smoothing
        )
        loss = ((losses * is_used).sum(1) / (lengths + 1)).mean()
        is_right = (logits.detach().argmax(2) == wanted) | ~is_used
        return loss, {"exact": is_right.all(1).sum(), "samples": torch.tensor(num, device=targets.device)}
