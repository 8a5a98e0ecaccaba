"""Any crop of a line to the strip that a line model sees: the only preprocessing of lines.

A strip has a fixed height and the reading direction along its width; a vertical line is laid on its side
by exchanging rows and columns. Pure functions do the work, and training compiles the very same source (see
`yomite.streams.lines`): `find_ink` takes the ink out of the gray levels, `find_line` finds the line's course
and size, `place_line` lays it straight. They keep to the part of numpy that numba compiles.
docs/canvas.md writes the steps down for other languages.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from yomite.errors import PictureError
from yomite.ink.line_canvas_2 import find_ink_2
from yomite.ink.line_ink import find_ink, remove_neighbors
from yomite.ink.pictures import read_gray

LINE_CANVAS_VERSION = 3
"""The newest version: 3 evens out any light and takes squared paper off. A model sees the version that it was
trained with; 1 and 2 are read alike."""

LINE_HEIGHT = 40
"""Height of a strip in px."""

SPREAD = 0.2
"""Standard deviation of the ink around the middle of the line, as a share of a strip's height."""

MARGIN_PX = 8
"""Bare paper before and after the line, in px of the strip."""

WORK_HEIGHT = 80
"""Crops are cut down to this height before the ink is measured."""

LIGHT_REACH = 0.35
"""How far from a pixel the light on its paper is looked for, in heights of the crop."""

STRETCH = 4
"""Columns that are looked at together where the course of the line is found."""

MAX_WIDTH = 4096
"""A strip is at most so wide: about 120 characters."""

_BLANK = "the picture is blank: no ink stands out from the paper; pass a picture with one line of writing"


class LinePlace(NamedTuple):
    """Where a line stands in a crop, in px of the crop, and how its strip is taken.

    Attributes:
        middle: Float64 (3,), the middle of the line at column x is middle[0] + middle[1] * t + middle[2] * t
            * t, where t = 2 * x / width - 1.
        spread: Standard deviation of the ink around that middle.
        left: First column with ink.
        right: Column after the last one with ink.
    """

    middle: np.ndarray
    spread: float
    left: int
    right: int


def find_line(ink: np.ndarray) -> tuple[np.ndarray, float, int, int]:
    """Find the course and the size of the line; ink far from its middle counts no more.

    Args:
        ink: Float32 (H, W), 0..1, not all 0.

    Returns:
        middle, spread, left, right: As in `LinePlace`.
    """
    height, width = ink.shape
    # Stretches of a few columns are enough to find the course.
    num = max(1, width // STRETCH)
    stretches = np.zeros((num, height))
    for offset in range(STRETCH):
        columns = ink[:, min(offset, width - 1) : num * STRETCH : STRETCH]
        stretches[: columns.shape[1]] += columns.T
    amounts_at = stretches.reshape(-1)
    rows = np.arange(height).astype(np.float64) + 0.5
    row_of = np.repeat(rows, num).reshape(height, num).T.copy().reshape(-1)
    # Sums of ink, ink * row and ink * row ** 2 down the stretches, one after the other.
    sums0, sums1, sums2 = np.zeros(height * num + 1), np.zeros(height * num + 1), np.zeros(height * num + 1)
    sums0[1:] = np.cumsum(amounts_at)
    sums1[1:] = np.cumsum(amounts_at * row_of)
    sums2[1:] = np.cumsum(amounts_at * row_of * row_of)
    profile = np.cumsum(stretches.sum(axis=0))
    start = float(np.searchsorted(profile, 0.5 * profile[height - 1])) + 0.5
    middle = np.array([start, 0.0, 0.0])
    t = (2.0 * np.arange(num) + 1.0) / num - 1.0
    t2 = t * t
    t3, t4 = t2 * t, t2 * t2
    first = np.arange(num) * height
    course, amount = np.zeros(num) + start, np.zeros(num)
    reach, spread = float(height), 0.3 * height
    for turn in range(9):
        top = np.minimum(np.maximum(np.floor(course - reach + 0.5), 0.0), float(height)).astype(np.int64)
        bottom = np.minimum(np.maximum(np.floor(course + reach + 0.5), 0.0), float(height)).astype(np.int64)
        amount = sums0[first + bottom] - sums0[first + top]
        total = amount.sum()
        if total <= 0.0 or turn == 8:
            break
        moment = sums1[first + bottom] - sums1[first + top]
        square = sums2[first + bottom] - sums2[first + top]
        # A short line has no course of its own: slope and bend cost the more, the shorter it is.
        stiff = total * (2.0 * spread / width) ** 2
        m1, m2, m3, m4 = (amount * t).sum(), (amount * t2).sum(), (amount * t3).sum(), (amount * t4).sum()
        normal = np.array([[total, m1, m2], [m1, m2 + 8.0 * stiff, m3], [m2, m3, m4 + 32.0 * stiff]])
        wanted = np.array([moment.sum(), (moment * t).sum(), (moment * t2).sum()])
        if width < 3.0 * spread:
            middle = np.array([wanted[0] / total, 0.0, 0.0])
        else:
            middle = np.linalg.solve(normal, wanted)
        course = middle[0] + middle[1] * t + middle[2] * t2
        spread = np.sqrt(max((square - 2.0 * course * moment + course * course * amount).sum() / total, 0.25))
        reach = 2.5 * spread if turn in (0, 7) else 2.2 * spread
    amounts = np.cumsum(amount)
    speck = min(0.001 * amounts[num - 1], 0.15 * spread)
    left = int(np.searchsorted(amounts, speck, side="right")) * STRETCH
    right = (int(np.searchsorted(amounts, amounts[num - 1] - speck, side="left")) + 1) * STRETCH
    left = min(left, width - 1)
    return middle, spread, left, max(min(right + (width - num * STRETCH), width), left + 1)


def place_line(
    ink: np.ndarray, middle: np.ndarray, spread: float, left: int, right: int, height: int, max_width: int
) -> np.ndarray:
    """Lay the line straight, its ink as widely spread as in every other.

    Args:
        ink: Float32 (h, w), 0..1.
        middle, spread, left, right: As in `LinePlace`.
        height: Of the strip, H.
        max_width: Of the strip.

    Returns:
        Uint8 (H, W), ink bright on 0.
    """
    source_height, source_width = ink.shape
    scale = SPREAD * height / spread
    scale = min(scale, (max_width - 2.0 * MARGIN_PX) / (right - left))
    width = max(1, int((right - left) * scale + 0.5)) + 2 * MARGIN_PX
    reach = max(0.5 / scale, 0.5)

    # Each pixel is the mean of the ink under it, from sums: first down the columns.
    t = (2.0 * np.arange(source_width) + 1.0) / source_width - 1.0
    course = middle[0] + middle[1] * t + middle[2] * t * t
    sums = np.zeros((source_width, source_height + 1))
    sums[:, 1:] = ink.T
    flat = np.cumsum(sums.reshape(-1))
    base = (np.arange(source_width) * (source_height + 1)).reshape(source_width, 1)
    offsets = (np.arange(height) + 0.5 - 0.5 * height) / scale
    places = course.reshape(source_width, 1) + offsets.reshape(1, height)
    lower, upper = places - reach, places + reach
    lower = np.minimum(np.maximum(lower, 0.0), source_height - 1e-6)
    upper = np.minimum(np.maximum(upper, 0.0), source_height - 1e-6)
    whole = lower.astype(np.int64)
    index = (base + whole).reshape(-1)
    before, after = flat[index], flat[index + 1]
    sum_lower = before + (after - before) * (lower - whole).reshape(-1)
    whole = upper.astype(np.int64)
    index = (base + whole).reshape(-1)
    before, after = flat[index], flat[index + 1]
    sum_upper = before + (after - before) * (upper - whole).reshape(-1)
    straight = ((sum_upper - sum_lower) / (2.0 * reach)).reshape(source_width, height)

    # Then along the rows.
    sums = np.zeros((height, source_width + 1))
    sums[:, 1:] = straight.T
    flat = np.cumsum(sums.reshape(-1))
    base = (np.arange(height) * (source_width + 1)).reshape(height, 1)
    places_across = (left + (np.arange(width) + 0.5 - MARGIN_PX) / scale).reshape(1, width)
    lower = np.minimum(np.maximum(places_across - reach, float(left)), right - 1e-6)
    upper = np.minimum(np.maximum(places_across + reach, float(left)), right - 1e-6)
    whole = lower.astype(np.int64)
    index = (base + whole).reshape(-1)
    before, after = flat[index], flat[index + 1]
    sum_lower = before + (after - before) * (np.zeros((height, 1)) + (lower - whole)).reshape(-1)
    whole = upper.astype(np.int64)
    index = (base + whole).reshape(-1)
    before, after = flat[index], flat[index + 1]
    sum_upper = before + (after - before) * (np.zeros((height, 1)) + (upper - whole)).reshape(-1)
    strip = np.maximum((sum_upper - sum_lower) / (2.0 * reach), 0.0).reshape(height, width)

    brightness = np.sum(strip * strip) / max(np.sum(strip), 1e-6)
    gain = min(max(0.8 / max(brightness, 0.01), 1.0), 4.0)
    return np.minimum(strip * (255.0 * gain) + 0.5, 255.0).astype(np.uint8)


def remove_beside(ink: np.ndarray, num_looks: int) -> tuple[np.ndarray, bool]:
    """Take out what hangs in from the lines above and below.

    Args:
        ink: Float32 (H, W), 0..1.
        num_looks: 2 leaves all aside at first that hangs in and does not come near the middle: tall neighbors
            would make the line look high. 1 does not.

    Returns:
        ink: Float32 (H, W), 0..1.
        has_ink: False when nothing is left.
    """
    height, width = ink.shape
    has_ink = ink.sum() >= 4.0
    if not has_ink or max(ink[0].max(), ink[height - 1].max()) <= 0.25:
        return ink, has_ink  # nothing hangs in
    t = (2.0 * np.arange(width) + 1.0) / width - 1.0
    own = ink
    for look in range(num_looks, 0, -1):
        middle, spread, _, _ = find_line(own)
        course = middle[0] + middle[1] * t + middle[2] * t * t
        reach = 1.7 * spread if look == 1 else 0.7 * spread
        own = remove_neighbors(ink, course - reach)
        flipped = remove_neighbors(np.ascontiguousarray(own[::-1]), height - 1 - (course + reach))
        own = np.ascontiguousarray(flipped[::-1])
        if look > 1 and own.sum() < 0.3 * ink.sum():
            own = ink
    return own, own.sum() >= 4.0


def to_strip(gray: np.ndarray, height: int, max_width: int) -> np.ndarray:
    """Gray levels, uint8 (h, w), to a strip, uint8 (H, W); one column wide where there is no ink."""
    ink, has_ink = find_ink(gray, int(LIGHT_REACH * len(gray)))
    if has_ink:
        ink, has_ink = remove_beside(ink, 2)
    if not has_ink:
        return np.zeros((height, 1), np.uint8)
    middle, spread, left, right = find_line(ink)
    return place_line(ink, middle, spread, left, right, height, max_width)


def clean_line(gray: np.ndarray, version: int) -> tuple[np.ndarray, bool]:
    """Gray levels to the ink of the line alone, in any version.

    Args:
        gray: Uint8 (H, W), the reading direction along the width.
        version: 1 to `LINE_CANVAS_VERSION`.

    Returns:
        ink: Float32 (H, W), 0..1.
        has_ink: False when nothing is left.
    """
    find, num_looks = (find_ink, 2) if version > 2 else (find_ink_2, 1)
    ink, has_ink = find(gray, int(LIGHT_REACH * len(gray)))
    return remove_beside(ink, num_looks) if has_ink else (ink, False)


def to_line_canvas(
    picture: Any,
    *,
    is_vertical: bool = False,
    height: int = LINE_HEIGHT,
    version: int = LINE_CANVAS_VERSION,
) -> np.ndarray:
    """Turn a crop of a line into the strip that a line model sees.

    Args:
        picture: As for `yomite.ink.canvas.to_canvas`, strokes excepted.
        is_vertical: Whether the line is written from top to bottom: the strip has it lying on its side, rows
            and columns exchanged.
        height: Of the strip, H.
        version: That of the model which is to see it.

    Returns:
        Uint8 (H, W), ink bright on 0; column 0 is the beginning of the line.

    Raises:
        PictureError: It cannot be read, or it is blank.
    """
    gray = read_gray(picture)
    gray = np.ascontiguousarray(gray.T) if is_vertical else gray
    ink, has_ink = clean_line(np.ascontiguousarray(shrink_height(gray, WORK_HEIGHT)), version)
    if not has_ink:
        raise PictureError(_BLANK)
    middle, spread, left, right = find_line(ink)
    return place_line(ink, middle, spread, left, right, height, MAX_WIDTH)


def shrink_height(gray: np.ndarray, height: int) -> np.ndarray:
    """Cut gray levels down to a height by area: uint8 (H, W) -> (h, w), the picture itself if low enough."""
    if gray.shape[0] <= height:
        return gray
    width = max(1, round(gray.shape[1] * height / gray.shape[0]))
    return np.asarray(Image.fromarray(gray).resize((width, height), Image.Resampling.BOX))
