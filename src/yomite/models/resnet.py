"""The classic residual network, for small images.

Deep residual learning for image recognition: He et al., arXiv:1512.03385, with basic blocks. Two things are
of this task: the stem is one 3x3 convolution of stride 2 (as for CIFAR in the paper, since 48 px leave
nothing for 7x7 and a pooling), and the mean over the places is the learned one of every family here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from yomite.extensions import check_counts, check_input_size
from yomite.models.character import CharacterModel


class BasicBlock(nn.Module):
    """relu(shortcut + conv-norm-relu-conv-norm): float (N, in, h, w) -> (N, out, h / stride, w / stride).

    The shortcut is the identity, or a strided 1x1 convolution where the shapes differ (option B of the
    paper).
    """

    def __init__(self, in_width: int, out_width: int, stride: int | tuple[int, int] = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_width, out_width, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(out_width)
        self.conv2 = nn.Conv2d(out_width, out_width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(out_width)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_width != out_width:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_width, out_width, 1, stride, bias=False), nn.BatchNorm2d(out_width)
            )

    def forward(self, x: Tensor) -> Tensor:
        """One block."""
        inner = functional.relu(self.norm1(self.conv1(x)))
        return functional.relu(self.shortcut(x) + self.norm2(self.conv2(inner)))


class ResNet(CharacterModel):
    """uint8 images (N, 1, S, S), ink bright on 0 -> logits (N, C).

    The stem halves the sides, and so does each stage after the first: 48 px -> 24 -> 12 -> 6 -> 3 for four
    widths: maps (N, last width, 3, 3). `depths=[2, 2, 2, 2]` is the layout of ResNet-18, `[3, 4, 6, 3]` of
    34.
    """

    def __init__(
        self,
        num_classes: int,
        input_size: int,
        widths: Sequence[int] = (32, 64, 128, 256),
        depths: Sequence[int] = (2, 2, 2, 2),
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
            depths: Blocks of each stage.
            embedding: D, see CharacterModel.add_head, as for the rest.
            pools: M.
            dropout: Of the embedding.
            head: Of the classes.

        Raises:
            ConfigError: If an argument is out of range.
        """
        super().__init__(num_classes, input_size)
        check_counts("widths", widths, (32, 64, 128, 256))
        check_counts("depths", depths, (2, 2, 2, 2), len(widths))
        multiple = 2 ** len(widths)
        check_input_size("resnet", input_size, multiple, f"{len(widths)} stages halve it")
        self.stem = nn.Sequential(
            nn.Conv2d(1, widths[0], 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()
        )
        self.stages = nn.Sequential()
        width = widths[0]
        for index, (stage_width, depth) in enumerate(zip(widths, depths, strict=True)):
            blocks = [BasicBlock(width, stage_width, stride=1 if index == 0 else 2)]
            blocks += [BasicBlock(stage_width, stage_width) for _ in range(depth - 1)]
            self.stages.append(nn.Sequential(*blocks))
            width = stage_width
        self.add_head(
            width, input_size // multiple, embedding=embedding, pools=pools, dropout=dropout, head=head
        )
        initialize_convolutions(self)
        self.initialize_head()

    def maps(self, ink: Tensor) -> Tensor:
        """Float ink (N, 1, S, S) -> maps (N, last width, h, w)."""
        return self.stages(self.stem(ink))


def initialize_convolutions(module: nn.Module) -> None:
    """He initialization by fan-out (arXiv:1502.01852); norms are born neutral, biases 0."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
            if part.bias is not None:
                nn.init.zeros_(part.bias)
