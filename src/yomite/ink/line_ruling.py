"""What is printed under a line of writing: notebooks, squares, dots, genkoyoshi, forms, tables."""

from __future__ import annotations

import numpy as np

from yomite.ink.line_writing import WrittenLine
from yomite.ink.ruling import punch_hole, rule_across, rule_dots, rule_down, rule_frame, rule_line

_SHARES = {"none": 0.44, "notebook": 0.28, "squared": 0.11, "dotted": 0.03, "blank": 0.06, "table": 0.08}
_NAMES, _STEPS = tuple(_SHARES), np.cumsum(list(_SHARES.values()))


def rule_sheet(
    coverage: np.ndarray, line: WrittenLine, origin: np.ndarray, unit: float, rng: np.random.Generator
) -> None:
    """Draw the printed lines of a sheet.

    Args:
        coverage: Float32 (H, W), changed in place where a ruling is darker than what is there.
        line: The writing; its middle runs along 0 of its coordinates.
        origin: Float64 (2,), px where these coordinates begin on the sheet.
        unit: Px of one em.
        rng: Every choice comes from it.
    """
    kind = _NAMES[min(int(np.searchsorted(_STEPS, rng.random(), side="right")), len(_NAMES) - 1)]
    if line.is_gridded:
        kind = "cells" if rng.random() < 0.8 else "none"
    darkness = 0.06 + 0.34 * rng.random() if rng.random() < 0.75 else 0.3 + 0.7 * rng.random()
    width = max((0.008 + 0.03 * rng.random() ** 2) * unit, 0.6)
    tilt = 0.01 * rng.normal() + 0.6 * float(np.arctan(line.slope))
    dash = (0.06 * unit, 0.05 * unit) if rng.random() < 0.12 else (0.0, 0.0)
    if kind == "notebook":
        _rule_notebook(coverage, line.is_vertical, origin, unit, tilt, width, darkness, dash, rng)
    elif kind in ("squared", "dotted"):
        pitch = unit * (0.28 + 0.9 * rng.random())
        x, y = origin + pitch * rng.random(2)
        if kind == "dotted":
            rule_dots(coverage, x, y, pitch, pitch, tilt, max(0.02 * unit, 0.5), darkness)
        else:
            rule_across(coverage, x, y, pitch, tilt, width, darkness, 0.0, *dash)
            rule_down(coverage, x, y, pitch, tilt, width, darkness, 0.0, *dash)
    elif kind == "blank":
        _rule_blank(coverage, line, origin, unit, width, max(darkness, 0.25), rng)
    elif kind == "table":
        _rule_table(coverage, line, origin, unit, tilt, width, max(darkness, 0.2), rng)
    elif kind == "cells":
        _rule_cells(coverage, line, origin, unit, width, darkness, rng)
    if rng.random() < 0.004:
        x, y = (rng.random(2) * coverage.shape[::-1]).tolist()
        punch_hole(coverage, x, y, 0.3 * unit, 0.4 + 0.5 * rng.random())


def _rule_notebook(
    coverage: np.ndarray,
    is_vertical: bool,
    origin: np.ndarray,
    unit: float,
    tilt: float,
    width: float,
    darkness: float,
    dash: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    """Draw lines along the writing: below it, between lines, or through it; a margin line now and then."""
    pitch = unit * (1.05 + 0.9 * rng.random())
    kind = rng.random()
    below = 0.5 + 0.16 * rng.normal()  # em from the middle of the writing to the line under it
    if kind < 0.25:
        below = 0.5 * pitch / unit
    elif kind < 0.4:
        below = rng.random()
    pair = 0.12 * unit if rng.random() < 0.04 else 0.0
    x, y = origin + below * unit * (-1.0 if is_vertical and rng.random() < 0.5 else 1.0)
    rule, cross = (rule_down, rule_across) if is_vertical else (rule_across, rule_down)
    rule(coverage, x, y, pitch, tilt, width, darkness, pair, *dash)
    if rng.random() < 0.12:
        x, y = (rng.random(2) * coverage.shape[::-1]).tolist()
        cross(coverage, x, y, 4.0 * max(coverage.shape), tilt, width, darkness)


def _rule_blank(
    coverage: np.ndarray,
    line: WrittenLine,
    origin: np.ndarray,
    unit: float,
    width: float,
    darkness: float,
    rng: np.random.Generator,
) -> None:
    """Draw the single line of a form to write on; it begins and ends anywhere."""
    boxes = line.strokes.boxes
    low, high = boxes[:, :2].min(axis=0) - 2.0 * rng.random(), boxes[:, 2:].max(axis=0) + 2.0 * rng.random()
    level = 0.5 + 0.15 * rng.normal()
    if line.is_vertical:
        x = origin[0] + level * unit
        rule_line(coverage, x, origin[1] + low[1] * unit, x, origin[1] + high[1] * unit, width, darkness)
    else:
        y = origin[1] + level * unit
        rule_line(coverage, origin[0] + low[0] * unit, y, origin[0] + high[0] * unit, y, width, darkness)


def _rule_table(
    coverage: np.ndarray,
    line: WrittenLine,
    origin: np.ndarray,
    unit: float,
    tilt: float,
    width: float,
    darkness: float,
    rng: np.random.Generator,
) -> None:
    """Draw the box of a form or the cell of a table around the writing."""
    boxes = line.strokes.boxes
    room = (0.05 + 0.35 * rng.random(4)) * unit
    low = origin + boxes[:, :2].min(axis=0) * unit - room[:2]
    high = origin + boxes[:, 2:].max(axis=0) * unit + room[2:]
    (x, y), (side_x, side_y) = (0.5 * (low + high)).tolist(), (high - low).tolist()
    rule_frame(coverage, x, y, side_x, side_y, tilt, width, darkness)


def _rule_cells(
    coverage: np.ndarray,
    line: WrittenLine,
    origin: np.ndarray,
    unit: float,
    width: float,
    darkness: float,
    rng: np.random.Generator,
) -> None:
    """Draw genkoyoshi: a cell for each character, some empty ones before and behind."""
    cells = line.strokes.cells
    pitch = float(cells[0, 1] - cells[0, 0])
    across = pitch * (0.95 + 0.2 * rng.random())
    drift_along, drift_across = 0.06 * rng.normal(size=2)
    gutter = unit * across * 0.5
    along = 1 if line.is_vertical else 0
    first, last = -3, round(float(cells[-1, 1] - cells[0, 0]) / pitch) + 4
    ends = origin[along] + (float(cells[0, 0]) + drift_along + np.array([first, last]) * pitch) * unit
    sides = origin[1 - along] + drift_across * unit + np.array([-gutter, gutter])
    for side in sides:
        _rule(coverage, along, ends[0], side, ends[1], side, width, darkness)
    has_gutter = rng.random() < 0.6
    for number in range(first, last + 1):
        place = origin[along] + (float(cells[0, 0]) + drift_along + number * pitch) * unit
        _rule(coverage, along, place, sides[0], place, sides[1], width, darkness)
    if has_gutter:
        gap = unit * across * (0.15 + 0.3 * rng.random())
        for side, sign in zip(sides, (-1.0, 1.0), strict=True):
            _rule(coverage, along, ends[0], side + sign * gap, ends[1], side + sign * gap, width, darkness)


def _rule(
    coverage: np.ndarray,
    along: int,
    a0: float,
    c0: float,
    a1: float,
    c1: float,
    width: float,
    darkness: float,
) -> None:
    """Draw one line whose ends are given along and across the writing, in px."""
    if along:
        rule_line(coverage, c0, a0, c1, a1, width, darkness)
    else:
        rule_line(coverage, a0, c0, a1, c1, width, darkness)
