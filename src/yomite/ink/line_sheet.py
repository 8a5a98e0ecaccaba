"""The sheet of a line: where it is cut out, what stands beside it, pen, paper and photograph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from yomite.ink.line_layout import LineStrokes
from yomite.ink.line_writing import WrittenLine
from yomite.ink.pen import TRAIT_NAMES, draw_strokes, lay_on_paper

LOW_RESOLUTION_SHARE = 0.35
MAX_LENGTH_PX = 2600

_WIDTH, _PAPER, _CONTRAST, _BLUR, _SCRAPS, _INVERSION, _NOISE = (
    TRAIT_NAMES.index(name) for name in ("width", "paper", "contrast", "blur", "scraps", "inversion", "noise")
)


def draw_sheet(
    line: WrittenLine, beside: Sequence[LineStrokes], traits: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the crop of a line.

    Args:
        line: In line coordinates.
        beside: Its neighbors, before and after it; their middle runs along 0 as the line's does.
        traits: float64 (len(TRAITS),), the pen's.
        rng: Every choice comes from it; numba's stream must have been seeded.

    Returns:
        picture: uint8 (H, W), gray levels.
        boxes: float32 (N, 4), in px, inside the picture; of struck-out characters too.
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
    line_px = _draw_line_width(traits[_WIDTH], rng) * unit
    # A crop has room for the ink's own width.
    window += np.array([-1.0, -1.0, 1.0, 1.0]) * (0.5 * line_px / unit) * (margins > 0.0)
    columns, rows = np.maximum(np.ceil((window[2:] - window[:2]) * unit).astype(int), 8)
    coverage = np.zeros((rows, columns), np.float32)
    _draw_beside(coverage, line, beside, window, traits, line_px, unit, rng)
    shift = -window[:2] * unit
    for points, starts, pressure in (line.strokes[:3], line.extra):
        if len(points):
            draw_strokes(coverage, points, starts, pressure, traits, line_px, unit, shift[0], shift[1])
    _recolor(coverage, boxes, window, unit, along, rng)
    picture = lay_on_paper(coverage, _adjust_traits(traits, unit, rng))
    if enlarged > 1.0:
        size = (max(round(columns * enlarged), 8), max(round(rows * enlarged), 8))
        picture = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))
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


def _draw_line_width(width: float, rng: np.random.Generator) -> float:
    """Return the width of the pen's line, em; a line of writing bears less than a single character does."""
    return min(0.85 * width, 0.07 if rng.random() < 0.85 else 0.11)


def _draw_beside(
    coverage: np.ndarray,
    line: WrittenLine,
    beside: Sequence[LineStrokes],
    window: np.ndarray,
    traits: np.ndarray,
    line_px: float,
    unit: float,
    rng: np.random.Generator,
) -> None:
    """Draw what reaches in from the lines before and after."""
    across = 1 - int(line.is_vertical)
    for strokes, side in zip(beside, (-1, 1), strict=False):
        extent = strokes.points[:, across]
        reach = 0.32 * rng.random() - 0.04
        points = strokes.points.copy()
        # The neighbor's ink ends `reach` inside the crop, but stays off the line's own ink.
        if side < 0:
            edge = min(float(window[across]) + reach, float(line.strokes.points[:, across].min()) + 0.12)
            points[:, across] += np.float32(edge - extent.max())
        else:
            edge = max(float(window[across + 2]) - reach, float(line.strokes.points[:, across].max()) - 0.12)
            points[:, across] += np.float32(edge - extent.min())
        shift = -window[:2] * unit
        draw_strokes(
            coverage, points, strokes.starts, strokes.pressure, traits, line_px, unit, shift[0], shift[1]
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


def _adjust_traits(traits: np.ndarray, unit: float, rng: np.random.Generator) -> np.ndarray:
    """Return the pen's traits for a whole line: paper darker than for single characters now and then."""
    traits = traits.copy()
    traits[_SCRAPS] = 0.0
    traits[_BLUR] = min(traits[_BLUR], max(unit / 24.0 - 0.4, 0.0))  # else small characters dissolve
    traits[_NOISE] *= rng.random()
    if rng.random() < 0.35:
        traits[_PAPER] -= 90.0 * rng.random()
        traits[_CONTRAST] *= 0.4 + 0.6 * rng.random()
    traits[_CONTRAST] = max(traits[_CONTRAST], 35.0)
    if rng.random() < 0.04:
        traits[_INVERSION] = 1.0
    return traits


def _keep_inside(boxes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Give every box at least one pixel inside a picture of a shape (H, W)."""
    rows, columns = shape
    limit = np.array([columns, rows])
    low = np.minimum(boxes[:, :2], limit - 1.0)
    high = np.maximum(boxes[:, 2:], low + 1.0)
    return np.concatenate([low, np.minimum(high, limit)], axis=1)
