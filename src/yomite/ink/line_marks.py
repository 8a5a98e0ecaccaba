"""What writers add to a line: struck-out characters, underlines, circles, frames; as strokes, in em."""

from __future__ import annotations

import numpy as np

Strokes = list[np.ndarray]
"""float32 (P, 2) each, in line coordinates."""


def strike_out(box: np.ndarray, is_vertical: bool, rng: np.random.Generator) -> Strokes:
    """Strike out what stands in a box: by one or two lines, a cross, or scribble that hides it.

    Args:
        box: Float32 (4,), left, top, right, bottom.
        is_vertical: Whether the line runs down, and the strokes with it.
        rng: Every choice comes from it.
    """
    left, top, right, bottom = box
    left, top, right, bottom = left - 0.05, top - 0.02, right + 0.05, bottom + 0.02
    kind = rng.random()
    if kind < 0.5:
        strokes = []
        for place in ((0.5,), (0.38, 0.64))[rng.random() < 0.45]:
            ends = np.linspace(0.0, 1.0, 8)
            shake = place + 0.03 * rng.normal(size=8) + 0.06 * rng.normal() * (ends - 0.5)
            x, y = (shake, ends) if is_vertical else (ends, shake)
            strokes.append(_place(x, y, left, top, right, bottom))
        return strokes
    if kind < 0.62:
        ends = np.linspace(0.0, 1.0, 6)
        return [
            _place(ends, ends, left, top, right, bottom),
            _place(1.0 - ends, ends, left, top, right, bottom),
        ]
    turns = int(rng.integers(3, 6)) if kind < 0.8 else int(rng.integers(7, 12))
    along = np.linspace(0.0, 1.0, 2 * turns) + 0.03 * rng.normal(size=2 * turns)
    across = np.where(np.arange(2 * turns) % 2, 0.95, 0.05) + 0.06 * rng.normal(size=2 * turns)
    x, y = (across, along) if rng.random() < 0.5 else (along, across)
    return [_smooth(_place(x, y, left, top, right, bottom))]


def underline(
    first: np.ndarray, last: np.ndarray, is_vertical: bool, distance: float, rng: np.random.Generator
) -> Strokes:
    """Underline characters: straight, double or wavy; in vertical lines at their right.

    Args:
        first, last: Float32 (4,), boxes of the first and the last character.
        is_vertical: Whether the line runs down.
        distance: Of the underline from the lower (right) edge of the two boxes, em.
        rng: Every choice comes from it.
    """
    along, across = (1, 2) if is_vertical else (0, 3)
    begin, end = first[along] - 0.1 * rng.random(), last[along + 2] + 0.1 * rng.random()
    level = max(first[across], last[across]) + distance
    num_points = max(int((end - begin) / 0.05), 4)
    t = np.linspace(begin, end, num_points)
    drift = (0.03 * rng.normal()) * np.linspace(-1.0, 1.0, num_points)
    kind = rng.random()
    wave = (
        0.04 * (1.0 + rng.random()) * np.sin(6.2832 * t / (0.3 + 0.3 * rng.random())) if kind < 0.25 else 0.0
    )
    rows = [level + drift + wave]
    if 0.25 <= kind < 0.42:
        rows.append(level + 0.1 + drift)
    return [np.stack([row, t] if is_vertical else [t, row], axis=1).astype(np.float32) for row in rows]


def encircle(box: np.ndarray, rng: np.random.Generator) -> Strokes:
    """Draw a circle, or a frame, around a box, float32 (4,)."""
    left, top, right, bottom = box + np.array([-1.0, -1.0, 1.0, 1.0]) * (0.08 + 0.12 * rng.random())
    if rng.random() < 0.35:
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom], [left, top]])
        return [(corners + 0.02 * rng.normal(size=corners.shape)).astype(np.float32)]
    angles = np.linspace(0.0, 6.2832 * (1.0 + 0.08 * rng.random()), 40) + 6.2832 * rng.random()
    flat = 1.25 + 0.1 * rng.random()
    x = 0.5 * (left + right) + 0.5 * flat * (right - left) * np.cos(angles)
    y = 0.5 * (top + bottom) + 0.5 * flat * (bottom - top) * np.sin(angles)
    return [np.stack([x, y], axis=1).astype(np.float32)]


def join_strokes(strokes: Strokes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return points, starts and pressure as `hand.write_glyph` does."""
    points = np.concatenate(strokes) if strokes else np.zeros((0, 2), np.float32)
    starts = np.zeros(len(points), np.bool_)
    starts[np.cumsum([0, *map(len, strokes)])[:-1]] = True
    return points, starts, np.ones(len(points), np.float32)


def _place(x: np.ndarray, y: np.ndarray, left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """Return float32 (P, 2): shares of a box's sides to places."""
    return np.stack([left + x * (right - left), top + y * (bottom - top)], axis=1).astype(np.float32)


def _smooth(points: np.ndarray) -> np.ndarray:
    """Return twice as many points, corners cut (Chaikin 1974)."""
    ahead, behind = 0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]
    return np.stack([ahead, behind], axis=1).reshape(-1, 2).astype(np.float32)
