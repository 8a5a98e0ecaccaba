"""What an ink finder sees of a picture, and what its answer does: ink stays, what is printed goes.

`view_ink` and `erase_paper` keep to the part of numpy that numba compiles, as `yomite.ink.canvas` does;
docs/canvas.md writes them down.
"""

from __future__ import annotations

import numpy as np

VIEW_SIZE = 96
"""Side of the view, in px."""

LEVELS = 100
"""Level of full ink in the view; a ruling that is darker than the mean of all ink goes up to twice that."""

SURE_PAPER, SURE_INK = 0.35, 0.65
"""Chances of ink: below the first all of it goes, above the second all stays."""

LEAST_ERASED, LEAST_LEFT = 0.01, 0.02
"""Shares of the ink: where less would be erased, or left, the picture is taken as it came."""


def view_ink(ink: np.ndarray) -> np.ndarray:
    """Bring ink to the square that the finder sees, in its upper left corner.

    Args:
        ink: Float32 (H, W), from 0, as `measure_ink` returns it.

    Returns:
        Uint8 (VIEW_SIZE, VIEW_SIZE), 0 to 2 * LEVELS: the longer side of the ink fills the square. Resampled
        by area; if the ink is smaller than the square, linearly.
    """
    height, width = ink.shape
    step = max(height, width) / VIEW_SIZE
    shares_down = share_pixels(height, step)
    shares_across = share_pixels(width, step)
    levels = np.dot(np.dot(shares_down, np.minimum(ink, np.float32(2.0))), shares_across.T.copy())
    return np.minimum(levels * np.float32(LEVELS) + np.float32(0.5), np.float32(255.0)).astype(np.uint8)


def share_pixels(length: int, step: float) -> np.ndarray:
    """Return float32 (VIEW_SIZE, length): how much of each source pixel lies in each pixel of the view."""
    reach = np.float32(0.5 * max(step, 1.0))
    middle = ((np.arange(VIEW_SIZE) + 0.5) * step).astype(np.float32).reshape(VIEW_SIZE, 1)
    index = np.arange(length).astype(np.float32).reshape(1, length)
    covered = np.minimum(middle + reach, index + np.float32(1.0)) - np.maximum(middle - reach, index)
    return np.maximum(covered, np.float32(0.0)) * (np.float32(0.5) / reach)


def erase_paper(ink: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Take off what the finder does not hold for ink.

    Args:
        ink: Float32 (H, W), from 0, as `measure_ink` returns it.
        keep: Float32 (VIEW_SIZE, VIEW_SIZE), the chance that what is seen there is ink, 0..1.

    Returns:
        Float32 (H, W), 0..1. The ink as it came, cut off at 1, where next to nothing would go or stay.
    """
    height, width = ink.shape
    step = max(height, width) / VIEW_SIZE
    ink = np.minimum(ink, np.float32(1.0))
    chance = np.dot(np.dot(mix_pixels(height, step), keep), mix_pixels(width, step).T.copy())
    share = (chance - np.float32(SURE_PAPER)) / np.float32(SURE_INK - SURE_PAPER)
    left = ink * np.minimum(np.maximum(share, np.float32(0.0)), np.float32(1.0))
    before, after = np.sum(ink), np.sum(left)
    if before - after < LEAST_ERASED * before or after < LEAST_LEFT * before:
        return ink
    return left


def mix_pixels(length: int, step: float) -> np.ndarray:
    """Return float32 (length, VIEW_SIZE): how each source pixel is mixed, linearly, of those of the view."""
    last = max(min(np.ceil(length / step), VIEW_SIZE) - 1.0, 0.0)
    at = np.minimum(np.maximum((np.arange(length) + 0.5) / step - 0.5, 0.0), last)
    index = np.arange(VIEW_SIZE).reshape(1, VIEW_SIZE)
    near = 1.0 - np.abs(at.reshape(length, 1) - index)
    return np.maximum(near, 0.0).astype(np.float32)
