"""Punched holes: dark disks near the rim of a sheet, thicker than any stroke and far from all of them."""

from __future__ import annotations

import numpy as np

from yomite.ink.leveling import widen

LEAST_PX, MOST_PX = 5, 20
"""A hole is at least and at most so wide, in px of the view; where strokes are so wide, there are none."""

ROUND = 1.4
"""A hole is at most so many times as long as it is wide."""

FULL = 0.55
"""Share of its box that a hole fills at least; a disk fills 0.785, one of few px less."""

APART = 3.0
"""How far all other ink lies from a hole at least, as a multiple of its length."""

RIM = 0.12
"""A hole's middle lies so near a rim of the picture, as a share of that side."""


def find_holes(is_ink: np.ndarray) -> np.ndarray:
    """Find punched holes.

    Args:
        is_ink: Bool (H, W), the whole picture.

    Returns:
        Bool (H, W), the ink that is a hole; none, if ink as thick as a hole is anything else.
    """
    holes = np.zeros_like(is_ink)
    thick = ~widen(~is_ink, LEAST_PX // 2)
    if thick.sum() > MOST_PX * MOST_PX:
        return holes  # thick strokes
    while thick.any():
        hole = _flood(np.unravel_index(int(thick.argmax()), thick.shape), is_ink)
        if hole is None or not _is_hole(hole, is_ink):
            return np.zeros_like(is_ink)
        holes |= hole
        thick &= ~hole
    return holes if (is_ink & ~holes).any() else np.zeros_like(is_ink)


def _flood(start: tuple[np.intp, ...], is_ink: np.ndarray) -> np.ndarray | None:
    """Return the ink that is connected with a pixel of it, bool (H, W); None if it is too long for a hole."""
    piece = np.zeros_like(is_ink)
    piece[start] = True
    for _ in range(MOST_PX):
        wider = widen(piece, 1) & is_ink
        if wider.sum() == piece.sum():
            return piece
        piece = wider
    return None


def _is_hole(piece: np.ndarray, is_ink: np.ndarray) -> bool:
    """Whether a connected piece of ink is round, near the rim, and alone."""
    rows, columns = np.flatnonzero(piece.any(axis=1)), np.flatnonzero(piece.any(axis=0))
    height, width = rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0]
    if max(height, width) > ROUND * min(height, width) or piece.sum() < FULL * height * width:
        return False
    middles = (rows.mean() + 0.5) / len(piece), (columns.mean() + 0.5) / piece.shape[1]
    if min(min(middle, 1.0 - middle) for middle in middles) > RIM:
        return False
    return not (widen(piece, int(APART * max(height, width))) & is_ink & ~piece).any()
