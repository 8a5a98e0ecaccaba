"""Plain glyphs: what a character looks like before any hand writes it, as canvas images."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from yomite.ink.canvas import to_canvas
from yomite.ink.forms import build_forms
from yomite.ink.kanjivg import KANJIVG_FILE, read_kanjivg_characters
from yomite.ink.signs import build_signs


def draw_plain_glyphs(characters: Iterable[str], data_root: Path, size: int) -> dict[str, np.ndarray]:
    """Draw the standard form of characters with a plain round line.

    Args:
        characters: The wanted ones; those without strokes are left out.
        data_root: The data folder, which holds strokes/kanjivg.zip.
        size: Side of the canvas.

    Returns:
        By character, uint8 (size, size), ink bright on 0.

    Raises:
        DataError: If KanjiVG is missing.
    """
    wanted = list(dict.fromkeys(characters))
    glyphs = {glyph.character: glyph for glyph in reversed([*build_forms(), *build_signs()])}
    glyphs |= read_kanjivg_characters(data_root / KANJIVG_FILE, wanted)
    return {
        character: to_canvas([stroke.tolist() for stroke in glyphs[character].strokes], size)
        for character in wanted
        if character in glyphs
    }
