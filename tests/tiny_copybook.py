"""A copybook without KanjiVG: a few characters of random strokes."""

import numpy as np

from yomite.charset import LATIN
from yomite.ink.sketches import Copybook
from yomite.ink.strokes import Glyph

KANA, KANJI = tuple("あいうえ"), tuple("永水木林森火")


def build_copybook() -> Copybook:
    glyphs = {}
    for number, character in enumerate((*KANA, *KANJI, *LATIN)):
        rng = np.random.default_rng(number)
        strokes = tuple(rng.uniform(0, 1, (int(rng.integers(2, 5)), 2)).astype(np.float32) for _ in range(5))
        glyphs[character] = Glyph(character, strokes, (0,) * len(strokes))
    return Copybook(glyphs, KANA, KANJI)
