"""The recognizer's network: a plain residual network with a head that shows where it looked.

Deep residual learning: He et al., arXiv:1512.03385. Average pooling before the 1x1 convolution of a
shortcut, and zero for the last gamma of a block: He et al., arXiv:1812.01187 and Goyal et al.,
arXiv:1706.02677. A learned weight for each place instead of the mean: after the global depthwise
convolution of MobileFaceNets, arXiv:1804.07573.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.errors import ConfigError

# Ink is sparse: the root mean square of images / 255 is about 0.3. No mean is taken off, so the background
# stays 0 and the zero padding of the convolutions goes on as blank paper.
INK_SCALE = 1 / 0.3


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


class ResidualNet(nn.Module):
    """uint8 images (N, 1, S, S), ink bright on 0 -> logits (N, C).

    A stem of stride 2, then one stage for each width, each after the first of stride 2: 48 px -> 24 -> 12
    -> 6 for three widths. The head weights every channel at every place, sums over the places, and maps to
    the embedding and to the classes. In evaluation mode all of the head is linear, so a logit is exactly a
    sum over places (`place_features`).
    """

    task = "character"

    def __init__(
        self,
        num_classes: int,
        input_size: int,
        widths: Sequence[int] = (32, 64, 160),
        depths: Sequence[int] = (1, 2, 2),
        embedding: int = 192,
        pools: int = 2,
        dropout: float = 0.0,
    ) -> None:
        """Builds and initializes.

        Args:
            num_classes: C, at least 2.
            input_size: S in px, a multiple of 2 ** number of widths.
            widths: Channels of each stage.
            depths: Residual blocks of each stage.
            embedding: D, the size of the vector before the classifier, at most pools * the last width.
            pools: How many weights each channel has at each place: its sums see so many different layouts.
            dropout: Share of the embedding dropped while learning, 0 <= dropout < 1.

        Raises:
            ConfigError: If an argument is out of range.
        """
        super().__init__()
        _check(num_classes, input_size, widths, depths, embedding, pools, dropout)
        self.input_size = input_size
        self.stem = nn.Sequential(_conv(1, widths[0], 3, stride=2), nn.BatchNorm2d(widths[0]), nn.ReLU())
        blocks: list[nn.Module] = []
        width = widths[0]
        for stage, (stage_width, depth) in enumerate(zip(widths, depths, strict=True)):
            for block in range(depth):
                blocks.append(ResidualBlock(width, stage_width, stride=2 if stage > 0 and block == 0 else 1))
                width = stage_width
        self.blocks = nn.Sequential(*blocks)
        side = input_size // 2 ** len(widths)
        self.place_weight = nn.Parameter(torch.empty(pools, width, side, side))
        self.embed = nn.Linear(pools * width, embedding, bias=False)
        self.embed_norm = nn.BatchNorm1d(embedding)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(embedding, num_classes)
        self._initialize()

    def _initialize(self) -> None:
        """He initialization (arXiv:1502.01852); every block begins as its shortcut (arXiv:1706.02677)."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, ResidualBlock):
                nn.init.zeros_(module.norm2.weight)
        # Half the energy is the mean over the places, half tells the places apart.
        num_places = self.place_weight[0, 0].numel()
        nn.init.normal_(self.place_weight, mean=1.0, std=1.0)
        with torch.no_grad():
            self.place_weight /= (2 * num_places) ** 0.5
        nn.init.kaiming_normal_(self.embed.weight, nonlinearity="linear")
        nn.init.normal_(self.classifier.weight, std=self.classifier.in_features**-0.5)
        nn.init.zeros_(self.classifier.bias)

    def weigh(self, images: Tensor) -> Tensor:
        """Uint8 images (N, 1, S, S) -> float maps (N, M * K, h, w), each weighted at each place."""
        maps = self.blocks(self.stem(images.float() * (INK_SCALE / 255)))
        return (maps[:, None] * self.place_weight).reshape(-1, self.embed.in_features, *maps.shape[2:])

    def forward(self, images: Tensor) -> Tensor:
        """Uint8 images (N, 1, S, S) -> logits (N, C)."""
        embedding = self.embed_norm(self.embed(self.weigh(images).sum((-2, -1))))
        return self.classifier(self.dropout(embedding))

    def explain(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Uint8 images (N, 1, S, S) -> logits (N, C) as in evaluation mode, and features (N, D, h, w).

        The features are what each place adds to the embedding, its bias spread evenly: their sum over the
        places is the embedding, and `classifier.weight[c] . features[:, y, x]` is exactly what place (y, x)
        adds to the logit of class c.
        """
        weighed, norm = self.weigh(images), self.embed_norm
        assert norm.running_mean is not None and norm.running_var is not None
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weight, bias = self.embed.weight * scale[:, None], norm.bias - norm.running_mean * scale
        logits = self.classifier(functional.linear(weighed.sum((-2, -1)), weight, bias))
        num_places = self.place_weight[0, 0].numel()
        return logits, functional.conv2d(weighed, weight[:, :, None, None], bias / num_places)


def _check(
    num_classes: int,
    input_size: int,
    widths: Sequence[int],
    depths: Sequence[int],
    embedding: int,
    pools: int,
    dropout: float,
) -> None:
    """Raises ConfigError with what came and what is allowed."""
    if num_classes < 2:
        raise ConfigError(f"a model needs at least 2 classes, got {num_classes}; choose a larger charset")
    for name, counts in (("widths", widths), ("depths", depths)):
        if (
            not isinstance(counts, list | tuple)
            or not counts
            or any(type(n) is not int or n < 1 for n in counts)
        ):
            raise ConfigError(
                f"model argument {name}={counts!r}; it takes whole numbers from 1, as [32, 64, 160]"
            )
    if len(widths) != len(depths):
        raise ConfigError(
            f"widths {list(widths)} and depths {list(depths)} differ in length; give each stage both"
        )
    multiple = 2 ** len(widths)
    if input_size < multiple or input_size % multiple:
        raise ConfigError(
            f"input_size {input_size} with {len(widths)} stages; it must be a multiple of {multiple}"
        )
    if type(pools) is not int or pools < 1:
        raise ConfigError(f"model argument pools={pools!r}; it takes a whole number from 1")
    if type(embedding) is not int or not 1 <= embedding <= pools * widths[-1]:
        raise ConfigError(
            f"model argument embedding={embedding!r}; it takes 1 to {pools * widths[-1]} (pools * last width)"
        )
    if not isinstance(dropout, int | float) or not 0 <= dropout < 1:
        raise ConfigError(f"model argument dropout={dropout!r}; it takes 0 <= dropout < 1")
