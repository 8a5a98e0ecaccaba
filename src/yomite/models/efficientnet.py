"""EfficientNet: inverted bottlenecks with depthwise convolutions and channel attention.

EfficientNet: Tan and Le, arXiv:1905.11946. Inverted bottlenecks (MBConv): Sandler et al., arXiv:1801.04381;
squeeze-and-excitation: Hu et al., arXiv:1709.01507; swish / SiLU: Ramachandran et al., arXiv:1710.05941;
stochastic depth: Huang et al., arXiv:1603.09382.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from yomite.errors import ConfigError
from yomite.extensions import check_input_size, check_share
from yomite.models.character import CharacterModel
from yomite.models.transformer import DropPath

# Stages of B0: expansion, channels, blocks, kernel and stride. The paper halves the sides five times from
# 224 px to 7; here the stem and three stages do, so that 48 px end as 3 x 3 places.
STAGES = (
    (1, 16, 1, 3, 1),
    (6, 24, 2, 3, 2),
    (6, 40, 2, 5, 2),
    (6, 80, 3, 3, 1),
    (6, 112, 3, 5, 1),
    (6, 192, 4, 5, 2),
    (6, 320, 1, 3, 1),
)
STEM_WIDTH, LAST_WIDTH = 32, 1280
STRIDE = 16


class SqueezeExcite(nn.Module):
    """Scales each channel by what all places together say: float (N, K, h, w) -> (N, K, h, w)."""

    def __init__(self, width: int, squeezed: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(width, squeezed, 1),
            nn.SiLU(),
            nn.Conv2d(squeezed, width, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """One gate a channel."""
        return x * self.gate(x)


class MBConv(nn.Module):
    """Widen, filter each channel by itself, gate, narrow: float (N, in, h, w) -> (N, out, h / stride, ...).

    The input is added where the shapes agree; no activation follows the narrow convolution.
    """

    def __init__(
        self, in_width: int, out_width: int, expansion: int, kernel: int, stride: int, drop_path: float
    ) -> None:
        super().__init__()
        inner = expansion * in_width
        widen = conv_norm(in_width, inner, 1) if expansion != 1 else nn.Identity()
        self.branch = nn.Sequential(
            widen,
            conv_norm(inner, inner, kernel, stride, groups=inner),
            SqueezeExcite(inner, max(1, in_width // 4)),
            conv_norm(inner, out_width, 1, is_active=False),
        )
        self.drop_path = DropPath(drop_path)
        self.has_shortcut = stride == 1 and in_width == out_width

    def forward(self, x: Tensor) -> Tensor:
        """One block."""
        return x + self.drop_path(self.branch(x)) if self.has_shortcut else self.branch(x)


def conv_norm(
    in_width: int, out_width: int, kernel: int, stride: int = 1, groups: int = 1, is_active: bool = True
) -> nn.Sequential:
    """Convolution, batch norm and SiLU."""
    return nn.Sequential(
        nn.Conv2d(in_width, out_width, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out_width),
        nn.SiLU() if is_active else nn.Identity(),
    )


class EfficientNet(CharacterModel):
    """uint8 images (N, 1, S, S), ink bright on 0 -> logits (N, C).

    A stem of stride 2, seven stages of MBConv, a last 1x1 convolution: 48 px -> 24 -> 24 -> 12 -> 6 -> 6 -> 6
    -> 3 -> 3: maps (N, 1280 * width_factor, 3, 3).
    """

    def __init__(
        self,
        num_classes: int,
        input_size: int,
        width_factor: float = 0.5,
        depth_factor: float = 1.0,
        drop_path: float = 0.0,
        embedding: int = 192,
        pools: int = 2,
        dropout: float = 0.0,
        head: str | Mapping[str, Any] = "linear",
    ) -> None:
        """Build and initialize.

        Args:
            num_classes: C, at least 2.
            input_size: S in px, a multiple of 16.
            width_factor: Channels relative to B0 (1.0), rounded to multiples of 8 as in the paper.
            depth_factor: Blocks of each stage relative to B0, rounded up.
            drop_path: Share of branches left out while learning, rising to this with depth.
            embedding: D, see CharacterModel.add_head, as for the rest.
            pools: M.
            dropout: Of the embedding.
            head: Of the classes.

        Raises:
            ConfigError: If an argument is out of range.
        """
        super().__init__(num_classes, input_size)
        for name, factor in (("width_factor", width_factor), ("depth_factor", depth_factor)):
            if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0.1 <= factor <= 10:
                raise ConfigError(f"model argument {name}={factor!r}; it takes 0.1 to 10 (1.0 is B0)")
        check_share("drop_path", drop_path)
        check_input_size("efficientnet", input_size, STRIDE, "the stem and three stages halve it")
        depths = [math.ceil(depth * depth_factor) for _, _, depth, _, _ in STAGES]
        width = round_width(STEM_WIDTH * width_factor)
        self.stem = conv_norm(1, width, 3, stride=2)
        blocks: list[nn.Module] = []
        for (expansion, stage_width, _, kernel, stage_stride), depth in zip(STAGES, depths, strict=True):
            for index in range(depth):
                out_width = round_width(stage_width * width_factor)
                stride = stage_stride if index == 0 else 1
                rate = drop_path * len(blocks) / sum(depths)
                blocks.append(MBConv(width, out_width, expansion, kernel, stride, rate))
                width = out_width
        self.blocks = nn.Sequential(*blocks)
        last_width = round_width(LAST_WIDTH * width_factor)
        self.last = conv_norm(width, last_width, 1)
        self.add_head(
            last_width, input_size // STRIDE, embedding=embedding, pools=pools, dropout=dropout, head=head
        )
        self._initialize()

    def _initialize(self) -> None:
        """He initialization by fan-out, of one group for a depthwise kernel, as in the authors' code."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels // module.groups
                nn.init.normal_(module.weight, std=(2 / fan_out) ** 0.5)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        self.initialize_head()

    def maps(self, ink: Tensor) -> Tensor:
        """Float ink (N, 1, S, S) -> maps (N, K, S / 16, S / 16)."""
        return self.last(self.blocks(self.stem(ink)))


def round_width(width: float) -> int:
    """Return the nearest multiple of 8, at least 8, and never less than nine tenths (the authors' rule)."""
    rounded = max(8, int(width + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * width else rounded
