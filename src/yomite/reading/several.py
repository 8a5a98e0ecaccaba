"""One character or several: by how long the ink is, and whether it hangs together."""

import numpy as np

LONG = 1.4
"""Ink that is rejected and so much longer than high, or the reverse, seems to be several characters."""

ONE_PIECE, MOST_PARTS = 0.9, 4
"""Ink that is at most one piece in so many of its columns, in so few parts along them, is one stroke.

Letters that are written far apart are seldom two pieces in a column, either, but they are many parts. A flat
stroke may be some: where it bends out of its strip.
"""

_INK = 60


def seems_several(canvas: np.ndarray) -> bool:
    """Whether a canvas image, uint8 (S, S), of no known character seems to show several."""
    is_ink = canvas > _INK
    rows, columns = np.flatnonzero(is_ink.any(axis=1)), np.flatnonzero(is_ink.any(axis=0))
    if not len(rows):
        return False
    part = is_ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if part.shape[0] > part.shape[1]:
        part = part.T
    height, width = part.shape
    return width >= LONG * height and not is_one_stroke(part)


def is_one_stroke(ink: np.ndarray) -> bool:
    """Whether ink that lies from left to right, bool (H, W), may be a single stroke."""
    begins = ink & ~np.pad(ink, ((1, 0), (0, 0)))[:-1]
    pieces = begins.sum(axis=0)
    is_inked = np.pad(pieces > 0, (1, 0))
    num_parts = int((is_inked[1:] & ~is_inked[:-1]).sum())
    return float((pieces <= 1).mean()) >= ONE_PIECE and num_parts <= MOST_PARTS
