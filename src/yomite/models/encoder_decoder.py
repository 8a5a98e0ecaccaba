"""An encoder sees the line, a Transformer decoder writes it character by character.

Attention is all you need: Vaswani et al., arXiv:1706.03762; on lines of text: TrOCR, Li et al.,
arXiv:2109.10282.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.errors import ConfigError
from yomite.extensions import check_choice, check_share, check_whole
from yomite.models.character import scale_ink, to_unit
from yomite.models.crnn import ConvEncoder
from yomite.models.decoding import check_length, map_attention
from yomite.models.line import pad_width
from yomite.models.transformer import (
    Attention,
    Mlp,
    initialize_linear,
    initialize_transformer,
    sine_positions,
)
from yomite.models.vit import check_transformer
from yomite.models.vit_ctc import PatchEncoder

ENCODERS = ("cnn", "vit")


class CrossAttention(nn.Module):
    """The places that each character is read from: float (N, L, K) and (N, T, K) -> (N, L, K)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.queries, self.keys_values = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, memory: Tensor, attentions: list[Tensor] | None = None) -> Tensor:
        """Asks the memory; `attentions` takes the mean of the heads' attention, (N, L, T)."""
        queries, keys, values = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (N, H, L or T, K / H)
            for part in (self.queries(x), *self.keys_values(memory).chunk(2, dim=-1))
        )
        if attentions is not None:
            energies = queries @ keys.transpose(2, 3) * queries.shape[3] ** -0.5
            attentions.append(energies.softmax(3).mean(1))
        mixed = functional.scaled_dot_product_attention(queries, keys, values)
        return self.out(mixed.transpose(1, 2).flatten(2))


class DecoderBlock(nn.Module):
    """Attends to what is written, then to what is seen, then thinks: float (N, L, K) -> (N, L, K)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.norm2, self.cross = nn.LayerNorm(width), CrossAttention(width, heads)
        self.norm3, self.mlp = nn.LayerNorm(width), Mlp(width, 4)

    def forward(
        self, x: Tensor, memory: Tensor, ahead: Tensor, attentions: list[Tensor] | None = None
    ) -> Tensor:
        """One block; `ahead` (L, L) is -inf between a character and those that come after it."""
        x = x + self.attention(self.norm1(x), ahead)
        x = x + self.cross(self.norm2(x), memory, attentions)
        return x + self.mlp(self.norm3(x))


class EncoderDecoder(nn.Module):
    """uint8 images (N, 1, H, W) and targets int64 (N, L) -> logits (N, L + 1, C + 1), the end last.

    Position i of the logits is what follows the first i characters of the targets (teacher forcing); padding
    of targets may be any label. Trained by `objective.name: teacher_forcing`. `write_greedy` and `write_beam`
    of yomite.models.decoding let it write on its own.
    """

    task = "line"
    objective = "teacher_forcing"

    def __init__(
        self,
        num_classes: int,
        input_size: int,
        encoder: str = "cnn",
        stem_widths: Sequence[int] = (32, 64, 128, 256),
        patch: int = 8,
        encoder_depth: int = 4,
        width: int = 192,
        depth: int = 3,
        heads: int = 6,
        max_length: int = 64,
        dropout: float = 0.1,
    ) -> None:
        """Build and initialize.

        Args:
            num_classes: C, at least 2.
            input_size: H in px, a multiple of 2 ** number of stem_widths, or of patch.
            encoder: `cnn` or `vit`.
            stem_widths: Of cnn: channels of each stage.
            patch: Of vit: side of a patch in px.
            encoder_depth: Of vit: blocks.
            width: K, numbers of a token, a multiple of heads and of 4.
            depth: Blocks of the decoder.
            heads: Of every attention.
            max_length: Characters of the longest line.
            dropout: On what goes into the decoder and before the classes.

        Raises:
            ConfigError: If an argument is out of range.
        """
        super().__init__()
        if num_classes < 2:
            raise ConfigError(f"a model needs at least 2 classes, got {num_classes}; choose a larger charset")
        check_choice("encoder", encoder, ENCODERS)
        check_transformer(width, depth, heads, 4, 0.0)
        check_whole("max_length", max_length)
        check_share("dropout", dropout)
        self.num_classes, self.input_size, self.max_length = num_classes, input_size, max_length
        self.encoder: ConvEncoder | PatchEncoder
        if encoder == "cnn":
            self.encoder = ConvEncoder(input_size, stem_widths)
        else:
            check_whole("encoder_depth", encoder_depth)
            self.encoder = PatchEncoder(input_size, patch, width, encoder_depth, heads, 0.0)
        self.places = nn.Linear(self.encoder.width, width)
        sine_positions(1, 1, width)  # refuses a width that has no positions
        self.characters = nn.Embedding(num_classes + 1, width)  # what was written; the last is the start
        self.positions = nn.Parameter(torch.empty(max_length + 1, width))
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(DecoderBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.classifier = nn.Linear(width, num_classes + 1)
        self._initialize()

    def _initialize(self) -> None:
        """Glorot (Xavier) for matrices; characters and positions of the same small size."""
        initialize_transformer(self)
        linears = [self.places, self.classifier]
        for block in self.blocks:
            assert isinstance(block, DecoderBlock)
            linears += [block.cross.queries, block.cross.out]
            for matrix in block.cross.keys_values.weight.data.chunk(2):
                nn.init.xavier_uniform_(matrix)
            nn.init.zeros_(block.cross.keys_values.bias)
        for linear in linears:
            initialize_linear(linear)
        nn.init.normal_(self.characters.weight, std=self.positions.shape[1] ** -0.5)
        nn.init.normal_(self.positions, std=self.positions.shape[1] ** -0.5)

    @property
    def end(self) -> int:
        """The class that ends a line, after the characters."""
        return self.num_classes

    def encode(self, images: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """Uint8 images (N, 1, H, W) -> memory (N, h * w, K) that knows its places, and (h, w)."""
        maps = self.encoder(pad_width(scale_ink(images), self.encoder.stride))
        rows, columns = int(maps.shape[2]), int(maps.shape[3])
        places = self.places(maps.flatten(2).transpose(1, 2))
        return places + sine_positions(rows, columns, places.shape[2]).to(places), (rows, columns)

    def decode(self, memory: Tensor, written: Tensor, attentions: list[Tensor] | None = None) -> Tensor:
        """Memory (N, T, K) and labels int64 (N, L) written so far -> logits (N, L + 1, C + 1).

        Raises:
            ConfigError: If more is written than max_length.
        """
        check_length(written, self.max_length)
        length = written.shape[1] + 1
        inputs = functional.pad(written, (1, 0), value=self.num_classes)  # the start
        x = self.dropout(self.characters(inputs) + self.positions[:length])
        ahead = x.new_full((length, length), -torch.inf).triu(1)
        for block in self.blocks:
            x = block(x, memory, ahead, attentions)
        return self.classifier(self.dropout(self.norm(x)))

    def forward(self, images: Tensor, targets: Tensor) -> Tensor:
        """Logits (N, L + 1, C + 1) of what follows each beginning of the targets, int64 (N, L)."""
        return self.decode(self.encode(images)[0], targets)

    @torch.no_grad()
    def attention_maps(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Where it read the line that it writes: uint8 images (N, 1, H, W) -> float (N, h, w), 0..1.

        The decoder's attention to the places, the mean of its blocks and heads, summed over the characters.

        Args:
            images: The lines.
            labels: Int64 (N,), one character for each line: only its steps count; None: all of them.
        """
        return to_unit(map_attention(self, images, labels))
