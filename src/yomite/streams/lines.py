"""The stream of composed lines: a text, a hand, a pen and a paper, then the strip that reading takes, too.

A batch should hold lines of one direction and of about one length, and yet each line must be a pure function
of (seed, epoch, index). So the lines of a stretch of the epoch are foreseen (written but not drawn, which is
cheap), sorted, cut into groups as large as a batch, and the groups are shuffled; stretches take turns.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from yomite.charset import Charset
from yomite.config import DataConfig
from yomite.data.cache import find_cache_folder
from yomite.ink import leveling, line_canvas, line_eraser, line_ink, line_light, line_uprights
from yomite.ink.line import LineComposer, build_line_composer
from yomite.ink.line_canvas import MAX_WIDTH, WORK_HEIGHT, shrink_height
from yomite.streams.batch import Batch, pad_lines
from yomite.streams.kernels import compile_kernel
from yomite.streams.real_lines import RealLines, read_real_lines

NUM_GROUPS = 16
"""Batches that are sorted together."""

NUM_LANES = 16
"""Stretches whose batches take turns.

A loader process takes every so many-th batch; with 2, 4, 8 or 16 of them each foresees its own stretches.
"""

WIDTH_STEP_PX = 32
"""Batches of ever new widths leave holes in memory."""

MAX_STRETCH = 2.0
"""A strip so many times as wide as its writing was foreseen shows something else: an edge, a shadow.

It becomes blank paper. One line in 35 is such, and each would make its whole batch as wide.
"""


_find_line = compile_kernel(line_canvas.find_line)
_close_gaps = compile_kernel(leveling.close_gaps, take_largest=compile_kernel(leveling.take_largest))
_find_ink = compile_kernel(
    line_ink.find_ink,
    level_line=compile_kernel(
        line_light.level_line,
        close_gaps=_close_gaps,
        measure_unevenness=compile_kernel(line_light.measure_unevenness, close_gaps=_close_gaps),
    ),
    darken_ink=compile_kernel(line_ink.darken_ink),
    measure_line_ink=compile_kernel(line_ink.measure_line_ink),
    erase_lines=compile_kernel(
        line_eraser.erase_lines,
        find_uprights=compile_kernel(
            line_uprights.find_uprights, find_pitch=compile_kernel(line_uprights.find_pitch)
        ),
        find_rulings=compile_kernel(
            line_eraser.find_rulings,
            find_slope=compile_kernel(line_eraser.find_slope),
            mark_rulings=compile_kernel(line_eraser.mark_rulings),
        ),
        wipe_rulings=compile_kernel(line_eraser.wipe_rulings),
    ),
)
_to_strip = compile_kernel(
    line_canvas.to_strip,
    find_ink=_find_ink,
    remove_beside=compile_kernel(
        line_canvas.remove_beside,
        find_line=_find_line,
        remove_neighbors=compile_kernel(line_ink.remove_neighbors),
    ),
    find_line=_find_line,
    place_line=compile_kernel(line_canvas.place_line),
)


class LineStream:
    """Composed lines; see `yomite.streams.Stream`."""

    def __init__(
        self,
        composer: LineComposer,
        charset: Charset,
        *,
        num_samples: int,
        group: int,
        height: int,
        seed: int,
        real: RealLines | None = None,
        real_share: float = 0.0,
    ) -> None:
        """Keep what lines are composed of.

        Args:
            composer: Of the lines.
            charset: The classes.
            num_samples: In an epoch.
            group: Lines that are alike in length and direction; best the size of a micro-batch.
            height: Of the strips.
            seed: Of the order.
            real: Lines of somebody's hand, which stand in the place of composed ones of their direction.
            real_share: Of the lines, how many.
        """
        self.num_samples = num_samples
        self._composer, self._charset = composer, charset
        self._group, self._height, self._seed = group, height, seed
        self._real, self._real_share = real, real_share
        self._stretches: dict[tuple[int, int], list[tuple[int, float]]] = {}

    def draw(self, epoch: int, indices: np.ndarray) -> Batch:
        """Draw lines; the metadata has `texts`, and `is_vertical`, bool (N,)."""
        strips, targets, texts, is_vertical = [], [], [], []
        for index in np.asarray(indices).tolist():
            number, length = self._find(epoch, index)
            line = self._composer.compose(epoch, number)
            down, text = line.direction == "vertical", line.text
            if (real := self._draw_real(epoch, number, down)) is not None:
                strip, text = real
            else:
                strip = to_strip(line.picture, is_vertical=down, height=self._height)
                if strip.shape[1] > MAX_STRETCH * length * self._height:
                    strip = np.zeros((self._height, 1), np.uint8)
            seen = text if strip.shape[1] > 1 else ""
            strips.append(strip)
            texts.append(text)
            targets.append([self._charset.label(character) for character in seen])
            is_vertical.append(down)
        return pad_lines(
            strips, targets, multiple=WIDTH_STEP_PX, texts=texts, is_vertical=torch.tensor(is_vertical)
        )

    def _draw_real(self, epoch: int, number: int, down: bool) -> tuple[np.ndarray, str] | None:
        if self._real is None:
            return None
        rng = np.random.Generator(np.random.PCG64((self._seed, epoch, number, 1)))
        return self._real.draw(down, rng) if rng.random() < self._real_share else None

    def _find(self, epoch: int, index: int) -> tuple[int, float]:
        """Return which line of the composer stands at an index, and its length in heights, foreseen."""
        size = self._group * NUM_GROUPS
        block, place = divmod(index, size * NUM_LANES)
        turn, place = divmod(place, self._group)
        first = block * NUM_LANES
        if (first + NUM_LANES) * size <= self.num_samples:
            turn, lane = divmod(turn, NUM_LANES)
        else:
            lane, turn = divmod(turn, NUM_GROUPS)
        return self._open_stretch(epoch, first + lane)[turn * self._group + place]

    def _open_stretch(self, epoch: int, stretch: int) -> list[tuple[int, float]]:
        key = (epoch, stretch)
        if key not in self._stretches:
            size = self._group * NUM_GROUPS
            while len(self._stretches) >= NUM_LANES:
                del self._stretches[next(iter(self._stretches))]
            last = min((stretch + 1) * size, self.num_samples)
            self._stretches[key] = self._sort(epoch, stretch * size, last)
        return self._stretches[key]

    def _sort(self, epoch: int, first: int, last: int) -> list[tuple[int, float]]:
        foreseen = [self._composer.foresee(epoch, index) for index in range(first, last)]
        order = np.array(sorted(range(last - first), key=lambda n: foreseen[n][::-1]), dtype=np.int64)
        groups = [order[start : start + self._group] for start in range(0, len(order), self._group)]
        rng = np.random.Generator(np.random.PCG64((self._seed, epoch, first)))
        places = np.concatenate([groups[number] for number in rng.permutation(len(groups))]).tolist()
        return [(first + place, foreseen[place][0]) for place in places]


def to_strip(picture: np.ndarray, *, is_vertical: bool, height: int) -> np.ndarray:
    """Take `line_canvas.to_strip` of a gray picture, compiled.

    Args:
        picture: Uint8 (h, w).
        is_vertical: Whether the line runs down.
        height: Of the strip, H.

    Returns:
        uint8 (H, W); one column wide where there is no ink.
    """
    gray = picture.T if is_vertical else picture
    return _to_strip(
        np.ascontiguousarray(shrink_height(np.ascontiguousarray(gray), WORK_HEIGHT)), height, MAX_WIDTH
    )


def build_lines(config: DataConfig, charset: Charset, data_root: Path, seed: int, size: int) -> LineStream:
    """Build the stream that a run learns lines from.

    Raises:
        DataError: If what lines are composed of is missing.
    """
    composer = build_line_composer(data_root, charset, seed=seed, cache_folder=find_cache_folder())
    real = read_real_lines(config.sources, charset, data_root, size) if config.sources else None
    return LineStream(
        composer,
        charset,
        num_samples=config.samples_per_epoch,
        group=config.lines.group,
        height=size,
        seed=seed,
        real=real,
        real_share=config.lines.real_share,
    )
