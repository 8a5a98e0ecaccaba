"""Shadows and folds evened out before the ink is measured.

`level_light` keeps to the part of numpy that numba compiles, as `yomite.ink.canvas` does; docs/canvas.md
writes it down.
"""

from __future__ import annotations

import numpy as np

BLOCK_PX = 8


def level_light(gray: np.ndarray, reach: int, least: float) -> np.ndarray:
    """Divide a picture by the light on its paper, if that light has steps or slopes.

    The light is what a closing leaves: the lightest level near each pixel, and of these the darkest near it,
    so that strokes vanish and the edge of a shadow stays where it is.

    Args:
        gray: Uint8 (H, W).
        reach: How far "near" goes, in px: more than half the width of a stroke.
        least: As for `is_light_uneven`.

    Returns:
        Uint8 (H, W), the paper near 240; or `gray` itself, if its light is even.
    """
    return divide_light(gray, close_gaps(gray, reach)) if is_light_uneven(gray, least) else gray


def find_light(gray: np.ndarray) -> np.ndarray | None:
    """Return the light on the paper of uint8 (H, W), float32 (H, W) in gray levels; None if it is even."""
    if not is_light_uneven(gray, 0.12):
        return None
    return close_gaps(gray, max(gray.shape) // 10).astype(np.float32)


def divide_light(gray: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Divide levels, uint8 (H, W), by the light on them, any dtype (H, W): uint8, bare paper near 240."""
    share = gray.astype(np.float32) / np.maximum(light.astype(np.float32), np.float32(1.0))
    return np.minimum(share * np.float32(240.0), np.float32(255.0)).astype(np.uint8)


def is_light_uneven(gray: np.ndarray, least: float) -> bool:
    """Whether the light on the paper has steps or slopes.

    Not in a picture that is small, or has light ink, or ink so thick that it would pass for a shadow.

    Args:
        gray: Uint8 (H, W).
        least: How much darker the darkest paper must be than the lightest, as a share.
    """
    height, width = gray.shape
    if min(height, width) < 5 * BLOCK_PX:
        return False
    # A first look at the lightest and the darkest level of each block, in every second row and column.
    num_down, num_across = height // BLOCK_PX, width // BLOCK_PX
    inner = gray[: num_down * BLOCK_PX, : num_across * BLOCK_PX]
    lightest = np.zeros((num_down, num_across), np.uint8)
    lightest_ink = lightest
    for row in range(0, BLOCK_PX, 2):
        for column in range(0, BLOCK_PX, 2):
            here = inner[row::BLOCK_PX, column::BLOCK_PX].copy()
            lightest = np.maximum(lightest, here)
            lightest_ink = np.maximum(lightest_ink, ~here)
    paper, board = close_gaps(lightest, 1), ~close_gaps(lightest_ink, 1)
    high, low, black = float(paper.max()), float(paper.min()), float(gray.min())
    is_even = high - low < least * high
    is_thick = low - black < 0.3 * (high - black)
    is_light_on_dark = float(board.max()) - black < 0.5 * (high - low)
    return not (is_even or is_thick or is_light_on_dark)


def close_gaps(values: np.ndarray, reach: int) -> np.ndarray:
    """Close what is dark and narrow: the largest value near each, and of these the smallest near it.

    Args:
        values: Uint8 (H, W).
        reach: How far "near" goes in rows and in columns; beyond the rim there is nothing.

    Returns:
        Uint8 (H, W).
    """
    current = np.ascontiguousarray(values)
    for turn in range(4):
        # Rows, columns, and both once more on the negative; what was widened beyond the rim comes back.
        current = np.ascontiguousarray(take_largest(current, reach, turn < 2).T)
        if turn % 2 == 1:
            current = ~current
    return current


def take_largest(values: np.ndarray, reach: int, is_widened: bool) -> np.ndarray:
    """Take the largest of the values up to `reach` rows above and below.

    Args:
        values: Uint8 (H, W), contiguous.
        reach: In rows.
        is_widened: Whether the result has also the rows beyond the rim that something is near to.

    Returns:
        Uint8 (H + 2 * reach, W) if widened, else (H - 2 * reach, W).
    """
    height, width = values.shape
    pad = 2 * reach if is_widened else 0
    largest = np.zeros((height + 2 * pad, width), np.uint8)
    largest[pad : pad + height] = values
    have, want = 1, 2 * reach + 1
    while have < want:
        step = min(have, want - have)
        largest = np.maximum(largest[: len(largest) - step], largest[step:])
        have += step
    return largest


def widen(mask: np.ndarray, reach: int) -> np.ndarray:
    """Widen a mask, bool (H, W), by `reach` px in rows and in columns; what leaves it at the rim is gone."""
    down = take_largest(mask.astype(np.uint8), reach, True)[reach:-reach]
    return take_largest(np.ascontiguousarray(down.T), reach, True)[reach:-reach].T > 0
