"""With how many strokes each character is written: KanjiVG, its variants, and our own forms and signs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from yomite.ink.forms import build_forms
from yomite.ink.kanjivg import KANJIVG_FILE, read_kanjivg_archive
from yomite.ink.signs import build_signs


def list_stroke_counts(characters: Sequence[str], data_root: Path | None) -> list[list[int]]:
    """Return for each character the numbers of strokes that it is written with, ascending.

    Args:
        characters: In label order.
        data_root: The data folder.

    Returns:
        Empty without KanjiVG; an empty list for a character that is unknown.
    """
    if data_root is None or not (data_root / KANJIVG_FILE).is_file():
        return []
    known = frozenset(characters)
    counts_by_character: dict[str, set[int]] = defaultdict(set)
    for glyph in (*read_kanjivg_archive(data_root / KANJIVG_FILE, known), *build_forms(), *build_signs()):
        counts_by_character[glyph.character].add(len(glyph.strokes))
    return [sorted(counts_by_character[character]) for character in characters]
