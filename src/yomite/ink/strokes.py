"""Strokes and glyphs: points in the unit square, x to the right, y down; and how strokes are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from yomite.errors import PictureError

Stroke = np.ndarray  # float32 (P, 2)

MAX_POINTS, MAX_STROKES = 100_000, 2_000

_DRAWN_POINTS = 5_000
"""Of more points that many are drawn, evenly chosen: a person's hand makes hundreds."""

WORK_SIZE = 160
"""Pictures are cut down to this many pixels on the longer side before the ink is measured."""

STROKE_WIDTH = 0.055
"""Width of the line that draws strokes, as a share of the longer side of their box."""


@dataclass(frozen=True)
class Glyph:
    """The strokes of one character, in writing order.

    Attributes:
        character: What the strokes spell.
        strokes: Float32 (P, 2) each, in the unit square, y down.
        components: For each stroke, the index of the component (radical, phonetic ...) that it belongs to.
        variant: KanjiVG's name of the form ("" for the standard one, "Kaisho", "Hyougai" ...).
    """

    character: str
    strokes: tuple[Stroke, ...]
    components: tuple[int, ...]
    variant: str = ""


def is_strokes(value: Any) -> bool:
    """Whether `value` looks like strokes (a list of lists of points) rather than a picture."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray))


def to_strokes(value: Any) -> list[Stroke]:
    """Check strokes that came from outside.

    Args:
        value: A list of strokes, each a list of (x, y) points or an array (P, 2), in any unit, y down.
            Empty strokes among others are left out; a single point is a dot.

    Returns:
        Float32 (P, 2) arrays, P >= 1, in the unit that came.

    Raises:
        PictureError: No points at all, points that are not pairs, or NaN or infinite coordinates.
    """
    strokes = []
    num_points = 0
    for index, points in enumerate(value):
        if index == MAX_STROKES:
            raise PictureError(f"there are more than {MAX_STROKES:,} strokes; pass one character or one line")
        try:
            stroke = np.asarray(points)
            if stroke.dtype.kind not in "buifO":  # text, dates and complex numbers would be converted
                raise TypeError
            stroke = stroke.astype(np.float64)
        except OverflowError:
            raise PictureError(
                f"stroke {index} reaches beyond 1e9; pass coordinates in pixels or in 0..1"
            ) from None
        except (TypeError, ValueError, RecursionError):
            raise PictureError(
                f"stroke {index} is not a list of (x, y) points; pass [[(x, y), ...], ...]"
            ) from None
        if stroke.size == 0:
            continue
        if stroke.ndim != 2 or stroke.shape[1] != 2:
            raise PictureError(
                f"stroke {index} has shape {stroke.shape}, expected (points, 2); pass [[(x, y), ...], ...]"
            )
        if not np.isfinite(stroke).all():
            raise PictureError(f"stroke {index} holds NaN or infinite coordinates; pass finite numbers")
        if np.abs(stroke).max() > 1e9:
            raise PictureError(f"stroke {index} reaches beyond 1e9; pass coordinates in pixels or in 0..1")
        num_points += len(stroke)
        strokes.append(stroke.astype(np.float32))
    if not strokes:
        raise PictureError("the strokes are empty: nothing was drawn; pass at least one point")
    if num_points > MAX_POINTS:
        raise PictureError(f"the strokes hold {num_points} points; at most {MAX_POINTS} are read")
    return strokes


def resample_stroke(stroke: Stroke, spacing: float) -> Stroke:
    """Put points at equal distance along a stroke; both ends stay where they are.

    Args:
        stroke: Float32 (P, 2).
        spacing: The wanted distance between points, in the stroke's unit, > 0.

    Returns:
        Float32 (Q, 2) with Q >= 2; (1, 2) if the stroke is a dot.
    """
    lengths = np.hypot(*np.diff(stroke, axis=0).T) if len(stroke) > 1 else np.zeros(0)
    total = float(lengths.sum())
    if total == 0.0:
        return stroke[:1].astype(np.float32)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    wanted = np.linspace(0.0, total, max(2, round(total / spacing) + 1))
    return np.stack([np.interp(wanted, along, stroke[:, axis]) for axis in (0, 1)], axis=1).astype(np.float32)


def simplify_stroke(stroke: Stroke, tolerance: float) -> Stroke:
    """Leave out points that lie within `tolerance` of the line between their neighbors.

    Source: Douglas and Peucker, "Algorithms for the reduction of the number of points", 1973.
    """
    if len(stroke) < 3:
        return stroke
    keep = np.zeros(len(stroke), dtype=bool)
    keep[[0, -1]] = True
    spans = [(0, len(stroke) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        chord = stroke[last] - stroke[first]
        offset = stroke[first + 1 : last] - stroke[first]
        length = float(np.hypot(*chord))
        if length > 0:
            distance = np.abs(chord[0] * offset[:, 1] - chord[1] * offset[:, 0]) / length
        else:
            distance = np.hypot(offset[:, 0], offset[:, 1])
        worst = int(distance.argmax())
        if distance[worst] > tolerance:
            middle = first + 1 + worst
            keep[middle] = True
            spans += [(first, middle), (middle, last)]
    return stroke[keep]


def thin_strokes(strokes: list[Stroke]) -> list[Stroke]:
    """Leave out points evenly where there are far more than a drawing shows; both ends stay."""
    share = _DRAWN_POINTS / sum(len(stroke) for stroke in strokes)
    if share >= 1.0:
        return strokes
    return [
        stroke[
            np.linspace(0, len(stroke) - 1, min(len(stroke), max(2, int(share * len(stroke))))).astype(int)
        ]
        for stroke in strokes
    ]


def draw_strokes(strokes: list[Stroke]) -> np.ndarray:
    """Draw strokes with a plain round line.

    Args:
        strokes: float32 (P, 2) each, finite, in any unit; a single point is a dot.

    Returns:
        float32 (WORK_SIZE, WORK_SIZE), 0..1: the ink, its box filling the square up to the line's width.
    """
    strokes = thin_strokes(strokes)
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max())
    over = 4
    side = WORK_SIZE * over
    line = STROKE_WIDTH * side
    # What is smaller than any unit is a dot; dividing by it would overflow.
    scale = (side - 2.0 * line) / extent if extent > 1e-30 else 0.0
    drawing = Image.new("L", (side, side), 0)
    pencil = ImageDraw.Draw(drawing)
    for stroke in strokes:
        placed = (stroke - 0.5 * (low + high)) * scale + 0.5 * side
        if len(placed) > 1:
            pencil.line(
                [tuple(point) for point in placed.tolist()], fill=255, width=round(line), joint="curve"
            )
        for x, y in placed[[0, -1]].tolist():
            pencil.ellipse((x - line / 2, y - line / 2, x + line / 2, y + line / 2), fill=255)
    return np.asarray(drawing.reduce(over), dtype=np.float32) / np.float32(255.0)
