"""Auxiliary targets: how many strokes a character has and which components, told from the embedding.

They are known for each character from KanjiVG, cost nothing in reading and are no part of the model: the
heads belong to the objective, so weights and export never see them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.charset import Charset
from yomite.errors import DataError
from yomite.ink.kanjivg import Structure

UNKNOWN = -100
MIN_CHARACTERS = 3
"""A component that fewer characters share teaches nothing that the character itself does not."""


class AuxiliaryTargets(nn.Module):
    """Two linear heads on the embedding, and what they should say of each class."""

    def __init__(
        self,
        embedding_size: int,
        charset: Charset,
        structures: Mapping[str, Structure],
        *,
        strokes: float,
        components: float,
    ) -> None:
        """Look up the targets.

        Args:
            embedding_size: D.
            charset: The classes.
            structures: By character; classes without one are left out of the losses.
            strokes: Weight of the stroke count's loss; 0: none.
            components: Weight of the components' loss; 0: none.

        Raises:
            DataError: If no class has a structure.
        """
        super().__init__()
        known = [structures.get(character) for character in charset]
        if not any(known):
            raise DataError(
                f"objective.auxiliary: KanjiVG knows no character of charset {charset.name!r}; "
                "set both of its weights to 0"
            )
        self.strokes, self.components = strokes, components
        counts = torch.tensor([structure.num_strokes if structure else UNKNOWN for structure in known])
        self.stroke_counts: Tensor
        self.register_buffer("stroke_counts", counts, persistent=False)
        self.stroke_head = nn.Linear(embedding_size, int(counts.max()) + 1) if strokes else None

        seen = Counter(name for structure in known if structure for name in structure.components)
        self.component_names = sorted(name for name, number in seen.items() if number >= MIN_CHARACTERS)
        index_by_name = {name: index for index, name in enumerate(self.component_names)}
        table = torch.zeros(len(known), len(index_by_name), dtype=torch.bool)
        for label, structure in enumerate(known):
            for name in structure.components if structure else ():
                if name in index_by_name:
                    table[label, index_by_name[name]] = True
        self.component_table: Tensor
        self.register_buffer("component_table", table, persistent=False)
        self.component_head: nn.Linear | None = None
        if components and self.component_names:
            self.component_head = nn.Linear(embedding_size, len(self.component_names))
            # It begins by saying how common each component is, else the rare ones would drown all else.
            share = table[counts != UNKNOWN].float().mean(dim=0)
            nn.init.zeros_(self.component_head.weight)
            with torch.no_grad():
                self.component_head.bias.copy_(torch.logit(share, eps=1e-4))

    def forward(self, embedding: Tensor, targets: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Embedding float (N, D), targets int64 (N,) -> weighted losses float (N,), and right answers."""
        losses, counts = embedding.new_zeros(len(targets)), {}
        wanted = self.stroke_counts[targets]
        if self.stroke_head:
            guess = self.stroke_head(embedding).float()
            losses = losses + self.strokes * functional.cross_entropy(
                guess, wanted, ignore_index=UNKNOWN, reduction="none"
            )
            counts["strokes"] = (guess.detach().argmax(dim=1) == wanted).sum()
        if self.component_head:
            guess, truth = self.component_head(embedding).float(), self.component_table[targets]
            each = functional.binary_cross_entropy_with_logits(guess, truth.float(), reduction="none")
            known = wanted != UNKNOWN
            losses = losses + self.components * each.sum(dim=1) * known
            counts["components"] = (((guess.detach() > 0) == truth).all(dim=1) & known).sum()
        return losses, counts
