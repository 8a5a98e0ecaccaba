"""A line cut out of a page, turned so that it lies straight, and the way back from the crop to the page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from yomite.reading.found_lines import FoundLine
from yomite.reading.results import Box

ROOM_ACROSS, ROOM_ALONG = 0.2, 0.7
"""Paper left around a line on either side, in half heights."""

STRAIGHT = 0.009
"""Lines that are turned by less, in radians, are cut out as they are."""

MIN_SIDE = 8


@dataclass(frozen=True)
class Crop:
    """A piece of a page.

    Attributes:
        picture: Uint8 (H, W), gray levels.
        origin: Float64 (2,), x and y of its upper left corner on the page, px.
        axes: Float64 (2, 2), how far one px to the right, and one px down, goes on the page.
    """

    picture: np.ndarray
    origin: np.ndarray
    axes: np.ndarray

    def to_page(self, box: Box) -> Box:
        """Return the upright box on the page around a box in the crop."""
        left, top, right, bottom = box
        corners = (
            np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) @ self.axes + self.origin
        )
        (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        return left, top, right, bottom


def cut_out(gray: np.ndarray, line: FoundLine) -> Crop:
    """Cut a line out of a page.

    Args:
        gray: Uint8 (h, w), the page.
        line: In px of the page.
    """
    height, width = gray.shape
    course = line.course
    way = course[-1] - course[0]
    angle = float(np.arctan2(way[1], way[0]))
    if line.direction == "vertical":
        angle -= 0.5 * np.pi
    if abs(angle) < STRAIGHT:
        angle = 0.0
    right = np.array([np.cos(angle), np.sin(angle)])
    axes = np.stack([right, [-right[1], right[0]]])
    places = course @ axes.T  # along the axes of the crop
    along = int(line.direction == "vertical")
    room = np.full(2, (1.0 + ROOM_ACROSS) * line.half)
    room[along] = ROOM_ALONG * line.half
    low, high = places.min(axis=0) - room, places.max(axis=0) + room
    if angle == 0.0:
        left, top = np.clip(np.floor(low), 0, [width - 1, height - 1]).astype(int).tolist()
        end, bottom = np.clip(np.ceil(high), [left + 1, top + 1], [width, height]).astype(int).tolist()
        return Crop(np.ascontiguousarray(gray[top:bottom, left:end]), np.array([left, top], float), np.eye(2))
    size = np.maximum(np.ceil(high - low), MIN_SIDE).astype(int)
    origin = low @ axes
    # What lies beyond the page is as bright as the page itself.
    matrix = (axes[0, 0], axes[1, 0], origin[0], axes[0, 1], axes[1, 1], origin[1])
    corners = np.array([[0, 0], [size[0], 0], [0, size[1]], size]) @ axes + origin
    first = np.clip(np.floor(corners.min(axis=0)) - 1, 0, [width - 1, height - 1]).astype(int)
    last = np.clip(np.ceil(corners.max(axis=0)) + 1, first + 1, [width, height]).astype(int)
    piece = Image.fromarray(np.ascontiguousarray(gray[first[1] : last[1], first[0] : last[0]]))
    moved = (*matrix[:2], matrix[2] - first[0], *matrix[3:5], matrix[5] - first[1])
    fill = int(np.median(np.asarray(piece)))
    turned = piece.transform(
        tuple(size.tolist()), Image.Transform.AFFINE, moved, Image.Resampling.BILINEAR, fillcolor=fill
    )
    return Crop(np.asarray(turned), origin, axes)
