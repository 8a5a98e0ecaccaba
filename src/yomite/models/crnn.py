"""CRNN: convolutions see, a recurrent network reads along the line.

An end-to-end trainable neural network for image-based sequence recognition: Shi et al., arXiv:1507.05717. Its
convolutions are basic blocks here (arXiv:1512.03385); the memory is the LSTM of Hochreiter and Schmidhuber,
in both directions, its forget gates open at birth (Jozefowicz et al., ICML 2015).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from yomite.extensions import check_counts, check_input_size, check_share, check_whole
from yomite.models.line import LineModel
from yomite.models.resnet import BasicBlock, initialize_convolutions


class ConvEncoder(nn.Module):
    """Float ink (N, 1, H, W) -> maps (N, last width, H / 2 ** (stages), W / 4).

    A stem and a stage of stride 2, then stages that halve the height alone: characters are as wide as they
    are high, but where they stand along the line must stay.
    """

    stride = 4

    def __init__(self, input_size: int, widths: Sequence[int]) -> None:
        """Build and initialize; raise ConfigError if a width or the height does not fit."""
        super().__init__()
        check_counts("widths", widths, (32, 64, 128, 256))
        multiple = 2 ** len(widths)
        check_input_size("a line of so many stages", input_size, multiple, f"{len(widths)} stages halve it")
        first = widths[0]
        layers: list[nn.Module] = [
            nn.Sequential(nn.Conv2d(1, first, 3, 2, 1, bias=False), nn.BatchNorm2d(first), nn.ReLU())
        ]
        for index, (before, after) in enumerate(zip([first, *widths], widths, strict=False)):
            layers.append(
                BasicBlock(before, after, (1, 1) if index == 0 else (2, 2) if index == 1 else (2, 1))
            )
        self.layers = nn.Sequential(*layers)
        self.width, self.rows = widths[-1], input_size // multiple
        initialize_convolutions(self)

    def forward(self, ink: Tensor) -> Tensor:
        """Compute the maps."""
        return self.layers(ink)


class CRNN(LineModel):
    """uint8 images (N, 1, H, W), ink bright on 0 -> logits (N, W / 4, C + 1), the blank last.

    48 x W px -> 24 x W/2 -> 12 x W/4 -> 6 x W/4 -> 3 x W/4, the rows side by side as one vector a step, then
    a bidirectional LSTM.
    """

    def __init__(
        self,
        num_classes: int,
        input_size: int,
        widths: Sequence[int] = (32, 64, 128, 256),
        hidden: int = 256,
        layers: int = 2,
        dropout: float = 0.1,
    ) -> None:
        """Build and initialize.

        Args:
            num_classes: C, at least 2.
            input_size: H in px, a multiple of 2 ** number of widths.
            widths: Channels of each stage, at least two.
            hidden: Numbers that the LSTM keeps, in each direction.
            layers: Of the LSTM.
            dropout: Between its layers and before the classes.

        Raises:
            ConfigError: If an argument is out of range.
        """
        super().__init__(num_classes, input_size, ConvEncoder.stride)
        check_whole("hidden", hidden)
        check_whole("layers", layers)
        check_share("dropout", dropout)
        self.encoder = ConvEncoder(input_size, widths)
        self.memory = nn.LSTM(
            self.encoder.width * self.encoder.rows,
            hidden,
            layers,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if layers > 1 else 0.0,
        )
        self.add_classifier(2 * hidden, dropout)
        self._initialize()

    def _initialize(self) -> None:
        """Glorot for what comes in, orthogonal for what is kept, forget gates open."""
        for name, parameter in self.memory.named_parameters():
            if name.startswith("weight_ih"):
                nn.init.xavier_uniform_(parameter)
            elif name.startswith("weight_hh"):
                for gate in parameter.data.chunk(4):
                    nn.init.orthogonal_(gate)
            else:
                nn.init.zeros_(parameter)
                if name.startswith("bias_ih"):
                    with torch.no_grad():
                        parameter.chunk(4)[1].fill_(1.0)  # input, forget, cell, output

    def steps(self, ink: Tensor, is_vertical: bool = False) -> Tensor:
        """Float ink (N, 1, H, W) -> float (N, T, 2 * hidden)."""
        columns = self.encoder(ink).flatten(1, 2).transpose(1, 2)
        return self.memory(columns)[0]
