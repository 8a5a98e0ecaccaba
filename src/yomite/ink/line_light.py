"""Uneven light of a line evened out: shadows with hard or soft edges, folds, slopes, for dark ink and light.

It keeps to the part of numpy that numba compiles, as `yomite.ink.line_canvas` does; docs/canvas.md writes it
down.
"""

from __future__ import annotations

import numpy as np

from yomite.ink.leveling import BLOCK_PX, close_gaps

EVEN = 0.15
"""Paper whose darkest part is so much darker than its lightest is leveled, as a share."""

EVEN_TO_INK = 0.25
"""The same where ink is faint, as a share of how much darker than the lightest level the darkest is."""

LIGHT_INK = 1.4
"""Ink is light if the dark explanation of a picture is so much worse than the light one."""


def level_line(gray: np.ndarray, reach: int) -> tuple[np.ndarray, bool]:
    """Divide a picture by the light on its paper, if that light has steps or slopes.

    The light is what a closing leaves, on which strokes vanish and edges of shadows stay where they are.
    Whether ink is dark is asked of the whole picture: either what a closing takes away is ink and what it
    leaves is light, or what an opening takes away is ink and what it leaves is a board. The explanation with
    little ink on an even ground is the better one.

    Args:
        gray: Uint8 (H, W).
        reach: How far "near" goes, in px: more than half the width of a stroke.

    Returns:
        gray: Uint8 (H, W), dark ink, the paper near 240; or `gray` itself.
        is_leveled: Whether it was leveled.
    """
    if min(gray.shape) < 10:
        return gray, False
    lightest, darkest = float(gray.max()), float(gray.min())
    unevenness = measure_unevenness(gray)
    if unevenness < min(EVEN, EVEN_TO_INK * (1.0 - darkest / max(lightest, 1.0))):
        return gray, False
    light, board = close_gaps(gray, reach), close_gaps(~gray, reach)
    level = gray.astype(np.float32)
    dark_ink = np.sum(light.astype(np.float32) - level)
    light_ink = np.sum(board.astype(np.float32) - (np.float32(255.0) - level))
    board_unevenness = measure_unevenness(~gray)
    if dark_ink * unevenness > LIGHT_INK * light_ink * board_unevenness:
        if board_unevenness < min(EVEN, EVEN_TO_INK * lightest / 255.0):
            return gray, False
        level, light = np.float32(255.0) - level, board
    share = level / np.maximum(light.astype(np.float32), np.float32(1.0))
    return (share * np.float32(240.0)).astype(np.uint8), True


def measure_unevenness(gray: np.ndarray) -> float:
    """Measure how much darker the darkest paper is than the lightest, 0..1; gray: uint8 (H, W)."""
    # Noise is halved first: the lightest of many px would be the noisiest.
    height, width = gray.shape[0] // 2 * 2, gray.shape[1] // 2 * 2
    level = gray[:height, :width].astype(np.uint16)
    half = (level[::2, ::2] + level[1::2, ::2] + level[::2, 1::2] + level[1::2, 1::2]) // np.uint16(4)
    block = min(BLOCK_PX // 2, min(half.shape) // 5)
    num_down, num_across = half.shape[0] // block, half.shape[1] // block
    inner = half[: num_down * block, : num_across * block].astype(np.uint8)
    lightest = np.zeros((num_down, num_across), np.uint8)
    for row in range(block):
        for column in range(block):
            lightest = np.maximum(lightest, inner[row::block, column::block].copy())
    paper = close_gaps(lightest, 1)
    high = float(paper.max())
    return (high - float(paper.min())) / max(high, 1.0)
