"""The drawings of examples/drawings.json as pictures, drawn apart from yomite's own pens."""

import json

import numpy as np
from conftest import PROJECT_ROOT
from PIL import Image, ImageDraw

Strokes = list[list[list[float]]]

DRAWINGS: dict[str, Strokes] = {
    name: drawing["strokes"]
    for name, drawing in json.loads(
        (PROJECT_ROOT / "examples" / "drawings.json").read_text(encoding="utf-8")
    ).items()
}

_OVERSAMPLING = 4


def draw_ink(name: str, side_px: int = 120, pen_px: float = 6.0) -> np.ndarray:
    """uint8 (side_px, side_px): ink bright on 0; the drawing fills 80 % of the square."""
    scale = 0.8 * side_px / 100 * _OVERSAMPLING
    shift = 0.1 * side_px * _OVERSAMPLING
    radius = pen_px * _OVERSAMPLING / 2
    large = Image.new("L", (side_px * _OVERSAMPLING, side_px * _OVERSAMPLING))
    draw = ImageDraw.Draw(large)
    for stroke in DRAWINGS[name]:
        points = [(x * scale + shift, y * scale + shift) for x, y in stroke]
        draw.line(points, fill=255, width=round(2 * radius))
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(large.reduce(_OVERSAMPLING))


def draw_page(name: str, side_px: int = 120, pen_px: float = 6.0) -> np.ndarray:
    """uint8 (side_px, side_px): black on white."""
    return 255 - draw_ink(name, side_px, pen_px)


def crop_ink(page: np.ndarray) -> np.ndarray:
    """The part of a black on white page that holds all ink and no empty rim."""
    rows, columns = (np.flatnonzero((page < 255).any(axis=axis)) for axis in (1, 0))
    return page[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
