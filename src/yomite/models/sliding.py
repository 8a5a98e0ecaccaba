"""The character network slid along a line, then mixed along it: the released reader of lines.

A residual trunk (residual.py) sees the whole strip. Its maps are weighted at each place of a window as wide
as a character, which slides along the line: a depthwise convolution with the character network's own weights.
So a line model that begins from a character model reads characters from the first step, and CTC has only the
blanks to learn. Blocks of depthwise convolution along the line (ConvNeXt: Liu et al., arXiv:2201.03545, with
batch norms that an exported file folds away) then see a character's neighbors; each begins as the identity.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.errors import ConfigError
from yomite.extensions import check_counts, check_share, check_whole
from yomite.models.heads import LinearHead
from yomite.models.line import LineModel
from yomite.models.residual import build_trunk

FAINT = 1e-3
"""Deviation of the weights that are to change nothing at first."""


class MixingBlock(nn.Module):
    """x + what a step learns from its neighbors: float (N, D, T) -> (N, D, T)."""

    def __init__(self, width: int, reach: int, expansion: int, dropout: float) -> None:
        """Build; the block begins nearly as the identity."""
        super().__init__()
        self.along = nn.Conv1d(width, width, reach, padding=reach // 2, groups=width, bias=False)
        self.norm = nn.BatchNorm1d(width)
        self.widen = nn.Conv1d(width, expansion * width, 1)
        self.narrow = nn.Conv1d(expansion * width, width, 1)
        self.dropout = nn.Dropout(dropout)
        nn.init.kaiming_normal_(self.along.weight, nonlinearity="linear")
        nn.init.kaiming_normal_(self.widen.weight, nonlinearity="relu")
        nn.init.normal_(self.narrow.weight, std=FAINT)
        for bias in (self.widen.bias, self.narrow.bias):
            nn.init.zeros_(bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """One block."""
        inner = functional.relu(self.widen(self.norm(self.along(x))))
        return x + self.dropout(self.narrow(inner))


class SlidingNet(LineModel):
    """uint8 images (N, 1, H, W), ink bright on 0 -> logits (N, T, C + 1), the blank last; T = W / 4.

    40 x W px -> maps 5 x W/8 -> windows of 5 x 5 places, a vector each W/8 -> mixed -> two steps for each, so
    that narrow letters find room. Of vertical lines the trunk sees the characters upright, and the window
    slides down; all weights are shared, and one vector tells the two directions apart.
    """

    tells_directions = True
    fresh = ("more.", "more_norm.", "direction", "mixing.", "part.")
    """What character weights do not have; it begins fresh (`init_from`)."""

    def __init__(
        self,
        num_classes: int,
        input_size: int,
        widths: Sequence[int] = (32, 64, 160),
        depths: Sequence[int] = (1, 2, 2),
        embedding: int = 192,
        pools: int = 2,
        context: int = 64,
        blocks: int = 8,
        reach: int = 11,
        expansion: int = 2,
        dropout: float = 0.1,
    ) -> None:
        """Build and initialize.

        Args:
            num_classes: C, at least 2.
            input_size: H in px, a multiple of 2 ** number of widths.
            widths: Channels of each stage of the trunk; each halves height and width.
            depths: Residual blocks of each stage.
            embedding: D, numbers of a step before the classes, at most pools * last width.
            pools: M, weights of each channel at each place of a window.
            context: Numbers that the blocks have beside the embedding.
            blocks: How many mix along the line.
            reach: Steps that a block sees, an odd number.
            expansion: Inner width of a block, in widths of its own.
            dropout: In the blocks and before the classes.

        Raises:
            ConfigError: If an argument is out of range.
        """
        trunk_stride = 2 ** len(widths)
        super().__init__(num_classes, input_size, trunk_stride // 2)
        check_counts("widths", widths, (32, 64, 160))
        check_counts("depths", depths, (1, 2, 2))
        check_share("dropout", dropout)
        check_whole("embedding", embedding, 1, pools * widths[-1], "pools * last width")
        for name, value in (("context", context), ("blocks", blocks), ("expansion", expansion)):
            check_whole(name, value)
        if reach < 1 or reach % 2 == 0:
            raise ConfigError(f"model argument reach={reach}; it takes an odd number")
        if input_size < trunk_stride or input_size % trunk_stride:
            raise ConfigError(
                f"input_size {input_size} with {len(widths)} stages; it must be a multiple of {trunk_stride}"
            )
        self.trunk_stride, self.embedding = trunk_stride, embedding
        self.stem, self.blocks = build_trunk(widths, depths)
        side = input_size // trunk_stride
        last, width = widths[-1], embedding + context
        self.place_weight = nn.Parameter(torch.empty(pools, last, side, side))
        self.embed = nn.Linear(pools * last, embedding, bias=False)
        self.embed_norm = nn.BatchNorm1d(embedding)
        self.more = nn.Conv2d(last, context, (side, 3), bias=False)
        self.more_norm = nn.BatchNorm1d(context)
        self.direction = nn.Parameter(torch.zeros(2, width))
        self.mixing = nn.Sequential(*(MixingBlock(width, reach, expansion, dropout) for _ in range(blocks)))
        self.part = nn.Linear(width, 2 * embedding)
        self.dropout = nn.Dropout(dropout)
        self.classifier = LinearHead(embedding, num_classes + 1)
        self._initialize()

    def _initialize(self) -> None:
        """As the character network; both steps of a window begin as its embedding."""
        for module in (*self.stem.modules(), *self.blocks.modules(), self.more):
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        num_places = self.place_weight[0, 0].numel()
        nn.init.normal_(self.place_weight, mean=1.0, std=1.0)
        nn.init.kaiming_normal_(self.embed.weight, nonlinearity="linear")
        self.classifier.initialize()
        with torch.no_grad():
            self.place_weight /= (2 * num_places) ** 0.5
            nn.init.normal_(self.part.weight, std=FAINT)
            nn.init.zeros_(self.part.bias)
            for half in self.part.weight.chunk(2):
                half[:, : self.embedding] = torch.eye(self.embedding)

    def windows(self, ink: Tensor, is_vertical: bool) -> Tensor:
        """Float ink (N, 1, H, W) -> what each window shows, float (N, D + context, W / trunk stride)."""
        maps = self.blocks(self.stem(ink.transpose(2, 3) if is_vertical else ink))
        places, more = self.place_weight, self.more.weight
        side = places.shape[2]
        if is_vertical:  # the window slides down
            more = more.transpose(2, 3)
        before, after = (side - 1) // 2, side // 2
        padding = (0, 0, before, after) if is_vertical else (before, after, 0, 0)
        padded = functional.pad(maps, padding)
        weighed = [
            functional.conv2d(padded, places[pool, :, None], groups=maps.shape[1])
            for pool in range(places.shape[0])
        ]
        weight = self.embed.weight[:, :, None]
        embedded = self.embed_norm(functional.conv1d(torch.cat(weighed, 1).flatten(2), weight))
        beside = functional.conv2d(maps, more, padding=(1, 0) if is_vertical else (0, 1)).flatten(2)
        beside = functional.relu(self.more_norm(beside))
        return torch.cat([embedded, beside], 1) + self.direction[int(is_vertical), :, None]

    def steps(self, ink: Tensor, is_vertical: bool = False) -> Tensor:
        """Float ink (N, 1, H, W), W a multiple of the stride -> float (N, T, D)."""
        num_steps = ink.shape[3] // self.stride
        ink = functional.pad(ink, (0, -ink.shape[3] % self.trunk_stride))
        mixed = self.mixing(self.windows(ink, is_vertical)).transpose(1, 2)
        parts = self.part(mixed)
        return parts.reshape(parts.shape[0], -1, self.embedding)[:, :num_steps]
