"""Where printed lines lie: straight, thin, at one slope, from end to end of the ink.

It keeps to the part of numpy that numba compiles, as `yomite.ink.canvas` does; docs/canvas.md writes it down.
"""

from __future__ import annotations

import numpy as np

NUM_STRIPS = 8
"""A line must be found in this many pieces of the picture's width, all but two."""

THICKEST = 0.05
"""Most of the picture's longer side that a line is thick."""

STEEPEST = 0.06
"""Most that a line falls or rises, as a share of its length."""

_DARK = 0.04  # ink from which a pixel may be of a line


def reach_out(ink: np.ndarray) -> tuple[bool, bool]:
    """Look whether ink comes near both rims, or has a long line on each of its four sides.

    Args:
        ink: Float32 (H, W).

    Returns:
        Whether horizontal lines are worth looking for, and whether vertical ones are.
    """
    height, width = ink.shape
    dark = ink > _DARK
    num_across, num_down = dark.sum(axis=1), dark.sum(axis=0)
    rows, columns = np.flatnonzero(num_across), np.flatnonzero(num_down)
    if len(rows) == 0:
        return False, False
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    deep, wide = 1 + (bottom - top) // 8, 1 + (right - left) // 8
    across = min(num_across[top : top + deep].max(), num_across[bottom - deep : bottom].max())
    down = min(num_down[left : left + wide].max(), num_down[right - wide : right].max())
    is_boxed = across >= 0.3 * (right - left) and down >= 0.3 * (bottom - top)
    is_across = max(left, width - right) <= 0.06 * width
    is_down = max(top, height - bottom) <= 0.06 * height
    return is_boxed or is_across, is_boxed or is_down


def find_lines(ink: np.ndarray, thick: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Find horizontal lines that span the ink.

    Args:
        ink: Float32 (H, W).
        thick: Px from which a vertical run of ink is no line; 0 to find none.

    Returns:
        lines: Float64 (N, 7): first and last row at the middle of the span, and what `measure_line` says.
        span: Int64 (2,): first column of the ink and the one after its last.
        slope: Rows down for each column to the right, the same for all.
    """
    height, width = ink.shape
    none = np.zeros((0, 7))
    dark = ink > _DARK
    columns = np.flatnonzero(dark.sum(axis=0) > 0)
    span = np.array([0, width])
    if thick == 0 or len(columns) < 16:
        return none, span, 0.0
    span[0], span[1] = columns[0], columns[-1] + 1
    start, length = span[0], span[1] - span[0]
    reach = int(np.ceil(0.5 * STEEPEST * length)) + 1
    strips = np.zeros((NUM_STRIPS, height + 2 * reach))
    thin = np.zeros((height, width), np.bool_)
    # Both ends first: most pictures have no line there, and are done.
    for k in (0, NUM_STRIPS - 1, 1, 2, 3, 4, 5, 6):
        first, end = start + k * length // NUM_STRIPS, start + (k + 1) * length // NUM_STRIPS
        piece = find_thin(dark[:, first:end], thick)
        num_thin, num_dark = piece.sum(axis=1), dark[:, first:end].sum(axis=1)
        # The share of each row that is thin ink; where strokes cross nearly all of it, nothing is known.
        num_free = (end - first) - (num_dark - num_thin)
        share = np.where(num_free >= 0.3 * (end - first), num_thin / np.maximum(num_free, 1), 0.3)
        if share.max() < 0.3:
            return none, span, 0.0
        strips[k, reach : reach + height] = share
        thin[:, first:end] = piece
    best, best_drift = -1.0, 0
    for drift in range(-2 * reach + 2, 2 * reach - 1):
        total = np.zeros(height)
        for k in range(NUM_STRIPS):
            shift = reach + int(np.floor(drift * ((k + 0.5) / NUM_STRIPS - 0.5) + 0.5))
            total += strips[k, shift : shift + height]
        score = np.sum(total * total * total) * (1.0 - 0.002 * abs(drift))
        if score > best:
            best, best_drift = score, drift
    straight = np.zeros((NUM_STRIPS, height + 2))
    for k in range(NUM_STRIPS):
        shift = reach + int(np.floor(best_drift * ((k + 0.5) / NUM_STRIPS - 0.5) + 0.5))
        straight[k, 1 : height + 1] = strips[k, shift : shift + height]
    near = np.maximum(np.maximum(straight[:, 2:], straight[:, :-2]), straight[:, 1:-1])
    found = (near >= 0.3).sum(axis=0)
    total = straight[:, 1:-1].sum(axis=0) / NUM_STRIPS
    lines = np.zeros((height, 7))
    num_lines, row = 0, 0
    slope = best_drift / length
    while row < height:
        if found[row] < NUM_STRIPS - 2 or total[row] < 0.25:
            row += 1
            continue
        # The peak of this run of rows, and the rows around it that hold at least half as much.
        peak = row
        while row < height and found[row] >= NUM_STRIPS - 2 and total[row] >= 0.25:
            if total[row] > total[peak]:
                peak = row
            row += 1
        top = bottom = peak
        while top > 0 and total[top - 1] >= 0.5 * total[peak]:
            top -= 1
        while bottom < height - 1 and total[bottom + 1] >= 0.5 * total[peak]:
            bottom += 1
        row = max(row, bottom + 1)
        if bottom - top + 1 > thick or min(near[0, peak], near[NUM_STRIPS - 1, peak]) < 0.15:
            continue
        lines[num_lines, 0], lines[num_lines, 1] = top, bottom
        lines[num_lines, 2:] = measure_line(ink, thin, top, bottom, span, best_drift)
        num_lines += 1
    return lines[:num_lines].copy(), span, slope


def measure_line(
    ink: np.ndarray, thin: np.ndarray, top: int, bottom: int, span: np.ndarray, drift: int
) -> np.ndarray:
    """Measure how a line is drawn.

    Args:
        ink: Float32 (H, W).
        thin: Bool (H, W), the ink that is of no stroke that crosses.
        top, bottom: First and last row at the middle of the span.
        span: Where it begins and ends.
        drift: Rows that it falls from end to end.

    Returns:
        Float64 (5,): its darkness, its ink a px of length, how far from straight it is in px, the share of
        its length that is inked, and that of the end which is inked less. Of all pieces the one in the middle
        counts, so that strokes that lie on the line change nothing.
    """
    height, start, length = len(ink), span[0], span[1] - span[0]
    measured = np.zeros((4, NUM_STRIPS))
    num_measured, inked_end = 0, 1.0
    for k in range(NUM_STRIPS):
        first, end = start + k * length // NUM_STRIPS, start + (k + 1) * length // NUM_STRIPS
        fall = drift * ((k + 0.5) / NUM_STRIPS - 0.5)
        offset = int(np.floor(fall + 0.5))
        weight = moment = darkest = 0.0
        is_inked = np.zeros(end - first, np.bool_)
        for row in range(max(top - 2 + offset, 0), min(bottom + 3 + offset, height)):
            is_thin = thin[row, first:end]
            is_inked |= is_thin
            amount = np.sum(np.where(is_thin, ink[row, first:end], np.float32(0.0)))
            weight += amount
            moment += amount * (row - fall)
            darkest = max(darkest, amount / max(np.sum(is_thin), 0.3 * (end - first)))
        if k == 0:
            inked_end = min(inked_end, np.mean(is_inked[: 1 + len(is_inked) // 4]))
        if k == NUM_STRIPS - 1:
            inked_end = min(inked_end, np.mean(is_inked[-1 - len(is_inked) // 4 :]))
        if weight > 0.0:
            num_inked = np.sum(is_inked)
            measured[0, num_measured] = darkest
            measured[1, num_measured] = weight / num_inked
            measured[2, num_measured] = moment / weight
            measured[3, num_measured] = num_inked / (end - first)
            num_measured += 1
    traits = np.zeros(5)
    traits[4] = inked_end
    if num_measured > 0:
        for i in range(4):
            traits[i] = np.median(measured[i, :num_measured])
        middles = measured[2, :num_measured]
        traits[2] = middles.max() - middles.min()
    return traits


def find_thin(dark: np.ndarray, thick: int) -> np.ndarray:
    """Leave out every vertical run of at least `thick` px: strokes that cross.

    Args:
        dark: Bool (H, W).
        thick: In px.

    Returns:
        Bool (H, W).
    """
    height, width = dark.shape
    if height < thick:
        return dark.copy()
    run, size = dark.copy(), 1
    while size < thick:
        step = min(size, thick - size)
        run = run[: len(run) - step] & run[step:]
        size += step
    size = 1
    while size < thick:
        step = min(size, thick - size)
        grown = np.zeros((len(run) + step, width), np.bool_)
        grown[: len(run)] = run
        grown[step:] |= run
        run = grown
        size += step
    return dark & ~run
