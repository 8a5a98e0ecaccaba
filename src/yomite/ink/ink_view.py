"""What an ink finder sees of a picture, and what its answer does: ink stays, what is printed goes.

`view_ink` keeps to the part of numpy that numba compiles, as `yomite.ink.canvas` does, for training sees it
too. docs/canvas.md writes all of it down.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from yomite.ink.holes import find_holes
from yomite.ink.leveling import widen

InkFinder = Callable[[np.ndarray], np.ndarray]
"""From what `view_ink` makes of a picture to the chance that it is ink: float32 of the same shape, 0..1."""

VIEW_SIZE = 96
"""Side of the view, in px."""

LEVELS = 100
"""Level of full ink in the view; a ruling that is darker than the mean of all ink goes up to twice that."""

SURE_PAPER, SURE_INK = 0.15, 0.35
"""Chances of ink: below the first all of it goes, above the second all stays."""

SURE, SEEN, NEAR_PX = 0.5, 30, 10
"""Ink held for ink with a chance above the first, in a px of the view above the second level, is sure; others
stay up to so many px of the view away from it."""

LEAST_ERASED, LEAST_LEFT = 0.01, 0.02
"""Shares of the ink: less than the first need not be erased; less than the second is no writing."""

FLAT = 0.3
"""A picture whose shorter side is below this share of the longer one may be a bar cut out closely, 一 or 1,
which the finder takes for a ruling."""


def keep_writing(
    ink: np.ndarray, finder: InkFinder, version: int, seen: np.ndarray | None = None
) -> tuple[np.ndarray, bool, np.ndarray | None]:
    """Take off what is printed on the paper.

    Args:
        ink: Float32 (H, W), from 0, as `measure_ink` returns it.
        finder: Asked once.
        version: Of the canvas, 3 or 4.
        seen: Float32 (H, W), the chance of ink at an earlier look; what either look holds for paper goes.

    Returns:
        left: Float32 (H, W), 0..1, the ink that is left; all of it where next to nothing would go or stay.
        is_written: False where next to nothing would stay; never in version 3, nor where `seen` is given.
        chance: Where something was erased, float32 (H, W), the chance of ink; else None.
    """
    view = view_ink(ink)
    keep = finder(view)
    if version > 3:
        keep = drop_holes(drop_stray(keep, view), view, ink.shape)
    chance = spread_chance(keep, ink.shape)
    if seen is not None:
        chance = np.minimum(chance, seen)
    left, share = erase_paper(ink, chance)
    if LEAST_LEFT <= share <= 1.0 - LEAST_ERASED:
        return left, True, chance
    is_flat = min(ink.shape) < FLAT * max(ink.shape)
    is_written = share >= LEAST_LEFT or is_flat or version < 4 or seen is not None
    return np.minimum(ink, np.float32(1.0)), is_written, None


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
    levels = resample(shares_down, np.minimum(ink, np.float32(2.0)), shares_across.T.copy())
    return np.minimum(levels * np.float32(LEVELS) + np.float32(0.5), np.float32(255.0)).astype(np.uint8)


def share_pixels(length: int, step: float) -> np.ndarray:
    """Return float32 (VIEW_SIZE, length): how much of each source pixel lies in each pixel of the view."""
    reach = np.float32(0.5 * max(step, 1.0))
    middle = ((np.arange(VIEW_SIZE) + 0.5) * step).astype(np.float32).reshape(VIEW_SIZE, 1)
    index = np.arange(length).astype(np.float32).reshape(1, length)
    covered = np.minimum(middle + reach, index + np.float32(1.0)) - np.maximum(middle - reach, index)
    return np.maximum(covered, np.float32(0.0)) * (np.float32(0.5) / reach)


def resample(rows: np.ndarray, ink: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Sum up pixels by weights, in pieces so small that BLAS keeps each on one thread.

    Several threads wait for each other for milliseconds wherever the cores are busy, as they are while ONNX
    Runtime reads the last batch.

    Args:
        rows: Float32 (h, H), the weight of each row.
        ink: Float32 (H, W).
        columns: Float32 (W, w), the weight of each column.

    Returns:
        Float32 (h, w).
    """
    result = np.empty((len(rows), columns.shape[1]), np.float32)
    num_rows = max(1, 250_000 // ink.size)
    for first in range(0, len(rows), num_rows):
        result[first : first + num_rows] = np.dot(np.dot(rows[first : first + num_rows], ink), columns)
    return result


def drop_stray(keep: np.ndarray, view: np.ndarray) -> np.ndarray:
    """Hold for paper what lies away from all that surely is ink.

    Of a ruling the finder is not sure of, a grain may be left at the other end of the sheet, and the box of
    the ink would reach to it.

    Args:
        keep: Float32 (VIEW_SIZE, VIEW_SIZE), the chance of ink, 0..1.
        view: Uint8 (VIEW_SIZE, VIEW_SIZE), what `view_ink` made.

    Returns:
        `keep`, 0 where no ink that is held for ink with a chance above `SURE` is `NEAR_PX` near, in rows and
        in columns.
    """
    is_near = widen((keep > SURE) & (view > SEEN), NEAR_PX)
    return np.where(is_near, keep, np.float32(0.0))


def drop_holes(keep: np.ndarray, view: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Hold punched holes for paper.

    Args:
        keep, view: As for `drop_stray`.
        shape: (H, W) of the ink that was viewed.

    Returns:
        `keep`, 0 where a hole is and 2 px about it.
    """
    height, width = measure_view(shape)
    is_ink = ((keep > SURE_PAPER) & (view > SEEN))[:height, :width]
    if not (holes := find_holes(is_ink)).any():
        return keep
    left = keep.copy()
    left[:height, :width][widen(holes, 2)] = 0.0
    return left


def measure_view(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the height and width, in px of the view, of ink of (H, W)."""
    step = max(shape) / VIEW_SIZE
    height, width = (max(min(int(np.ceil(side / step)), VIEW_SIZE), 1) for side in shape)
    return height, width


def spread_chance(keep: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Bring a finder's answer from its view back to the picture, linearly.

    Args:
        keep: Float32 (VIEW_SIZE, VIEW_SIZE), the chance that what is seen there is ink, 0..1.
        shape: (H, W) of the ink that was viewed.

    Returns:
        Float32 (H, W), 0..1.
    """
    height, width = measure_view(shape)
    step = max(shape) / VIEW_SIZE
    return read_grid(keep[:height, :width], 0.0, 0.0, 1.0 / step, shape)


def read_grid(values: np.ndarray, top: float, left: float, step: float, shape: tuple[int, ...]) -> np.ndarray:
    """Read values off another grid, linearly; beyond the rim the outermost one goes on.

    Args:
        values: Float32 (h, w).
        top, left: Where the other grid begins, in px of `values`.
        step: Px of `values` for one px of the other grid.
        shape: (H, W) of the other grid.

    Returns:
        Float32 (H, W).
    """
    height, width = shape
    rows = read_between(values, top + (np.arange(height) + 0.5) * step - 0.5)
    return np.ascontiguousarray(read_between(rows.T, left + (np.arange(width) + 0.5) * step - 0.5).T)


def read_between(rows: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Read rows, float32 (h, w), at places between them, float64 (H,): float32 (H, w)."""
    at = np.minimum(np.maximum(at, 0.0), len(rows) - 1.0)
    before = at.astype(np.int64)
    share = (at - before).astype(np.float32).reshape(len(at), 1)
    return rows[before] * (np.float32(1.0) - share) + rows[np.minimum(before + 1, len(rows) - 1)] * share


def erase_paper(ink: np.ndarray, chance: np.ndarray) -> tuple[np.ndarray, float]:
    """Take off what is not held for ink.

    Args:
        ink: Float32 (H, W), from 0, not all 0, as `measure_ink` returns it; cut off at 1.
        chance: Float32 (H, W), that it is ink, 0..1.

    Returns:
        The ink that is left, float32 (H, W), 0..1, and its share of all ink.
    """
    ink = np.minimum(ink, np.float32(1.0))
    share = (chance - np.float32(SURE_PAPER)) / np.float32(SURE_INK - SURE_PAPER)
    left = ink * np.minimum(np.maximum(share, np.float32(0.0)), np.float32(1.0))
    return left, float(np.sum(left)) / float(np.sum(ink))
