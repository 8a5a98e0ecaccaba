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
    so that strokes vanish and the edge of a shadow stays where it is. A picture whose paper is even, or that
    has light ink, or ink so thick that it would pass for a shadow, is left as it is.

    Args:
        gray: Uint8 (H, W).
        reach: How far "near" goes, in px: more than half the width of a stroke.
        least: How much darker the darkest paper must be than the lightest, as a share.

    Returns:
        Uint8 (H, W), the paper near 240; or `gray` itself.
    """
    height, width = gray.shape
    if min(height, width) < 5 * BLOCK_PX:
        return gray
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
    if is_even or is_thick or is_light_on_dark:
        return gray
    light = close_gaps(gray, reach).astype(np.float32)
    share = gray.astype(np.float32) / np.maximum(light, np.float32(1.0))
    return (share * np.float32(240.0)).astype(np.uint8)


def level_line(gray: np.ndarray, reach: int, least: float) -> tuple[np.ndarray, bool]:
    height, width = gray.shape
    block = min(BLOCK_PX, min(height, width) // 5)
    if block < 2:
        return gray, False
    uneven = find_unevenness(gray, block)
    black = 1.0 - float(gray.min()) / max(float(gray.max()), 1.0)
    if uneven < min(least, REL * black):
        return gray, False
    light = close_gaps(gray, reach)
    dark = ~close_gaps(~gray, reach)
    missing = float(np.sum(light.astype(np.float32) - gray))
    beyond = float(np.sum(gray.astype(np.float32) - dark))
    uneven_board = find_unevenness(~gray, block)
    if missing * uneven > LIGHT_INK * beyond * uneven_board:
        if uneven_board < min(least, REL*float(gray.max())/255.0):
            return gray, False
        gray, light = ~gray, ~dark
    share = gray.astype(np.float32) / np.maximum(light.astype(np.float32), np.float32(1.0))
    return (share * np.float32(240.0)).astype(np.uint8), True


REL = 0.25
LIGHT_INK = 1.4


def find_unevenness(gray: np.ndarray, block: int) -> float:
    height, width = gray.shape
    num_down, num_across = height // block, width // block
    inner = gray[: num_down * block, : num_across * block]
    lightest = np.zeros((num_down, num_across), np.uint8)
    step = 2 if block >= 4 else 1
    for row in range(0, block, step):
        for column in range(0, block, step):
            lightest = np.maximum(lightest, inner[row::block, column::block].copy())
    paper = close_gaps(lightest, WIN)
    high, low = float(paper.max()), float(paper.min())
    return (high - low) / max(high, 1.0)


WIN = 1


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
