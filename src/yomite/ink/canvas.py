"""Any picture, or strokes, to the square that every model sees: the only preprocessing there is.

Two pure functions do the work, and training compiles the very same source (see `yomite.streams.drawn`):
`measure_ink` turns gray levels into ink, 0 for bare paper to 1 for full ink, and `place_ink` sets the ink's
box into the middle of the square. Both keep to the part of numpy that numba compiles: change them in place,
never beside. docs/canvas.md writes the steps down; tests hold the golden inputs and outputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from yomite.errors import PictureError
from yomite.ink.enlarge import enlarge_ink
from yomite.ink.eraser import erase_rulings
from yomite.ink.ink_view import InkFinder, keep_writing, read_grid, resample
from yomite.ink.leveling import divide_light, find_light
from yomite.ink.pictures import read_gray, shrink_gray
from yomite.ink.strokes import WORK_SIZE, draw_strokes, is_strokes, to_strokes

CANVAS_SIZE = 48
CANVAS_VERSION = 4
"""The newest version: 2 evens shadows out, erases printed lines by rules and looks at colors, 1 does not; 3
leaves the erasing to an ink finder; 4 drops punched holes and what that left far from sure ink, takes the
light of the first look for the closer one, enlarges small ink, tells colors where there is little ink, and
takes paper with nothing but print on it for blank. A model file says which version it reads."""

INK_SHARES = (0.0, 0.005, 0.005, 0.001)
"""By version, the share of a color picture that ink covers at least; version 1 does not look at colors."""

MARGIN = 0.06
"""Empty border on each side of the square, as a share of its side."""

_BLANK = "the picture is blank: no writing stands out from the paper; pass a picture with one character on it"


def to_canvas(
    picture: Any, size: int = CANVAS_SIZE, version: int = 1, finder: InkFinder | None = None
) -> np.ndarray:
    """Turn any picture or strokes into the square that the model sees.

    Args:
        picture: a path, the bytes of an image file or an open one, a PIL image, a numpy array (H, W),
            (H, W, 1), (H, W, 3) or (H, W, 4) (uint8, uint16, bool, or float in 0..1 or 0..255), or strokes
            [[(x, y), ...], ...]. Dark on light or light on dark, of any size from 4 px on the short side.
        size: side of the square in pixels.
        version: 1 to `CANVAS_VERSION`, that of the model which is to see it.
        finder: what versions 3 and 4 ask where the ink is; no other does, and strokes need none.

    Returns:
        uint8 (size, size), ink bright on 0, the ink's box centered with its proportions kept.

    Raises:
        PictureError: it cannot be read, or it is blank.
    """
    if is_strokes(picture):
        return place_ink(draw_strokes(to_strokes(picture)), size, MARGIN)
    gray = read_gray(picture, ink_share=INK_SHARES[version - 1])
    if version > 2 and finder is None:
        raise ValueError(f"canvas version {version} needs an ink finder; pass finder=")
    look = shrink_gray(gray)
    light = None if version == 1 else find_light(look)
    ink, has_ink, chance = find_ink(look, light, version, finder)
    if not has_ink:
        raise PictureError(_BLANK)
    box = find_box(ink)
    # A small character on a large sheet: cut it out of the full picture and look again, for its detail.
    if max(gray.shape) > WORK_SIZE and max(box[1] - box[0], box[3] - box[2]) < 0.7 * max(ink.shape):
        scale = max(gray.shape) / max(ink.shape)
        pad = 2.0 + 0.08 * max(box[1] - box[0], box[3] - box[2])
        top, left = (max(0, int((low - pad) * scale)) for low in (box[0], box[2]))
        bottom, right = (int(np.ceil((high + pad) * scale)) for high in (box[1], box[3]))
        crop = gray[top:bottom, left:right]
        closer = shrink_gray(crop)
        step = max(crop.shape) / max(closer.shape) / scale
        if chance is not None:
            chance = read_grid(chance, top / scale, left / scale, step, closer.shape)
        if version > 3 and light is not None:  # in a narrow crop, a shadow looks like thick ink
            light = read_grid(light, top / scale, left / scale, step, closer.shape)
        else:
            light = None if version == 1 else find_light(closer)
        asked = None if chance is None else finder  # on bare paper, asking takes longer than all the rest
        closer, has_closer_ink, _ = find_ink(closer, light, version, asked, chance)
        ink = closer if has_closer_ink else ink
    return place_ink(enlarge_ink(ink, find_box(ink)) if version > 3 else ink, size, MARGIN)


def find_ink(
    gray: np.ndarray,
    light: np.ndarray | None,
    version: int,
    finder: InkFinder | None = None,
    seen: np.ndarray | None = None,
) -> tuple[np.ndarray, bool, np.ndarray | None]:
    """Find the writing's ink.

    Args:
        gray: uint8 (H, W).
        light: float32 (H, W), of `find_light`.
        version: As for `to_canvas`.
        finder: As for `to_canvas`; None: nothing is erased by versions 3 and 4.
        seen: float32 (H, W), the chance of ink at an earlier look; what either look holds for paper goes.

    Returns:
        ink: float32 (H, W), 0..1.
        has_ink: False when nothing stands out from the paper, or all of it is printed.
        chance: Where a finder erased something, float32 (H, W), the chance of ink; else None.
    """
    if version == 1:
        return *measure_ink(gray), None
    ink, has_ink = measure_ink(gray if light is None else divide_light(gray, light), 4.0)
    if not has_ink or version == 2:
        return erase_rulings(ink) if has_ink else ink, has_ink, None
    if finder is None:
        return np.minimum(ink, np.float32(1.0)), True, None
    return keep_writing(ink, finder, version, seen)


def measure_ink(gray: np.ndarray, most: float = 1.0) -> tuple[np.ndarray, bool]:
    """Tell ink from paper.

    Every decision is taken on the histogram, so that one table look-up a pixel remains:
    Otsu's threshold divides the levels in two; the class that holds more of the picture and of its rim is
    paper; ink rises from 0 at two standard deviations beyond the paper's mean to 1 at the mean of the ink.
    Paper whose light is uneven is leveled by a quadratic surface first, unless that makes ink and paper
    harder to tell apart.

    Args:
        gray: uint8 (H, W).
        most: where ink ends that is darker than the mean of all ink, which is 1.

    Returns:
        ink: float32 (H, W), 0..most.
        has_ink: False when nothing stands out from the paper.

    Source: N. Otsu, "A threshold selection method from gray-level histograms", 1979.
    """
    height, width = gray.shape
    levels = np.arange(256).astype(np.float64)
    flat = original = np.ascontiguousarray(gray).reshape(height * width)
    num_levelings, clarity_before = 0, 0.0
    while True:
        counts = np.bincount(flat, minlength=256).astype(np.float64)
        total = counts.sum()
        below = np.cumsum(counts)
        below_sum = np.cumsum(counts * levels)
        mean = below_sum[255] / total
        # Between-class variance for each threshold t: class 0 holds the levels <= t.
        spread = below * (total - below)
        variance = (below_sum - below * mean) ** 2 / np.maximum(spread, 1.0)
        threshold = np.argmax(variance)
        dark = below[threshold]
        if dark == 0.0 or dark == total:
            if num_levelings == 1:
                num_levelings, flat = 2, original
                continue
            return np.zeros((height, width), np.float32), False
        square = flat.reshape(height, width)
        rim = (
            np.sum(square[0] <= threshold)
            + np.sum(square[height - 1] <= threshold)
            + np.sum(square[:, 0] <= threshold)
            + np.sum(square[:, width - 1] <= threshold)
        ) / (2.0 * (height + width))
        is_dark_ink = 0.65 * dark / total + 0.35 * rim <= 0.5
        is_paper = (levels > threshold) if is_dark_ink else (levels <= threshold)
        paper_counts = np.where(is_paper, counts, 0.0)
        ink_counts = counts - paper_counts
        paper = np.sum(paper_counts * levels) / paper_counts.sum()
        paper_deviation = np.sqrt(np.sum(paper_counts * (levels - paper) ** 2) / paper_counts.sum())
        full = np.sum(ink_counts * levels) / ink_counts.sum()
        ink_deviation = np.sqrt(np.sum(ink_counts * (levels - full) ** 2) / ink_counts.sum())
        is_clear = abs(paper - full) >= 1.7 * (paper_deviation + ink_deviation)
        clarity = abs(paper - full) / max(paper_deviation + ink_deviation, 1e-6)
        if num_levelings == 1 and clarity < clarity_before:
            # It was thick ink, not uneven light, and leveling wiped it out: take the picture as it came.
            num_levelings, flat = 2, original
            continue
        if num_levelings > 0 or (is_clear and paper_deviation < 10.0) or min(height, width) < 16:
            break
        # Uneven light: fit a quadratic surface to all levels, again to those near it (ink is the lesser part
        # and drops out), and subtract it. Which side is ink is then decided anew.
        num_levelings, clarity_before = 1, clarity
        down = np.linspace(-1.0, 1.0, height).astype(np.float32)
        across = np.linspace(-1.0, 1.0, width).astype(np.float32)
        # A grid of about 24 x 24 points is enough to fit six numbers.
        stride = max(1, min(height, width) // 24)
        value = np.ascontiguousarray(square[::stride, ::stride]).reshape(-1).astype(np.float64)
        num_across = len(across[::stride])
        basis = np.ones((6, len(value)))
        basis[1] = np.repeat(down[::stride], num_across)
        basis[2] = (
            np.repeat(across[::stride], len(down[::stride])).reshape(num_across, -1).T.copy().reshape(-1)
        )
        basis[3] = basis[1] * basis[1]
        basis[4] = basis[1] * basis[2]
        basis[5] = basis[2] * basis[2]
        fit = np.zeros(6)
        weight = np.ones(len(value))
        for _ in range(5):
            weighted = basis * weight
            normal = np.dot(weighted, basis.T) + 1e-3 * np.eye(6)
            fit = np.linalg.solve(normal, np.dot(weighted, value))
            away = np.abs(value - np.dot(fit, basis))
            limit = np.sqrt(np.sum(weight * away * away) / np.sum(weight))
            weight = np.where(away < 1.2 * limit + 2.0, 1.0, 0.0)
        plane = fit.astype(np.float32)
        by_row = (plane[0] + plane[1] * down + plane[3] * down * down).reshape(height, 1)
        by_column = (plane[2] * across + plane[5] * across * across).reshape(1, width)
        twist = (plane[4] * down).reshape(height, 1) * across.reshape(1, width)
        leveled = square + (np.float32(128.0) - (by_row + by_column + twist))
        leveled = np.minimum(np.maximum(leveled, np.float32(0.0)), np.float32(255.0))
        flat = leveled.astype(np.uint8).reshape(height * width)
    # Noise alone splits into two halves that lie close together: then only rare, far levels are ink.
    if not is_clear:
        deviation = np.sqrt(np.sum(counts * (levels - mean) ** 2) / total)
        is_far = levels < mean - 3.0 * deviation if is_dark_ink else levels > mean + 3.0 * deviation
        far_counts = np.where(is_far, counts, 0.0)
        if far_counts.sum() > 0.0:
            paper = mean
            paper_deviation = deviation
            full = np.sum(far_counts * levels) / far_counts.sum()
        elif abs(paper - full) < 100.0:  # a crowded character in soft focus lies further apart than noise
            return np.zeros((height, width), np.float32), False
    if abs(paper - full) < 8.0:
        return np.zeros((height, width), np.float32), False
    bare = min(2.0 * paper_deviation + 2.0, 0.6 * abs(paper - full))
    if is_dark_ink:
        table = (paper - bare - levels) / (paper - bare - full)
    else:
        table = (levels - paper - bare) / (full - paper - bare)
    table = np.minimum(np.maximum(table, 0.0), most).astype(np.float32)
    return np.take(table, flat).reshape(height, width), True


def find_box(ink: np.ndarray) -> tuple[int, int, int, int]:
    """Find the box that holds the ink, specks left aside.

    Args:
        ink: float32 (H, W), 0..1, not all 0.

    Returns:
        top, bottom, left, right; bottom and right are exclusive. Each side leaves out at most 0.3 % of the
        ink.
    """
    rows = np.cumsum(ink.sum(axis=1).astype(np.float64))
    columns = np.cumsum(ink.sum(axis=0).astype(np.float64))
    speck = 0.003 * rows[-1]
    top = np.searchsorted(rows, speck, side="right")
    bottom = np.searchsorted(rows, rows[-1] - speck, side="left") + 1
    left = np.searchsorted(columns, speck, side="right")
    right = np.searchsorted(columns, columns[-1] - speck, side="left") + 1
    return top, bottom, left, right


def place_ink(ink: np.ndarray, size: int, margin: float) -> np.ndarray:
    """Set the ink's box into the middle of a square.

    Args:
        ink: float32 (H, W), 0..1, not all 0.
        size: side of the square in pixels.
        margin: empty border on each side, as a share of the square.

    Returns:
        uint8 (size, size), ink bright on 0. Resampled by area; when the box is smaller than the square,
        linearly. Thin lines, which area resampling makes faint, are raised to a common brightness.
    """
    height, width = ink.shape
    top, bottom, left, right = find_box(ink)
    step = max(bottom - top, right - left) / (size * (1.0 - 2.0 * margin))
    reach = 0.5 * max(step, 1.0)
    steps = (np.arange(size) - 0.5 * (size - 1)) * step
    rows = (0.5 * (top + bottom) + steps).astype(np.float32).reshape(size, 1)
    columns = (0.5 * (left + right) + steps).astype(np.float32).reshape(1, size)
    row_index = np.arange(height).astype(np.float32).reshape(1, height)
    column_index = np.arange(width).astype(np.float32).reshape(width, 1)
    reach, one, zero, share = np.float32(reach), np.float32(1.0), np.float32(0.0), np.float32(0.5 / reach)
    # Share of each source pixel in the interval that a target pixel covers.
    rows_share = (
        np.maximum(np.minimum(rows + reach, row_index + one) - np.maximum(rows - reach, row_index), zero)
        * share
    )
    columns_share = (
        np.maximum(
            np.minimum(columns + reach, column_index + one) - np.maximum(columns - reach, column_index), zero
        )
        * share
    )
    canvas = resample(rows_share, ink, columns_share)
    brightness = np.sum(canvas * canvas) / max(np.sum(canvas), np.float32(1e-6))
    gain = min(max(0.8 / max(brightness, 0.01), 1.0), 4.0)
    return np.minimum(canvas * np.float32(255.0 * gain) + np.float32(0.5), np.float32(255.0)).astype(np.uint8)
