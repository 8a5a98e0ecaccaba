"""The network that finds lines on a page: a residual trunk, and a pyramid that brings its maps together.

Feature pyramids: Lin et al., arXiv:1612.03144. Lines as bands that are thinner than the writing, so that
neighbors do not touch: Liao et al., arXiv:1911.08947.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.errors import ConfigError
from yomite.extensions import check_counts
from yomite.models.residual import ResidualBlock, initialize_residual

STRIDE = 32
MAP_STRIDE = 4
NUM_MAPS = 3


class LineFinder(nn.Module):
    """uint8 images (N, 1, H, W), gray levels, sides multiples of 32 -> maps float (N, 3, H / 4, W / 4).

    The logit of the core of a line, the logit that the line runs down, and log2 of half its height in px.
    """

    task = "page"
    objective = "finding"

    def __init__(
        self,
        num_classes: int,
        input_size: int,
        stem: int = 16,
        widths: Sequence[int] = (24, 48, 96, 128),
        depths: Sequence[int] = (1, 2, 2, 2),
        pyramid: int = 32,
    ) -> None:
        """Build and initialize.

        Args:
            num_classes: Of the charset that pages are composed of; the network does not depend on it.
            input_size: Side of the pages that it learns from, in px; it reads any.
            stem: Channels after the first convolution, at half the size.
            widths: Channels of the stages, at a 4th, 8th, 16th and 32nd of the size.
            depths: Residual blocks of each stage.
            pyramid: Channels of the pyramid.

        Raises:
            ConfigError: If an argument is out of range.
        """
        super().__init__()
        check_counts("widths", widths, (24, 48, 96, 128))
        check_counts("depths", depths, (1, 2, 2, 2))
        if len(widths) != 4 or len(depths) != 4:
            raise ConfigError(f"widths {list(widths)} and depths {list(depths)}; there are four stages")
        if input_size < STRIDE or input_size % STRIDE:
            raise ConfigError(f"input_size {input_size}; it must be a multiple of {STRIDE}")
        self.num_classes, self.input_size = num_classes, input_size
        self.stem = nn.Sequential(
            nn.Conv2d(1, stem, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(stem), nn.ReLU()
        )
        stages, width = [], stem
        for stage_width, depth in zip(widths, depths, strict=True):
            blocks = []
            for block in range(depth):
                blocks.append(ResidualBlock(width, stage_width, stride=2 if block == 0 else 1))
                width = stage_width
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)
        self.laterals = nn.ModuleList([nn.Conv2d(width, pyramid, 1) for width in widths])
        self.smooth = nn.Sequential(
            nn.Conv2d(pyramid, pyramid, 3, padding=1, bias=False), nn.BatchNorm2d(pyramid), nn.ReLU()
        )
        self.head = nn.Conv2d(pyramid, NUM_MAPS, 1)
        self._initialize()

    def _initialize(self) -> None:
        """He initialization (arXiv:1502.01852); every block begins as its shortcut; cores begin as rare."""
        initialize_residual(self)
        nn.init.normal_(self.head.weight, std=0.01)
        with torch.no_grad():
            bias = torch.zeros(NUM_MAPS)
            bias[0], bias[2] = -2.0, 3.5
            self.head.bias.copy_(bias)  # type: ignore[union-attr]

    def forward(self, images: Tensor) -> Tensor:
        """Find lines."""
        x = self.stem(images.float() / 255.0 - 0.5)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        found = self.laterals[-1](maps[-1])
        for lateral, fine in zip(reversed(self.laterals[:-1]), reversed(maps[:-1]), strict=True):
            found = lateral(fine) + functional.interpolate(found, scale_factor=2.0, mode="nearest")
        return self.head(self.smooth(found))


def measure_losses(maps: Tensor, core: Tensor, runs_down: Tensor, log_sizes: Tensor) -> tuple[Tensor, Tensor]:
    """Measure how far maps are from what they should be.

    A sum of three: cross-entropy and the Dice loss (arXiv:1606.04797) of the cores; and, the mean over all
    places within lines, the cross-entropy of the direction, and the smooth distance of the sizes.

    Args:
        maps: Float (N, 3, h, w), of a LineFinder.
        core: Float (N, h, w), which share of each place is core, 0..1.
        runs_down: Float (N, h, w), 1 where a line runs down.
        log_sizes: Float (N, h, w), log2 of half heights in px; 0 outside of lines.

    Returns:
        The loss and the Dice coefficient of each page, float (N,) both.
    """
    inside = (log_sizes > 0).float()
    room = inside.sum(dim=(1, 2)).clamp(min=1.0)

    def within(values: Tensor) -> Tensor:
        return (values * inside).sum(dim=(1, 2)) / room

    chances = maps[:, 0].sigmoid()
    shared = 2.0 * (chances * core).sum(dim=(1, 2))
    overlap = (shared + 32.0) / ((chances + core).sum(dim=(1, 2)) + 32.0)  # 32: a page without lines
    entropy = functional.binary_cross_entropy_with_logits(maps[:, 0], core, reduction="none")
    direction = functional.binary_cross_entropy_with_logits(maps[:, 1], runs_down, reduction="none")
    size = functional.smooth_l1_loss(maps[:, 2], log_sizes, reduction="none", beta=0.25)
    losses = 4.0 * entropy.mean(dim=(1, 2)) + (1.0 - overlap)
    return losses + 0.5 * within(direction) + within(size), overlap
