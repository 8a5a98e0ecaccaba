"""Where the lines of a page stand: boxes, angles, and the cells that divide a line among its characters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from yomite.reading.results import Box, Line, Page, Polygon

_MIN_CELL = 0.02
"""Of the thickness of a line: boxes may overlap, and a cell has a length all the same."""


class Cells(NamedTuple):
    """A line as a straight row of cells.

    Attributes:
        along: Unit vector x, y in the reading direction, y pointing down.
        low: Where the row begins across, along the vector that is `along` turned a quarter clockwise, in px.
        thickness: How far it reaches from there, in px.
        edges: Where each character's cell begins, and where the last one ends: px along the row.
    """

    along: tuple[float, float]
    low: float
    thickness: float
    edges: tuple[float, ...]


def list_written(page: Page) -> Iterator[Line]:
    """Yield the lines that a document shows: those that are not rejected and hold a character."""
    return (line for line in page.lines if not line.is_rejected and line.characters)


def outline(line: Line) -> Polygon:
    """Return the line's polygon; without one, the corners of the box that holds its characters."""
    if line.polygon:
        return line.polygon
    left, top, right, bottom = merge_boxes(character.box for character in line.characters)
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def merge_boxes(boxes: Iterable[Box]) -> Box:
    """Return the smallest box that holds all boxes, of which there is at least one."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def frame(polygon: Polygon) -> Box:
    """Return the smallest box that holds a polygon."""
    return merge_boxes((x, y, x, y) for x, y in polygon)


def snap_box(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the whole pixels that a box touches, inside a picture of that width and height."""
    width, height = size
    left, right = (min(max(number, 0), width) for number in (math.floor(box[0]), math.ceil(box[2])))
    top, bottom = (min(max(number, 0), height) for number in (math.floor(box[1]), math.ceil(box[3])))
    return left, top, right, bottom


def find_direction(line: Line, turn: int) -> tuple[float, float]:
    """Find the unit vector x, y (y pointing down) that a line follows in the picture as given.

    The edges of the polygon that run with the line say it, each as much as it is long.

    Args:
        line: With a polygon or characters.
        turn: Degrees that the picture must be turned clockwise to stand upright.
    """
    radians = math.radians((0 if line.direction == "horizontal" else 90) - turn)
    nominal_x, nominal_y = math.cos(radians), math.sin(radians)
    corners = outline(line)
    total_x = total_y = 0.0
    for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0]), strict=True):
        x, y = x1 - x0, y1 - y0
        with_line = x * nominal_x + y * nominal_y
        if abs(with_line) > abs(x * nominal_y - y * nominal_x):
            total_x += math.copysign(x, x * with_line)
            total_y += math.copysign(y, y * with_line)
    length = math.hypot(total_x, total_y)
    return (total_x / length, total_y / length) if length else (nominal_x, nominal_y)


def measure_angle(line: Line, turn: int) -> float:
    """Return by how many degrees the line's text is turned counter-clockwise in the picture, -180..180.

    A vertical line that runs straight down is not turned.
    """
    x, y = find_direction(line, turn)
    degrees = -math.degrees(math.atan2(y, x)) + (0 if line.direction == "horizontal" else 90)
    return (degrees + 180) % 360 - 180


def divide(line: Line, turn: int) -> Cells:
    """Lay a straight row of cells over a line, one for each character.

    A cell reaches halfway to the neighbors, so that text that is laid into the cells has no gaps.

    Args:
        line: With at least one character.
        turn: Degrees that the picture must be turned clockwise to stand upright.
    """
    x, y = find_direction(line, turn)
    low, high = _project(outline(line), -y, x)
    spans = [_project(_list_corners(character.box), x, y) for character in line.characters]
    thickness = max(high - low, 1.0)
    edges = [spans[0][0]]
    for (_, end), (start, _) in pairwise(spans):
        edges.append(max((end + start) / 2, edges[-1] + _MIN_CELL * thickness))
    edges.append(max(spans[-1][1], edges[-1] + _MIN_CELL * thickness))
    return Cells((x, y), low, thickness, tuple(edges))


def _list_corners(box: Box) -> Polygon:
    left, top, right, bottom = box
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _project(points: Polygon, x: float, y: float) -> tuple[float, float]:
    numbers = [px * x + py * y for px, py in points]
    return min(numbers), max(numbers)
