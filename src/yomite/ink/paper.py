"""Paper: what is printed on it, lies beside the writing, or happens to it in front of a camera.

`rule_paper` draws rulings, frames, holes and neighbors' ink into a coverage array, before
`yomite.ink.pen.lay_on_paper` turns coverage into gray levels; `yomite.ink.photo.photograph` treats the gray
picture after it. Both take a row of numbers, one for each of `PAPER_TRAITS`. Single lines, frames and grids
are in `yomite.ink.ruling`; all of them take pictures of any shape, and boxes of the writing stay true. All
is compiled; the random stream is numba's (seed it first).

Darkness is relative to the writing's ink, as coverage is: 1 is as dark as the ink, 0.2 a faint ruling, 1.2
darker than the ink. Color is a matter of darkness here, because the canvas reads one gray level a pixel.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from yomite.ink.ruling import (
    leave_neighbor,
    punch_hole,
    rule_across,
    rule_cross,
    rule_diagonals,
    rule_dots,
    rule_down,
    rule_frame,
)

# Columns of the tables below: the lowest and the highest value, drawn evenly; `pitch` and `width` evenly on a
# log scale. Lengths are shares of the longer side of a character, chances are 0..1.
PAPER_TRAITS: dict[str, str] = {
    "room": "paper seen beyond the character on each side; each side takes 0.1 to 1 of it",
    "pitch": "distance of a ruled line to the next, or side of a frame",
    "aspect": "how much wider than high a frame or a square is, as a natural logarithm",
    "shift": "how far the character sits from the middle of its cell, as a share of the pitch",
    "tilt": "angle of the ruling, in radians, to either side",
    "width": "width of a ruled line",
    "darkness": "of the ruling; 1: as dark as the ink",
    "across": "chance of horizontal lines through the whole picture",
    "down": "chance of vertical lines through the whole picture",
    "pair": "distance of a second line beside each, as a share of the pitch; below 0.02: none",
    "dash": "chance that the lines are dashed",
    "frame": "chance of one frame around the character",
    "cross": "chance of a cross through the middle of each cell, mostly dashed, fainter than its sides",
    "diagonals": "chance of diagonals through the cell",
    "dots": "chance of dots where the lines would cross, instead of lines",
    "holes": "chance of a punched hole",
    "neighbors": "chance of a neighbor's ink at the rim of the picture",
    "shadow": "how much of the light a shadow takes away, 0..1",
    "fold": "how much of the light a fold takes or adds, 0..1",
    "moire": "amplitude of a screen's pattern, in gray levels",
    "coarse": "px that one px of a poor camera covers; below 1.2: none",
    "blocks": "step of JPEG's rounding, in gray levels; below 2: none",
}
PAPER_TRAIT_NAMES = tuple(PAPER_TRAITS)

_NOTHING: dict[str, tuple[float, float]] = {
    "room": (0.05, 0.4), "pitch": (1.1, 1.8), "aspect": (0, 0), "shift": (0, 0.1), "tilt": (-0.03, 0.03),
    "width": (0.006, 0.03), "darkness": (0.1, 1.05), "across": (0, 0), "down": (0, 0), "pair": (0, 0),
    "dash": (0.15, 0.15), "frame": (0, 0), "cross": (0, 0), "diagonals": (0, 0), "dots": (0, 0),
    "holes": (0, 0), "neighbors": (0.05, 0.05), "shadow": (0, 0.05), "fold": (0, 0), "moire": (0, 0),
    "coarse": (0.6, 1.3), "blocks": (0, 4),
}  # fmt: skip

PAPERS: dict[str, dict[str, tuple[float, float]]] = {
    # One or a few lines above, below or beside; a notebook's line as often runs through the character.
    "lines": {**_NOTHING, "room": (0.15, 0.6), "pitch": (1.05, 2.2), "across": (0.6, 0.6),
              "down": (0.4, 0.4), "shift": (0, 0.2), "pair": (-0.06, 0.1)},
    "notebook": {**_NOTHING, "room": (0.15, 0.6), "pitch": (0.4, 1.1), "across": (0.8, 0.8),
                 "down": (0.2, 0.2), "shift": (0.5, 0.5), "darkness": (0.1, 0.9), "width": (0.005, 0.022),
                 "holes": (0.05, 0.05)},
    "frame": {**_NOTHING, "room": (0.05, 0.5), "pitch": (1.12, 1.9), "aspect": (-0.15, 0.15),
              "frame": (1, 1), "width": (0.005, 0.05), "dash": (0.1, 0.1), "pair": (-0.06, 0.03)},
    "practice": {**_NOTHING, "room": (0.1, 0.5), "pitch": (1.05, 1.6), "frame": (0.6, 0.6),
                 "across": (0.4, 0.4), "down": (0.4, 0.4), "cross": (0.95, 0.95), "diagonals": (0.15, 0.15),
                 "dash": (0.1, 0.1), "width": (0.006, 0.028)},
    "genkoyoshi": {**_NOTHING, "room": (0.2, 0.7), "pitch": (1.1, 1.7), "down": (1, 1),
                   "across": (0.85, 0.85), "pair": (0.08, 0.3), "darkness": (0.12, 0.9),
                   "width": (0.006, 0.025), "dash": (0.05, 0.05)},
    "squared": {**_NOTHING, "room": (0.1, 0.5), "pitch": (0.14, 0.8), "across": (1, 1), "down": (1, 1),
                "shift": (0.5, 0.5), "darkness": (0.1, 0.85), "width": (0.005, 0.022), "dash": (0.1, 0.1)},
    "dotted": {**_NOTHING, "room": (0.1, 0.5), "pitch": (0.14, 0.6), "across": (1, 1), "down": (1, 1),
               "dots": (1, 1), "shift": (0.5, 0.5), "darkness": (0.15, 0.9), "width": (0.012, 0.04)},
    # Nothing printed: neighbors, holes, and what light, cameras and files do.
    "scrap": {**_NOTHING, "room": (0.15, 0.5), "neighbors": (0.9, 0.9), "holes": (0.25, 0.25)},
    "shaded": {**_NOTHING, "shadow": (0.1, 0.5), "fold": (-0.15, 0.3), "neighbors": (0.1, 0.1)},
    "photo": {**_NOTHING, "shadow": (0, 0.25), "moire": (0, 14), "coarse": (0.8, 2.4), "blocks": (0, 40)},
}  # fmt: skip
PAPER_NAMES = tuple(PAPERS)

PAPER_RANGES = np.array(
    [[paper[name] for name in PAPER_TRAIT_NAMES] for paper in PAPERS.values()], dtype=np.float64
)
"""float64 (papers, traits, 2): lowest and highest value."""

_ROOM, _PITCH, _ASPECT, _SHIFT, _TILT, _WIDTH, _DARKNESS, _ACROSS, _DOWN, _PAIR, _DASH = range(11)
_FRAME, _CROSS, _DIAGONALS, _DOTS, _HOLES, _NEIGHBORS = range(11, 17)


@njit(cache=True)
def draw_paper(uniform: np.ndarray, ranges: np.ndarray) -> np.ndarray:
    """Turn numbers in 0..1 into a paper.

    Args:
        uniform: Float64 (len(PAPER_TRAITS),), 0..1.
        ranges: Float64 (len(PAPER_TRAITS), 2), one of `PAPER_RANGES`.

    Returns:
        Float64 (len(PAPER_TRAITS),).
    """
    traits = ranges[:, 0] + uniform * (ranges[:, 1] - ranges[:, 0])
    for trait in (_PITCH, _WIDTH):
        traits[trait] = ranges[trait, 0] * (ranges[trait, 1] / ranges[trait, 0]) ** uniform[trait]
    return traits


@njit(cache=True)
def make_room(coverage: np.ndarray, room_px: float, length_px: float) -> tuple[np.ndarray, int, int]:
    """Set what is written on a larger sheet; each side gets 0.1 to 1 of the room.

    Args:
        coverage: Float32 (H, W).
        room_px: Most px of paper added on a side.
        length_px: Longer side of a character. A flat or narrow one, as 一, may get the room of a square one.

    Returns:
        Float32 (H + above + below, W + left + right), and the row and column where `coverage` begins in it.
    """
    rows, columns = coverage.shape
    flat, narrow = max(length_px - rows, 0.0), max(length_px - columns, 0.0)
    more = 0.5 * np.random.random()
    above = int(room_px * (0.1 + 0.9 * np.random.random()) + more * flat)
    below = int(room_px * (0.1 + 0.9 * np.random.random()) + more * flat)
    left = int(room_px * (0.1 + 0.9 * np.random.random()) + more * narrow)
    right = int(room_px * (0.1 + 0.9 * np.random.random()) + more * narrow)
    sheet = np.zeros((rows + above + below, columns + left + right), np.float32)
    sheet[above : above + rows, left : left + columns] = coverage
    return sheet, above, left


@njit(cache=True)
def rule_paper(
    coverage: np.ndarray, center_x: float, center_y: float, length_px: float, traits: np.ndarray
) -> None:
    """Draw what is printed on the paper around a character, and what lies beside it.

    Args:
        coverage: Float32 (H, W), the writing's ink; changed in place.
        center_x, center_y: Middle of the character (of any one, if there are several), in px.
        length_px: Longer side of a character, in px.
        traits: Float64 (len(PAPER_TRAITS),).
    """
    rows, columns = coverage.shape
    pitch = max(traits[_PITCH] * length_px, 3.0)
    stretch = np.exp(0.5 * traits[_ASPECT])
    pitch_x, pitch_y = pitch * stretch, pitch / stretch
    width_px = max(traits[_WIDTH] * length_px, 0.5)
    darkness, tilt = traits[_DARKNESS], traits[_TILT]
    middle_x = center_x + pitch_x * traits[_SHIFT] * (2.0 * np.random.random() - 1.0)
    middle_y = center_y + pitch_y * traits[_SHIFT] * (2.0 * np.random.random() - 1.0)
    pair_px = traits[_PAIR] * pitch if traits[_PAIR] > 0.02 else 0.0
    is_across, is_down = np.random.random() < traits[_ACROSS], np.random.random() < traits[_DOWN]
    dash_px, gap_px = 0.0, 0.0
    if np.random.random() < traits[_DASH]:
        dash_px = max(length_px * (0.02 + 0.1 * np.random.random()), 1.5)
        gap_px = dash_px * (0.4 + 1.2 * np.random.random())
    if np.random.random() < traits[_DOTS]:
        rule_dots(coverage, middle_x, middle_y, pitch_x, pitch_y, tilt, 0.5 * width_px, darkness)
        is_across = is_down = False
    if is_across:
        rule_across(coverage, middle_x, middle_y + 0.5 * pitch_y, pitch_y, tilt,
                    width_px, darkness, 0.0 if is_down else pair_px, dash_px, gap_px)  # fmt: skip
    if is_down:
        rule_down(coverage, middle_x + 0.5 * pitch_x, middle_y, pitch_x, tilt,
                  width_px, darkness, pair_px, dash_px, gap_px)  # fmt: skip
    is_framed = np.random.random() < traits[_FRAME] and not (is_across or is_down)
    if is_framed:
        rule_frame(coverage, middle_x, middle_y, pitch_x, pitch_y, tilt, width_px, darkness, dash_px, gap_px)
        if pair_px > 0.0:
            rule_frame(coverage, middle_x, middle_y, pitch_x + 2.0 * pair_px, pitch_y + 2.0 * pair_px, tilt,
                       width_px, darkness, dash_px, gap_px)  # fmt: skip
    if np.random.random() < traits[_CROSS]:
        fainter = darkness * (0.4 + 0.6 * np.random.random())
        thinner = width_px * (0.5 + 0.5 * np.random.random())
        dash_px = gap_px = 0.0
        if np.random.random() < 0.85:
            dash_px = max(length_px * (0.015 + 0.09 * np.random.random()), 1.5)
            gap_px = dash_px * (0.4 + 1.4 * np.random.random())
        if is_framed or not (is_across or is_down):
            rule_cross(
                coverage, middle_x, middle_y, pitch_x, pitch_y, tilt, thinner, fainter, dash_px, gap_px
            )
        else:
            rule_across(coverage, middle_x, middle_y, pitch_y, tilt, thinner, fainter, 0.0, dash_px, gap_px)
            rule_down(coverage, middle_x, middle_y, pitch_x, tilt, thinner, fainter, 0.0, dash_px, gap_px)
        if np.random.random() < traits[_DIAGONALS]:
            rule_diagonals(coverage, middle_x, middle_y, pitch_x, pitch_y, tilt, thinner, fainter,
                           dash_px, gap_px)  # fmt: skip
    if np.random.random() < traits[_HOLES]:
        radius = length_px * (0.05 + 0.2 * np.random.random())
        hole_y = -radius + (rows + 2.0 * radius) * np.random.random()
        hole_x = radius * (1.4 * np.random.random() - 0.7)
        if np.random.random() < 0.5:
            hole_x = columns - hole_x
        punch_hole(coverage, hole_x, hole_y, radius, 0.15 + 0.85 * np.random.random())
    if np.random.random() < traits[_NEIGHBORS]:
        leave_neighbor(coverage, length_px, 0.7 + 0.3 * np.random.random())
