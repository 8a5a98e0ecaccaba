"""Printed lines taken off a line of writing: rulings along it, and the uprights of cells.

A ruling along the line is longer than strokes are. An upright is no longer than a stroke may be, so a
single one stays: uprights are told by their even pitch. Where they are found the paper is squared, and less
is asked of the rulings that cross them.

It keeps to the part of numpy that numba compiles, as `yomite.ink.line_canvas` does; docs/canvas.md writes it
down.
"""

from __future__ import annotations

import numpy as np

from yomite.ink.line_uprights import DARK, STEEPEST, find_uprights

RULED, RULED_SQUARES = 0.85, 0.8
"""Ink of a ruling as a share of its length; on squared paper a quarter of full ink is enough."""

SOLID = 0.97
"""Share of its length in which a ruling has any ink: strokes in a row have gaps."""

THIN = 0.8
"""Most ink beside a ruling, above and below together, as a share of its length."""

DARKER = 0.5
"""Ink that is so much darker than a ruling, as a share of the ruling's depth, is a stroke that lies on it."""


def erase_lines(gray: np.ndarray, ink: np.ndarray, length: int) -> tuple[np.ndarray, bool]:
    """Take printed lines off a picture.

    Args:
        gray: Uint8 (H, W), dark ink.
        ink: Float32 (H, W), 0..1, as `measure_line_ink` finds it.
        length: Of the shortest ruling, in px.

    Returns:
        gray: Uint8 (H, W), without them; or `gray` itself.
        is_ruled: Whether any was found.
    """
    rulings = find_rulings(ink, length, False)
    uprights = find_uprights(ink, rulings)
    is_squared = bool(uprights.any())
    if is_squared:
        rulings = find_rulings(ink, length, True)
    if not is_squared and not rulings.any():
        return gray, False
    crossings = rulings & uprights
    wiped = wipe_rulings(gray, rulings, crossings, is_squared)
    turned = wipe_rulings(
        np.ascontiguousarray(wiped.T),
        np.ascontiguousarray(uprights.T),
        np.ascontiguousarray(crossings.T),
        True,
    )
    return np.ascontiguousarray(turned.T), True


def find_rulings(ink: np.ndarray, length: int, is_squared: bool) -> np.ndarray:
    """Find lines along the writing.

    Args:
        ink: Float32 (H, W), 0..1.
        length: Of the shortest one, in px.
        is_squared: Whether uprights were found: then they may lean and be faint.

    Returns:
        Bool (H, W).
    """
    height, width = ink.shape
    if width <= length or height < 4:
        return np.zeros((height, width), np.bool_)
    any_ink = np.minimum(ink * np.float32(4.0), np.float32(1.0))
    if not is_squared:
        return mark_rulings(ink, length, RULED)
    slope = find_slope(any_ink)
    offsets = np.floor(slope * (np.arange(width) - 0.5 * width) + 0.5).astype(np.int64)
    pad = int(np.abs(offsets).max())
    straight = np.zeros((height + 2 * pad, width), np.float32)
    for column in range(width):
        first = pad - offsets[column]
        straight[first : first + height, column] = ink[:, column]
    found = mark_rulings(straight, length, RULED)
    straight = np.minimum(straight * np.float32(4.0), np.float32(1.0))
    found |= mark_rulings(straight, min(2 * length, width - 1), RULED_SQUARES)
    mask = np.zeros((height, width), np.bool_)
    for column in range(width):
        first = pad - offsets[column]
        mask[:, column] = found[first : first + height, column]
    return mask


def find_slope(ink: np.ndarray) -> float:
    """Find the slope at which rows are fullest; 0 if no other is much better. Ink: float32 (H, W), 0..1."""
    height, width = ink.shape
    wide = max(8, height // 3)
    num = width // wide
    pad = int(0.5 * STEEPEST * width) + 2
    share = np.zeros((num, height + 2 * pad))
    for k in range(num):
        share[k, pad : pad + height] = ink[:, k * wide : (k + 1) * wide].sum(axis=1) / wide
    best, best_slope, level = 0.0, 0.0, 0.0
    for turn in range(-12, 13):
        slope = turn * STEEPEST / 12.0
        total = np.zeros(height)
        for k in range(num):
            shift = pad + int(np.floor(slope * ((k + 0.5) * wide - 0.5 * width) + 0.5))
            total += share[k, shift : shift + height]
        total = total * total
        score = np.sum(total * total)
        if turn == 0:
            level = score
        if score > best:
            best, best_slope = score, slope
    return best_slope if best > 1.3 * level else 0.0


def mark_rulings(ink: np.ndarray, length: int, least: float) -> np.ndarray:
    """Mark what runs along the rows for so long and is thin.

    Args:
        ink: Float32 (H, W), 0..1.
        length: Of the shortest ruling, in px.
        least: Share of it that must be ink.

    Returns:
        Bool (H, W).
    """
    height, width = ink.shape
    # A ruling may climb by a row: the strongest of three.
    thick = ink.copy()
    thick[1:] = np.maximum(thick[1:], ink[:-1])
    thick[:-1] = np.maximum(thick[:-1], ink[1:])
    num, beside = width - length + 1, max(3, height // 12)
    is_ruled = np.zeros((height, width), np.bool_)
    sums = np.cumsum(thick.reshape(-1).astype(np.float64)).reshape(height, width)
    is_full = sums[:, length - 1 :] - sums[:, :num] + thick[:, :num] >= least * length
    rows = np.flatnonzero(is_full.sum(axis=1))
    if len(rows) == 0:
        return is_ruled
    plain = np.cumsum(ink.reshape(-1).astype(np.float64)).reshape(height, width)
    sparse = plain[:, length - 1 :] - plain[:, :num] + ink[:, :num]
    marks, solid = np.zeros(width + 1), np.zeros(width + 1)
    for row in rows:
        solid[1:] = np.cumsum((thick[row] > DARK).astype(np.float64))
        starts = is_full[row] & (solid[length:] - solid[:num] >= SOLID * length)
        if not starts.any():
            continue
        # A ruling is thin: not far from it, above and below, there is little ink.
        over, under = sparse[max(row - 2, 0)].copy(), sparse[min(row + 2, height - 1)].copy()
        for side in range(3, beside + 1):
            over = np.minimum(over, sparse[max(row - side, 0)])
            under = np.minimum(under, sparse[min(row + side, height - 1)])
        starts &= over + under <= THIN * length
        marks[:] = 0.0
        marks[:num] += starts
        marks[length : length + num] -= starts
        is_ruled[row] = np.cumsum(marks)[:width] > 0.5
    return is_ruled


def wipe_rulings(gray: np.ndarray, mask: np.ndarray, crossings: np.ndarray, goes_through: bool) -> np.ndarray:
    """Wipe what lies on rulings along the rows, except strokes that cross one.

    Args:
        gray: Uint8 (H, W), dark ink.
        mask: Bool (H, W), the rulings.
        crossings: Bool (H, W), where rulings cross each other and are darker.
        goes_through: Whether a stroke that touches a ruling on one side goes through it.

    Returns:
        Uint8 (H, W).
    """
    height = len(gray)
    if not mask.any():
        return gray
    # The nearest px above and below that is on no ruling.
    above, below = gray.copy(), gray.copy()
    above[0] = np.where(mask[0], np.uint8(255), gray[0])
    below[height - 1] = np.where(mask[height - 1], np.uint8(255), gray[height - 1])
    for row in range(1, height):
        if mask[row].any():
            above[row] = np.where(mask[row], above[row - 1], gray[row])
        last = height - 1 - row
        if mask[last].any():
            below[last] = np.where(mask[last], below[last + 1], gray[last])
    # How dark the rulings are is seen inside of them, not at their soft edges.
    inside = mask.copy()
    inside[1:] &= mask[:-1]
    inside[:-1] &= mask[1:]
    if not inside.any():
        inside = mask
    levels = np.sort(gray.reshape(-1)[inside.reshape(-1)])
    ruling, paper = float(levels[len(levels) // 4]), float(np.median(gray))
    is_stroke = (gray < ruling - max(DARKER * (paper - ruling), 8.0)) & ~crossings
    beyond = np.minimum(above, below) if goes_through else np.maximum(above, below)
    return np.where(mask & ~is_stroke, np.maximum(gray, beyond), gray)
