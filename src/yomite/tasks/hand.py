"""The task of writing like a hand: plain glyphs and references uint8 -> ink uint8 (N, 1, S, S)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from yomite.charset import Charset
from yomite.data.cache import open_cache
from yomite.data.sources import open_source
from yomite.errors import DataError, ModelFileError
from yomite.ink.plain import draw_plain_glyphs
from yomite.models.generator import measure_velocity
from yomite.streams.batch import Batch
from yomite.tasks import Glimpse, Sheet, Traced, ValidationSet

NUM_TARGETS = 256
NUM_REFERENCES = 8
NUM_SHOWN = 24


class HandTask:
    """See `yomite.tasks.Task`."""

    name = "hand"
    scores: ClassVar[dict[str, str]] = {
        "loss": "mean square of the velocity's error, times evenly spread, always the same noise",
    }
    lower_is_better = frozenset({"loss"})
    metric = "loss"
    batch_size = 64

    def __init__(self, charset: Charset) -> None:
        self.charset = charset

    def read_set(
        self, source: str, data_root: Path, size: int, *, fold: str | None = None, seed: int = 0
    ) -> Batch:
        """Read targets, each with other characters of its writer; a source without writers is one hand."""
        if fold:
            raise DataError(f"validation source {source!r}: a run of hands has no folds")
        cache = open_cache(open_source(source, data_root), size=size)
        rng = np.random.default_rng(0)
        places_by_writer: dict[str, list[int]] = {}
        for place, (character, writer) in enumerate(zip(cache.characters, cache.writers, strict=True)):
            if character in self.charset:
                places_by_writer.setdefault(writer, []).append(place)
        targets = rng.permutation(sorted(place for group in places_by_writer.values() for place in group))
        targets = targets[:NUM_TARGETS].tolist()
        plain = draw_plain_glyphs((cache.characters[place] for place in targets), data_root, size)
        kept, references = [], []
        for place in targets:
            others = [
                other
                for other in places_by_writer[cache.writers[place]]
                if cache.characters[other] != cache.characters[place]
            ]
            if len(others) >= NUM_REFERENCES and cache.characters[place] in plain:
                kept.append(place)
                references.append(cache.images[rng.choice(others, NUM_REFERENCES, replace=False)])
        if not kept:
            raise DataError(
                f"validation source {source!r}: no writer has {NUM_REFERENCES + 1} characters of charset "
                f"{self.charset.name!r}; choose another"
            )
        characters = [cache.characters[place] for place in kept]
        return Batch(
            torch.from_numpy(np.ascontiguousarray(cache.images[kept])[:, None]),
            torch.tensor([self.charset.label(character) for character in characters]),
            metadata={
                "plain": torch.from_numpy(np.stack([plain[character] for character in characters]))[:, None],
                "references": torch.from_numpy(np.stack(references)),
            },
        )

    def count(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Sum the losses."""
        ink, noise = batch.images.float() / 127.5 - 1.0, draw_noise(batch)
        times = (torch.arange(len(batch), device=ink.device) + 0.5) / len(batch)
        style = model.embed_style(batch.metadata["references"])  # type: ignore[operator]
        losses, _ = measure_velocity(model, ink, noise, times, batch.metadata["plain"], style)
        return {"loss": losses.sum(), "samples": torch.tensor(float(len(batch)), device=ink.device)}

    def divide(self, counts: Mapping[str, Tensor]) -> dict[str, float]:
        """Make the scores of `scores`."""
        sums = {name: count.item() for name, count in counts.items()}
        return {"samples": int(sums["samples"]), "loss": sums["loss"] / sums["samples"]}

    def decode(self, model: nn.Module, batch: Batch) -> list[str]:
        """Say what was to be drawn; such a model reads nothing."""
        return [self.charset.character(label) for label in batch.targets.tolist()]

    def glimpse(
        self, model: nn.Module, batch: Batch, sets: Iterable[ValidationSet], *, is_last: bool
    ) -> Iterator[Glimpse]:
        """Show plain glyph, a reference, what the hand wrote, and what is drawn like it."""
        for name, whole in [ValidationSet("train", batch), *sets]:
            seen = whole[:NUM_SHOWN].to(next(model.parameters()).device)
            style = model.embed_style(seen.metadata["references"])  # type: ignore[operator]
            drawn = model.draw(seen.metadata["plain"], style, draw_noise(seen))  # type: ignore[operator]
            rows = [seen.metadata["plain"][:, 0], seen.metadata["references"][:, 0], seen.images[:, 0]]
            tiles = torch.cat([*rows, drawn[:, 0]], dim=2).cpu().numpy()
            yield Sheet(f"{name}/drawn", tiles, self.decode(model, seen))

    def wrap(self, model: nn.Module, name: str) -> Traced:
        """Refuse: what draws is no model file.

        Raises:
            ModelFileError: Always.
        """
        raise ModelFileError(
            f"model {name} draws ink and reads none; draw with it: yomite generate 永 --weights FILE"
        )


def draw_noise(batch: Batch) -> Tensor:
    """Float (N, 1, S, S), standard normal, always the same."""
    rng = torch.Generator().manual_seed(0)
    return torch.randn(batch.images.shape, generator=rng).to(batch.images.device)
