"""The sheet of a line: where it is cut out, what stands beside it, pen, paper and photograph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from yomite.ink.fonts import bend_ink
from yomite.ink.glyph_book import GlyphBook
from yomite.ink.hand import HABIT_NAMES
from yomite.ink.line_layout import TURNED, LineStrokes
from yomite.ink.line_ruling import rule_sheet
from yomite.ink.line_writing import WrittenLine
from yomite.ink.paper import PAPER_NAMES, PAPER_RANGES, PAPER_TRAIT_NAMES, PAPER_TRAITS, draw_paper
from yomite.ink.pen import TRAIT_NAMES, draw_strokes, lay_on_paper
from yomite.ink.photo import photograph

LOW_RESOLUTION_SHARE = 0.28
MAX_LENGTH_PX = 2600

_WIDTH, _PAPER, _CONTRAST, _BLUR, _SCRAPS, _INVERSION, _NOISE = (
    TRAIT_NAMES.index(name) for name in ("width", "paper", "contrast", "blur", "scraps", "inversion", "noise")
)

_ASPECT, _WAVE = HABIT_NAMES.index("aspect"), HABIT_NAMES.index("wave")
_COARSE, _BLOCKS = (PAPER_TRAIT_NAMES.index(name) for name in ("coarse", "blocks"))
_MOIRE = PAPER_TRAIT_NAMES.index("moire")


def draw_sheet(
    book: GlyphBook,
    line: WrittenLine,
    beside: Sequence[LineStrokes],
    traits: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the crop of a line.

    Args:
        book: The glyphs that the line was written with.
        line: In line coordinates.
        beside: Its neighbors, before and after it; their middle runs along 0 as the line's does.
        traits: Float64 (len(TRAITS),), the pen's.
        rng: Every choice comes from it; numba's stream must have been seeded.

    Returns:
        picture: Uint8 (H, W), gray levels.
        boxes: Float32 (N, 4), in px, inside the picture; of struck-out characters too.
    """
    boxes = line.strokes.boxes
    body = 20.0 * 3.2 ** rng.random() if rng.random() < 0.9 else 60.0 + 30.0 * rng.random()
    enlarged = 1.0
    if rng.random() < LOW_RESOLUTION_SHARE:
        enlarged = min(1.2 + 1.6 * rng.random(), body / 14.0)
    unit = body / enlarged
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    along = int(line.is_vertical)
    unit = min(unit, MAX_LENGTH_PX / enlarged / max(float(high[along] - low[along]) + 1.0, 1.0))
    margins = _draw_margins(along, rng)
    window = np.concatenate([low - margins[:2], high + margins[2:]])
    line_px = draw_line_width(traits[_WIDTH], rng) * unit
    # A crop has room for the ink's own width.
    window += np.array([-1.0, -1.0, 1.0, 1.0]) * (0.5 * line_px / unit) * (margins > 0.0)
    columns, rows = np.maximum(np.ceil((window[2:] - window[:2]) * unit).astype(int), 8)
    coverage = np.zeros((rows, columns), np.float32)
    shift = -window[:2] * unit
    edge, gain = 0.25 + 0.4 * rng.random(), 2.5 + 3.0 * rng.random()
    if not line.source.is_font:
        edge = 0.0  # scanned ink keeps its own line
    for strokes in (*_move_beside(line, beside, window, rng), line.strokes):
        draw_pictures(coverage, book, strokes, line, shift, unit, edge, gain)
        points, starts, pressure = strokes[:3]
        if len(points):
            draw_strokes(coverage, points, starts, pressure, traits, line_px, unit, shift[0], shift[1])
    if len(line.extra[0]):
        draw_strokes(coverage, *line.extra, traits, line_px, unit, shift[0], shift[1])
    _recolor(coverage, boxes, window, unit, along, rng)
    rule_sheet(coverage, line, shift, unit, rng)
    traits = adjust_traits(traits, unit, rng)
    if enlarged > 1.5:
        traits[_BLUR] *= 0.4  # enlarging blurs enough
    picture = lay_on_paper(coverage, traits)
    if enlarged > 1.0:
        size = (max(round(columns * enlarged), 8), max(round(rows * enlarged), 8))
        picture = np.array(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))
    take_photograph(picture, body, float(traits[_CONTRAST]), rng)
    scale = np.array(picture.shape[::-1]) / np.array([columns, rows])
    edges = (boxes.reshape(-1, 2, 2) - window[:2]) * unit + np.array([[-0.5], [0.5]]) * line_px
    edges = np.clip(edges * scale, 0.0, np.array(picture.shape[::-1]))
    return picture, _keep_inside(edges.reshape(-1, 4), picture.shape).astype(np.float32)


def _draw_margins(along: int, rng: np.random.Generator) -> np.ndarray:
    """Return float64 (4,): paper left of, above, right of and below the ink, em; below 0 ink is clipped."""
    margins = np.empty(4)
    for side in range(4):
        is_end = side % 2 == along
        which = rng.random()
        if which < (0.10 if is_end else 0.07):
            margins[side] = -(0.14 if is_end else 0.07) * rng.random()
        elif which < 0.75:
            margins[side] = 0.02 + 0.25 * rng.random()
        else:
            margins[side] = 0.2 + (1.4 if is_end else 0.5) * rng.random() ** 2
    return margins


def draw_line_width(width: float, rng: np.random.Generator) -> float:
    """Return the width of the pen's line, em; a line of writing bears less than a single character does."""
    return min(0.85 * width, 0.07 if rng.random() < 0.85 else 0.11)


def _move_beside(
    line: WrittenLine, beside: Sequence[LineStrokes], window: np.ndarray, rng: np.random.Generator
) -> list[LineStrokes]:
    """Move the lines before and after to where they reach a little into the window."""
    across = 1 - int(line.is_vertical)
    own = line.strokes.boxes
    moved = []
    for strokes, side in zip(beside, (-1, 1), strict=False):
        reach = 0.32 * rng.random() - 0.04
        low, high = strokes.boxes[:, across].min(), strokes.boxes[:, across + 2].max()
        # A neighbor's ink ends `reach` inside the window, but stays off the line's own ink.
        if side < 0:
            shift = min(float(window[across]) + reach, float(own[:, across].min()) + 0.12) - high
        else:
            shift = max(float(window[across + 2]) - reach, float(own[:, across + 2].max()) - 0.12) - low
        strokes.points[:, across] += np.float32(shift)
        strokes.boxes[:, [across, across + 2]] += np.float32(shift)
        moved.append(strokes)
    return moved


def draw_pictures(
    coverage: np.ndarray,
    book: GlyphBook,
    strokes: LineStrokes,
    line: WrittenLine,
    shift: np.ndarray,
    unit: float,
    edge: float,
    gain: float,
) -> None:
    """Draw the characters that are pictures, each into its box; coverage changes in place."""
    if line.source is book.sources[0]:
        return
    marks = line.plan.marks if strokes is line.strokes else np.zeros(len(strokes.glyphs), np.int8)
    for glyph, box, mark in zip(strokes.glyphs, strokes.boxes, marks, strict=True):
        ink = book.picture(glyph)
        if ink is None:
            continue
        if mark & TURNED:
            ink = np.ascontiguousarray(np.rot90(ink, -1))
        width, height = np.maximum((box[2:] - box[:2]) * unit, 1.0)
        habits = line.habits.copy()
        habits[_ASPECT] = np.log(height * ink.shape[1] / (width * ink.shape[0]))
        habits[_WAVE] = min(habits[_WAVE], 0.015)
        length = max(ink.shape) * float(np.sqrt(width * height / ink.size))
        bent = bend_ink(ink, habits, length, edge, gain)
        middle = 0.5 * (box[:2] + box[2:]) * unit + shift
        _paste(
            coverage,
            bent,
            round(float(middle[0]) - 0.5 * bent.shape[1]),
            round(float(middle[1]) - 0.5 * bent.shape[0]),
        )


def _paste(coverage: np.ndarray, ink: np.ndarray, left: int, top: int) -> None:
    """Lay ink onto a sheet; what lies outside is left out, and the darker one stays."""
    rows, columns = coverage.shape
    first_row, first_column = max(top, 0), max(left, 0)
    last_row, last_column = min(top + ink.shape[0], rows), min(left + ink.shape[1], columns)
    if last_row <= first_row or last_column <= first_column:
        return
    part = coverage[first_row:last_row, first_column:last_column]
    np.maximum(
        part, ink[first_row - top : last_row - top, first_column - left : last_column - left], out=part
    )


def _recolor(
    coverage: np.ndarray,
    boxes: np.ndarray,
    window: np.ndarray,
    unit: float,
    along: int,
    rng: np.random.Generator,
) -> None:
    """Write a part of some lines in another color, as red looks in gray: fainter."""
    if rng.random() >= 0.05 or len(boxes) < 4:
        return
    first, last = sorted(rng.integers(len(boxes), size=2))
    begin = max(int((boxes[first, along] - window[along]) * unit), 0)
    end = max(int((boxes[last, along + 2] - window[along]) * unit), begin)
    part = coverage[begin:end] if along else coverage[:, begin:end]
    part *= np.float32(0.4 + 0.5 * rng.random())


def adjust_traits(traits: np.ndarray, unit: float, rng: np.random.Generator) -> np.ndarray:
    """Return the pen's traits for a whole line: paper darker than for single characters now and then."""
    traits = traits.copy()
    traits[_SCRAPS] = 0.0
    traits[_BLUR] = min(traits[_BLUR], max(unit / 24.0 - 0.4, 0.0))  # else small characters dissolve
    traits[_NOISE] *= rng.random()
    if rng.random() < 0.28:
        traits[_PAPER] -= 90.0 * rng.random()
        traits[_CONTRAST] *= 0.4 + 0.6 * rng.random()
    traits[_CONTRAST] = max(traits[_CONTRAST], 50.0)
    traits[_NOISE] = min(traits[_NOISE], 0.08 * traits[_CONTRAST])
    if rng.random() < 0.04:
        traits[_INVERSION] = 1.0
    return traits


def take_photograph(picture: np.ndarray, body: float, contrast: float, rng: np.random.Generator) -> None:
    """Treat a picture, uint8 (H, W), as light, cameras and files do; it changes in place."""
    which = rng.random()
    if which >= 0.4:
        return
    name = "shaded" if which < 0.15 else "photo"
    traits = draw_paper(rng.random(len(PAPER_TRAITS)), PAPER_RANGES[PAPER_NAMES.index(name)])
    traits[_COARSE] = min(traits[_COARSE], max(body / 18.0, 1.0))
    # A person would not keep a picture that he cannot read.
    traits[_BLOCKS] = min(traits[_BLOCKS], 0.16 * contrast) if rng.random() < 0.5 else 0.0
    traits[_MOIRE] = min(traits[_MOIRE], 0.12 * contrast) if rng.random() < 0.25 else 0.0
    photograph(picture, traits)


def _keep_inside(boxes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Give every box at least one pixel inside a picture of a shape (H, W)."""
    rows, columns = shape
    limit = np.array([columns, rows])
    low = np.minimum(boxes[:, :2], limit - 1.0)
    high = np.maximum(boxes[:, 2:], low + 1.0)
    return np.concatenate([low, np.minimum(high, limit)], axis=1)
