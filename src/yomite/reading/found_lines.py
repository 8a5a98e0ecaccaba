"""Maps of a page model -> the lines of a page: bands that hang together, each with its course and height."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from yomite.reading.results import Direction

LEAST_CORE = 0.5
"""Chance from which a place of the map is in the core of a line."""

SURER = (0.5, 0.7, 0.85, 0.95)
"""Bands that touch are taken apart by asking for more and more."""

THICK = 0.4
"""A band whose places deviate by so many half heights from its course is more than one line."""

OUTLINE = 1.2
"""Outlines are so much higher than the lines: a little paper around the ink."""

LEAST_PEAK = 0.7
"""A band whose surest place is less sure is no line."""

LEAST_PLACES = 3
"""Bands of fewer places of the map are specks."""

BENDS_FROM = 0.12
"""A line that leaves its chord by more than so many of its heights is bent: its outline has more corners."""


JOIN_GAP = 1.6
"""Pieces that continue each other within so many heights are one line: its writer left a gap."""

JOIN_OFFSET, JOIN_RATIO = 0.6, 1.6
"""How far, in half heights, one piece may lie beside the course of the other, and how much higher it is."""


@dataclass(frozen=True)
class FoundLine:
    """A line of a page, in px of the picture that the maps are of.

    Attributes:
        direction: How it runs.
        course: Float64 (P, 2), x and y of its middle from its beginning to its end, P >= 2.
        half: Half of its height (of a vertical line: width).
        confidence: Mean chance of its places to be in a line, 0..1.
        vertical: Chance that it runs down, 0..1.
    """

    direction: Direction
    course: np.ndarray
    half: float
    confidence: float
    vertical: float

    @property
    def polygon(self) -> np.ndarray:
        """Float64 (2 P, 2), its outline, clockwise in the picture from its upper left."""
        along = np.gradient(self.course, axis=0)
        along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
        across = (
            OUTLINE * self.half * np.stack([-along[:, 1], along[:, 0]], axis=1)
        )  # right of the way: down, or left
        first, second = self.course - across, self.course + across
        if self.direction == "horizontal":
            return np.concatenate([first, second[::-1]])
        return np.concatenate([second[:1], first, second[:0:-1]])


def find_lines(maps: np.ndarray, stride: int) -> list[FoundLine]:
    """Find the lines of a page.

    Args:
        maps: Float32 (3, h, w): logits of cores and of running down, log2 of half heights in px.
        stride: Px of the picture for each place.

    Returns:
        In no order of reading.
    """
    core = 1.0 / (1.0 + np.exp(-np.clip(maps[0].astype(np.float64), -30.0, 30.0)))
    down = 1.0 / (1.0 + np.exp(-np.clip(maps[1].astype(np.float64), -30.0, 30.0)))
    lines = []
    bands = [(band, 0) for band in _list_bands(core > LEAST_CORE)]
    while bands:
        (rows, columns), level = bands.pop()
        weights = core[rows, columns]
        if len(rows) < LEAST_PLACES or weights.max() < LEAST_PEAK:
            continue
        vertical = float(np.average(down[rows, columns], weights=weights))
        half = float(2.0 ** np.clip(np.average(maps[2][rows, columns], weights=weights), 0.0, 9.0))
        points = (np.stack([columns, rows], axis=1) + 0.5) * stride
        course, deviation = _follow(points, weights, vertical > 0.5, half, stride)
        if deviation > THICK * half and level + 1 < len(SURER):
            bands += [(band, level + 1) for band in _take_apart(rows, columns, weights > SURER[level + 1])]
        elif course is not None:
            direction: Direction = "vertical" if vertical > 0.5 else "horizontal"
            lines.append(FoundLine(direction, course, half, float(weights.mean()), vertical))
    return join_pieces(lines)


Band = tuple[np.ndarray, np.ndarray]
"""Rows and columns of the places that hang together, int64 (P,) each."""


def _list_bands(is_core: np.ndarray) -> list[Band]:
    labels, count = label_bands(is_core)
    rows, columns = np.nonzero(labels)
    numbers = labels[rows, columns]
    order = np.argsort(numbers, kind="stable")
    bounds = np.searchsorted(numbers[order], np.arange(1, count + 2))
    return [(rows[order[a:b]], columns[order[a:b]]) for a, b in pairwise(bounds.tolist())]


def _take_apart(rows: np.ndarray, columns: np.ndarray, is_sure: np.ndarray) -> list[Band]:
    """Return the pieces of a band that the surer of its places make."""
    rows, columns = rows[is_sure], columns[is_sure]
    if not len(rows):
        return []
    top, left = rows.min(), columns.min()
    part = np.zeros((rows.max() - top + 1, columns.max() - left + 1), bool)
    part[rows - top, columns - left] = True
    return [(some_rows + top, some_columns + left) for some_rows, some_columns in _list_bands(part)]


def _follow(
    points: np.ndarray, weights: np.ndarray, is_vertical: bool, half: float, stride: int
) -> tuple[np.ndarray | None, float]:
    """Fit the middle of a band.

    Returns:
        Float64 (P, 2), or None where the band is much shorter than high; and by how much its places deviate
        from that middle, px.
    """
    along, across = (1, 0) if is_vertical else (0, 1)
    places, middles = points[:, along], points[:, across]
    begin, end = float(places.min()) - 0.5 * stride, float(places.max()) + 0.5 * stride
    if end - begin < 0.4 * half:
        return None, 0.0
    length = end - begin
    degree = 2 if length > 10.0 * half else 1 if length > 3.0 * half else 0
    t = 2.0 * (places - begin) / length - 1.0
    basis = np.stack([t**power for power in range(degree + 1)], axis=1)
    # A short line has no slope of its own: it costs, the more the shorter it is.
    stiff = weights.sum() * (4.0 * half / length) ** 2 * np.array([0.0, 0.1, 0.4])[: degree + 1]
    normal = basis.T @ (weights[:, None] * basis) + np.diag(stiff)
    fit = np.linalg.solve(normal, basis.T @ (weights * (middles - middles.mean())))
    deviation = float(np.sqrt(np.average((middles - middles.mean() - basis @ fit) ** 2, weights=weights)))
    bend = abs(float(fit[2])) if degree == 2 else 0.0
    stations = np.linspace(-1.0, 1.0, 9 if bend > BENDS_FROM * 2.0 * half else 2)
    if len(stations) == 2 and degree == 2:
        fit[0] += fit[2] / 3.0  # the mean of the bend
        fit[2] = 0.0
    middle = middles.mean() + sum(fit[power] * stations**power for power in range(degree + 1))
    place = begin + 0.5 * (stations + 1.0) * length
    return np.stack([middle, place] if is_vertical else [place, middle], axis=1), deviation


def label_bands(is_core: np.ndarray) -> tuple[np.ndarray, int]:
    """Give numbers to the pieces that hang together, corners included.

    Args:
        is_core: Bool (h, w).

    Returns:
        Int64 (h, w), 0 outside, 1 to n inside; and n.
    """
    height, width = is_core.shape
    padded = np.zeros((height, width + 2), np.int8)
    padded[:, 1:-1] = is_core
    change = np.diff(padded, axis=1)
    run_rows, begins = np.nonzero(change == 1)
    ends = np.nonzero(change == -1)[1]
    parents = np.arange(len(begins))

    def find(run: int) -> int:
        while parents[run] != run:
            parents[run] = parents[parents[run]]
            run = parents[run]
        return run

    firsts = np.searchsorted(run_rows, np.arange(height + 1))
    for row in range(1, height):
        above, above_end = firsts[row - 1], firsts[row]
        for run in range(firsts[row], firsts[row + 1]):
            while above < above_end and ends[above] < begins[run]:
                above += 1
            other = above
            while other < above_end and begins[other] <= ends[run]:
                one, two = find(run), find(other)
                parents[max(one, two)] = min(one, two)
                other += 1
    roots = np.array([find(run) for run in range(len(begins))], np.int64)
    _, numbers = np.unique(roots, return_inverse=True)
    marks = np.zeros((height, width + 1), np.int64)
    np.add.at(marks, (run_rows, begins), numbers + 1)
    np.subtract.at(marks, (run_rows, ends), numbers + 1)
    labels = np.cumsum(marks, axis=1)[:, :width]
    return labels, int(numbers.max()) + 1 if len(numbers) else 0


def join_pieces(lines: list[FoundLine]) -> list[FoundLine]:
    """Join pieces that continue each other, the nearest first; what has been joined may go on."""
    lines = list(lines)
    while True:
        gaps = [
            (gap, first, second)
            for first in range(len(lines))
            for second in range(len(lines))
            if first != second and (gap := _measure_gap(lines[first], lines[second])) is not None
        ]
        if not gaps:
            return lines
        _, first, second = min(gaps)
        joined = _join(lines[first], lines[second])
        lines = [line for n, line in enumerate(lines) if n not in (first, second)] + [joined]


def _measure_gap(first: FoundLine, second: FoundLine) -> float | None:
    """Return the gap from the end of a line to the beginning of another, in heights; None: not in line."""
    if first.direction != second.direction:
        return None
    if max(first.half, second.half) > JOIN_RATIO * min(first.half, second.half):
        return None
    height = first.half + second.half
    way = second.course[0] - first.course[-1]
    if max(abs(float(way[0])), abs(float(way[1]))) > (JOIN_GAP + 1.0) * height:
        return None
    along = np.array([0.0, 1.0]) if first.direction == "vertical" else np.array([1.0, 0.0])
    for line in (first, second):
        length = line.course[-1] - line.course[0]
        if np.hypot(*length) > 6.0 * line.half:  # a short piece has no slope of its own
            along = along + length / np.hypot(*length)
    along /= np.hypot(*along)
    gap, offset = float(way @ along), float(abs(way @ np.array([-along[1], along[0]])))
    if offset > JOIN_OFFSET * 0.5 * height or not -0.5 * height <= gap <= JOIN_GAP * height:
        return None
    return gap / height


def _join(first: FoundLine, second: FoundLine) -> FoundLine:
    lengths = [float(np.hypot(*(line.course[-1] - line.course[0]))) for line in (first, second)]

    def mean(one: float, other: float) -> float:
        return (one * lengths[0] + other * lengths[1]) / max(sum(lengths), 1e-9)

    return FoundLine(
        first.direction,
        np.concatenate([first.course, second.course]),
        mean(first.half, second.half),
        mean(first.confidence, second.confidence),
        mean(first.vertical, second.vertical),
    )
