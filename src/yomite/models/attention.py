"""Where a Transformer looked: the attention of its blocks, followed back from the last tokens to the first.

Attention rollout: Abnar and Zuidema, "Quantifying attention flow in Transformers", arXiv:2005.00928.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from yomite.models.character import CharacterModel, find_evidence, to_unit
from yomite.models.transformer import Attention


class AttentionModel(CharacterModel):
    """A CharacterModel whose places ask each other by attention; a family fills in `roll_out` as well."""

    def roll_out(self, attentions: Sequence[Tensor]) -> Tensor:
        """Follow the last tokens back to the first ones.

        Args:
            attentions: What `keep_attention` kept of one pass: the mean of the heads, block after block.

        Returns:
            Float (N, h * w, h', w'): for each place of the maps, in rows, what share of it came from each
            place where the attention begins. Shares are not negative and sum to 1.
        """
        raise NotImplementedError

    def attend(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Uint8 images (N, 1, S, S) -> what `explain` gives, and the attention (N, h * w, h', w')."""
        with keep_attention(self) as attentions:
            logits, features = self.explain(images)
        return logits, features, self.roll_out(attentions)

    @torch.no_grad()
    def attention_maps(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Where the model looked: uint8 images (N, 1, S, S) -> float (N, h', w'), 0..1.

        What speaks for the label is followed back through the attention: the share of it that came from each
        place, from the least at 0 to the most at 1; all 0 where no place speaks for it. To be called in
        evaluation mode.

        Args:
            images: The canvas images.
            labels: Int64 (N,), the classes in question; None takes the ones that are read.
        """
        logits, features, attention = self.attend(images)
        evidence = find_evidence(logits, features, self.classifier.class_weights(), labels)
        shares = torch.einsum("nt,nthw->nhw", evidence.flatten(1), attention)
        return to_unit(shares - shares.amin((1, 2), keepdim=True))


@contextmanager
def keep_attention(model: nn.Module) -> Iterator[list[Tensor]]:
    """Yield a list that takes the attention of each block as the model runs, in the order of the blocks.

    Meanwhile the weights are computed where otherwise the fast path gives none: slower, the same numbers but
    for rounding. Outside of it nothing is computed or kept.
    """
    kept: list[Tensor] = []
    blocks = [module for module in model.modules() if isinstance(module, Attention)]
    for block in blocks:
        block.kept = kept
    try:
        yield kept
    finally:
        for block in blocks:
            block.kept = None


def roll_out_tokens(attentions: Sequence[Tensor], side_y: int, side_x: int) -> Tensor:
    """Roll out blocks in which every token asks every other one.

    Args:
        attentions: Float (N, T, T) for each block, first to last; rows sum to 1.
        side_y: Rows of the places, T = side_y * side_x.
        side_x: Columns of the places.

    Returns:
        (N, T, side_y, side_x), as AttentionModel.roll_out says.
    """
    shares = torch.eye(side_y * side_x, device=attentions[0].device)
    for attention in reversed(attentions):
        shares = follow_back(shares, attention)
    return shares.transpose(1, 2).unflatten(2, (side_y, side_x))


def follow_back(shares: Tensor, attention: Tensor) -> Tensor:
    """Follow shares back through one block, which passes on half of a token and mixes half by its attention.

    Args:
        shares: (..., T, P), of P places each: how much of it came from each token after the block.
        attention: (..., T, T), rows sum to 1.

    Returns:
        (..., T, P), how much came from each token before the block; each sum over T stays.
    """
    return 0.5 * shares + 0.5 * (attention.transpose(-2, -1) @ shares)
