"""The task of telling ink from paper: views uint8 (N, 1, S, S) -> the chance of ink, float (N, S, S)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from yomite.charset import Charset
from yomite.config import DataConfig
from yomite.config.sources import InkConfig
from yomite.errors import DataError
from yomite.ink.ink_view import LEVELS
from yomite.models.ink_finder import measure_losses
from yomite.streams.batch import Batch
from yomite.streams.papers import build_papers, read_targets
from yomite.tasks import Glimpse, Sheet, Traced, ValidationSet

COMPOSED = "composed/papers"
"""The source of papers that no run learns from: hands and pens of another seed."""

NUM_COMPOSED = 512
NUM_SHOWN = 24
_SEED = 2**31


class InkTask:
    """Finds the ink of one character on its paper; the methods are those of `Task`."""

    name = "ink"
    scores: ClassVar[dict[str, str]] = {
        "loss": "cross-entropy of each pixel, weighted by how much is seen there; mean over pictures",
        "kept": "share of the character's ink that is held for ink",
        "erased": "share of the paper's that is not",
        "f1": "of telling what is the paper's: harmonic mean of precision and recall",
    }
    lower_is_better = frozenset({"loss"})
    metric = "f1"
    batch_size = 64

    def __init__(self, charset: Charset) -> None:
        self.charset = charset

    def read_set(
        self, source: str, data_root: Path, size: int, *, fold: str | None = None, seed: int = 0
    ) -> Batch:
        """Draw papers of a seed that no run has; no other source says what is printed."""
        if source != COMPOSED or fold:
            raise DataError(f"validation source {source!r}: an ink finder is validated on {COMPOSED}")
        config = DataConfig(ink=InkConfig(share=1.0, haste=0.2))
        stream = build_papers(config, self.charset, data_root, _SEED, size)
        return stream.draw(0, np.arange(NUM_COMPOSED))

    def count(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Count ink and paper, in px of full ink."""
        logits, (is_ink, weight) = model(batch.images).float(), read_targets(batch)
        ours, theirs = weight * is_ink, weight * (1.0 - is_ink)
        keeps = logits > 0
        return {
            "samples": torch.tensor(float(len(batch)), device=logits.device),
            "loss": measure_losses(logits, is_ink, weight).sum(),
            "ours": ours.sum(),
            "theirs": theirs.sum(),
            "kept": ours[keeps].sum(),
            "left": theirs[keeps].sum(),
        }

    def divide(self, counts: Mapping[str, Tensor]) -> dict[str, float]:
        """Make the scores of `scores`."""
        sums = {name: count.item() for name, count in counts.items()}
        erased, lost = sums["theirs"] - sums["left"], sums["ours"] - sums["kept"]
        return {
            "samples": int(sums["samples"]),
            "loss": sums["loss"] / sums["samples"],
            "kept": sums["kept"] / max(sums["ours"], 1e-9),
            "erased": erased / max(sums["theirs"], 1e-9),
            "f1": 2.0 * erased / max(erased + lost + sums["theirs"], 1e-9),
        }

    def decode(self, model: nn.Module, batch: Batch) -> list[str]:
        """Say how much of what is seen is held for ink; an ink finder reads no text."""
        chances, seen = model(batch.images).float().sigmoid(), batch.images[:, 0].float()
        kept = (chances * seen).sum(dim=(1, 2)) / seen.sum(dim=(1, 2)).clamp(min=1.0)
        return [f"{share:.0%} ink" for share in kept.tolist()]

    def glimpse(
        self, model: nn.Module, batch: Batch, sets: Iterable[ValidationSet], *, is_last: bool
    ) -> Iterator[Glimpse]:
        """Show papers as they were learned from, and of each set what is held for ink."""
        some = batch[:NUM_SHOWN]
        yield self._show("train/samples", some, read_targets(some)[0])
        device = next(model.parameters()).device
        for name, whole in list(sets) or [ValidationSet("train", batch)]:
            seen = whole[:NUM_SHOWN].to(device)
            yield self._show(f"{name}/ink", seen, model(seen.images).float().sigmoid())

    def _show(self, name: str, batch: Batch, chances: Tensor) -> Sheet:
        views = batch.images[:, 0].float().div(LEVELS).clamp(max=1.0)
        heat = (chances * views).cpu().numpy()
        return Sheet(name, (255 * views).byte().cpu().numpy(), [""] * len(batch), heat)

    def wrap(self, model: nn.Module, name: str) -> Traced:
        """Trace the chances."""
        size = int(model.input_size)  # type: ignore[arg-type]
        return Traced(
            _Chances(model).eval(),
            {"images": torch.randint(0, 2 * LEVELS, (1, 1, size, size), dtype=torch.uint8)},
            ["keep"],
            {"images": {0: "N"}, "keep": {0: "N"}},
        )


class _Chances(nn.Module):
    """The output of an ink finder's file."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model(images).sigmoid()
