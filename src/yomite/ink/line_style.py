"""How a writer sets his lines: pitch, sizes, base line, what he joins; a row of numbers drawn once a line."""

from __future__ import annotations

import numpy as np
from numba import njit

from yomite.ink.glyph_book import (
    BAR,
    DIGIT,
    HALF_SIGN,
    HIRAGANA,
    KATAKANA,
    LOWER,
    SMALL_KANA,
    STOP,
    UPPER,
)

STYLE: dict[str, str] = {
    "grid": "0 each character as wide as it is, to 1 all in cells of one width",
    "gap": "bare paper between characters, em; below 0 they touch and overlap",
    "gap_change": "its deviation from character to character",
    "hiragana": "size against kanji",
    "katakana": "size against kanji",
    "half": "size of digits, letters and their signs",
    "small_kana": "further size of small kana",
    "size_change": "deviation of log size",
    "kana_change": "the same, added for kana",
    "shift": "deviation across the line, em",
    "sinking": "how far small characters sit below the middle: 0 middle, 1 on the base line",
    "half_gap": "gap inside words of letters and digits",
    "half_width": "log of their width over height",
    "half_join": "share of letters joined to the next one",
    "kana_join": "share of kana joined to the next one",
    "join": "share of any characters joined to the next one",
    "reach": "longest gap that is joined, em",
    "turn": "deviation of rotation, radians",
    "slope": "rise of the base line, em an em",
    "bend": "height of its wave, em",
    "period": "length of its wave, em",
    "drift": "log size at the end against the beginning",
    "whim": "number that chooses between forms of a character",
    "pauses": "share of characters before which the hand leaves a gap",
}
STYLE_NAMES = tuple(STYLE)


@njit(cache=True)
def draw_style(haste: float, is_vertical: bool) -> np.ndarray:
    """Draw how one writer sets his lines; the random stream is numba's (seed it first).

    Args:
        haste: 0 calm to 1 running hand.
        is_vertical: Whether the line runs down.

    Returns:
        Float64 (len(STYLE),), in the order of `STYLE`.
    """
    normal = np.random.normal(0.0, 1.0, 24)
    uniform = np.random.random(24)
    grid = 0.0 if uniform[0] < 0.55 else 0.3 + 0.6 * uniform[1]
    if uniform[0] > (0.9 if is_vertical else 0.96):
        grid = 1.0
    pitch = uniform[2]
    if pitch < 0.22:
        gap = -0.02 + 0.05 * normal[0]
    elif pitch < 0.78:
        gap = 0.12 + 0.06 * normal[0]
    elif pitch < 0.95:
        gap = 0.32 + 0.10 * normal[0]
    else:
        gap = 0.5 + 0.6 * uniform[3]
    hiragana = min(1.05, max(0.55, 0.84 + 0.10 * normal[1] - 0.05 * haste))
    katakana = min(1.1, max(0.55, hiragana + 0.03 + 0.07 * normal[2]))
    half = min(1.15, max(0.5, 0.84 + 0.13 * normal[3]))
    style = np.zeros(24)
    style[0], style[1], style[2] = grid, gap, 0.03 + 0.06 * uniform[4] + 0.03 * haste
    style[3], style[4], style[5] = hiragana, katakana, half
    style[6] = min(1.25, max(0.7, 0.95 + 0.12 * normal[4]))
    style[7] = 0.02 + 0.06 * uniform[5] + 0.03 * haste
    style[8] = (0.02 + 0.12 * uniform[6]) * (0.6 + haste)
    style[9] = 0.01 + 0.04 * uniform[7] + 0.02 * haste
    style[10] = 0.0 if is_vertical else uniform[8] * 1.1
    style[11] = 0.08 + 0.07 * normal[5] - 0.05 * haste + 0.3 * max(0.0, gap) * uniform[9]
    style[12] = -0.15 + 0.18 * normal[6]
    style[13] = max(0.0, -0.35 + 0.6 * haste + 1.1 * uniform[10] ** 2)
    style[14] = max(0.0, -0.5 + 0.75 * haste + 0.7 * uniform[11])
    style[15] = style[14] * 0.25 * uniform[12]
    style[16] = 0.25 + 0.25 * uniform[13] + 0.15 * haste
    style[17] = 0.01 + 0.05 * uniform[14]
    style[18] = 0.02 * normal[7] if uniform[15] < 0.8 else 0.05 * normal[7]
    style[19] = 0.06 * uniform[16] * uniform[17]
    style[20] = 4.0 + 16.0 * uniform[18]
    style[21] = 0.06 * normal[8]
    style[22] = np.floor(uniform[19] * 65536.0)
    style[23] = 0.0 if uniform[20] < 0.7 else 0.25 * uniform[21]
    if grid == 1.0:  # genkoyoshi: one pitch, straight, no word apart
        style[1], style[18], style[19], style[23] = 0.02 + 0.3 * uniform[3], 0.2 * style[18], 0.0, 0.0
    return style


@njit(cache=True)
def size_of(kind: int, style: np.ndarray) -> float:
    """Return the size of an ordinary character of a kind against a kanji."""
    if kind == HIRAGANA:
        return style[3]
    if kind in (KATAKANA, BAR):
        return style[4]
    if kind == SMALL_KANA:
        return style[4] * style[6]
    if kind in (DIGIT, UPPER, LOWER, HALF_SIGN):
        return style[5]
    if kind == STOP:
        return 0.9 * style[3]
    return 1.0
