"""All glyphs that a line may need, laid out flat for compiled code: KanjiVG, forms of kana, signs of our own.

A label is the position of a character in `characters`. Behind these stand the lying forms: what brackets,
bars and dots look like in a vertical line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from yomite.ink.forms import build_forms
from yomite.ink.hand import flatten_glyph
from yomite.ink.kanjivg import KANJIVG_FILE, read_kanjivg_archive
from yomite.ink.signs import build_lying, build_signs
from yomite.ink.strokes import Glyph

KANJI, HIRAGANA, KATAKANA, SMALL_KANA, DIGIT, UPPER, LOWER, HALF_SIGN, WIDE_SIGN, STOP, BRACKET, BAR = range(
    12
)
"""Kinds: what decides size, pitch and joining of a character in a line."""

LYING = "ー（）「」『』【】〈〉…〜～：；-=<>~[]{}→←()"
"""Characters that lie in vertical lines; arrows are seen upright too."""

_SMALL = "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
_HALF = ",.-+=/%#&*\"'@<>_~[]{}$\\^|±×÷°¥μαβγδθλπσΩΔ："


@dataclass(frozen=True)
class GlyphBook:
    """Glyphs of many characters in flat arrays; see `build_glyph_book`.

    Attributes:
        label_by_character: Position of each character that can be written.
        kinds: int8 (L,), one of the kinds above.
        lying_labels: int32 (L,), the label to write in vertical lines.
        class_glyphs: int64 (L + 1,), where the glyphs of each label begin.
        glyph_points, glyph_strokes: int64 (G + 1,), where the points and strokes of each glyph begin.
        points: float32 (P, 2), in the unit square.
        offsets: int32 (S + G,), where each stroke begins in its glyph; one more than it has strokes.
        components: int32 (S,).
    """

    label_by_character: dict[str, int]
    kinds: np.ndarray
    lying_labels: np.ndarray
    class_glyphs: np.ndarray
    glyph_points: np.ndarray
    glyph_strokes: np.ndarray
    points: np.ndarray
    offsets: np.ndarray
    components: np.ndarray

    def __contains__(self, character: object) -> bool:
        return character in self.label_by_character

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What compiled code needs, in its order."""
        return (
            self.class_glyphs, self.glyph_points, self.glyph_strokes,
            self.points, self.offsets, self.components, self.kinds,
        )  # fmt: skip


def build_glyph_book(characters: Iterable[str], data_root: Path) -> GlyphBook:
    """Collect the glyphs of characters.

    Args:
        characters: The wanted ones; those without strokes anywhere are left out.
        data_root: The data folder, which holds strokes/kanjivg.zip.

    Raises:
        DataError: KanjiVG is missing or cannot be read.
    """
    wanted = dict.fromkeys(characters)
    glyphs_by_character: dict[str, list[Glyph]] = {character: [] for character in wanted}
    for glyph in [*read_kanjivg_archive(data_root / KANJIVG_FILE, wanted), *build_forms(), *build_signs()]:
        if glyph.character in wanted:
            known = glyphs_by_character[glyph.character]
            # The standard form comes first: it is the most frequent one.
            known.insert(0, glyph) if not glyph.variant else known.append(glyph)
    groups = {character: glyphs for character, glyphs in glyphs_by_character.items() if glyphs}
    label_by_character = {character: label for label, character in enumerate(groups)}
    lying_labels = np.arange(len(groups), dtype=np.int32)
    rows = list(groups.values())
    for character in LYING:
        if character in groups:
            lying_labels[label_by_character[character]] = len(rows)
            rows.append([build_lying({character: glyph}, character)[0] for glyph in groups[character]])
    kinds = np.array([kind_of(glyphs[0].character) for glyphs in rows], np.int8)
    flat = [flatten_glyph(glyph) for glyphs in rows for glyph in glyphs]
    return GlyphBook(
        label_by_character=label_by_character,
        kinds=kinds,
        lying_labels=lying_labels,
        class_glyphs=np.cumsum([0, *map(len, rows)]),
        glyph_points=np.cumsum([0, *(len(glyph[0]) for glyph in flat)]),
        glyph_strokes=np.cumsum([0, *(len(glyph[2]) for glyph in flat)]),
        points=np.concatenate([glyph[0] for glyph in flat]),
        offsets=np.concatenate([glyph[1] for glyph in flat]),
        components=np.concatenate([glyph[2] for glyph in flat]),
    )


def kind_of(character: str) -> int:
    """Return the kind of a character, one of `KANJI` to `HALF_SIGN`."""
    if character in "、。":
        return STOP
    if character == "ー":
        return BAR
    if character in "（）「」『』【】〈〉":
        return BRACKET
    if character in _SMALL:
        return SMALL_KANA
    if character in _HALF:
        return HALF_SIGN
    if character.isascii():
        return DIGIT if character.isdigit() else UPPER if character.isupper() else LOWER
    if "ぁ" <= character <= "ゞ":
        return HIRAGANA
    if "ァ" <= character <= "ヺ":
        return KATAKANA
    if "㐀" <= character <= "鿿" or character > "\uffff" or character in "々〆〇":
        return KANJI
    return WIDE_SIGN
