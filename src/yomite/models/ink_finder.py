"""The network that tells the ink of one character from what is printed on the paper around it: a small U-Net.

U-Net: Ronneberger et al., arXiv:1505.04597. Four pixels as the channels of one place before the network, and
back after it (sub-pixel convolution): Shi et al., arXiv:1609.05158.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.errors import ConfigError
from yomite.extensions import check_counts
from yomite.models.residual import ResidualBlock, initialize_residual

LEVELS = 100
"""Level of full ink, as in `yomite.ink.ink_view`."""

SPARE_WEIGHT = 20.0
"""Added to the weight of each picture, in px, so that a few px of ink do not count as much as a character."""


class InkFinder(nn.Module):
    """uint8 images (N, 1, S, S), levels of ink as `view_ink` gives them -> logits float (N, S, S).

    The logit that what is seen in a pixel is the ink of the character, not of the paper; without meaning
    where nothing is seen. At each stage after the first the sides are halved; then what the coarse stages
    know of the whole is added to the fine ones, stage by stage.
    """

    task = "ink"
    objective = "erasing"

    def __init__(
        self,
        num_classes: int,
        input_size: int,
        widths: Sequence[int] = (16, 32, 64, 96),
        depths: Sequence[int] = (1, 1, 1, 2),
    ) -> None:
        """Build and initialize.

        Args:
            num_classes: Of the charset whose characters are drawn; the network does not depend on it.
            input_size: S in px, a multiple of 2 ** number of widths.
            widths: Channels of each stage, the first at half of the size.
            depths: Residual blocks of each stage.

        Raises:
            ConfigError: If an argument is out of range.
        """
        super().__init__()
        check_counts("widths", widths, (16, 32, 64, 96))
        check_counts("depths", depths, (1, 1, 1, 2))
        if len(widths) != len(depths):
            raise ConfigError(
                f"widths {list(widths)} and depths {list(depths)} differ in length; give each stage both"
            )
        multiple = 2 ** len(widths)
        if input_size < multiple or input_size % multiple:
            raise ConfigError(
                f"input_size {input_size} with {len(widths)} stages; it must be a multiple of {multiple}"
            )
        self.num_classes, self.input_size = num_classes, input_size
        stages, last = [], 4
        for number, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            blocks = [ResidualBlock(width, width, stride=1) for _ in range(depth)]
            stages.append(nn.Sequential(_build_layer(last, width, stride=2 if number else 1), *blocks))
            last = width
        self.stages = nn.ModuleList(stages)
        coarse_to_fine = list(reversed(widths))
        self.merges = nn.ModuleList([_Merge(coarse, fine) for coarse, fine in pairwise(coarse_to_fine)])
        self.head = nn.Conv2d(widths[0], 4, 3, padding=1)
        self._initialize()

    def _initialize(self) -> None:
        """He initialization (arXiv:1502.01852); every block begins as its shortcut, every chance at 1/2."""
        initialize_residual(self)
        nn.init.normal_(self.head.weight, std=0.01)

    def forward(self, images: Tensor) -> Tensor:
        """Tell ink from paper."""
        x = functional.pixel_unshuffle(images.float() / LEVELS, 2)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        for merge, fine in zip(self.merges, reversed(maps[:-1]), strict=True):
            x = merge(x, fine)
        return functional.pixel_shuffle(self.head(x), 2)[:, 0]


class _Merge(nn.Module):
    """Float maps (N, coarse, h, w) and (N, fine, 2 h, 2 w) -> (N, fine, 2 h, 2 w)."""

    def __init__(self, coarse: int, fine: int) -> None:
        super().__init__()
        self.lateral = nn.Conv2d(coarse, fine, 1)
        self.smooth = _build_layer(fine, fine)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        return self.smooth(
            fine + functional.interpolate(self.lateral(coarse), scale_factor=2.0, mode="nearest")
        )


def _build_layer(in_width: int, out_width: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_width, out_width, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(out_width),
        nn.ReLU(),
    )


def measure_losses(logits: Tensor, is_ink: Tensor, weight: Tensor) -> Tensor:
    """Measure how far an answer is from what it should be: the cross-entropy of each pixel, weighted.

    Args:
        logits: Float (N, S, S), of an InkFinder.
        is_ink: Float (N, S, S), which share of what is seen there is ink, 0..1.
        weight: Float (N, S, S), how much there is to tell apart, 0..1.

    Returns:
        The loss of each picture, float (N,).
    """
    entropy = functional.binary_cross_entropy_with_logits(logits, is_ink, reduction="none")
    return torch.sum(entropy * weight, dim=(1, 2)) / (torch.sum(weight, dim=(1, 2)) + SPARE_WEIGHT)
