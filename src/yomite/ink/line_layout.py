"""Layout of a line: characters to one hand's strokes in line coordinates, before any pixel exists.

The unit is the em, the side of a kanji's square; x runs to the right, y down. A horizontal line begins at
x = 0 and its middle runs along y = 0; a vertical one begins at y = 0 along x = 0. So a page can turn, bend
and place lines before they are drawn.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from yomite.ink.glyph_book import (
    BAR,
    BRACKET,
    DIGIT,
    HALF_SIGN,
    HIRAGANA,
    KANJI,
    KATAKANA,
    LOWER,
    SMALL_KANA,
    STOP,
    UPPER,
    GlyphBook,
    Source,
)
from yomite.ink.hand import HABIT_NAMES
from yomite.ink.line_style import size_of
from yomite.ink.writing import write_glyph

STRUCK, TURNED, PAIR_FIRST, PAIR_SECOND = 1, 2, 4, 8
"""Marks of a character: struck out; lying on its side; the left and the right one of two side by side."""

_HOOK_LOSS = HABIT_NAMES.index("hook_loss")
_LOOSE = np.array(
    [
        HABIT_NAMES.index(name)
        for name in (
            "roundness",
            "shortening",
            "stroke_shift",
            "stroke_turn",
            "stroke_scale",
            "wave",
            "tremor",
        )
    ]
)


class LineStrokes(NamedTuple):
    """A written line.

    Attributes:
        points: Float32 (Q, 2), em.
        starts: Bool (Q,), True where the pen was set down anew.
        pressure: Float32 (Q,), 1 for an ordinary line.
        boxes: Float32 (N, 4), left, top, right, bottom of each character's points, em.
        cells: Float32 (N, 2), where each character's place begins and ends along the line, em.
        glyphs: Int64 (N,), which glyph of the book each character is. One that is a picture has a box and no
            points.
    """

    points: np.ndarray
    starts: np.ndarray
    pressure: np.ndarray
    boxes: np.ndarray
    cells: np.ndarray
    glyphs: np.ndarray


def lay_out(
    book: GlyphBook,
    source: Source,
    labels: np.ndarray,
    gaps: np.ndarray,
    marks: np.ndarray,
    habits: np.ndarray,
    style: np.ndarray,
    is_vertical: bool,
) -> LineStrokes:
    """Write a line of characters; the random stream is numba's (seed it first).

    Args:
        book: The glyphs.
        source: Which of them.
        labels: Int32 (N,), N >= 1.
        gaps: Float32 (N,), bare paper before each character beyond the usual, em.
        marks: Int8 (N,), see `STRUCK` and its neighbors.
        habits: Float64 (len(HABITS),), whose hand.
        style: Float64 (len(STYLE),), how he sets his lines.
        is_vertical: Whether the line runs down.
    """
    glyphs = (source.class_glyphs, *book.arrays)
    return LineStrokes(*_lay_out(labels, gaps, marks, *glyphs, habits, style, is_vertical))  # type: ignore[call-arg]


@njit(cache=True)
def _lay_out(
    labels, gaps, marks, class_glyphs, glyph_points, glyph_strokes, points, offsets, components,
    glyph_pictures, kinds, habits, style, is_vertical,
):  # fmt: skip
    count = len(labels)
    capacity = 1024 + 512 * count
    out = np.empty((capacity, 2), np.float32)
    out_starts = np.zeros(capacity, np.bool_)
    out_pressure = np.ones(capacity, np.float32)
    boxes = np.zeros((count, 4), np.float32)
    cells = np.zeros((count, 2), np.float32)
    glyphs = np.zeros(count, np.int64)
    along, across = (1, 0) if is_vertical else (0, 1)
    # What is small in its square and of few strokes would dissolve by what a kanji bears.
    small_habits = habits.copy()
    small_habits[_LOOSE] *= 0.5
    small_habits[_HOOK_LOSS] *= 0.3
    size, cursor, pair_width = 0, 0.0, 0.0
    level = 0.0
    for n in range(count):
        label, mark = labels[n], marks[n]
        kind = kinds[label]
        is_half = kind in (DIGIT, UPPER, LOWER, HALF_SIGN)
        is_kana = kind in (HIRAGANA, KATAKANA, SMALL_KANA, BAR)
        # A writer has one form of a character, and another one now and then.
        first, num_forms = class_glyphs[label, 0], class_glyphs[label, 1] - class_glyphs[label, 0]
        whim = (label * 40503 + int(style[22]) * 9973) % 65536 / 65536.0
        if np.random.random() < 0.12:
            whim = np.random.random()
        form = 0
        if num_forms > 1:
            usual = 0.55 if kind == KANJI else 1.0 / num_forms
            form = 0 if whim < usual else 1 + int((whim - usual) / (1.0 - usual) * (num_forms - 1))
            form = min(form, num_forms - 1)
        glyph = first + form
        glyphs[n] = glyph
        stroke, last_stroke = glyph_strokes[glyph], glyph_strokes[glyph + 1]
        traced = points[glyph_points[glyph] : glyph_points[glyph + 1]]
        is_picture = glyph_pictures[glyph] >= 0
        if is_picture:
            written, starts, pressure = traced.copy(), np.zeros(2, np.bool_), np.ones(2, np.float32)
        else:
            begins = offsets[stroke + glyph : last_stroke + glyph + 1]
            hand = small_habits if is_half or kind in (SMALL_KANA, BRACKET, STOP) else habits
            written, starts, pressure = write_glyph(traced, begins, components[stroke:last_stroke], hand)
        length = len(written)
        usual_size = size_of(kind, style)
        change = style[7] + (style[8] if is_kana else 0.0)
        if kind in (STOP, BRACKET):
            change += 0.08
        scale = usual_size * np.exp(change * np.random.normal() + style[21] * (n / max(count, 8) - 0.5))
        scale_x = scale * np.exp(0.5 * change * np.random.normal())
        if is_half:
            scale_x *= np.exp(style[12])
        turn = 0.0 if is_picture else style[17] * np.random.normal()
        cosine, sine = np.cos(turn), np.sin(turn)
        level += 0.3 * style[9] * np.random.normal() - 0.1 * level
        shift_along, shift_across = 0.0, level + style[9] * np.random.normal()
        if is_vertical:
            if kind == SMALL_KANA:
                shift_across += 0.12 * scale
            elif kind == STOP:
                shift_across += 0.58 * scale
        else:
            shift_across += 0.35 * style[10] * max(0.0, 1.0 - scale)
        if mark & (PAIR_FIRST | PAIR_SECOND):
            scale_x *= 0.75
        low, high = 1e9, -1e9
        if size + length + 64 > capacity:
            capacity = 2 * (size + length + 64)
            grown = np.empty((capacity, 2), np.float32)
            grown[:size] = out[:size]
            out = grown
            grown_starts = np.zeros(capacity, np.bool_)
            grown_starts[:size] = out_starts[:size]
            out_starts = grown_starts
            grown_pressure = np.ones(capacity, np.float32)
            grown_pressure[:size] = out_pressure[:size]
            out_pressure = grown_pressure
        for i in range(length):
            x, y = (written[i, 0] - 0.5) * scale_x, (written[i, 1] - 0.5) * scale
            x, y = cosine * x - sine * y, sine * x + cosine * y
            if mark & TURNED:
                x, y = -y, x
            written[i, 0], written[i, 1] = x, y
            here = y if is_vertical else x
            low, high = min(low, here), max(high, here)
        if mark & TURNED:  # the base line of a lying word runs left of the middle
            shift_across += 0.05
        # Where it goes: behind the last ink, in a cell of its own, or between the two.
        gap = style[1]
        if n > 0:
            before = kinds[labels[n - 1]]
            if is_half and before in (DIGIT, UPPER, LOWER, HALF_SIGN):
                gap = style[11]
            elif kind == STOP:
                gap = 0.4 * gap + 0.03
            elif before == STOP and style[1] < 0.3:
                gap += 0.25 * np.random.random()
        gap += style[2] * np.random.normal()
        pause = gaps[n]
        if style[23] > 0.0 and n > 0 and np.random.random() < style[23] and kind != STOP:
            pause += 0.2 + 0.5 * np.random.random()
        if n == 0:
            gap = pause = 0.0
        if mark & PAIR_SECOND:
            start = pair_width
        else:
            grid = style[0]
            cell = 0.55 if is_half else max(usual_size, 0.6)
            wide = max(gap - 0.12, -0.12)
            if grid == 1.0:
                cell, wide = 1.0 + style[1], 0.0
                pause = np.ceil(pause - 0.3) * cell if pause > 0.3 else 0.0
            cursor += pause
            start = (1.0 - grid) * (gap - low) + grid * (wide + 0.5 * cell)
            cells[n, 0] = cursor
            end = (1.0 - grid) * (gap + high - low) + grid * (wide + cell)
            end = max(end, 0.08)
            start += cursor
            cursor += end
            cells[n, 1] = cursor
        left_of_pair = 0.0
        if mark & PAIR_FIRST:
            pair_width = start
            left_of_pair = -0.24 - 0.05 * np.random.random()
        elif mark & PAIR_SECOND:
            cells[n] = cells[n - 1]
            left_of_pair = 0.24 + 0.05 * np.random.random()
        if is_vertical and kind == STOP:
            start -= 0.45 * scale * style[0]
        box = boxes[n]
        box[0], box[1], box[2], box[3] = 1e9, 1e9, -1e9, -1e9
        for i in range(length):
            written[i, along] += start + shift_along
            written[i, across] += shift_across + left_of_pair
        # A hasty hand does not lift the pen between characters.
        join = 0.0
        if n > 0 and pause < 0.15:
            before = kinds[labels[n - 1]]
            if is_half and kind != HALF_SIGN and before in (DIGIT, UPPER, LOWER):
                join = style[13] * (1.0 if kind == LOWER else 0.25)
            elif is_kana and before in (HIRAGANA, KATAKANA, SMALL_KANA):
                join = style[14]
            elif kind != STOP and before != STOP:
                join = style[15]
        if is_picture or (n > 0 and glyph_pictures[glyphs[n - 1]] >= 0):
            join = 0.0
        if join > 0.0 and size > 0:
            from_x, from_y = out[size - 1, 0], out[size - 1, 1]
            to_x, to_y = written[0, 0], written[0, 1]
            distance = np.hypot(to_x - from_x, to_y - from_y)
            if np.random.random() < join * max(0.0, 1.3 - distance / style[16]):
                steps = min(int(distance / 0.04), 32)
                sag = 0.12 * np.random.normal() * distance
                thin = 0.55 + 0.4 * np.random.random()
                for k in range(1, steps + 1):
                    t = k / (steps + 1)
                    arc = 4.0 * t * (1.0 - t) * sag
                    out[size, 0] = from_x + (to_x - from_x) * t
                    out[size, 1] = from_y + (to_y - from_y) * t
                    out[size, across] += arc
                    out_pressure[size] = thin
                    size += 1
                starts[0] = False
        for i in range(length):
            x, y = written[i, 0], written[i, 1]
            box[0], box[1] = min(box[0], x), min(box[1], y)
            box[2], box[3] = max(box[2], x), max(box[3], y)
            if is_picture:
                continue
            out[size, 0], out[size, 1] = x, y
            out_starts[size] = starts[i]
            out_pressure[size] = pressure[i]
            size += 1
    # The base line rises and waves; the whole line goes with it.
    phase = 6.2832 * np.random.random()
    slope, bend, period = style[18], style[19], style[20]
    for i in range(size):
        t = out[i, along]
        out[i, across] += slope * t + bend * np.sin(phase + 6.2832 * t / period)
    for n in range(count):
        t = 0.5 * (boxes[n, along] + boxes[n, along + 2])
        offset = slope * t + bend * np.sin(phase + 6.2832 * t / period)
        boxes[n, across] += offset
        boxes[n, across + 2] += offset
    return out[:size], out_starts[:size], out_pressure[:size], boxes, cells, glyphs
