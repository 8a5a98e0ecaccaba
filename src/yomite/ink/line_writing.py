"""Writing of a line: one hand for all of it, its corrections and underlines, and its neighbors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from yomite.ink.glyph_book import GlyphBook, Source
from yomite.ink.hand import HABITS, draw_habits
from yomite.ink.line_layout import STRUCK, LineStrokes, lay_out
from yomite.ink.line_marks import encircle, join_strokes, strike_out, underline
from yomite.ink.line_plan import LinePlan, plan_line
from yomite.ink.line_style import STYLE_NAMES, draw_style
from yomite.ink.writing import seed_stream

HASTE_SHARE = 0.55
STRIKE_SHARE = 0.04
UNDERLINE_SHARE, CIRCLE_SHARE = 0.07, 0.015


@dataclass(frozen=True)
class WrittenLine:
    """One line in line coordinates, before it is drawn.

    Attributes:
        plan: What stands there; characters that are struck out included.
        strokes: The hand's, `LineStrokes`.
        extra: Points, starts and pressure of corrections, underlines and circles.
        source: Whose glyphs.
        habits: Float64 (len(HABITS),), whose hand.
        style: Float64 (len(STYLE),), how he sets his lines.
        is_vertical: Whether the line runs down.
    """

    plan: LinePlan
    strokes: LineStrokes
    extra: tuple[np.ndarray, np.ndarray, np.ndarray]
    source: Source
    habits: np.ndarray
    style: np.ndarray
    is_vertical: bool

    @property
    def is_gridded(self) -> bool:
        """Whether each character has a cell of its own, as on genkoyoshi."""
        return bool(self.style[STYLE_NAMES.index("grid")] >= 1.0)

    @property
    def slope(self) -> float:
        """Rise of the base line, em an em."""
        return float(self.style[STYLE_NAMES.index("slope")])


def write_line(text: str, book: GlyphBook, is_vertical: bool, rng: np.random.Generator) -> WrittenLine:
    """Write a text in a hand that is drawn for it.

    Args:
        text: At least one character of the book; white space is a wide gap.
        book: The glyphs.
        is_vertical: Whether the line runs down.
        rng: Every choice comes from it.
    """
    seed_stream(int(rng.integers(2**32)))
    haste = 0.15 * rng.random()
    if rng.random() < HASTE_SHARE:
        haste = 0.15 + 0.95 * rng.random()
    habits = draw_habits(rng.normal(size=len(HABITS)), haste, 0.5 + 0.8 * rng.random())
    style = draw_style(haste, is_vertical)
    source = choose_source(book, rng)
    if source.is_font:  # a font's own shapes, moderately leaning
        habits *= 0.6
        style[STYLE_NAMES.index("size_change")] *= 0.5
    return _write(text, book, source, habits, style, is_vertical, rng)


def write_on(
    line: WrittenLine, text: str, book: GlyphBook, is_vertical: bool, rng: np.random.Generator
) -> WrittenLine:
    """Write another text by the hand that wrote a line, in the same style; numba's stream goes on."""
    return _write(text, book, line.source, line.habits, line.style, is_vertical, rng)


def _write(
    text: str,
    book: GlyphBook,
    source: Source,
    habits: np.ndarray,
    style: np.ndarray,
    is_vertical: bool,
    rng: np.random.Generator,
) -> WrittenLine:
    plan = plan_line(text, book, is_vertical, STRIKE_SHARE, rng)
    strokes = lay_out(book, source, plan.labels, plan.gaps, plan.marks, habits, style, is_vertical)
    extra = []
    for n in np.flatnonzero(plan.marks & STRUCK):
        extra += strike_out(strokes.boxes[n], is_vertical, rng)
    if rng.random() < UNDERLINE_SHARE:
        first, last = sorted(rng.integers(len(plan.labels), size=2)) if rng.random() < 0.6 else (0, -1)
        distance = 0.02 + 0.16 * rng.random()
        extra += underline(strokes.boxes[first], strokes.boxes[last], is_vertical, distance, rng)
    if rng.random() < CIRCLE_SHARE:
        first = int(rng.integers(len(plan.labels)))
        group = strokes.boxes[first : first + int(rng.integers(1, 4))]
        extra += encircle(np.concatenate([group[:, :2].min(axis=0), group[:, 2:].max(axis=0)]), rng)
    return WrittenLine(plan, strokes, join_strokes(extra), source, habits, style, is_vertical)


def write_beside(line: WrittenLine, text: str, book: GlyphBook, rng: np.random.Generator) -> LineStrokes:
    """Write a neighbor of a line, of about its length, by the same hand."""
    num_characters = len(line.plan.labels)
    text = (text * (1 + num_characters // max(len(text), 1)))[: num_characters + 2]
    plan = plan_line(text, book, line.is_vertical, 0.0, rng)
    if not len(plan.labels):
        plan = line.plan
    strokes = lay_out(
        book, line.source, plan.labels, plan.gaps, plan.marks, line.habits, line.style, line.is_vertical
    )
    shift = np.float32(0.8 * rng.normal() - 0.5)
    along = int(line.is_vertical)
    strokes.points[:, along] += shift
    strokes.boxes[:, [along, along + 2]] += shift
    return strokes


def choose_source(book: GlyphBook, rng: np.random.Generator) -> Source:
    """Choose whose glyphs a line has."""
    steps = np.cumsum([source.share for source in book.sources])
    return book.sources[min(int(np.searchsorted(steps, rng.random() * steps[-1])), len(steps) - 1)]
