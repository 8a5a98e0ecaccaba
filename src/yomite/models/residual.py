"""The recognizer's network: a plain residual network.

Deep residual learning: He et al., arXiv:1512.03385. Average pooling before the 1x1 convolution of a
shortcut, and zero for the last gamma of a block: He et al., arXiv:1812.01187 and Goyal et al.,
arXiv:1706.02677.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from yomite.errors import ConfigError
from yomite.extensions import check_counts
from yomite.models.character import CharacterModel
from yomite.models.resnet import initialize_convolutions


def _conv(in_width: int, out_width: int, size: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(in_width, out_width, size, stride=stride, padding=size // 2, bias=False)


class ResidualBlock(nn.Module):
    """relu(shortcut + conv-norm-relu-conv-norm): float (N, in, h, w) -> (N, out, h / stride, w / stride)."""

    def __init__(self, in_width: int, out_width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = _conv(in_width, out_width, 3, stride)
        self.norm1 = nn.BatchNorm2d(out_width)
        self.conv2 = _conv(out_width, out_width, 3)
        self.norm2 = nn.BatchNorm2d(out_width)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_width != out_width:
            pool = nn.AvgPool2d(stride) if stride != 1 else nn.Identity()
            self.shortcut = nn.Sequential(pool, _conv(in_width, out_width, 1), nn.BatchNorm2d(out_width))

    def forward(self, x: Tensor) -> Tensor:
        """One block."""
        inner = functional.relu(self.norm1(self.conv1(x)))
        return functional.relu(self.shortcut(x) + self.norm2(self.conv2(inner)))


def build_trunk(widths: Sequence[int], depths: Sequence[int]) -> tuple[nn.Sequential, nn.Sequential]:
    """Stem and blocks, not yet initialized: float ink (N, 1, H, W) -> maps (N, last width, h, w)."""
    stem = nn.Sequential(_conv(1, widths[0], 3, stride=2), nn.BatchNorm2d(widths[0]), nn.ReLU())
    blocks: list[nn.Module] = []
    width = widths[0]
    for stage, (stage_width, depth) in enumerate(zip(widths, depths, strict=True)):
        for block in range(depth):
            blocks.append(ResidualBlock(width, stage_width, stride=2 if stage > 0 and block == 0 else 1))
            width = stage_width
    return stem, nn.Sequential(*blocks)


def initialize_residual(model: nn.Module) -> None:
    """He initialization (arXiv:1502.01852); every block begins as its shortcut (arXiv:1706.02677)."""
    initialize_convolutions(model)
    for module in model.modules():
        if isinstance(module, ResidualBlock):
            nn.init.zeros_(module.norm2.weight)


class ResidualNet(CharacterModel):
    """uint8 images (N, 1, S, S), ink bright on 0 -> logits (N, C).

    A stem of stride 2, then one stage for each width, each after the first of stride 2: 48 px -> 24 -> 12
    -> 6 for three widths: maps (N, last width, 6, 6).
    """

    def __init__(
        self,
        num_classes: int,
        input_size: int,
        widths: Sequence[int] = (32, 64, 160),
        depths: Sequence[int] = (1, 2, 2),
        embedding: int = 192,
        pools: int = 2,
        dropout: float = 0.0,
        head: str | Mapping[str, Any] = "linear",
    ) -> None:
        """Build and initialize.

        Args:
            num_classes: C, at least 2.
            input_size: S in px, a multiple of 2 ** number of widths.
            widths: Channels of each stage.
            depths: Residual blocks of each stage.
            embedding: D, see CharacterModel.add_head, as for the rest.
            pools: M.
            dropout: Of the embedding.
            head: Of the classes.

        Raises:
            ConfigError: If an argument is out of range.
        """
        super().__init__(num_classes, input_size)
        check_counts("widths", widths, (32, 64, 160))
        check_counts("depths", depths, (1, 2, 2))
        if len(widths) != len(depths):
            raise ConfigError(
                f"widths {list(widths)} and depths {list(depths)} differ in length; give each stage both"
            )
        multiple = 2 ** len(widths)
        if input_size < multiple or input_size % multiple:
            raise ConfigError(
                f"input_size {input_size} with {len(widths)} stages; it must be a multiple of {multiple}"
            )
        self.stem, self.blocks = build_trunk(widths, depths)
        width = widths[-1]
        side = input_size // multiple
        self.add_head(width, side, embedding=embedding, pools=pools, dropout=dropout, head=head)
        self._initialize()

    def _initialize(self) -> None:
        """He initialization (arXiv:1502.01852); every block begins as its shortcut (arXiv:1706.02677)."""
        initialize_residual(self)
        self.initialize_head()

    def maps(self, ink: Tensor) -> Tensor:
        """Float ink (N, 1, S, S) -> maps (N, last width, h, w)."""
        return self.blocks(self.stem(ink))
