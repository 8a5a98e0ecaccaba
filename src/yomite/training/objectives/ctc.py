"""Connectionist temporal classification: a line's characters without their places (Graves et al., 2006).

With thousands of classes the last layer, the softmax and the gradient cost as much as the network. So a step
may compare with a sample of them (Jean et al., arXiv:1412.2007): those that stand in the batch, the blank,
and some others, which share the weight of all that are not in the batch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.errors import ConfigError
from yomite.models.line import LineModel, align_lines, compute_steps, count_used_steps, read_best_path
from yomite.streams.batch import Batch


class CTC(nn.Module):
    """For models of lines: images (N, 1, H, W) -> logits (N, T, C + 1), the last class is the blank.

    Batch: targets int64 (N, L) with target_lengths (N,); widths (N,) where images are padded to W. The loss
    is the mean over samples of the negative log-probability for each character. counts: "samples", "exact"
    (lines read right as a whole by the best path) and "impossible" (lines with more characters than steps:
    they teach nothing). Where classes are sampled, "exact" knows only the sample.
    """

    def __init__(self, sampled_classes: int = 0) -> None:
        """Take how many classes that are not in the batch a step compares with; 0: all of them.

        Raises:
            ConfigError: The number is no whole number from 0.
        """
        super().__init__()
        if type(sampled_classes) is not int or sampled_classes < 0:
            raise ConfigError(
                f"objective.arguments.sampled_classes {sampled_classes!r}: give a whole number from 0; "
                "0 compares with all classes"
            )
        self.sampled_classes = sampled_classes

    def check_model(self, model: nn.Module) -> None:
        """Raise ConfigError if classes are sampled and the model always gives the logits of all."""
        if self.sampled_classes and not isinstance(model, LineModel):
            raise ConfigError(
                f"objective.arguments.sampled_classes {self.sampled_classes}: {type(model).__name__} is no "
                "yomite.models.line.LineModel, so it gives all classes; set it to 0"
            )

    def forward(
        self, model: nn.Module, batch: Batch, rng: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the mean loss of a batch, and counts to be summed and divided by "samples"."""
        is_vertical, targets = batch.metadata.get("is_vertical"), batch.targets
        self.check_model(model)
        if self.sampled_classes and isinstance(model, LineModel):
            classes, weights, targets = _sample_classes(targets, model.num_classes, self.sampled_classes, rng)
            steps = model(batch.images, is_vertical, classes) + weights.log()
        else:
            steps = compute_steps(model, batch.images, is_vertical)
        log_probs = functional.log_softmax(steps.float(), dim=2)
        lengths = batch.count_labels()
        used = count_used_steps(log_probs, batch.images, batch.widths)
        losses = align_lines(log_probs, used, targets, lengths)
        counts = {
            "exact": _count_exact(log_probs.detach(), used, targets, lengths),
            "impossible": (_count_steps(batch.targets, lengths) > used).sum(),
            "samples": torch.tensor(len(batch), device=log_probs.device),
        }
        return losses.mean(), counts


def _sample_classes(
    targets: Tensor, num_classes: int, num_sampled: int, rng: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Choose the classes of one step.

    Returns:
        classes: Int64 (S,), those of the targets, some others, and the blank, last.
        weights: Float (S,), for how many classes each stands in the softmax.
        targets: The targets as places among them.
    """
    is_there = torch.zeros(num_classes, dtype=torch.bool, device=targets.device)
    is_there[targets.flatten()] = True
    present, others = is_there.nonzero()[:, 0], (~is_there).nonzero()[:, 0]
    chosen = others[torch.randperm(len(others), generator=rng, device=targets.device)[:num_sampled]]
    blank = torch.tensor([num_classes], device=targets.device)
    classes = torch.cat([present, chosen, blank])
    weights = torch.ones(len(classes), device=targets.device)
    weights[len(present) : -1] = len(others) / max(len(chosen), 1)
    place_of = torch.zeros(num_classes, dtype=torch.int64, device=targets.device)
    place_of[present] = torch.arange(len(present), device=targets.device)
    return classes, weights, place_of[targets]


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
