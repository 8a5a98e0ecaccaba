"""Ink of a line: gray levels to ink, without rulings and without the neighbors that hang in at the rim.

A part of the line canvas (line_canvas.py), in the part of numpy that numba compiles; docs/canvas.md
writes the steps down.

Source of the threshold: N. Otsu, "A threshold selection method from gray-level histograms", 1979.
"""

from __future__ import annotations

import numpy as np

from yomite.ink.line_eraser import erase_lines
from yomite.ink.line_light import level_line


def find_ink(gray: np.ndarray, reach: int) -> tuple[np.ndarray, bool]:
    """Gray levels to ink: shadows and printed lines are taken out.

    Args:
        gray: Uint8 (H, W), the reading direction along the width.
        reach: How far from a px the light on its paper is looked for.

    Returns:
        ink: Float32 (H, W), 0..1.
        has_ink: False when nothing stands out from the paper.
    """
    leveled, is_leveled = level_line(gray, reach)
    if not is_leveled:
        leveled = darken_ink(gray)
    ink, has_ink = measure_line_ink(leveled)
    if not has_ink:
        return ink, False
    bare, is_ruled = erase_lines(leveled, ink, int(1.5 * len(gray)))
    if is_ruled:
        # Measured anew: the printed lines hid how dark the writing is.
        left, has_left = measure_line_ink(bare)
        if has_left and left.sum() > 0.1 * ink.sum():
            ink = left
    return ink, True


def darken_ink(gray: np.ndarray) -> np.ndarray:
    """Turn light ink dark: uint8 (H, W) -> (H, W), the picture itself if its ink is dark."""
    height, width = gray.shape
    levels = np.arange(256).astype(np.float64)
    counts = np.bincount(np.ascontiguousarray(gray).reshape(-1), minlength=256).astype(np.float64)
    total = counts.sum()
    below, below_sum = np.cumsum(counts), np.cumsum(counts * levels)
    variance = (below_sum - below * below_sum[255] / total) ** 2 / np.maximum(below * (total - below), 1.0)
    threshold = np.argmax(variance)
    rim = np.sum(gray[0] <= threshold) + np.sum(gray[height - 1] <= threshold)
    is_dark_ink = 0.65 * below[threshold] / total + 0.35 * rim / (2.0 * width) <= 0.5
    return gray if is_dark_ink else ~gray


def measure_line_ink(gray: np.ndarray) -> tuple[np.ndarray, bool]:
    """Tell ink from paper.

    Args:
        gray: Uint8 (H, W), dark ink, the reading direction along the width.

    Returns:
        ink: Float32 (H, W), 0..1.
        has_ink: False when nothing stands out from the paper.
    """
    height, width = gray.shape
    levels = np.arange(256).astype(np.float64)
    total = float(height * width)
    level = gray.astype(np.float32)

    # The paper's level: the upper quartile of cells about as wide as high, two on top of each other.
    half = max(1, height // 2)
    num_cells = max(1, int(width / height + 0.5))
    paper = np.empty((2, num_cells))
    for index in range(num_cells):
        first, last = index * width // num_cells, (index + 1) * width // num_cells
        for row in range(2):
            cell = np.ascontiguousarray(
                level[row * (height - half) : row * (height - half) + half, first:last]
            )
            flat_cell = cell.copy().reshape(-1)
            place = int(0.75 * (len(flat_cell) - 1))
            paper[row, index] = np.partition(flat_cell, place)[place]
    columns = np.arange(width).astype(np.float64)
    centers = (np.arange(num_cells) + 0.5) * (width / num_cells)
    upper = np.interp(columns, centers, paper[0]).astype(np.float32).reshape(1, width)
    lower = np.interp(columns, centers, paper[1]).astype(np.float32).reshape(1, width)
    share = (np.arange(height).astype(np.float32) + np.float32(0.5)) / np.float32(height)
    share = np.minimum(
        np.maximum(share * np.float32(2.0) - np.float32(0.5), np.float32(0.0)), np.float32(1.0)
    )
    share = share.reshape(height, 1)
    depth = upper + (lower - upper) * share - level

    # Ink and paper part where the variance between the two is largest.
    depth = np.minimum(np.maximum(depth, np.float32(0.0)), np.float32(255.0))
    counts = np.bincount(depth.astype(np.uint8).reshape(-1), minlength=256).astype(np.float64)
    below, below_sum = np.cumsum(counts), np.cumsum(counts * levels)
    variance = (below_sum - below * below_sum[255] / total) ** 2 / np.maximum(below * (total - below), 1.0)
    threshold = np.argmax(variance)
    if below[threshold] == total:
        return np.zeros((height, width), np.float32), False
    bare = below_sum[threshold] / below[threshold]
    full = (below_sum[255] - below_sum[threshold]) / (total - below[threshold])
    noise = np.sqrt(
        np.sum(counts[: threshold + 1] * (levels[: threshold + 1] - bare) ** 2) / below[threshold]
    )
    if full - bare < 8.0 or full - bare < 2.5 * noise:
        return np.zeros((height, width), np.float32), False
    low = bare + min(2.0 * noise + 2.0, 0.6 * (full - bare))

    # Pens of several colors: full ink is measured in each stretch of the line, where there is enough of it.
    is_ink = depth > threshold + 0.5
    amount = is_ink.astype(np.float32).sum(axis=0).astype(np.float64)
    strength = np.where(is_ink, depth, np.float32(0.0)).sum(axis=0).astype(np.float64)
    amounts, strengths = np.zeros(num_cells), np.zeros(num_cells)
    for index in range(num_cells):
        first, last = index * width // num_cells, (index + 1) * width // num_cells
        amounts[index], strengths[index] = amount[first:last].sum(), strength[first:last].sum()
    prior = 0.02 * half * half
    fulls = (strengths + prior * full) / (amounts + prior)
    fulls = np.maximum(fulls, low + 0.4 * (full - low))
    local = np.interp(columns, centers, fulls).astype(np.float32).reshape(1, width)
    ink = (depth - np.float32(low)) / (local - np.float32(low))
    ink = np.minimum(np.maximum(ink, np.float32(0.0)), np.float32(1.0))
    return ink, True


def remove_neighbors(ink: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Take out ink that hangs in from the upper rim and does not reach far enough.

    Args:
        ink: Float32 (H, W), 0..1.
        low: Float32 (W,), the row that ink of this line reaches, at each column.

    Returns:
        Float32 (H, W), 0..1.
    """
    height, width = ink.shape
    reached = np.zeros((height, width), np.bool_)
    reached[0] = ink[0] > 0.25
    last = 0
    for row in range(1, height):
        before = reached[row - 1]
        if not before.any():
            break
        wide = before.copy()
        wide[1:] |= before[:-1]
        wide[:-1] |= before[1:]
        reached[row] = wide & (ink[row] > 0.25)
        last = row
    # Back up again: does what hangs here reach the line?
    belongs = np.zeros((height, width), np.bool_)
    for row in range(last, -1, -1):
        belongs[row] = reached[row] & (row >= low)
        if row < height - 1:
            after = belongs[row + 1]
            wide = after.copy()
            wide[1:] |= after[:-1]
            wide[:-1] |= after[1:]
            belongs[row] |= reached[row] & wide
    is_foreign = reached & ~belongs
    # The soft edge of a stroke goes with it.
    wide_foreign = is_foreign.copy()
    wide_foreign[1:] |= is_foreign[:-1]
    wide_foreign[:, 1:] |= is_foreign[:, :-1]
    wide_foreign[:, :-1] |= is_foreign[:, 1:]
    return np.where(wide_foreign & ~belongs, np.float32(0.0), ink)
