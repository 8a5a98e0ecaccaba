"""What came before the third version of the line canvas, for models that learned from it.

`find_ink_2` stands for `yomite.ink.line_canvas.find_ink`; all else is as in the newest version.
docs/canvas.md writes it down.
"""

from __future__ import annotations

import numpy as np

from yomite.ink.leveling import level_light
from yomite.ink.line_ink import darken_ink, measure_line_ink

LEAST_SHADOW = 0.15
"""Paper whose darkest part is so much darker than its lightest is leveled, as a share."""


def find_ink_2(gray: np.ndarray, reach: int) -> tuple[np.ndarray, bool]:
    """Gray levels to ink: shadows, and rulings along the line, are taken out.

    Args:
        gray: Uint8 (H, W), the reading direction along the width.
        reach: How far from a px the light on its paper is looked for.

    Returns:
        ink: Float32 (H, W), 0..1.
        has_ink: False when nothing stands out from the paper.
    """
    ink, has_ink = measure_line_ink(darken_ink(level_light(gray, reach, LEAST_SHADOW)))
    if not has_ink:
        return ink, False
    ruled = remove_rulings(ink, int(1.5 * len(gray)), 0.85)
    return (ruled if ruled.sum() > 0.1 * ink.sum() else ink), True


def remove_rulings(ink: np.ndarray, length: int, least: float) -> np.ndarray:
    """Take out what runs along the rows for so long; what crosses it stays.

    Args:
        ink: Float32 (H, W), 0..1.
        length: Of the shortest ruling, in px.
        least: Share of it that must be ink.

    Returns:
        Float32 (H, W), 0..1.
    """
    height, width = ink.shape
    if width <= length or height < 4:
        return ink
    # A ruling may climb by a row: the strongest of three.
    thick = ink.copy()
    thick[1:] = np.maximum(thick[1:], ink[:-1])
    thick[:-1] = np.maximum(thick[:-1], ink[1:])
    sums = np.zeros(height * width + 1)
    sums[1:] = np.cumsum(thick.reshape(-1).astype(np.float64))
    plain = np.zeros(height * width + 1)
    plain[1:] = np.cumsum(ink.reshape(-1).astype(np.float64))
    num, beside = width - length + 1, max(3, height // 12)
    beside_run = np.zeros(num)
    is_ruled = np.zeros((height, width), np.bool_)
    marks = np.zeros(width + 1)
    for row in range(height):
        first = row * width
        run = sums[first + length : first + length + num] - sums[first : first + num]
        starts = run >= least * length
        if starts.any():
            # A ruling is thin: a row through dense writing has as much ink on both sides.
            for side in (-beside, beside):
                first = min(max(row + side, 0), height - 1) * width
                outer = plain[first + length : first + length + num] - plain[first : first + num]
                beside_run[:] = outer if side < 0 else beside_run + outer
            starts &= beside_run <= 0.8 * length
            marks[:] = 0.0
            marks[:num] += starts
            marks[length : length + num] -= starts
            is_ruled[row] = np.cumsum(marks)[:width] > 0.5
    # What crosses a ruling has ink above and below it.
    above, under = ink.copy(), ink.copy()
    above[0] = np.where(is_ruled[0], np.float32(0.0), ink[0])
    under[height - 1] = np.where(is_ruled[height - 1], np.float32(0.0), ink[height - 1])
    for row in range(1, height):
        above[row] = np.where(is_ruled[row], above[row - 1], ink[row])
        last = height - 1 - row
        under[last] = np.where(is_ruled[last], under[last + 1], ink[last])
    return np.where(is_ruled, np.minimum(ink, np.minimum(above, under)), ink)
