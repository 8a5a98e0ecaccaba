"""The task of finding lines on a page: gray levels uint8 (N, 1, H, W), maps float (N, 3, h, w)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from yomite.charset import Charset
from yomite.data.cache import find_cache_folder
from yomite.errors import DataError
from yomite.ink.page import build_page_composer
from yomite.models.finder import measure_losses
from yomite.reading.found_lines import LEAST_CORE, label_bands
from yomite.streams.batch import Batch
from yomite.streams.pages import PageStream, read_maps
from yomite.tasks import Glimpse, Sheet, Traced, ValidationSet

COMPOSED = "composed/pages"
"""The source of composed pages of texts and hands that are held back from training."""

NUM_COMPOSED = 64
NUM_SHOWN = 12


class PageTask:
    """See `yomite.tasks.Task`."""

    name = "page"
    scores: ClassVar[dict[str, str]] = {
        "loss": "of the objective, the mean over pages",
        "f1": "harmonic mean of the shares of lines that are found and of found lines that are lines: bands "
        "whose places agree with those of one line by half of their union or more",
        "direction": "share of places within lines whose direction is right",
    }
    lower_is_better = frozenset({"loss"})
    metric = "f1"
    batch_size = 8

    def __init__(self, charset: Charset) -> None:
        self.charset = charset

    def read_set(
        self, source: str, data_root: Path, size: int, *, fold: str | None = None, seed: int = 0
    ) -> Batch:
        """Compose the pages that are held back; no other source says where lines run."""
        if source != COMPOSED or fold:
            raise DataError(f"validation source {source!r}: a run of pages is validated on {COMPOSED}")

        composer = build_page_composer(
            data_root, self.charset, seed=0, validation=True, cache_folder=find_cache_folder()
        )
        return PageStream(composer, num_samples=NUM_COMPOSED, size=size).draw(0, np.arange(NUM_COMPOSED))

    def count(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Count lines and places."""
        maps = model(batch.images).float()
        losses, _ = measure_losses(maps, *read_maps(batch))
        sums = np.zeros(5)
        for found, wanted in zip(maps.cpu().numpy(), batch.targets.cpu().numpy(), strict=True):
            inside = wanted[2] > 0
            sums[:3] += match_bands(found[0] > np.log(LEAST_CORE / (1.0 - LEAST_CORE)), wanted[0] > 127)
            sums[3] += ((found[1] > 0)[inside] == (wanted[1] > 0)[inside]).sum()
            sums[4] += inside.sum()
        names = ("matched", "found", "lines", "right_places", "places")
        counts = {
            name: torch.tensor(value, device=losses.device) for name, value in zip(names, sums, strict=True)
        }
        return counts | {
            "loss": losses.sum(),
            "samples": torch.tensor(float(len(batch)), device=losses.device),
        }

    def divide(self, counts: Mapping[str, Tensor]) -> dict[str, float]:
        """Make the scores of `scores`."""
        sums = {name: count.item() for name, count in counts.items()}
        return {
            "samples": int(sums["samples"]),
            "loss": sums["loss"] / sums["samples"],
            "f1": 2.0 * sums["matched"] / max(sums["found"] + sums["lines"], 1.0),
            "direction": sums["right_places"] / max(sums["places"], 1.0),
        }

    def decode(self, model: nn.Module, batch: Batch) -> list[str]:
        """Say how many lines are on each page; a page model reads no text."""
        cores = model(batch.images)[:, 0].float().cpu().numpy() > 0.0
        return [str(label_bands(core)[1]) for core in cores]

    def glimpse(
        self, model: nn.Module, batch: Batch, sets: Iterable[ValidationSet], *, is_last: bool
    ) -> Iterator[Glimpse]:
        """Show pages as they were learned from, and of each set where lines are found."""
        yield _show("train/samples", batch[:NUM_SHOWN], batch.targets[:NUM_SHOWN, 0].float() / 255.0)
        device = next(model.parameters()).device
        for name, whole in list(sets) or [ValidationSet("train", batch)]:
            seen = whole[:NUM_SHOWN].to(device)
            yield _show(f"{name}/lines", seen, model(seen.images)[:, 0].float().sigmoid())

    def wrap(self, model: nn.Module, name: str) -> Traced:
        """Trace the maps."""
        axes = {0: "N", 2: "H", 3: "W"}
        return Traced(
            _Maps(model).eval(),
            {"images": torch.randint(0, 256, (1, 1, 96, 128), dtype=torch.uint8)},
            ["maps"],
            {"images": axes, "maps": {0: "N", 2: "h", 3: "w"}},
        )


class _Maps(nn.Module):
    """The output of a page model's file."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model(images)


def match_bands(found: np.ndarray, wanted: np.ndarray) -> tuple[int, int, int]:
    """Count the bands that agree, those found, and those wanted; both bool (h, w)."""
    ours, num_found = label_bands(found)
    theirs, num_wanted = label_bands(wanted)
    shared = np.zeros((num_found + 1, num_wanted + 1), np.int64)
    np.add.at(shared, (ours.ravel(), theirs.ravel()), 1)
    union = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0, keepdims=True) - shared
    agrees = 2 * shared[1:, 1:] >= union[1:, 1:]
    return int(agrees.sum()), num_found, num_wanted


def _show(name: str, batch: Batch, cores: Tensor) -> Sheet:
    titles = [f"{label_bands(core)[1]} lines" for core in batch.targets[:, 0].cpu().numpy() > 127]
    return Sheet(name, batch.images[:, 0].cpu().numpy(), titles, cores.cpu().numpy())
