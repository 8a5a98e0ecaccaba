"""Vision Transformer: patches as tokens.

An image is worth 16x16 words: Dosovitskiy et al., arXiv:2010.11929. Tokens are weighted and summed instead of
asking an extra class token, and positions may be fixed sines: both after Beyer et al., "Better plain ViT
baselines", arXiv:2205.01580.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from yomite.extensions import (
    check_choice,
    check_input_size,
    check_multiple,
    check_share,
    check_whole,
)
from yomite.models.attention import AttentionModel, roll_out_tokens
from yomite.models.transformer import Encoder, sine_positions

POSITIONS = ("learned", "sine")


class Positions(nn.Module):
    """Adds to each token where it stands: float (N, T, K) -> (N, T, K)."""

    def __init__(self, kind: str, side: int, width: int) -> None:
        """Build and initialize; `kind` is learned or sine (in two dimensions, fixed)."""
        super().__init__()
        if kind == "learned":
            self.table = nn.Parameter(nn.init.trunc_normal_(torch.empty(1, side * side, width), std=0.02))
        else:
            self.register_buffer("table", sine_positions(side, side, width), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens that know their place."""
        return x + self.table


class VisionTransformer(AttentionModel):
    """uint8 images (N, 1, S, S), ink bright on 0 -> logits (N, C).

    S / patch squared tokens of `width` numbers, 48 px -> 8 x 8 for patches of 6 px, then `depth` blocks: maps
    (N, width, 8, 8).
    """

    def __init__(
        self,
        num_classes: int,
        input_size: int,
        patch: int = 6,
        width: int = 128,
        depth: int = 6,
        heads: int = 4,
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
            input_size: S in px, a multiple of patch.
            patch: Side of a patch in px.
            width: K, numbers of a token, a multiple of heads.
            depth: Blocks.
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
        check_whole("patch", patch)
        check_transformer(width, depth, heads, mlp_ratio, drop_path)
        check_choice("positions", positions, POSITIONS)
        check_input_size("vit", input_size, patch, "patches of model argument patch px")
        side = input_size // patch
        self.patches = nn.Conv2d(1, width, patch, stride=patch)
        self.positions = Positions(positions, side, width)
        self.encoder = Encoder(width, depth, heads, mlp_ratio, drop_path)
        self.add_head(width, side, embedding=embedding, pools=pools, dropout=dropout, head=head)
        nn.init.xavier_uniform_(self.patches.weight.flatten(1))
        nn.init.zeros_(self.patches.bias)  # type: ignore[arg-type]
        self.initialize_head()

    def maps(self, ink: Tensor) -> Tensor:
        """Float ink (N, 1, S, S) -> maps (N, width, h, w)."""
        patches = self.patches(ink)
        tokens = self.encoder(self.positions(patches.flatten(2).transpose(1, 2)))
        return tokens.transpose(1, 2).reshape(patches.shape)

    def roll_out(self, attentions: Sequence[Tensor]) -> Tensor:
        """See AttentionModel: from the last tokens to each patch, h' x w' = h x w."""
        return roll_out_tokens(attentions, *self.place_weight.shape[2:])


def check_transformer(width: Any, depth: Any, heads: Any, mlp_ratio: Any, drop_path: Any) -> None:
    """Raise ConfigError for what no encoder can be."""
    check_whole("width", width)
    check_whole("depth", depth)
    check_whole("heads", heads)
    check_whole("mlp_ratio", mlp_ratio)
    check_share("drop_path", drop_path)
    check_multiple("width", width, heads, "heads")
