"""The stream that an ink finder learns from: a character on any paper, as the canvas measures it.

Strokes, fonts and scanned cells are written as in `yomite.streams.drawn`, the paper is that of
`yomite.ink.paper`. Each sample is a pure function of (seed, epoch, index). What is seen is what reading sees:
`level_light`, `measure_ink` and `view_ink`, compiled here from the same source.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from yomite.charset import Charset
from yomite.config import DataConfig
from yomite.errors import ConfigError
from yomite.ink import canvas, ink_view, leveling
from yomite.ink.ink_view import VIEW_SIZE
from yomite.ink.paper import PAPER_NAMES, PAPER_RANGES, PAPER_TRAIT_NAMES, draw_paper, make_room, rule_paper
from yomite.ink.pen import TRAIT_NAMES, lay_on_paper
from yomite.ink.photo import photograph
from yomite.streams.batch import Batch
from yomite.streams.drawn import DrawnStream, find_missing, read_sources
from yomite.streams.kernels import compile_kernel
from yomite.streams.repertoire import draw_writer, write_character

BARE = 0.35
"""Share of samples on bare paper: what must not be lost."""

PAPER_SHARES = {
    "lines": 0.11, "notebook": 0.10, "frame": 0.10, "practice": 0.20, "genkoyoshi": 0.09, "squared": 0.16,
    "dotted": 0.12, "scrap": 0.02, "shaded": 0.05, "photo": 0.05,
}  # fmt: skip
"""How often each of the others is taken, relative."""

LIKE_FRAMES = (
    "口日目田国回因囲固四西甲申由囚団困図園面両自白百首貝見円月用門間問聞同何可十井一二三工土王上下中亡七士干千川山出止正凶区医"
    "巨臣旦旧亘互五丑冊串品唱晶昌ロヨコエニ曰圏圃圧画里重車軍東束頁則県具真直且皿血耳"
)
MORE_OFTEN = {LIKE_FRAMES: 6.0, "".join(map(chr, (*range(0x3041, 0x3094), *range(0x30A1, 0x30F5)))): 2.0}
"""How many times as often characters are drawn that have strokes where a ruling may lie, and kana: without it
日 and 国 lost their sides on bare paper, and ば its dots."""

_TRAITS = len(PAPER_TRAIT_NAMES)
_ROOM, _DARKNESS, _DIAGONALS, _HOLES, _NEIGHBORS, _MOIRE, _BLOCKS = (
    PAPER_TRAIT_NAMES.index(name)
    for name in ("room", "darkness", "diagonals", "holes", "neighbors", "moire", "blocks")
)
_CONTRAST, _NOISE, _LIGHT, _SCRAPS = map(TRAIT_NAMES.index, ("contrast", "noise", "light", "scraps"))
_PAPER_STEPS = np.cumsum([PAPER_SHARES[name] for name in PAPER_NAMES])
_NUM_PRINTED = PAPER_NAMES.index("scrap")
_MAX_TRIES = 6
_MAX_PX = 190
_NEAR = 2  # px; as far a blur or a poor camera carries ink

_close_gaps = compile_kernel(leveling.close_gaps, take_largest=compile_kernel(leveling.take_largest))
_level_light = compile_kernel(
    leveling.level_light,
    close_gaps=_close_gaps,
    divide_light=compile_kernel(leveling.divide_light),
    is_light_uneven=compile_kernel(leveling.is_light_uneven, close_gaps=_close_gaps),
)
_measure_ink = compile_kernel(canvas.measure_ink)
_share_pixels = compile_kernel(ink_view.share_pixels)
_resample = compile_kernel(ink_view.resample)
_view_ink = compile_kernel(ink_view.view_ink, share_pixels=_share_pixels, resample=_resample)


@compile_kernel
def _choose_paper():
    """Choose a paper: its traits, and whether it is bare."""
    if np.random.random() < BARE:
        paper = np.zeros(_TRAITS)
        if np.random.random() < 0.5:
            paper[_ROOM] = np.random.random()
        return paper, True
    kind = np.searchsorted(_PAPER_STEPS, np.random.random() * _PAPER_STEPS[-1], side="right")
    paper = draw_paper(np.random.random(_TRAITS), PAPER_RANGES[kind])
    # A third as the closer look at a small character sees it, some with much more paper around.
    size = np.random.random()
    if size < 0.35:
        paper[_ROOM] *= 0.25
    elif size > 0.6:
        paper[_ROOM] *= 1.0 + 1.8 * np.random.random()
    paper[_DIAGONALS] *= 3.0
    if np.random.random() < 0.35:
        paper[_DARKNESS] = 0.4 + 0.8 * np.random.random()
    # What lies at the rim is left alone: ば and ぽ have their dots there.
    paper[_HOLES] = paper[_NEIGHBORS] = 0.0
    return paper, False


@compile_kernel
def _rule(sheet, rows, columns, length_px, paper):
    """Draw what is printed around the character whose ink lies in `rows` and `columns`; seldom two papers."""
    middle_y, middle_x = 0.5 * (rows.min() + rows.max() + 1), 0.5 * (columns.min() + columns.max() + 1)
    size = max(rows.max() - rows.min(), columns.max() - columns.min()) + 1.0
    size = max(size, 0.6 * length_px)  # a flat character stands in a cell for square ones
    rule_paper(sheet, middle_x, middle_y, size, paper)
    if np.random.random() < 0.12:
        more = draw_paper(np.random.random(_TRAITS), PAPER_RANGES[np.random.randint(_NUM_PRINTED)])
        more[_DARKNESS] *= 0.6
        more[_HOLES] = more[_NEIGHBORS] = 0.0
        rule_paper(sheet, middle_x, middle_y, size, more)


@compile_kernel
def _compare(clean, sheet, ink):
    """Tell which share of each pixel's ink is the character's, and how much there is; float32 (H, W) both.

    `clean` is the character's coverage, `sheet` that and what is printed, `ink` what was measured of it.
    """
    height, width = ink.shape
    is_ink, weight = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    for row in range(height):
        for column in range(width):
            here = sheet[row, column]
            weight[row, column] = min(max(ink[row, column], here), np.float32(1.0))
            if here > 0.1:
                ours = clean[row, column]
                is_ink[row, column] = 1.0 if ours > 0.5 or ours >= 0.5 * here else ours / here
                continue
            # Ink beside what was drawn, from a blur: as what is near.
            top, bottom = max(row - _NEAR, 0), min(row + _NEAR + 1, height)
            left, right = max(column - _NEAR, 0), min(column + _NEAR + 1, width)
            near = sheet[top:bottom, left:right].sum()
            if near > 0.02:
                share = clean[top:bottom, left:right].sum() / near
                is_ink[row, column] = 1.0 if share > 0.6 else share
    return is_ink, weight


@compile_kernel
def _draw_papers(seeds, images, targets, repertoire, pen_steps, haste_share):
    for n in range(len(seeds)):
        np.random.seed(seeds[n])
        for _ in range(_MAX_TRIES):
            which = np.random.random()
            traits, habits = draw_writer(pen_steps, haste_share)
            paper, is_bare = _choose_paper()
            # The sheet has 45 to 160 px, the character what the room leaves of it.
            length_px = (45.0 + 115.0 * np.random.random()) / (1.1 + 1.1 * paper[_ROOM])
            pad_px = 0.12 * length_px * np.random.random() ** 2
            coverage, _ = write_character(
                repertoire, which, traits, habits, length_px, pad_px, length_px, 0.0
            )
            sheet = np.minimum(coverage, np.float32(1.0))
            if paper[_ROOM] > 0.0:
                sheet, _, _ = make_room(sheet, paper[_ROOM] * length_px, length_px)
            rows, columns = np.nonzero(sheet > 0.3)
            if max(sheet.shape) > _MAX_PX or len(rows) == 0:
                continue
            clean = sheet.copy()
            if is_bare:
                traits[_SCRAPS] *= 0.5
            else:
                traits[_SCRAPS] = 0.0
                _rule(sheet, rows, columns, length_px, paper)
            if np.random.random() < 0.5:
                traits[_LIGHT] *= 0.3
                traits[_NOISE] *= np.random.random()
            gray = lay_on_paper(sheet.copy(), traits)
            if not is_bare:
                paper[_BLOCKS] = min(paper[_BLOCKS], 0.16 * traits[_CONTRAST])
                paper[_MOIRE] = min(paper[_MOIRE], 0.12 * traits[_CONTRAST])
                photograph(gray, paper)
            ink, has_ink = _measure_ink(_level_light(gray, max(gray.shape) // 10, 0.12), 4.0)
            if has_ink:
                is_ink, weight = _compare(clean, sheet, ink)
                images[n, 0] = _view_ink(ink)
                # Levels of the view: 100 for 1.
                seen, ours = _view_ink(weight), _view_ink(weight * is_ink)
                for row in range(VIEW_SIZE):
                    for column in range(VIEW_SIZE):
                        both = max(float(seen[row, column]), 1.0)
                        targets[n, 0, row, column] = np.uint8(255.0 * min(ours[row, column] / both, 1.0))
                        targets[n, 1, row, column] = np.uint8(2.55 * min(seen[row, column], 100))
                break


class PaperStream(DrawnStream):
    """Views of characters on paper, and which of their ink is the character's; see `build_papers`."""

    def draw(self, epoch: int, indices: np.ndarray) -> Batch:
        """Draw views uint8 (N, 1, S, S), and targets uint8 (N, 2, S, S): of `read_targets`, times 255."""
        images = np.zeros((len(indices), 1, VIEW_SIZE, VIEW_SIZE), np.uint8)
        targets = np.zeros((len(indices), 2, VIEW_SIZE, VIEW_SIZE), np.uint8)
        seeds = self._draw_seeds(epoch, indices)
        _draw_papers(seeds, images, targets, self._repertoire, self._pen_steps, self._haste)
        return Batch(torch.from_numpy(images), torch.from_numpy(targets))


def read_targets(batch: Batch) -> tuple[Tensor, Tensor]:
    """Return which share of what is seen is the character's, and how much there is; float (N, S, S), 0..1."""
    is_ink, weight = (batch.targets.float() / 255.0).unbind(dim=1)
    return is_ink, weight


def build_papers(config: DataConfig, charset: Charset, data_root: Path, seed: int, size: int) -> PaperStream:
    """Read the sources that an ink finder learns from; arguments are those of `build_drawn`.

    Raises:
        ConfigError: If `size` is not that of a view.
        DataError: If a source is missing, or none of the classes can be drawn.
    """
    if size != VIEW_SIZE:
        raise ConfigError(f"model.input_size {size}; the stream papers draws views of {VIEW_SIZE} px")
    sources = read_sources(config, charset, data_root, seed, size)
    find_missing(sources, charset)  # refuses if that is all of them
    weights = np.array(sources["class_weights"])
    for characters, times in MORE_OFTEN.items():
        weights[[charset.label(one) for one in characters if one in charset]] *= times
    return PaperStream(
        **(sources | {"class_weights": weights}),  # type: ignore[arg-type]
        haste=config.ink.haste,
        num_samples=config.samples_per_epoch,
        seed=seed,
        size=size,
        pens=config.pens,
    )
