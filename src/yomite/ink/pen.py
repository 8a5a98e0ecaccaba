"""A pen: written points to a picture on paper, from a thin touch-screen line to a brush.

`draw_lines` gives the ink's coverage, `lay_on_paper` turns coverage into the gray levels that a scanner, a
camera or a screen would give. Both are compiled; the random stream is numba's (seed it first).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from yomite.errors import YomiteError

# Columns of the tables below: the lowest and the highest value; `width` is drawn evenly on a log scale.
TRAITS: dict[str, str] = {
    "width": "line width, as a share of the longer side of the character",
    "pressure": "how much the width changes along a line",
    "taper": "how thin a line becomes at its end",
    "nib": "how much the width depends on the direction, as with a broad nib or a brush",
    "grain": "pencil grain: how much of the ink the paper's tooth leaves out",
    "contrast": "gray levels between paper and full ink",
    "paper": "gray level of the paper",
    "noise": "deviation of the paper's gray levels",
    "blur": "blurring passes after drawing",
    "light": "unevenness of the light, in gray levels from edge to edge",
    "scraps": "chance of scraps of ruled lines or neighbors at the rim",
    "inversion": "chance of white ink on black",
}
TRAIT_NAMES = tuple(TRAITS)

PENS: dict[str, dict[str, tuple[float, float]]] = {
    "touch": {
        "width": (0.009, 0.06), "pressure": (0, 0.1), "taper": (0, 0.1), "nib": (0, 0),
        "grain": (0, 0), "contrast": (200, 255), "paper": (245, 255), "noise": (0, 0),
        "blur": (0, 0.6), "light": (0, 0), "scraps": (0, 0), "inversion": (0.15, 0.15),
    },
    "ballpoint": {
        "width": (0.018, 0.06), "pressure": (0.05, 0.3), "taper": (0, 0.5), "nib": (0, 0.15),
        "grain": (0, 0.3), "contrast": (80, 220), "paper": (200, 255), "noise": (0, 7),
        "blur": (0, 1.6), "light": (-15, 40), "scraps": (0.15, 0.15), "inversion": (0, 0),
    },
    "pencil": {
        "width": (0.025, 0.09), "pressure": (0.05, 0.4), "taper": (0, 0.5), "nib": (0, 0.2),
        "grain": (0.1, 0.85), "contrast": (45, 170), "paper": (190, 255), "noise": (0, 6),
        "blur": (0, 2.2), "light": (-15, 40), "scraps": (0.15, 0.15), "inversion": (0, 0),
    },
    "felt": {
        "width": (0.045, 0.14), "pressure": (0, 0.2), "taper": (0, 0.2), "nib": (0, 0.35),
        "grain": (0, 0.15), "contrast": (110, 255), "paper": (200, 255), "noise": (0, 5),
        "blur": (0, 1.6), "light": (-15, 40), "scraps": (0.1, 0.1), "inversion": (0.05, 0.05),
    },
    "brush": {
        "width": (0.05, 0.15), "pressure": (0.2, 0.6), "taper": (0.3, 0.9), "nib": (0, 0.6),
        "grain": (0, 0.5), "contrast": (110, 255), "paper": (190, 255), "noise": (0, 6),
        "blur": (0, 1.6), "light": (-10, 30), "scraps": (0.06, 0.06), "inversion": (0, 0),
    },
}  # fmt: skip
PEN_NAMES = tuple(PENS)

PEN_RANGES = np.array([[pen[name] for name in TRAIT_NAMES] for pen in PENS.values()], dtype=np.float64)
"""float64 (pens, traits, 2): lowest and highest value."""


@dataclass(frozen=True)
class Pen:
    """A pen and its paper.

    Attributes:
        traits: Float64 (len(TRAITS),), in the order of `TRAIT_NAMES`; `TRAITS` gives the meanings.
    """

    traits: np.ndarray


def build_pen(name: str = "ballpoint", *, seed: int = 0) -> Pen:
    """Take one pen of a kind.

    Raises:
        YomiteError: The kind is unknown.
    """
    if name not in PENS:
        raise YomiteError(f"unknown pen {name!r}; one of: {', '.join(PENS)}")
    uniform = np.random.default_rng(seed).random(len(TRAITS))
    return Pen(draw_traits(uniform, PEN_RANGES[PEN_NAMES.index(name)]))


@njit(cache=True)
def draw_traits(uniform: np.ndarray, ranges: np.ndarray) -> np.ndarray:
    """Turn numbers in 0..1 into traits; ranges: float64 (traits, 2), one pen of `PEN_RANGES`."""
    traits = ranges[:, 0] + uniform * (ranges[:, 1] - ranges[:, 0])
    traits[0] = ranges[0, 0] * (ranges[0, 1] / ranges[0, 0]) ** uniform[0]
    return traits


@njit(cache=True)
def draw_lines(
    written: np.ndarray,
    starts: np.ndarray,
    pressure: np.ndarray,
    traits: np.ndarray,
    length_px: float,
    pad_px: float,
) -> np.ndarray:
    """Draw what a hand wrote.

    Args:
        written, starts, pressure: As `writing.write_glyph` returns them.
        traits: Float64 (len(TRAITS),).
        length_px: Longer side of the character's box.
        pad_px: Bare paper around the box (the line's own width is added).

    Returns:
        Float32 (H, W), 0..1: how much of each pixel the ink covers.
    """
    width = traits[0]
    low_x, high_x = written[:, 0].min(), written[:, 0].max()
    low_y, high_y = written[:, 1].min(), written[:, 1].max()
    num_lines = starts.sum()
    # A crowded character is written with a finer pen, else its strokes run together.
    width = min(width, 0.26 / np.sqrt(num_lines + 1.0))
    scale = length_px / max(high_x - low_x, high_y - low_y, 0.08)
    line_px = max(width * length_px, 0.8)
    pad = pad_px + 0.5 * line_px + 1.0
    rows = int((high_y - low_y) * scale + 2.0 * pad) + 1
    columns = int((high_x - low_x) * scale + 2.0 * pad) + 1
    coverage = np.zeros((rows, columns), np.float32)
    draw_strokes(coverage, written, starts, pressure, traits, line_px, scale, pad, pad, low_x, low_y)
    return coverage


@njit(cache=True)
def draw_strokes(
    coverage: np.ndarray,
    written: np.ndarray,
    starts: np.ndarray,
    pressure: np.ndarray,
    traits: np.ndarray,
    line_px: float,
    scale: float,
    shift_x: float,
    shift_y: float,
    low_x: float = 0.0,
    low_y: float = 0.0,
) -> None:
    """Draw what a hand wrote onto a sheet; what lies outside is left out.

    Args:
        coverage: Float32 (H, W), 0..1; changed in place.
        written, starts, pressure: As `writing.write_glyph` returns them.
        traits: Float64 (len(TRAITS),); `width` does not count.
        line_px: Width of an ordinary line.
        scale: Pixels for one unit of `written`.
        shift_x, shift_y: Where the point (low_x, low_y) of `written` lies on the sheet, in pixels.
        low_x, low_y: In the unit of `written`; subtracted before scaling, so that no digit is lost.
    """
    change, taper, nib = traits[1], traits[2], traits[3]
    rows, columns = coverage.shape
    size = len(written)
    nib_angle = np.random.random() * 3.1416
    phase, frequency = np.random.random() * 6.2832, 0.15 + 0.5 * np.random.random()
    i = 0
    while i < size:
        end = i + 1
        while end < size and not starts[end]:
            end += 1
        count = end - i
        pen_down = 1.0 + 0.25 * change * np.random.normal()
        for k in range(max(count - 1, 1)):
            a, b = i + k, min(i + k + 1, end - 1)
            ax, ay = (written[a, 0] - low_x) * scale + shift_x, (written[a, 1] - low_y) * scale + shift_y
            bx, by = (written[b, 0] - low_x) * scale + shift_x, (written[b, 1] - low_y) * scale + shift_y
            dx, dy = bx - ax, by - ay
            squared = dx * dx + dy * dy
            t = (k + 0.5) / max(count - 1, 1)
            thick = pen_down * (1.0 + change * 0.5 * np.sin(phase + frequency * (a + 0.5)))
            thick *= 1.0 - taper * t * t * t
            if nib > 0.0 and squared > 0.0:
                direction = np.arctan2(dy, dx) - nib_angle
                thick *= 1.0 - nib * (1.0 - abs(np.sin(direction)))
            radius = 0.5 * max(line_px * max(thick, 0.15) * min(pressure[a], pressure[b]), 0.7)
            reach, outside = radius + 1.0, (radius + 0.5) ** 2
            top, bottom = max(int(min(ay, by) - reach), 0), min(int(max(ay, by) + reach) + 2, rows)
            left, right = max(int(min(ax, bx) - reach), 0), min(int(max(ax, bx) + reach) + 2, columns)
            inverse = 1.0 / squared if squared > 1e-9 else 0.0
            for row in range(top, bottom):
                py = row + 0.5 - ay
                for column in range(left, right):
                    px = column + 0.5 - ax
                    s = min(max((px * dx + py * dy) * inverse, 0.0), 1.0)
                    ex, ey = px - s * dx, py - s * dy
                    distance = ex * ex + ey * ey
                    if distance >= outside:
                        continue
                    gap = radius + 0.5 - np.sqrt(distance)
                    if gap > coverage[row, column]:
                        coverage[row, column] = min(gap, 1.0)
        i = end


@njit(cache=True)
def lay_on_paper(coverage: np.ndarray, traits: np.ndarray) -> np.ndarray:
    """Turn coverage into the gray levels of a picture.

    Args:
        coverage: Float32 (H, W), 0..1; changed in place.
        traits: Float64 (len(TRAITS),).

    Returns:
        Uint8 (H, W).
    """
    grain, contrast, paper, noise = traits[4], traits[5], traits[6], traits[7]
    blur, light, scraps, inversion = traits[8], traits[9], traits[10], traits[11]
    rows, columns = coverage.shape
    state = np.uint32(np.random.randint(1, 2**31 - 1))
    if scraps > 0.0 and np.random.random() < scraps:
        _leave_scraps(coverage)
    if grain > 0.0:
        for row in range(rows):
            for column in range(columns):
                if coverage[row, column] > 0.0:
                    state = np.uint32(state * np.uint32(1664525) + np.uint32(1013904223))
                    tooth = np.float32(state >> np.uint32(8)) * np.float32(1.0 / 16777216.0)
                    coverage[row, column] *= np.float32(1.0) - np.float32(grain) * tooth * tooth
    passes = int(blur + np.random.random())
    for _ in range(passes):
        _blur(coverage)
    angle = np.random.random() * 6.2832
    slope_x = light * np.cos(angle) / max(columns, 1)
    slope_y = light * np.sin(angle) / max(rows, 1)
    sign = 1.0
    if np.random.random() < inversion:
        sign, paper = -1.0, 255.0 - paper
    contrast = min(contrast, paper if sign > 0 else 255.0 - paper)
    picture = np.empty((rows, columns), np.uint8)
    # The sum of two bytes, each 0..255, has a deviation of 104.5.
    noise_scale = np.float32(noise / 104.5)
    for row in range(rows):
        for column in range(columns):
            level = paper - sign * contrast * coverage[row, column]
            level += slope_x * (column - 0.5 * columns) + slope_y * (row - 0.5 * rows)
            if noise > 0.0:
                state = np.uint32(state * np.uint32(1664525) + np.uint32(1013904223))
                both = ((state >> np.uint32(24)) & np.uint32(255)) + (
                    (state >> np.uint32(16)) & np.uint32(255)
                )
                level += (np.float32(both) - np.float32(255.0)) * noise_scale
            picture[row, column] = np.uint8(min(max(level + 0.5, 0.0), 255.0))
    return picture


@njit(cache=True)
def _leave_scraps(coverage: np.ndarray) -> None:
    """Leave pieces of ruled lines, or of a neighbor's ink, at the rim."""
    rows, columns = coverage.shape
    for _ in range(1 + int(np.random.random() * 1.6)):
        side = np.random.randint(4)
        span = columns if side < 2 else rows
        depth = int(np.random.random() * 3.0)
        thick = 1 + int(np.random.random() * 1.7)
        # What is ruled runs off the sheet, and is fainter than what is written: else こ beside a ruled line
        # would be に, and the model would learn to see none of に's first stroke.
        length = span if np.random.random() < 0.5 else 2 + int(np.random.random() * 0.5 * span)
        begin = 0 if np.random.random() < 0.5 else span - length
        end = begin + length
        strength = 0.1 + 0.5 * np.random.random()
        dashes = np.random.random() < 0.3
        for k in range(begin, end):
            if dashes and (k // 2) % 2 == 0:
                continue
            for d in range(depth, min(depth + thick, min(rows, columns))):
                row = d if side == 0 else rows - 1 - d if side == 1 else k
                column = k if side < 2 else d if side == 2 else columns - 1 - d
                coverage[row, column] = max(coverage[row, column], np.float32(strength))


@njit(cache=True)
def _blur(values: np.ndarray) -> None:
    """Blur in place with the weights 1, 2, 1 in both directions; the rim repeats."""
    rows, columns = values.shape
    quarter, half = np.float32(0.25), np.float32(0.5)
    for row in range(rows):
        before = values[row, 0]
        for column in range(columns):
            here = values[row, column]
            after = values[row, min(column + 1, columns - 1)]
            values[row, column] = quarter * before + half * here + quarter * after
            before = here
    above = values[0].copy()
    for row in range(rows):
        below = min(row + 1, rows - 1)
        for column in range(columns):
            here = values[row, column]
            values[row, column] = quarter * above[column] + half * here + quarter * values[below, column]
            above[column] = here
