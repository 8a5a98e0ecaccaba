"""Strokes drawn with a plain round line: what the canvas sees of a drawing."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from yomite.ink.strokes import Stroke

WORK_SIZE = 160
"""Pictures are cut down to this many pixels on the longer side before the ink is measured."""

STROKE_WIDTH = 0.055
"""Width of the line that draws strokes, as a share of the longer side of their box."""


def draw_strokes(strokes: list[Stroke]) -> np.ndarray:
    """Draw strokes with a plain round line.

    Args:
        strokes: float32 (P, 2) each, finite, in any unit; a single point is a dot.

    Returns:
        float32 (WORK_SIZE, WORK_SIZE), 0..1: the ink, its box filling the square up to the line's width.
    """
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
