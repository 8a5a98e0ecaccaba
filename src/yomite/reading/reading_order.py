"""The order in which people read lines: horizontal ones from the top, vertical ones from the right.

The page is cut along bare paper, again and again (the recursive X-Y cut: Nagy and Seth, 1984): between the
two directions, between columns of text, else between lines, else between what stands side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

GUTTER = 1.2
"""Bare paper between two columns of text is at least so wide, in heights of a line."""

COLUMN_LINES, COLUMN_LENGTH = 2, 4.0
"""A column of text has so many lines, which are so long on average, in heights; else it is one of a table."""

BODY = 0.35
"""Share of its half height on both sides of a line's middle that no other line may reach into."""


def order_lines(boxes: np.ndarray, is_vertical: Sequence[bool] | np.ndarray) -> list[int]:
    """Put lines into reading order.

    Args:
        boxes: Float (L, 4), left, top, right and bottom of each.
        is_vertical: Bool (L,), which of them run down.

    Returns:
        Their indices.
    """
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    return _order(np.arange(len(boxes)), boxes, np.asarray(is_vertical, bool))


def _order(members: np.ndarray, boxes: np.ndarray, is_vertical: np.ndarray) -> list[int]:
    if len(members) < 2:
        return members.tolist()
    sides = boxes[members, 2:] - boxes[members, :2]
    down = is_vertical[members]
    runs_down = sides[down].max(axis=1, initial=0).sum() > sides[~down].max(axis=1, initial=0).sum()
    begins, ends, tops, bottoms = _lay_across(boxes[members], bool(runs_down))
    height = float(np.median(sides.min(axis=1)))
    if down.any() and not down.all():
        for parts in (_cut(begins, ends, 0.0), _cut(tops, bottoms, 0.0)):
            if all(len(set(down[part].tolist())) == 1 for part in parts):
                together = [list(some) for _, some in groupby(parts, key=lambda part: bool(down[part[0]]))]
                return [
                    one
                    for some in together
                    for one in _order(members[np.concatenate(some)], boxes, is_vertical)
                ]
    middle, half = 0.5 * (tops + bottoms), 0.5 * (bottoms - tops)
    is_line = down == runs_down  # of the others all of the box counts
    reach = np.where(is_line, BODY, 1.0) * half
    rows = _cut(middle - reach, middle + reach, 0.0)
    parts: list[np.ndarray] = []
    while rows:  # as many rows as there are that stand in the same columns; else one
        for count in range(len(rows), 0, -1):
            together = np.concatenate(rows[:count])
            columns = _cut_columns(together, begins, ends, height)
            if columns or count == 1:
                parts += columns or [together]
                rows = rows[count:]
                break
    if len(parts) == 1:
        parts = _cut(begins, ends, 0.0)
    if len(parts) == 1:
        return members[np.lexsort((begins, middle))].tolist()
    return [one for part in parts for one in _order(members[part], boxes, is_vertical)]


def _cut_columns(rows: np.ndarray, begins: np.ndarray, ends: np.ndarray, height: float) -> list[np.ndarray]:
    """Cut rows into columns of text; an empty list where they do not stand in any."""
    columns = [rows[part] for part in _cut(begins[rows], ends[rows], GUTTER * height)]
    is_text = len(columns) > 1 and all(_is_text(begins[c], ends[c], height) for c in columns)
    return columns if is_text else []


def _lay_across(boxes: np.ndarray, runs_down: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return where boxes begin and end along the lines, and across them in the order of reading."""
    left, top, right, bottom = boxes.T
    return (top, bottom, -right, -left) if runs_down else (left, right, top, bottom)


def _cut(begins: np.ndarray, ends: np.ndarray, gap: float) -> list[np.ndarray]:
    """Cut intervals where more than a gap is bare: the indices of each part, from the beginning."""
    order = np.argsort(begins, kind="stable")
    reach = np.maximum.accumulate(ends[order])
    cuts = np.flatnonzero(begins[order][1:] - reach[:-1] > gap) + 1
    return np.split(order, cuts)


def _is_text(begins: np.ndarray, ends: np.ndarray, height: float) -> bool:
    return len(begins) >= COLUMN_LINES and float((ends - begins).mean()) >= COLUMN_LENGTH * height
