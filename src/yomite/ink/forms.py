"""Forms of characters that people write and that KanjiVG lacks, from the language's record to strokes."""

from __future__ import annotations

import numpy as np

from yomite.charset import JAPANESE, Language
from yomite.ink.strokes import Glyph, Stroke

_POINTS_PER_SPAN = 6


def build_forms(language: Language = JAPANESE) -> list[Glyph]:
    """Build all forms of a language as glyphs, strokes in writing order, each its own component."""
    glyphs = []
    for character, forms in language.forms.items():
        for form in forms:
            strokes = tuple(smooth_points(read_points(stroke)) for stroke in form.split("/"))
            glyphs.append(Glyph(character, strokes, tuple(range(len(strokes))), "Form"))
    return glyphs


def read_points(stroke: str) -> np.ndarray:
    """Return float64 (P, 2) in the unit square from "x,y x,y ..." in a square of 100 units."""
    return np.array([[float(number) / 100 for number in pair.split(",")] for pair in stroke.split()])


def smooth_points(points: np.ndarray) -> Stroke:
    """Draw a Catmull-Rom curve through the points, its ends doubled."""
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
