"""A page to the gray levels that a page model sees: scaled, and padded to whole places of its maps.

The only preprocessing of pages; docs/canvas.md writes it down.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

PAGE_CANVAS_VERSION = 1
PAGE_SIDE = 1280
"""Longer side of a page in px at the first look; larger ones are scaled down."""

PAD_TO = 32


def to_page_canvas(gray: np.ndarray, scale: float) -> np.ndarray:
    """Scale a page, and repeat its last row and column until both sides are multiples of 32.

    Args:
        gray: Uint8 (h, w).
        scale: Px of the canvas for each px of the page; below 1 each px is the mean of what it covers, above
            1 it is interpolated (bilinear).

    Returns:
        uint8 (H, W).
    """
    height, width = gray.shape
    if scale != 1.0:
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        how = Image.Resampling.BOX if scale < 1.0 else Image.Resampling.BILINEAR
        gray = np.asarray(Image.fromarray(gray).resize(size, how))
    rows, columns = -gray.shape[0] % PAD_TO, -gray.shape[1] % PAD_TO
    return np.pad(gray, ((0, rows), (0, columns)), mode="edge")


def choose_scale(height: int, width: int) -> float:
    """Return the scale of the first look: 1, or what makes the longer side PAGE_SIDE."""
    return min(1.0, PAGE_SIDE / max(height, width))
