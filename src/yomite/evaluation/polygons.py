"""How much polygons overlap, exactly.

A simple polygon is a sum of signed triangles from its first corner. So the area that two polygons share is
a sum over pairs of triangles, which are convex and clip each other; the lines of a curved sheet need not be.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

Corners = Sequence[Sequence[float]]
"""Corners x, y of a simple polygon, in either direction."""

_Point = tuple[float, float]


def measure_area(polygon: Corners) -> float:
    """Return the area of a simple polygon, 0 for fewer than three corners."""
    return abs(sum(_measure_triangle(triangle) for triangle in _split_triangles(polygon)))


def measure_overlap(one: Corners, other: Corners) -> float:
    """Return the area that two simple polygons share."""
    if not _may_touch(one, other):
        return 0.0
    shared = 0.0
    for first in _split_triangles(one):
        for second in _split_triangles(other):
            areas = _measure_triangle(first), _measure_triangle(second)
            if all(areas):
                sign = 1 if (areas[0] > 0) == (areas[1] > 0) else -1
                shared += sign * _clip_area(first, second if areas[1] > 0 else second[::-1])
    return abs(shared)


def measure_overlaps(some: Sequence[Corners], others: Sequence[Corners]) -> np.ndarray:
    """Return the areas that each of some polygons shares with each of the others: float (N, M)."""
    shared = [[measure_overlap(one, other) for other in others] for one in some]
    return np.array(shared, float).reshape(len(some), len(others))


def _split_triangles(polygon: Corners) -> list[list[_Point]]:
    points = [(float(x), float(y)) for x, y in polygon]
    return [[points[0], *pair] for pair in pairwise(points[1:])]


def _measure_triangle(triangle: Sequence[_Point]) -> float:
    (ax, ay), (bx, by), (cx, cy) = triangle
    return ((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2


def _may_touch(one: Corners, other: Corners) -> bool:
    """Whether two polygons have corners, and their boxes overlap."""
    return bool(len(one) and len(other)) and all(
        min(a) < max(b) and min(b) < max(a)
        for a, b in zip(zip(*one, strict=True), zip(*other, strict=True), strict=True)
    )


def _clip_area(triangle: list[_Point], window: list[_Point]) -> float:
    """Return the area of a triangle within another of positive area (Sutherland and Hodgman)."""
    left = triangle
    for (ax, ay), (bx, by) in zip(window, window[1:] + window[:1], strict=True):
        sides = [(bx - ax) * (y - ay) - (by - ay) * (x - ax) for x, y in left]
        kept: list[_Point] = []
        for index, (x, y) in enumerate(left):
            side, before, (last_x, last_y) = sides[index], sides[index - 1], left[index - 1]
            if (side < 0) != (before < 0):
                share = before / (before - side)
                kept.append((last_x + share * (x - last_x), last_y + share * (y - last_y)))
            if side >= 0:
                kept.append((x, y))
        left = kept
    return abs(sum(_measure_triangle(part) for part in _split_triangles(left))) if left else 0.0
