"""Printed lines taken off the ink before it is placed: rulings, frames and grids, solid or dashed.

A stroke may be as straight as a ruling, so straightness alone takes nothing away. A line is erased if it
spans the whole ink, thin, at one slope with its fellows, and one of these tells it from a stroke: it is
thinner or fainter than the ink that would be left, or it is one of many, or it runs from rim to rim of a
picture in which that ink stands free on all sides. If hardly anything would be left, all stays.

`erase_rulings` keeps to the part of numpy that numba compiles, as `yomite.ink.canvas` does; docs/canvas.md
writes it down.
"""

from __future__ import annotations

import numpy as np

from yomite.ink.printed_lines import THICKEST, find_lines, reach_out


def erase_rulings(ink: np.ndarray) -> np.ndarray:
    """Take printed lines off the ink.

    Args:
        ink: Float32 (H, W), from 0, as `measure_ink` returns it: values above 1 tell writing from a ruling
            that is fainter.

    Returns:
        Float32 (H, W), 0..1.
    """
    height, width = ink.shape
    if min(height, width) < 24:
        return np.minimum(ink, np.float32(1.0))
    turned = np.ascontiguousarray(ink.T)
    thick = int(THICKEST * max(height, width)) + 2
    across_reach, down_reach = reach_out(ink)
    across, across_span, across_slope = find_lines(ink, thick if across_reach else 0)
    down, down_span, down_slope = find_lines(turned, thick if down_reach else 0)
    if len(across) + len(down) == 0:
        return np.minimum(ink, np.float32(1.0))
    mask = np.zeros((height, width), np.bool_)
    mark_lines(mask, across, across_span, across_slope)
    turned_mask = np.zeros((width, height), np.bool_)
    mark_lines(turned_mask, down, down_span, down_slope)
    outside = np.where(mask | turned_mask.T, np.float32(0.0), ink)
    left = np.minimum(
        wipe_lines(ink, outside, across, across_span, across_slope),
        wipe_lines(turned, np.ascontiguousarray(outside.T), down, down_span, down_slope).T,
    )
    left = wipe_crossings(left, outside, mask & turned_mask.T)
    # What would be left: how much ink its strokes have a px of their length, and the paper around it.
    is_left = left > 0.3
    area = float(np.sum(is_left))
    if area < 0.004 * height * width:
        return np.minimum(ink, np.float32(1.0))
    edges = float(np.sum(is_left[1:] != is_left[:-1]) + np.sum(is_left[:, 1:] != is_left[:, :-1]))
    stroke = 2.2 * float(np.sum(left)) / max(edges, 1.0)
    rows = np.flatnonzero(is_left.sum(axis=1) > 1)
    columns = np.flatnonzero(is_left.sum(axis=0) > 1)
    if len(rows) < 2 or len(columns) < 2:
        return np.minimum(ink, np.float32(1.0))
    if max(rows[-1] - rows[0], columns[-1] - columns[0]) < 0.12 * max(height, width):
        return np.minimum(ink, np.float32(1.0))
    margins = np.array([rows[0], height - 1 - rows[-1], columns[0], width - 1 - columns[-1]])
    num_across, num_down = len(across), len(down)
    is_grid = max(num_across, num_down) >= 4 or min(num_across, num_down) >= 3
    is_frame = num_across + num_down >= 3 and min(num_across, num_down) >= 1
    inside = min(
        rows[0] - down_span[0], down_span[1] - 1 - rows[-1],
        columns[0] - across_span[0], across_span[1] - 1 - columns[-1],
    )  # fmt: skip
    is_box = is_frame and inside >= 0.12 * max(height, width)
    # Where writing is cropped tight, its own strokes run from rim to rim: only thin lines are told.
    if margins.min() < 2:
        limit = 0.7 if is_grid else 0.5
    else:
        limit = 1e3 if is_grid else 0.9 if is_frame else 0.65
    keep_across = choose_lines(across, across_span, width, margins, stroke, limit, is_box)
    keep_down = choose_lines(down, down_span, height, margins, stroke, limit, is_box)
    if len(keep_across) + len(keep_down) == 0:
        return np.minimum(ink, np.float32(1.0))
    if len(keep_across) < len(across) or len(keep_down) < len(down):
        mask[:] = False
        turned_mask[:] = False
        mark_lines(mask, keep_across, across_span, across_slope)
        mark_lines(turned_mask, keep_down, down_span, down_slope)
        outside = np.where(mask | turned_mask.T, np.float32(0.0), ink)
        left = np.minimum(
            wipe_lines(ink, outside, keep_across, across_span, across_slope),
            wipe_lines(turned, np.ascontiguousarray(outside.T), keep_down, down_span, down_slope).T,
        )
        left = wipe_crossings(left, outside, mask & turned_mask.T)
    # Full ink is the mean of what is left.
    is_left = left > 0.3
    full = np.sum(np.where(is_left, left, np.float32(0.0))) / np.float32(max(np.sum(is_left), 1))
    return np.minimum(np.ascontiguousarray(left) / max(full, np.float32(0.1)), np.float32(1.0))


def choose_lines(
    lines: np.ndarray,
    span: np.ndarray,
    length: int,
    margins: np.ndarray,
    stroke: float,
    limit: float,
    is_box: bool,
) -> np.ndarray:
    """Choose the lines that are no strokes.

    Args:
        lines: Float64 (N, 7), of `find_lines`.
        span: Where they begin and end.
        length: Of the picture, in their direction.
        margins: Int64 (4,): rows and columns of paper around what would be left.
        stroke: Ink a px of length that strokes have.
        limit: Of a solid line, as a share of that.
        is_box: Whether they are a frame, and what would be left stands free inside.

    Returns:
        Float64 (M, 7).
    """
    chosen = np.zeros(len(lines), np.bool_)
    gap = max(span[0], length - span[1])
    is_long = span[1] - span[0] >= 80
    for k in range(len(lines)):
        stands_free = margins.min() >= 0.04 * length + lines[k, 1] - lines[k, 0] + 1.0
        is_straight = is_long and lines[k, 4] <= 1.0
        amount, inked = lines[k, 3] / stroke, lines[k, 5]
        is_dashed = 0.3 <= inked < 0.8 and amount <= min(limit, 0.65) and margins.min() >= 2
        is_solid = inked >= 0.8 and (lines[k, 6] >= 0.6 or limit > 1.0)
        is_thin = is_solid and amount <= limit
        chosen[k] = (
            (gap <= 1 and (is_thin or (is_solid and stands_free)))
            or (gap <= 0.06 * length and is_dashed)
            or (is_box and (is_straight or is_thin or is_dashed))
        )
    return lines[chosen]


def mark_lines(mask: np.ndarray, lines: np.ndarray, span: np.ndarray, slope: float) -> None:
    """Mark the pixels of lines, and one more on each side; mask: bool (H, W), changed in place."""
    height = len(mask)
    middle = 0.5 * (span[0] + span[1])
    column = span[0]
    while column < span[1]:
        # All columns in which the lines lie on the same rows.
        offset = int(np.floor(slope * (column + 0.5 - middle) + 0.5))
        end = column + 1
        while end < span[1] and int(np.floor(slope * (end + 0.5 - middle) + 0.5)) == offset:
            end += 1
        for k in range(len(lines)):
            top = max(int(lines[k, 0]) + offset - 1, 0)
            bottom = min(int(lines[k, 1]) + offset + 2, height)
            if top < bottom:
                mask[top:bottom, column:end] = True
        column = end


def wipe_lines(
    ink: np.ndarray, outside: np.ndarray, lines: np.ndarray, span: np.ndarray, slope: float
) -> np.ndarray:
    """Wipe lines off, except where a stroke crosses or lies on them.

    Args:
        ink: Float32 (H, W).
        outside: Float32 (H, W), the ink that is on no line.
        lines: Float64 (N, 7), of `find_lines`.
        span, slope: Of the lines.

    Returns:
        Float32 (H, W).
    """
    left = ink.copy()
    height = len(ink)
    middle = 0.5 * (span[0] + span[1])
    column = span[0]
    while column < span[1]:
        offset = int(np.floor(slope * (column + 0.5 - middle) + 0.5))
        end = column + 1
        while end < span[1] and int(np.floor(slope * (end + 0.5 - middle) + 0.5)) == offset:
            end += 1
        for k in range(len(lines)):
            top = max(int(lines[k, 0]) + offset - 1, 0)
            bottom = min(int(lines[k, 1]) + offset + 2, height)
            if top >= bottom:
                continue
            beyond = np.zeros(end - column, np.float32)
            for row in (top - 2, top - 1, bottom, bottom + 1):
                if 0 <= row < height:
                    beyond = np.maximum(beyond, outside[row, column:end])
            faint, limit = np.float32(max(0.3, 0.6 * lines[k, 2])), np.float32(1.3 * lines[k, 2] + 0.1)
            for row in range(top, bottom):
                here = ink[row, column:end]
                left[row, column:end] = np.where((beyond > faint) | (here > limit), here, np.float32(0.0))
        column = end
    return left


def wipe_crossings(left: np.ndarray, outside: np.ndarray, crossings: np.ndarray) -> np.ndarray:
    """Wipe where two lines cross, darker than either, unless a stroke is within 3 px.

    Args:
        left: Float32 (H, W), of `wipe_lines`.
        outside: Float32 (H, W), the ink that is on no line.
        crossings: Bool (H, W).

    Returns:
        Float32 (H, W).
    """
    near = outside > 0.3
    for _ in range(3):
        wider = near.copy()
        wider[1:] |= near[:-1]
        wider[:-1] |= near[1:]
        near = wider.copy()
        near[:, 1:] |= wider[:, :-1]
        near[:, :-1] |= wider[:, 1:]
    return np.where(crossings & ~near, np.float32(0.0), left)
