"""What is printed or ruled on a page: notebook lines, squares, dots, cells for each character, tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from yomite.ink.page_plan import PagePlan
from yomite.ink.page_writing import Warp
from yomite.ink.ruling import punch_hole, rule_dots, rule_line

_SHARES = {"none": 0.5, "notebook": 0.28, "squared": 0.14, "dotted": 0.04, "frame": 0.04}
_NAMES, _STEPS = tuple(_SHARES), np.cumsum(list(_SHARES.values()))
Rule = Callable[[float, float, float, float], None]
"""Draws a straight line on the flat sheet, from x, y to x, y."""

_PIECE_PX = 80.0
"""A ruling on a curled sheet is drawn in pieces so long."""


def rule_page(ink: np.ndarray, plan: PagePlan, warp: Warp, rng: np.random.Generator) -> None:
    """Rule a sheet.

    Args:
        ink: Float32 (H, W), changed in place where a ruling is darker than what is there.
        plan: Of the page.
        warp: How the sheet lies.
        rng: Every choice comes from it.
    """
    height, width = ink.shape
    em = plan.em
    darkness = 0.06 + 0.34 * rng.random() if rng.random() < 0.75 else 0.3 + 0.7 * rng.random()
    thickness = max((0.01 + 0.05 * rng.random() ** 2) * em, 0.6)
    dash = (0.08 * em, 0.06 * em) if rng.random() < 0.1 else (0.0, 0.0)

    def rule(x0: float, y0: float, x1: float, y1: float) -> None:
        num = max(int(max(abs(x1 - x0), abs(y1 - y0)) / _PIECE_PX), 1) + 1
        points = warp(np.stack([np.linspace(x0, x1, num), np.linspace(y0, y1, num)], axis=1))
        for (ax, ay), (bx, by) in zip(points[:-1].tolist(), points[1:].tolist(), strict=True):
            rule_line(ink, ax, ay, bx, by, thickness, darkness, *dash)

    if plan.rules:
        darkness = max(darkness, 0.25)
        for ends in plan.rules:
            rule(*ends)
        return
    gridded = [slot for slot in plan.slots if slot.is_gridded]
    if gridded and rng.random() < 0.85:
        for slot in gridded:
            _rule_cells(slot.x, slot.y, slot.length, slot.em, slot.is_vertical, rule)
        return
    kind = _NAMES[min(int(np.searchsorted(_STEPS, rng.random(), side="right")), len(_NAMES) - 1)]
    beyond = 0.2 * max(width, height)
    if kind == "notebook":
        pitch = plan.pitch if rng.random() < 0.8 else em * (1.0 + rng.random())
        below = 0.5 + 0.16 * rng.normal() if rng.random() < 0.75 else rng.random() * 1.5
        start = (plan.slots[0].x if plan.is_vertical else plan.slots[0].y) if plan.slots else 0.0
        start = (start + below * em) % pitch
        for level in np.arange(start - pitch * int(beyond / pitch), max(width, height) + beyond, pitch):
            if plan.is_vertical:
                rule(float(level), -beyond, float(level), height + beyond)
            else:
                rule(-beyond, float(level), width + beyond, float(level))
        if rng.random() < 0.15:
            place = float(rng.random() * 0.3 * width)
            rule(place, -beyond, place, height + beyond)
    elif kind == "squared":
        pitch = em * (0.3 + 0.9 * rng.random())
        for level in np.arange(-beyond, max(width, height) + beyond, pitch).tolist():
            rule(-beyond, level, width + beyond, level)
            rule(level, -beyond, level, height + beyond)
    elif kind == "dotted":
        pitch = em * (0.4 + 0.8 * rng.random())
        rule_dots(ink, 0.0, 0.0, pitch, pitch, 0.02 * rng.normal(), max(0.03 * em, 0.5), darkness)
    elif kind == "frame":
        inset = 0.08 * rng.random() * min(width, height)
        corners = (inset, inset, width - inset, height - inset)
        for x0, y0, x1, y1 in ((0, 1, 2, 1), (2, 1, 2, 3), (2, 3, 0, 3), (0, 3, 0, 1)):
            rule(corners[x0], corners[y0], corners[x1], corners[y1])
    if rng.random() < 0.06:
        pitch = (1.0 + 2.0 * rng.random()) * em
        x = float(0.05 * width * rng.random())
        for y in np.arange(0.5 * pitch, height, pitch).tolist():
            punch_hole(ink, x, y, 0.2 * em, 0.4 + 0.5 * rng.random())


def _rule_cells(x: float, y: float, length: float, em: float, is_vertical: bool, rule: Rule) -> None:
    """Draw the cells that a line of genkoyoshi may have room for."""
    pitch, half = 1.12 * em, 0.58 * em
    num = int(length / pitch) + 1
    for side in (-half, half):
        if is_vertical:
            rule(x + side, y, x + side, y + num * pitch)
        else:
            rule(x, y + side, x + num * pitch, y + side)
    for number in range(num + 1):
        at = number * pitch
        if is_vertical:
            rule(x - half, y + at, x + half, y + at)
        else:
            rule(x + at, y - half, x + at, y + half)
