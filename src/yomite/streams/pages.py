"""The stream of composed pages: gray levels, and maps of where lines run, which way, and how high."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from yomite.charset import Charset
from yomite.config import DataConfig
from yomite.data.cache import find_cache_folder
from yomite.ink.page import ComposedPage, PageComposer, PageLine, build_page_composer
from yomite.streams.batch import Batch

MAP_STRIDE = 4
"""Px of the picture for each place of the maps."""

CORE = 0.5
"""Share of a line's height that its core has: the band along its middle that tells lines apart."""

SIZE_STEPS = 32
"""Levels of the size map for each doubling of the half height of a line, in px."""


class PageStream:
    """Composed pages; see `yomite.streams.Stream`."""

    def __init__(self, composer: PageComposer, *, num_samples: int, size: int) -> None:
        """Keep what pages are composed of.

        Args:
            composer: Of the pages.
            num_samples: In an epoch.
            size: Side of the pictures in px, a multiple of 32.
        """
        self.num_samples = num_samples
        self._composer, self._size = composer, size

    def draw(self, epoch: int, indices: np.ndarray) -> Batch:
        """Draw pages: targets uint8 (N, 3, h, w), see `draw_maps`."""
        pages = [
            self._composer.compose(epoch, index, width=self._size, height=self._size)
            for index in np.asarray(indices).tolist()
        ]
        return batch_pages(pages)


def batch_pages(pages: Sequence[ComposedPage]) -> Batch:
    """Lay composed pages of one size out as a batch."""
    images = torch.from_numpy(np.stack([page.picture for page in pages])[:, None])
    maps = torch.from_numpy(np.stack([draw_maps(page) for page in pages]))
    return Batch(images, maps)


def draw_maps(page: ComposedPage) -> np.ndarray:
    """Draw what a page model learns.

    Returns:
        Uint8 (3, H / 4, W / 4): how much of each place the cores of lines cover, 0..255; 1 where the line
        runs down in the picture as it is; SIZE_STEPS * log2 of half its height in px, 0 outside of cores.
    """
    height, width = page.picture.shape
    core, runs_down, sizes = (Image.new("L", (width, height)) for _ in range(3))
    for line in page.lines:
        band = _find_core(line)
        half = 0.5 * float(np.median(np.hypot(*(line.edges[1] - line.edges[0]).T)))
        level = round(SIZE_STEPS * float(np.clip(np.log2(max(half, 2.0)), 0.0, 7.5)))
        down = (line.direction == "vertical") != (page.turn in (90, 270))
        for sheet, value in ((core, 255), (runs_down, int(down)), (sizes, level)):
            ImageDraw.Draw(sheet).polygon(band, fill=value)
    middle = slice(MAP_STRIDE // 2, None, MAP_STRIDE)
    return np.stack(
        [
            np.asarray(core.reduce(MAP_STRIDE)),
            np.asarray(runs_down)[middle, middle],
            np.asarray(sizes)[middle, middle],
        ]
    )


def read_maps(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Return what `yomite.models.finder.measure_losses` compares with: cores, runs down, log sizes."""
    core, runs_down, sizes = batch.targets.float().unbind(dim=1)
    return core / 255.0, runs_down, sizes / SIZE_STEPS


def _find_core(line: PageLine) -> list[tuple[float, float]]:
    upper, lower = (line.course + CORE * (edge - line.course) for edge in line.edges)
    return [tuple(point) for point in (*upper.tolist(), *lower[::-1].tolist())]


def build_pages(config: DataConfig, charset: Charset, data_root: Path, seed: int, size: int) -> PageStream:
    """Build the stream that a run learns pages from.

    Raises:
        DataError: If what pages are composed of is missing.
    """
    composer = build_page_composer(data_root, charset, seed=seed, cache_folder=find_cache_folder())
    return PageStream(composer, num_samples=config.samples_per_epoch, size=size)
