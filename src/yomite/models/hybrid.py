"""A convolutional stem whose places are the tokens of a Transformer encoder.

The hybrid of Dosovitskiy et al., arXiv:2010.11929 (section 3.1); why convolutions before attention learn
faster: Xiao et al., "Early convolutions help transformers see better", arXiv:2106.14881.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from torch import Tensor, nn

from yomite.extensions import check_choice, check_counts, check_input_size
from yomite.models.attention import AttentionModel, roll_out_tokens
from yomite.models.resnet import BasicBlock, initialize_convolutions
from yomite.models.transformer import Encoder
from yomite.models.vit import POSITIONS, Positions, check_transformer


class Hybrid(AttentionModel):
    """uint8 images (N, 1, S, S), ink bright on 0 -> logits (N, C).

    A convolution of stride 2 and one basic block for each width, those after the first of stride 2: 48 px ->
    24 -> 12 -> 6 for three widths. Its 6 x 6 places are tokens of `width` numbers: maps (N, width, 6, 6).
    """

    def __init__(
        self,
        num_classes: int,
        input_size: int,
        stem_widths: Sequence[int] = (32, 64, 128),
        width: int = 160,
        depth: int = 4,
        heads: int = 5,
        mlp_ratio: int = 4,
        positions: str = "learned",
        drop_path: float = 0.0,
        embedding: int = 192,
        pools: int = 2,
        dropout: float = 0.0,
        head: str | Mapping[str, Any] = "linear",
    ) -> None:
        """Build and initialize.

        Args:
            num_classes: C, at least 2.
            input_size: S in px, a multiple of 2 ** number of stem_widths.
            stem_widths: Channels of each block of the stem.
            width: K, numbers of a token, a multiple of heads.
            depth: Blocks of the encoder.
            heads: Of the attention.
            mlp_ratio: Inner width of the second half of a block, in widths.
            positions: `learned` or `sine` (fixed, in two dimensions; width a multiple of 4).
            drop_path: Share of branches left out while learning, rising to this with depth.
            embedding: D, see CharacterModel.add_head, as for the rest.
            pools: M.
            dropout: Of the embedding.
            head: Of the classes.

        Raises:
            ConfigError: If an argument is out of range.
        """
        super().__init__(num_classes, input_size)
        check_counts("stem_widths", stem_widths, (32, 64, 128))
        check_transformer(width, depth, heads, mlp_ratio, drop_path)
        check_choice("positions", positions, POSITIONS)
        multiple = 2 ** len(stem_widths)
        check_input_size("hybrid", input_size, multiple, f"{len(stem_widths)} stem_widths halve it")
        side = input_size // multiple
        first, last = stem_widths[0], stem_widths[-1]
        self.stem = nn.Sequential(
            nn.Conv2d(1, first, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(first), nn.ReLU()
        )
        self.blocks = nn.Sequential(BasicBlock(first, first))
        for before, after in pairwise(stem_widths):
            self.blocks.append(BasicBlock(before, after, stride=2))
        self.tokens = nn.Conv2d(last, width, 1)
        self.positions = Positions(positions, side, width)
        self.encoder = Encoder(width, depth, heads, mlp_ratio, drop_path)
        self.add_head(width, side, embedding=embedding, pools=pools, dropout=dropout, head=head)
        initialize_convolutions(self)
        nn.init.xavier_uniform_(self.tokens.weight)  # no relu follows
        self.initialize_head()

    def maps(self, ink: Tensor) -> Tensor:
        """Float ink (N, 1, S, S) -> maps (N, width, h, w)."""
        places = self.tokens(self.blocks(self.stem(ink)))
        tokens = self.encoder(self.positions(places.flatten(2).transpose(1, 2)))
        return tokens.transpose(1, 2).reshape(places.shape)

    def roll_out(self, attentions: Sequence[Tensor]) -> Tensor:
        """See AttentionModel: from the last tokens to each place of the stem, h' x w' = h x w."""
        return roll_out_tokens(attentions, *self.place_weight.shape[2:])
