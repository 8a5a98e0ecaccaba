"""Several characters where one is due: rejected ink that is longer than a character."""

import numpy as np

LONG = 1.4
"""Ink that is rejected and so much longer than high, or the reverse, seems to be several characters."""

ONE_STROKE = 0.9
"""Ink that is at most one piece in so many of its columns is one stroke, however long."""

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
    begins = part & ~np.pad(part, ((1, 0), (0, 0)))[:-1]
    return width >= LONG * height and float((begins.sum(axis=0) <= 1).mean()) < ONE_STROKE
