"""Ruling: single lines, grids, frames and dots as printers set them, and scraps that lie beside the writing.

Each function draws into a coverage array, float32 (H, W) of any shape, wherever it is darker than what is
there: 1 is as dark as the writing's ink. What lies outside of the picture is cut off. All is compiled.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def rule_line(
    coverage: np.ndarray,
    start_x: float,
    start_y: float,
    end_x: float,
    end_y: float,
    width_px: float,
    darkness: float,
    dash_px: float = 0.0,
    gap_px: float = 0.0,
) -> None:
    """Draw one straight line; it may begin and end outside of the picture.

    Args:
        coverage: Float32 (H, W); changed in place, where the line is darker than what is there.
        start_x, start_y, end_x, end_y: Ends, in px; pixel 0 lies at 0..1.
        width_px: Above 0; a line thinner than a pixel is fainter.
        darkness: 1 is as dark as the ink.
        dash_px, gap_px: Lengths of a dash and of the gap after it; 0: a whole line.
    """
    rows, columns = coverage.shape
    across, down = end_x - start_x, end_y - start_y
    length = np.sqrt(across * across + down * down)
    if length < 1e-6:
        return
    direction_x, direction_y = across / length, down / length
    is_flat = abs(across) >= abs(down)
    slope = down / across if is_flat else across / down
    stretch = np.sqrt(1.0 + slope * slope)
    half, peak = 0.5 * width_px, min(width_px, 1.0)
    reach = (half + 0.5) * stretch
    low, high = (
        (min(start_x, end_x), max(start_x, end_x)) if is_flat else (min(start_y, end_y), max(start_y, end_y))
    )
    num_along, num_beside = (columns, rows) if is_flat else (rows, columns)
    period = dash_px + gap_px
    for along in range(max(int(np.floor(low)), 0), min(int(np.ceil(high)), num_along)):
        at = along + 0.5
        # A pixel that the line's end covers in part.
        end_share = min(min(at + 0.5, high) - max(at - 0.5, low), 1.0)
        if end_share <= 0.0:
            continue
        middle = start_y + (at - start_x) * slope if is_flat else start_x + (at - start_y) * slope
        if gap_px > 0.0:
            gone = (
                (at - start_x) * direction_x + (middle - start_y) * direction_y
                if is_flat
                else (middle - start_x) * direction_x + (at - start_y) * direction_y
            )
            if gone - period * np.floor(gone / period) > dash_px:
                continue
        for beside in range(
            max(int(np.floor(middle - reach)), 0), min(int(np.ceil(middle + reach)), num_beside)
        ):
            away = abs(beside + 0.5 - middle) / stretch
            share = min(half + 0.5 - away, peak) * end_share
            if share <= 0.0:
                continue
            row, column = (beside, along) if is_flat else (along, beside)
            coverage[row, column] = max(coverage[row, column], np.float32(darkness * share))


@njit(cache=True)
def rule_across(
    coverage: np.ndarray, x: float, y: float, pitch_px: float, tilt: float, width_px: float, darkness: float,
    pair_px: float = 0.0, dash_px: float = 0.0, gap_px: float = 0.0,
) -> None:  # fmt: skip
    """Draw parallel lines from the left rim to the right one, as many as the picture holds.

    Args:
        coverage: Float32 (H, W); changed in place.
        x, y: A point that one of them runs through, in px.
        pitch_px: Distance to the next.
        tilt: Angle, in radians, clockwise.
        width_px, darkness, dash_px, gap_px: As for `rule_line`.
        pair_px: Distance of a second line beside each; 0: none.
    """
    rows, columns = coverage.shape
    rise, first, last = _span_rulings(columns, rows, x, y, pitch_px, np.tan(tilt), pair_px + width_px)
    for k in range(first, last + 1):
        for twin in range(2 if pair_px > 0.0 else 1):
            middle = y + k * pitch_px + (twin - 0.5 if pair_px > 0.0 else 0.0) * pair_px
            start, end = middle - rise * (x + 1.0), middle + rise * (columns + 1.0 - x)
            rule_line(coverage, -1.0, start, columns + 1.0, end, width_px, darkness, dash_px, gap_px)


@njit(cache=True)
def rule_down(
    coverage: np.ndarray, x: float, y: float, pitch_px: float, tilt: float, width_px: float, darkness: float,
    pair_px: float = 0.0, dash_px: float = 0.0, gap_px: float = 0.0,
) -> None:  # fmt: skip
    """Draw parallel lines from the upper rim to the lower one; the arguments are those of `rule_across`."""
    rows, columns = coverage.shape
    lean, first, last = _span_rulings(rows, columns, y, x, pitch_px, -np.tan(tilt), pair_px + width_px)
    for k in range(first, last + 1):
        for twin in range(2 if pair_px > 0.0 else 1):
            middle = x + k * pitch_px + (twin - 0.5 if pair_px > 0.0 else 0.0) * pair_px
            start, end = middle - lean * (y + 1.0), middle + lean * (rows + 1.0 - y)
            rule_line(coverage, start, -1.0, end, rows + 1.0, width_px, darkness, dash_px, gap_px)


@njit(cache=True)
def _span_rulings(
    length: float, breadth: float, along: float, beside: float, pitch_px: float, slope: float, more_px: float
) -> tuple[float, int, int]:
    """Return the slope, and the numbers of the first and the last line that touch the picture."""
    at_start, at_end = -slope * along, slope * (length - along)
    first = int(np.floor((-more_px - max(at_start, at_end) - beside) / pitch_px))
    last = int(np.ceil((breadth + more_px - min(at_start, at_end) - beside) / pitch_px))
    return slope, first, last


@njit(cache=True)
def _turn(x: float, y: float, middle_x: float, middle_y: float, tilt: float) -> tuple[float, float]:
    """Turn a point about the middle of its cell; x, y: from the middle."""
    cosine, sine = np.cos(tilt), np.sin(tilt)
    return middle_x + cosine * x - sine * y, middle_y + sine * x + cosine * y


@njit(cache=True)
def _rule_in_cell(
    coverage: np.ndarray, ends: np.ndarray, middle_x: float, middle_y: float, size_x: float, size_y: float,
    tilt: float, width_px: float, darkness: float, dash_px: float, gap_px: float,
) -> None:  # fmt: skip
    """Draw lines whose ends are given as shares of half a cell; ends: int64 (N, 4)."""
    for k in range(len(ends)):
        x0, y0 = _turn(0.5 * size_x * ends[k, 0], 0.5 * size_y * ends[k, 1], middle_x, middle_y, tilt)
        x1, y1 = _turn(0.5 * size_x * ends[k, 2], 0.5 * size_y * ends[k, 3], middle_x, middle_y, tilt)
        rule_line(coverage, x0, y0, x1, y1, width_px, darkness, dash_px, gap_px)


@njit(cache=True)
def rule_frame(
    coverage: np.ndarray, middle_x: float, middle_y: float, size_x: float, size_y: float,
    tilt: float, width_px: float, darkness: float, dash_px: float = 0.0, gap_px: float = 0.0,
) -> None:  # fmt: skip
    """Draw the four sides of a box; what lies outside of the picture is cut off.

    Args:
        coverage: Float32 (H, W); changed in place.
        middle_x, middle_y: Middle of the box, in px.
        size_x, size_y: Its width and height.
        tilt: Angle, in radians, clockwise.
        width_px, darkness, dash_px, gap_px: As for `rule_line`.
    """
    ends = np.array([[-1, -1, 1, -1], [1, -1, 1, 1], [1, 1, -1, 1], [-1, 1, -1, -1]])
    _rule_in_cell(
        coverage, ends, middle_x, middle_y, size_x, size_y, tilt, width_px, darkness, dash_px, gap_px
    )


@njit(cache=True)
def rule_cross(
    coverage: np.ndarray, middle_x: float, middle_y: float, size_x: float, size_y: float,
    tilt: float, width_px: float, darkness: float, dash_px: float = 0.0, gap_px: float = 0.0,
) -> None:  # fmt: skip
    """Draw the upright cross of a practice box; the arguments are those of `rule_frame`."""
    ends = np.array([[-1, 0, 1, 0], [0, -1, 0, 1]])
    _rule_in_cell(
        coverage, ends, middle_x, middle_y, size_x, size_y, tilt, width_px, darkness, dash_px, gap_px
    )


@njit(cache=True)
def rule_diagonals(
    coverage: np.ndarray, middle_x: float, middle_y: float, size_x: float, size_y: float,
    tilt: float, width_px: float, darkness: float, dash_px: float = 0.0, gap_px: float = 0.0,
) -> None:  # fmt: skip
    """Draw the diagonals of a practice box; the arguments are those of `rule_frame`."""
    ends = np.array([[-1, -1, 1, 1], [1, -1, -1, 1]])
    _rule_in_cell(
        coverage, ends, middle_x, middle_y, size_x, size_y, tilt, width_px, darkness, dash_px, gap_px
    )


@njit(cache=True)
def rule_dots(
    coverage: np.ndarray, x: float, y: float, pitch_x: float, pitch_y: float,
    tilt: float, radius_px: float, darkness: float,
) -> None:  # fmt: skip
    """Draw dots on a grid.

    Args:
        coverage: Float32 (H, W); changed in place.
        x, y: Middle of one of them, in px.
        pitch_x, pitch_y: Distances to the next.
        tilt: Angle of the grid, in radians, clockwise.
        radius_px: Of a dot.
        darkness: 1 is as dark as the ink.
    """
    rows, columns = coverage.shape
    reach = np.sqrt(float(rows * rows + columns * columns)) + abs(x) + abs(y)
    num_x, num_y = int(reach / pitch_x) + 1, int(reach / pitch_y) + 1
    for j in range(-num_y, num_y + 1):
        for i in range(-num_x, num_x + 1):
            dot_x, dot_y = _turn(i * pitch_x, j * pitch_y, x, y, tilt)
            if -radius_px < dot_x < columns + radius_px and -radius_px < dot_y < rows + radius_px:
                punch_hole(coverage, dot_x, dot_y, radius_px, darkness)


@njit(cache=True)
def punch_hole(coverage: np.ndarray, x: float, y: float, radius_px: float, darkness: float) -> None:
    """Draw a round hole that shows something dark, or a dot.

    Args:
        coverage: Float32 (H, W); changed in place.
        x, y: Its middle, in px, which may lie outside of the picture.
        radius_px: Its radius; below half a pixel the dot is fainter.
        darkness: 1 is as dark as the ink.
    """
    rows, columns = coverage.shape
    peak = min(3.14 * radius_px * radius_px, 1.0)
    for row in range(max(int(y - radius_px - 1), 0), min(int(y + radius_px + 2), rows)):
        for column in range(max(int(x - radius_px - 1), 0), min(int(x + radius_px + 2), columns)):
            away = np.sqrt((row + 0.5 - y) ** 2 + (column + 0.5 - x) ** 2)
            share = min(radius_px + 0.5 - away, peak)
            if share > 0.0:
                coverage[row, column] = max(coverage[row, column], np.float32(darkness * share))


@njit(cache=True)
def leave_neighbor(coverage: np.ndarray, length_px: float, darkness: float) -> None:
    """Leave the ends of a neighbor's strokes at one rim: curved, and cut off by the rim.

    Nothing is drawn where the writing leaves no bare paper at that rim: a stroke that touches the character
    would be one of its own.

    Args:
        coverage: Float32 (H, W); changed in place.
        length_px: Longer side of a character, in px.
        darkness: 1 is as dark as the ink.
    """
    side = np.random.randint(4)
    rows, columns = coverage.shape
    depth_px, span_px = (rows, columns) if side < 2 else (columns, rows)
    bare = 0
    while bare < depth_px:
        at = bare if side % 2 == 0 else depth_px - 1 - bare
        if (coverage[at].max() if side < 2 else coverage[:, at].max()) > 0.3:
            break
        bare += 1
    deepest = 0.75 * bare - 1.0
    if bare == depth_px or deepest < 2.0:
        return
    width_px = length_px * (0.02 + 0.05 * np.random.random())
    for _ in range(1 + np.random.randint(3)):
        beside = span_px * np.random.random()
        depth = deepest * (0.3 + 0.7 * np.random.random()) - 0.5 * width_px
        if depth < 0.5:
            continue
        lean, turn = 2.0 * np.random.random() - 1.0, 1.6 * np.random.random() - 0.8
        before_x = before_y = 0.0
        for k in range(7):
            t = k / 6.0
            across = beside + depth * (lean * t + turn * t * t)
            inward = (depth + 1.0) * np.sin(1.5708 * t) - 1.0
            inward = inward if side % 2 == 0 else depth_px - inward
            x, y = (across, inward) if side < 2 else (inward, across)
            if k > 0:
                rule_line(coverage, before_x, before_y, x, y, width_px, darkness)
            punch_hole(coverage, x, y, 0.5 * width_px, darkness)
            before_x, before_y = x, y
