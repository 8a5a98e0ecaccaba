"""A Vision Transformer over a line, read out column by column.

HTR-VT: Li et al., arXiv:2409.08573; a Transformer encoder with CTC beside a decoder: Diaz et al., "Rethinking
text line recognition models", arXiv:2104.07787. Fixed positions in two dimensions let lines be of any length.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from yomite.extensions import check_input_size, check_share, check_whole
from yomite.models.line import LineModel
from yomite.models.transformer import Encoder, sine_positions
from yomite.models.vit import check_transformer


class PatchEncoder(nn.Module):
    """Float ink (N, 1, H, W) -> maps (N, width, H / patch, W / patch)."""

    def __init__(
        self, input_size: int, patch: int, width: int, depth: int, heads: int, drop_path: float
    ) -> None:
        """Build and initialize; raise ConfigError for what no encoder can be."""
        super().__init__()
        check_whole("patch", patch)
        check_transformer(width, depth, heads, 4, drop_path)
        check_input_size("patches of a line", input_size, patch, "model argument patch")
        sine_positions(1, 1, width)  # refuses a width that has no positions
        self.patches = nn.Conv2d(1, width, patch, stride=patch)
        self.encoder = Encoder(width, depth, heads, drop_path=drop_path)
        self.width, self.rows, self.stride = width, input_size // patch, patch
        nn.init.xavier_uniform_(self.patches.weight.flatten(1))
        nn.init.zeros_(self.patches.bias)  # type: ignore[arg-type]

    def forward(self, ink: Tensor) -> Tensor:
        """Compute the maps."""
        patches = self.patches(ink)
        tokens = patches.flatten(2).transpose(1, 2)
        positions = sine_positions(patches.shape[2], patches.shape[3], self.width).to(tokens)
        return self.encoder(tokens + positions).transpose(1, 2).reshape(patches.shape)


class ViTCTC(LineModel):
    """uint8 images (N, 1, H, W), ink bright on 0 -> logits (N, W / patch, C + 1), the blank last.

    48 x W px -> 6 x W/8 tokens for patches of 8 px; the rows of a column are weighted and summed to one step.
    """

    def __init__(
        self,
        num_classes: int,
        input_size: int,
        patch: int = 8,
        width: int = 192,
        depth: int = 6,
        heads: int = 6,
        drop_path: float = 0.0,
        dropout: float = 0.1,
    ) -> None:
        """Build and initialize.

        Args:
            num_classes: C, at least 2.
            input_size: H in px, a multiple of patch.
            patch: Side of a patch in px, and the px of a step: several steps a character.
            width: K, numbers of a token, a multiple of heads and of 4.
            depth: Blocks.
            heads: Of the attention.
            drop_path: Share of branches left out while learning, rising to this with depth.
            dropout: Before the classes.

        Raises:
            ConfigError: If an argument is out of range.
        """
        super().__init__(num_classes, input_size, patch)
        check_share("dropout", dropout)
        self.encoder = PatchEncoder(input_size, patch, width, depth, heads, drop_path)
        self.row_weight = nn.Parameter(torch.full((width, self.encoder.rows), self.encoder.rows**-0.5))
        self.add_classifier(width, dropout)

    def steps(self, ink: Tensor, is_vertical: bool = False) -> Tensor:
        """Float ink (N, 1, H, W) -> float (N, T, K)."""
        return torch.einsum("nkht,kh->ntk", self.encoder(ink), self.row_weight)
