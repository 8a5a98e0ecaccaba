"""Sketches of no character, laid out as glyphs: hands and pens write them as they do characters."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from yomite.ink.negatives import SKETCHES
from yomite.ink.sketches import fit_square, read_copybook
from yomite.ink.strokes import Glyph
from yomite.ink.writing import flatten_glyph
from yomite.streams.glyphs import FlatGlyph

NUM_SKETCHES = 2_000
"""Of each kind."""


def read_negatives(data_root: Path, seed: int) -> list[FlatGlyph]:
    """Sketch NUM_SKETCHES of each kind of `SKETCHES`, by a seed.

    Raises:
        DataError: KanjiVG, whose strokes some kinds are made of, is not in the data folder.
    """
    copybook = read_copybook(data_root)
    glyphs = []
    for kind, sketch in enumerate(SKETCHES.values()):
        for number in range(NUM_SKETCHES):
            strokes = fit_square(sketch(np.random.default_rng((seed, kind, number)), copybook))
            glyphs.append(flatten_glyph(Glyph("\0", tuple(strokes), (0,) * len(strokes))))
    return glyphs
