"""Strokes of our own -> pictures by many hands and pens: how negatives are drawn.

Everything is drawn from a seed, so that a share of rejections can be measured again anywhere. What needs
written characters to start from takes them from KanjiVG.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from yomite.charset import LATIN, build_charset
from yomite.errors import DataError
from yomite.ink.kanjivg import KANJIVG_FILE, read_kanjivg_characters
from yomite.ink.strokes import Glyph

Strokes = list[np.ndarray]
"""float (P, 2) each, y down, in any unit."""

PICTURE_PX = 160
MIN_KANJI_STROKES = 4

_PLAIN_SHARE = 0.25  # of drawings that stay strokes, as from a touch screen
_HANDS = ("neat", "ordinary", "ordinary", "hasty", "rough")
_EXTENT = 0.85  # longer side of a drawing in the unit square


@dataclass(frozen=True)
class Copybook:
    """Written characters that negatives are made of.

    Attributes:
        glyphs: By character.
        kana: Those that can be drawn, as a sketch may choose from.
        kanji: Joyo kanji of at least MIN_KANJI_STROKES strokes.
    """

    glyphs: Mapping[str, Glyph]
    kana: tuple[str, ...]
    kanji: tuple[str, ...]


Sketch = Callable[[np.random.Generator, Copybook], Strokes]


def read_copybook(data_root: Path) -> Copybook:
    """Kana, Joyo kanji and Latin letters of KanjiVG.

    Raises:
        DataError: KanjiVG is not in the data folder, or has none of them.
    """
    kana, kanji = build_charset("kana").characters, build_charset("joyo").characters
    glyphs = read_kanjivg_characters(data_root / KANJIVG_FILE, (*kana, *kanji, *LATIN))
    drawable_kanji = tuple(c for c in kanji if c in glyphs and len(glyphs[c].strokes) >= MIN_KANJI_STROKES)
    missing = [character for character in (*kana[:1], *LATIN) if character not in glyphs]
    if missing or not drawable_kanji:
        raise DataError(f"{data_root / KANJIVG_FILE} lacks kana, kanji or letters; download it again")
    return Copybook(glyphs, tuple(c for c in kana if c in glyphs), drawable_kanji)


def draw_pictures(sketch: Sketch, num: int, seed: Sequence[int], copybook: Copybook) -> list[Any]:
    """Draw a sketch many times, each time by another hand with another pen.

    Args:
        sketch: What to draw.
        num: How many pictures.
        seed: Of all of it.
        copybook: Characters to draw with.

    Returns:
        Uint8 (PICTURE_PX, PICTURE_PX) each, or strokes for a quarter of them.
    """
    pictures = []
    for number in range(num):
        rng = np.random.default_rng((*seed, number))
        pictures.append(_draw(sketch(rng, copybook), rng))
    return pictures


def _draw(strokes: Strokes, rng: np.random.Generator) -> Any:
    from yomite.ink.hand import build_hand  # compiled; what only counts answers needs no compiler
    from yomite.ink.pen import PEN_NAMES, build_pen
    from yomite.ink.render import render_glyph

    strokes = fit_square(strokes)
    if rng.random() < _PLAIN_SHARE:
        lean = np.eye(2) + rng.normal(0, 0.1, (2, 2))
        return [(stroke @ lean).tolist() for stroke in strokes]
    seed = int(rng.integers(1 << 30))
    hand = build_hand(str(rng.choice(_HANDS)), seed=seed)
    pen = build_pen(str(rng.choice(PEN_NAMES)), seed=seed)
    return render_glyph(Glyph("\0", tuple(strokes), (0,) * len(strokes)), hand, pen, PICTURE_PX, seed)


def fit_square(strokes: Iterable[np.ndarray]) -> Strokes:
    """Return the same strokes, float32, in the middle of the unit square."""
    strokes = list(strokes)
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = _EXTENT / max(float((high - low).max()), 1e-9)
    return [((stroke - 0.5 * (low + high)) * scale + 0.5).astype(np.float32) for stroke in strokes]
