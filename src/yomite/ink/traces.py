"""Traces: what is left where printed lines were erased: gaps in strokes that crossed them, and remains."""

from __future__ import annotations

import numpy as np
from numba import njit

MAX_LINES = 6
REMAINS_PX = 5.0
"""Length of one piece of a line that stays or goes."""


@njit(cache=True)
def leave_traces(coverage: np.ndarray) -> None:
    """Erase some straight lines at random; the random stream is numba's.

    Args:
        coverage: Float32 (H, W), 0..1; changed in place.
    """
    rows, columns = coverage.shape
    is_upright = np.random.random() < 0.6
    for _ in range(np.random.randint(1, MAX_LINES + 1)):
        if is_upright:
            angle = 1.5708 * np.random.randint(2) + 0.02 * np.random.normal()
        else:
            angle = 3.1416 * np.random.random()
        cos, sin = np.cos(angle), np.sin(angle)
        row_at, column_at = rows * np.random.random(), columns * np.random.random()
        reach = 0.4 + 1.2 * np.random.random()
        kept = np.float32(0.8 * np.random.random() ** 2)
        remains = 0.6 * max(0.0, np.random.random() - 0.5)
        level = np.float32(0.1 + 0.4 * np.random.random())
        pieces = np.random.random(int((rows + columns) / REMAINS_PX) + 2) < remains
        for row in range(rows):
            for column in range(columns):
                down, across = row + 0.5 - row_at, column + 0.5 - column_at
                within = np.float32(min(max(reach + 0.5 - abs(cos * down - sin * across), 0.0), 1.0))
                if within > 0.0:
                    along = cos * across + sin * down + 0.5 * (rows + columns)
                    rest = level if pieces[int(min(max(along, 0.0), rows + columns) / REMAINS_PX)] else 0.0
                    covered = max(coverage[row, column] * kept, np.float32(rest))
                    coverage[row, column] += within * (covered - coverage[row, column])
