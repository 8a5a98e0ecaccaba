"""A picture or strokes of a line -> the strips that are read, and the way back from them to the picture."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from yomite.errors import PictureError
from yomite.ink.line_canvas import (
    LINE_CANVAS_VERSION,
    MARGIN_PX,
    MAX_WIDTH,
    SPREAD,
    WORK_HEIGHT,
    clean_line,
    find_line,
    place_line,
    shrink_height,
)
from yomite.ink.pictures import read_gray
from yomite.ink.strokes import Stroke, is_strokes, thin_strokes, to_strokes
from yomite.reading.results import Box, Direction, Directions
from yomite.reading.several import is_one_stroke

CLEARLY_LONG = 1.6
"""A crop so much longer than wide is taken to run that way; between, both ways are read."""

CLEARLY_SEVERAL = 2.0
"""Ink so much longer than high is several characters, unless it is one stroke."""

STROKES_SIDE, STROKES_WIDTH, STROKES_LENGTH = 64, 4, 6000
"""Strokes are drawn so high, with so wide a line, and at most so long, in px."""

_BLANK = "the picture is blank: no ink stands out from the paper; pass a picture with one line of writing"


@dataclass(frozen=True)
class Strip:
    """A line laid straight, and where it came from.

    Attributes:
        image: Uint8 (H, W), ink bright on 0; column 0 is the beginning of the line.
        direction: How the line runs in the picture.
        scale: Px of the strip for each px of the crop that was measured.
        course: Float64 (3,), the middle of the line over t = -1..1 along that crop, a polynomial in t.
        left: First column of the crop with ink.
        crop_shape: Height and width of that crop, the line lying in it.
        picture_shape: Height and width of the picture.
        unit_px: Px of the picture for each unit of the strokes that it was drawn from; 1 for pictures.
        origin: Float64 (2,), where the picture begins, x and y in that unit; 0 for pictures.
    """

    image: np.ndarray
    direction: Direction
    scale: float
    course: np.ndarray
    left: int
    crop_shape: tuple[int, int]
    picture_shape: tuple[int, int]
    unit_px: float
    origin: np.ndarray

    @property
    def may_be_one_character(self) -> bool:
        """Whether so little is written that it may be one character: it is short, or a single long stroke."""
        is_ink = self.image[:, MARGIN_PX : self.image.shape[1] - MARGIN_PX] > 60
        rows = np.flatnonzero(is_ink.any(axis=1))
        if not len(rows):
            return False
        return is_ink.shape[1] <= CLEARLY_SEVERAL * (rows[-1] - rows[0] + 1) or is_one_stroke(is_ink)

    def find_boxes(self, spans_px: np.ndarray) -> list[Box]:
        """Find the boxes of characters in the picture.

        Args:
            spans_px: Float (L, 2), where the model saw each of them along the strip.

        Returns:
            L boxes in reading order, within the picture: in its px, or in the unit of the strokes.
        """
        if not len(spans_px):
            return []
        height, width = self.image.shape
        profile = self.image.sum(axis=0, dtype=np.float64)
        centers = np.clip(spans_px.mean(axis=1), 0, width - 1)
        cuts = [
            float(MARGIN_PX),
            *map(self._cut(profile), centers[:-1], centers[1:]),
            float(width - MARGIN_PX),
        ]
        is_ink = self.image > 60
        inked = np.flatnonzero(is_ink.any(axis=0)).tolist()
        places = []
        for first, last in pairwise(cuts):
            begin, end = int(first), max(math.ceil(last), int(first) + 1)
            rows = np.flatnonzero(is_ink[:, begin:end].any(axis=1))
            if not len(rows):
                places.append((begin, 0, end, height))
                continue
            begin, end = inked[bisect_left(inked, begin)], inked[bisect_left(inked, end) - 1] + 1
            places.append((begin, int(rows[0]), end, int(rows[-1]) + 1))
        return self._to_picture(np.array(places, np.float64))

    @staticmethod
    def _cut(profile: np.ndarray) -> Any:
        def cut(center: float, following: float) -> float:
            """Find the emptiest column between where two characters were seen, rather near the middle."""
            gap = following - center
            first, last = int(center + 0.1 * gap), int(center + 0.9 * gap) + 1
            columns = np.arange(first, max(last, first + 1))
            columns = columns[columns < len(profile)]
            if not len(columns):
                return 0.5 * (center + following)
            away = np.abs(columns + 0.5 - 0.5 * (center + following))
            return float(columns[np.argmin(profile[columns] + 2.0 * away)]) + 0.5

        return cut

    def _to_picture(self, places: np.ndarray) -> list[Box]:
        """Carry left, top, right and bottom, float (L, 4) in px of the strip, over to the picture."""
        crop_height, crop_width = self.crop_shape
        xs = self.left + (places[:, ::2] - MARGIN_PX) / self.scale
        t = 2.0 * xs / crop_width - 1.0
        middles = self.course[0] + self.course[1] * t + self.course[2] * t * t
        away = (places[:, 1::2] - 0.5 * self.image.shape[0]) / self.scale
        ys = np.stack([middles.min(axis=1), middles.max(axis=1)], axis=1) + away
        shape = self.picture_shape if self.direction == "horizontal" else self.picture_shape[::-1]
        xs = np.clip(xs * (shape[1] / crop_width), 0, shape[1])
        ys = np.clip(ys * (shape[0] / crop_height), 0, shape[0])
        corners = np.stack([xs, ys] if self.direction == "horizontal" else [ys, xs], axis=2)
        corners = corners / self.unit_px + self.origin
        return [(left, top, right, bottom) for left, top, right, bottom in corners.reshape(-1, 4).tolist()]


def to_strips(
    picture: Any, direction: Directions, height: int, version: int = LINE_CANVAS_VERSION
) -> list[Strip]:
    """Turn a picture of a line into the strips to read: one, or two where its direction is open.

    Args:
        picture: A path, bytes, an open file, a PIL image, an array, or strokes.
        direction: "auto" goes by the shape of the picture, and reads both ways where that is not clear.
        height: Of the strips, H.
        version: Of the strips, that of the model which is to see them.

    Raises:
        PictureError: The picture cannot be read, or is blank.
    """
    unit_px, origin = 1.0, np.zeros(2)
    if is_strokes(picture):
        gray, unit_px, origin = draw_strokes(to_strokes(picture))
    else:
        gray = read_gray(picture)
    rows, columns = gray.shape
    directions: list[Direction] = ["horizontal", "vertical"]
    if direction != "auto":
        directions = [direction]
    elif columns >= CLEARLY_LONG * rows:
        directions = ["horizontal"]
    elif rows >= CLEARLY_LONG * columns:
        directions = ["vertical"]
    strips = [
        strip
        for one in directions
        if (strip := _build_strip(gray, one, height, version, unit_px, origin)) is not None
    ]
    if not strips:
        raise PictureError(_BLANK)
    return strips


def draw_strokes(strokes: list[Stroke]) -> tuple[np.ndarray, float, np.ndarray]:
    """Draw the strokes of a line, dark on light.

    Returns:
        gray: Uint8 (H, W).
        unit_px: Px for each unit of the strokes.
        origin: Float64 (2,), where the picture begins, x and y in that unit.
    """
    strokes = thin_strokes(strokes)
    points = np.concatenate(strokes)
    low, extent = points.min(axis=0), points.max(axis=0) - points.min(axis=0)
    short, long = sorted(float(side) for side in extent)
    scale = min(STROKES_SIDE / max(short, 0.05 * long, 1e-30), STROKES_LENGTH / max(long, 1e-30))
    pad, over = 2 * STROKES_WIDTH, 2
    width, height = (int(side * scale) + 2 * pad for side in extent.tolist())
    drawing = Image.new("L", (width * over, height * over), 255)
    pencil = ImageDraw.Draw(drawing)
    radius = 0.5 * STROKES_WIDTH * over
    for stroke in strokes:
        placed = [tuple(point) for point in (((stroke - low) * scale + pad) * over).tolist()]
        if len(placed) > 1:
            pencil.line(placed, fill=0, width=STROKES_WIDTH * over, joint="curve")
        for x, y in (placed[0], placed[-1]):
            pencil.ellipse((x - radius, y - radius, x + radius, y + radius), fill=0)
    return np.asarray(drawing.reduce(over)), scale, low.astype(np.float64) - pad / scale


def _build_strip(
    gray: np.ndarray, direction: Direction, height: int, version: int, unit_px: float, origin: np.ndarray
) -> Strip | None:
    lying = gray if direction == "horizontal" else np.ascontiguousarray(gray.T)
    small = np.ascontiguousarray(shrink_height(lying, WORK_HEIGHT))
    ink, has_ink = clean_line(small, version)
    if not has_ink:
        return None
    course, spread, left, right = find_line(ink)
    image = place_line(ink, course, spread, left, right, height, MAX_WIDTH)
    # As place_line takes it.
    scale = min(SPREAD * height / spread, (MAX_WIDTH - 2.0 * MARGIN_PX) / (right - left))
    return Strip(image, direction, scale, course, left, small.shape, gray.shape, unit_px, origin)
