"""Small ink enlarged: smooth strokes without stairs, and without the noise that JPEG leaves about them.

docs/canvas.md writes it down (version 4).
"""

from __future__ import annotations

import numpy as np

from yomite.ink.ink_view import resample

SMALL_PX = 48
"""Ink whose box has a longer side below this is enlarged."""

TIMES = 3
"""How many times as large it becomes."""

SPREAD_PX = 0.6
"""Deviation of the Gaussian that joins its pixels, in px: less leaves stairs, more closes small gaps."""

FAINT, FULL = 0.3, 0.5
"""Ink between pixels below the first becomes 0, above the second 1."""

PAD_PX = 2


def enlarge_ink(ink: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """Enlarge ink that is small, and make its edges sharp.

    Pixels of a small picture are as wide as its strokes. Spread linearly over the square of the model, they
    leave stairs and blurred ends, and every speck widens the box.

    Args:
        ink: Float32 (H, W), 0..1.
        box: Top, bottom, left, right of the ink, of `find_box`.

    Returns:
        Float32 (h, w), 0..1: what lies in the box and `PAD_PX` about it, enlarged; or `ink` itself, where it
        is not small or nothing would be left.
    """
    top, bottom, left, right = box
    if max(bottom - top, right - left) >= SMALL_PX:
        return ink
    cut = ink[max(0, top - PAD_PX) : bottom + PAD_PX, max(0, left - PAD_PX) : right + PAD_PX]
    height, width = cut.shape
    smooth = resample(weigh_pixels(height), cut, weigh_pixels(width).T.copy())
    sharp = np.clip((smooth - np.float32(FAINT)) / np.float32(FULL - FAINT), np.float32(0.0), np.float32(1.0))
    return sharp if sharp.any() else ink


def weigh_pixels(length: int) -> np.ndarray:
    """Return float32 (TIMES * length, length): how much each pixel counts for each of the enlarged ones."""
    places = (np.arange(TIMES * length) + 0.5) / TIMES - 0.5
    away = (places.reshape(-1, 1) - np.arange(length)) / SPREAD_PX
    weights = np.exp(-0.5 * away * away)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
