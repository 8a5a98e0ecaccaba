"""Forms of kana that people write and that KanjiVG lacks; the strokes are our own, in `forms.txt`.

か whose dot touches the shoulder, ろ whose end curls in, い with two strokes of one length, ふ as four loose
strokes: KanjiVG draws the school form alone, and what no hand ever wrote while learning is misread.
"""

from __future__ import annotations

import unicodedata
from importlib import resources

import numpy as np

from yomite.ink.strokes import Glyph, Stroke

_POINTS_PER_SPAN = 6

_MARKS = {
    "\N{COMBINING KATAKANA-HIRAGANA VOICED SOUND MARK}": (
        "76,8 83,19 / 87,4 94,14",
        "80,24 85,33 / 89,20 95,29",
    ),
    "\N{COMBINING KATAKANA-HIRAGANA SEMI-VOICED SOUND MARK}": (
        "90,6 84,9 82,15 85,21 91,22 95,17 95,10 90,6",
        "88,22 82,25 80,31 83,37 89,38 93,33 93,26 88,22",
    ),
}
"""Strokes of the two ticks and of the ring, at the corner and lower."""

_MARKED_SIZE, _MARKED_SHIFT = np.array([0.88, 0.90]), np.array([0.0, 0.10])
"""A form with a mark leaves it room: it is smaller, in the lower left corner."""


def build_forms() -> list[Glyph]:
    """All forms as glyphs, strokes in writing order, each its own component; が follows its か."""
    glyphs = []
    text = resources.files("yomite").joinpath("ink", "forms.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for number, line in enumerate(lines):
        character, _, form = line.partition(" ")
        strokes = _read_strokes(form)
        glyphs.append(_build_glyph(character, strokes))
        for mark, places in _MARKS.items():
            voiced = unicodedata.normalize("NFC", character + mark)
            if len(voiced) == 1:
                smaller = [points * _MARKED_SIZE + _MARKED_SHIFT for points in strokes]
                place = places[number % len(places)]
                glyphs.append(_build_glyph(voiced, smaller + _read_strokes(place)))
    return glyphs


def _build_glyph(character: str, strokes: list[np.ndarray]) -> Glyph:
    return Glyph(character, tuple(map(_smooth, strokes)), tuple(range(len(strokes))), "Form")


def _read_strokes(form: str) -> list[np.ndarray]:
    """Points "x,y x,y / x,y …" of 0..100 -> float64 (P, 2) of 0..1 for each stroke."""
    return [
        np.array([[float(number) / 100 for number in pair.split(",")] for pair in stroke.split()])
        for stroke in form.split("/")
    ]


def _smooth(points: np.ndarray) -> Stroke:
    """A Catmull-Rom curve through the points, its ends doubled."""
    padded = np.concatenate([points[:1], points, points[-1:]])
    before, here, there, behind = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    time = (np.arange(_POINTS_PER_SPAN) / _POINTS_PER_SPAN)[:, None, None]
    curve = 0.5 * (
        2 * here
        + (there - before) * time
        + (2 * before - 5 * here + 4 * there - behind) * time**2
        + (3 * here - before - 3 * there + behind) * time**3
    )
    return np.concatenate([curve.transpose(1, 0, 2).reshape(-1, 2), points[-1:]]).astype(np.float32)
