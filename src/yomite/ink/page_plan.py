"""Plan of a page: where each line is to stand, and what is ruled and framed, before any ink exists.

Places are px of the sheet, x to the right and y down. What is written along and across a line is planned in a
frame of its own, so that prose runs down as it runs to the right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

SMALLEST_EM, LARGEST_EM = 11.0, 64.0
DESK_SHARE = 0.35

_KINDS = {
    "prose": 0.16, "list": 0.20, "columns": 0.08, "down": 0.15, "grid": 0.07,
    "table": 0.08, "memo": 0.18, "few": 0.05, "bare": 0.03,
}  # fmt: skip
_NAMES, _STEPS = tuple(_KINDS), np.cumsum(list(_KINDS.values()))

Area = tuple[float, float, float, float]
"""Left, top, right, bottom."""


class Slot(NamedTuple):
    """Room for one line.

    Attributes:
        x, y: Where the middle of the line begins.
        length: Room along the line, px.
        em: Side of a kanji's square, px.
        tilt: Of the line against the sheet, radians.
        is_vertical: Whether it runs down.
        is_full: Whether the text fills the room, as within a paragraph.
        is_gridded: Whether each character has a cell of its own.
        has_ruby: Whether small kana beside it say how kanji are read.
    """

    x: float
    y: float
    length: float
    em: float
    tilt: float = 0.0
    is_vertical: bool = False
    is_full: bool = False
    is_gridded: bool = False
    has_ruby: bool = False


@dataclass
class PagePlan:
    """What is to be on a sheet.

    Attributes:
        em: Side of a kanji's square in most of its lines, px.
        slots: Room for lines.
        rules: Printed or drawn straight lines, x and y of both ends each.
        frames: Areas that are framed by hand.
        pitch: Distance of the lines of its main text; of a ruling under it, if there is one.
        is_vertical: Whether its main text runs down.
        paper: What of the picture the sheet covers; it may reach beyond it.
    """

    em: float
    paper: Area
    slots: list[Slot] = field(default_factory=list)
    rules: list[tuple[float, float, float, float]] = field(default_factory=list)
    frames: list[Area] = field(default_factory=list)
    pitch: float = 0.0
    is_vertical: bool = False


def plan_page(width: int, height: int, rng: np.random.Generator) -> PagePlan:
    """Plan a page.

    Args:
        width, height: Of the sheet, px.
        rng: Every choice comes from it.
    """
    em = SMALLEST_EM * (LARGEST_EM / SMALLEST_EM) ** rng.beta(1.1, 1.5)
    paper = _draw_paper(width, height, rng)
    plan = PagePlan(em, paper, pitch=em * (1.12 + 1.1 * rng.random() ** 1.5))
    kind = _NAMES[min(int(np.searchsorted(_STEPS, rng.random(), side="right")), len(_NAMES) - 1)]
    area = _draw_area(paper, (width, height), em, rng)
    if kind == "bare":
        return plan
    if kind in ("prose", "list", "down", "columns") and rng.random() < 0.4:
        area = _plan_title(plan, area, rng)
    if kind == "columns":
        _plan_columns(plan, area, rng)
    elif kind in ("prose", "list"):
        _plan_text(plan, area, em, False, kind == "list", rng)
    elif kind in ("down", "grid"):
        plan.is_vertical = kind == "down" or rng.random() < 0.75
        _plan_text(plan, area, em, plan.is_vertical, rng.random() < 0.2, rng, is_gridded=kind == "grid")
    elif kind == "table":
        _plan_table(plan, area, rng)
    elif kind == "memo":
        _plan_memo(plan, area, int(rng.integers(3, 12)), rng)
    else:
        plan.em = em = min(em * 1.6, LARGEST_EM * 1.4)
        _plan_memo(plan, area, int(rng.integers(1, 3)), rng)
    return plan


def _draw_paper(width: int, height: int, rng: np.random.Generator) -> Area:
    """Draw where the sheet ends; mostly beyond the picture."""
    inset = np.full(4, -0.3)
    if rng.random() < DESK_SHARE:
        inset = np.where(rng.random(4) < 0.55, 0.25 * rng.random(4) ** 2, inset)
    left, top, right, bottom = inset.tolist()
    return left * width, top * height, (1.0 - right) * width, (1.0 - bottom) * height


def _draw_area(paper: Area, size: tuple[int, int], em: float, rng: np.random.Generator) -> Area:
    """Draw where the text stands: on the sheet, but it may begin or go on outside of the picture."""
    margins = (0.3 + 2.5 * rng.random(4) ** 2) * em
    margins = np.minimum(margins, 0.2 * min(size))
    ends = np.where(rng.random(4) < 0.2, -2.0 * em * rng.random(4), margins)
    left, top = (max(low + margins[side], ends[side]) for side, low in enumerate(paper[:2]))
    right, bottom = (
        min(high - margins[side], extent - ends[side])
        for side, high, extent in zip((2, 3), paper[2:], size, strict=True)
    )
    return float(left), float(top), float(right), float(bottom)


def _plan_title(plan: PagePlan, area: Area, rng: np.random.Generator) -> Area:
    """Plan a heading above the text; return what is left of the area."""
    left, top, right, bottom = area
    em = plan.em * (1.0 + 0.9 * rng.random())
    start = left + (0.4 * (right - left) * rng.random() if rng.random() < 0.5 else 0.0)
    plan.slots.append(Slot(start, top + 0.6 * em, (right - start) * (0.4 + 0.6 * rng.random()), em))
    return left, top + em * (1.4 + rng.random()), right, bottom


def _plan_columns(plan: PagePlan, area: Area, rng: np.random.Generator) -> None:
    """Plan two blocks of text side by side, or a drawing beside one."""
    left, top, right, bottom = area
    middle = left + (right - left) * (0.3 + 0.4 * rng.random())
    gutter = plan.em * (0.5 + 1.2 * rng.random())
    for part in ((left, top, middle - gutter, bottom), (middle + gutter, top, right, bottom)):
        if rng.random() < 0.85:
            em = plan.em * (0.85 + 0.3 * rng.random())
            _plan_text(plan, part, em, rng.random() < 0.12, rng.random() < 0.6, rng)


def _plan_text(
    plan: PagePlan,
    area: Area,
    em: float,
    is_vertical: bool,
    is_list: bool,
    rng: np.random.Generator,
    *,
    is_gridded: bool = False,
) -> None:
    """Plan lines one after the other: paragraphs, or the points of a list with their indents."""
    left, top, right, bottom = area
    room, depth = (bottom - top, right - left) if is_vertical else (right - left, bottom - top)
    pitch = plan.pitch * em / plan.em
    if is_gridded:
        pitch = em * (1.15 + 0.7 * rng.random())
    has_ruby = pitch > 1.45 * em and rng.random() < 0.15
    across, indent, ends_soon = 0.55 * em, 0.0, True
    end = depth * (0.35 + 0.65 * rng.random()) if rng.random() < 0.3 else depth
    while across < end:
        if ends_soon:
            indent = em * (rng.integers(4) if is_list else float(rng.random() < 0.5))
        ends_soon = rng.random() < (0.7 if is_list else 0.2)
        length = room - indent
        if ends_soon:
            length *= 0.12 + 0.88 * rng.random() ** 0.7
        shake = em * np.array([0.15 if is_list else 0.05, 0.04]) * rng.normal(size=2)
        along = indent + float(shake[0])
        x, y = (right - across, top + along) if is_vertical else (left + along, top + across)
        if length > 0.8 * em:
            slot = Slot(x, y, length, em, 0.004 * rng.normal(), is_vertical, not ends_soon)
            plan.slots.append(slot._replace(is_gridded=is_gridded, has_ruby=has_ruby and rng.random() < 0.6))
        across += pitch + float(shake[1])
        if ends_soon and rng.random() < 0.3:
            across += pitch * rng.integers(1, 3)


def _plan_table(plan: PagePlan, area: Area, rng: np.random.Generator) -> None:
    """Plan cells with a few characters each; lines between all of them, between rows, or around it."""
    left, top, right, bottom = area
    num_columns = int(rng.integers(2, 6))
    shares = np.cumsum(rng.dirichlet(np.full(num_columns, 4.0)))
    xs = np.concatenate([[left], left + (right - left) * shares])
    row = plan.em * (1.3 + 1.2 * rng.random())
    num_rows = max(int((bottom - top) / row * (0.4 + 0.6 * rng.random())), 1)
    ys = top + row * np.arange(num_rows + 1)
    ruled = rng.random()
    if ruled < 0.8:
        plan.rules += [(left, float(y), right, float(y)) for y in ys]
    if ruled < 0.6:
        plan.rules += [(float(x), top, float(x), float(ys[-1])) for x in xs]
    is_written = rng.random(num_columns) < 0.9
    for y in ys[:-1]:
        for column in range(num_columns):
            room = float(xs[column + 1] - xs[column])
            if not is_written[column] or rng.random() < 0.15 or room < 1.5 * plan.em:
                continue
            start = plan.em * (0.15 + 0.3 * rng.random()) + (0.4 * room * rng.random() ** 3)
            x, middle = float(xs[column]) + start, float(y) + row * (0.5 + 0.04 * rng.normal())
            plan.slots.append(Slot(x, middle, room - start - 0.2 * plan.em, plan.em))


def _plan_memo(plan: PagePlan, area: Area, num_blocks: int, rng: np.random.Generator) -> None:
    """Plan blocks of one to four lines anywhere, of several sizes and both directions, some framed."""
    taken: list[Area] = []
    for block in _draw_blocks(area, plan.em, num_blocks, rng):
        box, em, is_vertical, num_lines, length = block
        if any(_overlap(box, other) for other in taken):
            continue
        taken.append(box)
        left, top, right, _ = box
        tilt = 0.03 * rng.normal() if rng.random() < 0.85 else 0.2 * rng.normal()
        for number in range(num_lines):
            across = (0.6 + 1.35 * number) * em
            x, y = (right - across, top + 0.1 * em) if is_vertical else (left + 0.1 * em, top + across)
            part = length * (1.0 if number < num_lines - 1 else 0.5 + 0.5 * rng.random())
            plan.slots.append(Slot(x, y, part, em, tilt, is_vertical, number < num_lines - 1))
        if rng.random() < 0.3:
            pad = em * (0.1 + 0.5 * rng.random())
            plan.frames.append((left - pad, top - pad, right + pad, box[3] + pad))


def _draw_blocks(
    area: Area, em: float, num_blocks: int, rng: np.random.Generator
) -> Iterator[tuple[Area, float, bool, int, float]]:
    left, top, right, bottom = area
    for _ in range(num_blocks):
        size = em * (0.7 + 0.9 * rng.random() ** 2)
        is_vertical = rng.random() < 0.22
        num_lines = int(min(1 + rng.geometric(0.55) - 1 + (rng.random() < 0.3), 4))
        room = bottom - top if is_vertical else right - left
        length = float(np.clip(size * (1.5 + 12.0 * rng.random() ** 1.5), 1.5 * size, max(room, 1.5 * size)))
        depth = size * (1.35 * num_lines - 0.15)
        wide, high = (depth, length) if is_vertical else (length, depth)
        x = left + max(right - left - wide, 0.0) * rng.random()
        y = top + max(bottom - top - high, 0.0) * rng.random()
        yield (x, y, x + wide, y + high), size, is_vertical, num_lines, length


def _overlap(one: Area, other: Area) -> bool:
    pad = 0.02 * (one[2] - one[0] + one[3] - one[1])
    return (
        one[0] < other[2] + pad
        and other[0] < one[2] + pad
        and one[1] < other[3] + pad
        and other[1] < one[3] + pad
    )
