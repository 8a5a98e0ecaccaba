"""Writing of a page: one hand fills the room of each line, and says where each line runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from yomite.ink.glyph_book import GlyphBook
from yomite.ink.line_layout import STRUCK
from yomite.ink.line_style import STYLE_NAMES
from yomite.ink.line_writing import WrittenLine, write_line, write_on
from yomite.ink.page_plan import Slot

DrawText = Callable[[np.random.Generator], str]
Warp = Callable[[np.ndarray], np.ndarray]
"""From places on the flat sheet to places in the picture, float (P, 2) px."""

_GRID, _GAP = STYLE_NAMES.index("grid"), STYLE_NAMES.index("gap")
WIDE_GAP_SHARE = 0.12
_RUBY = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわん"


@dataclass(frozen=True)
class PlacedLine:
    """A line where it stands in the picture.

    Attributes:
        line: The writing; points and boxes of its strokes in px of the picture.
        unit: Px of one em.
        text: What is read there, without white space and without what is struck out.
        course: Float64 (P, 2), the middle of the line from its beginning to its end, px.
        edges: Float64 (2, P, 2), the same for its upper and its lower edge; of vertical lines right and left.
        is_text: False for the small kana beside a line, which are no line of their own.
    """

    line: WrittenLine
    unit: float
    text: str
    course: np.ndarray
    edges: np.ndarray
    is_text: bool = True


class PageWriter:
    """Writes the lines of one page, all in one hand."""

    def __init__(self, book: GlyphBook, draw_text: DrawText, warp: Warp, rng: np.random.Generator) -> None:
        """Keep what lines are made of; every choice comes from `rng`."""
        self._book, self._draw_text, self._warp, self._rng = book, draw_text, warp, rng
        self._ruby = [kana for kana in _RUBY if kana in book]
        self._hand: WrittenLine | None = None
        self._pitch = 0.95  # em a character, measured from what has been written

    def write(self, slot: Slot) -> list[PlacedLine]:
        """Write a line into a slot, and what belongs beside it."""
        text = self._choose_text(slot)
        if self._hand is None:
            self._hand = write_line(text, self._book, slot.is_vertical, self._rng)
        style = self._hand.style.copy()
        style[_GRID] = float(slot.is_gridded) if slot.is_gridded or style[_GRID] >= 1.0 else style[_GRID]
        if slot.is_gridded:
            style[_GAP] = 0.04 + 0.16 * self._rng.random()
        hand = replace(self._hand, style=style)
        line = write_on(hand, text, self._book, slot.is_vertical, self._rng)
        cells = line.strokes.cells
        self._pitch = float(np.clip((cells[-1, 1] - cells[0, 0]) / len(cells), 0.45, 1.6))
        lines = [self._place(line, slot, slot.em)]
        if slot.has_ruby and self._ruby:
            lines += self._write_ruby(hand, slot, float(cells[-1, 1]))
        return lines

    def _choose_text(self, slot: Slot) -> str:
        room = max(int(slot.length / slot.em / self._pitch), 1)
        text = self._draw_text(self._rng)
        while slot.is_full and len(text) < room:
            text += self._draw_text(self._rng)
        if not slot.is_full and self._rng.random() < WIDE_GAP_SHARE:  # a name, and far from it what it has
            gap = " " * int(self._rng.integers(2, 6))
            text = text[: max(room // 3, 1)].strip() + gap + self._draw_text(self._rng)
        text = text[:room].strip()
        return text if any(character in self._book for character in text) else "日本"[:room]

    def _write_ruby(self, hand: WrittenLine, slot: Slot, length: float) -> list[PlacedLine]:
        """Write small kana beside one to three words of a line: right of a column, above a row."""
        placed = []
        em = slot.em * (0.32 + 0.13 * self._rng.random())
        aside = 0.5 * slot.em + 0.55 * em
        for start in np.sort(self._rng.random(int(self._rng.integers(1, 4)))):
            kana = "".join(self._rng.choice(self._ruby, size=int(self._rng.integers(2, 6))))
            line = write_on(hand, kana, self._book, slot.is_vertical, self._rng)
            along = float(start) * max(length * slot.em - em * len(kana), 0.0)
            x, y = (slot.x + aside, slot.y + along) if slot.is_vertical else (slot.x + along, slot.y - aside)
            ruby = self._place(line, slot._replace(x=x, y=y, em=em), em)
            placed.append(replace(ruby, is_text=False))
        return placed

    def _place(self, line: WrittenLine, slot: Slot, unit: float) -> PlacedLine:
        along, across = (1, 0) if line.is_vertical else (0, 1)
        boxes = line.strokes.boxes.astype(np.float64)
        begin, end = float(boxes[:, along].min()), float(boxes[:, along + 2].max())
        stations = np.linspace(begin, end, max(int(2.0 * (end - begin)), 2))
        centers, middles = (
            0.5 * (boxes[:, along] + boxes[:, along + 2]),
            0.5 * (boxes[:, across] + boxes[:, across + 2]),
        )
        bend = 2 if len(boxes) > 7 else 1 if len(boxes) > 2 else 0
        fit = np.polynomial.Polynomial.fit(
            centers, middles, bend, w=0.2 + boxes[:, across + 2] - boxes[:, across]
        )
        low = float(np.percentile(boxes[:, across] - fit(centers), 6.0))
        high = float(np.percentile(boxes[:, across + 2] - fit(centers), 94.0))
        rows = [fit(stations) + offset for offset in (0.5 * (low + high), low, high)]
        course, upper, lower = (
            self._to_picture(
                np.stack([row, stations] if line.is_vertical else [stations, row], 1), slot, unit
            )
            for row in rows
        )
        edges = np.stack([lower, upper] if line.is_vertical else [upper, lower])
        marks = line.plan.marks & STRUCK
        text = "".join(c for c, mark in zip(line.plan.characters, marks, strict=True) if not mark)
        return PlacedLine(self._move(line, slot, unit), unit, text, course, edges)

    def _move(self, line: WrittenLine, slot: Slot, unit: float) -> WrittenLine:
        """Return a line with its points and boxes in px of the picture; boxes keep their size."""
        strokes, extra = line.strokes, line.extra
        half = 0.5 * (strokes.boxes[:, 2:] - strokes.boxes[:, :2]) * unit
        middles = self._to_picture(0.5 * (strokes.boxes[:, 2:] + strokes.boxes[:, :2]), slot, unit)
        boxes = np.concatenate([middles - half, middles + half], axis=1).astype(np.float32)
        points = self._to_picture(strokes.points, slot, unit).astype(np.float32)
        extra_points = self._to_picture(extra[0], slot, unit).astype(np.float32)
        return replace(
            line,
            strokes=strokes._replace(points=points, boxes=boxes),
            extra=(extra_points, *extra[1:]),
        )

    def _to_picture(self, points: np.ndarray, slot: Slot, unit: float) -> np.ndarray:
        turned = points.astype(np.float64) * unit
        cosine, sine = np.cos(slot.tilt), np.sin(slot.tilt)
        turned = turned @ np.array([[cosine, sine], [-sine, cosine]]) + np.array([slot.x, slot.y])
        return self._warp(turned) if len(turned) else turned
