"""All glyphs that a line may need, laid out flat for compiled code: KanjiVG, forms of kana, signs of our own.

A label is the position of a character in `characters`. Behind these stand the lying forms: what brackets,
bars and dots look like in a vertical line.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from yomite.errors import DataError
from yomite.files import write_whole
from yomite.ink.forms import build_forms
from yomite.ink.kanjivg import KANJIVG_FILE, read_kanjivg_archive
from yomite.ink.picture_glyphs import PictureGlyph, read_cell_glyphs, read_font_glyphs, turn_picture
from yomite.ink.running import build_running
from yomite.ink.signs import build_lying, build_signs
from yomite.ink.strokes import Glyph
from yomite.ink.writing import flatten_glyph

KANJI, HIRAGANA, KATAKANA, SMALL_KANA, DIGIT, UPPER, LOWER, HALF_SIGN, WIDE_SIGN, STOP, BRACKET, BAR = range(
    12
)
"""Kinds: what decides size, pitch and joining of a character in a line."""

LYING = "ー（）「」『』【】〈〉…〜～：；-=<>~[]{}→←()"
"""Characters that lie in vertical lines; arrows are seen upright too."""

BOOK_VERSION = 3
"""Goes up when the same sources become another book."""

HELD_BACK = "cells 8"
"""The source that no training line has, and no other cells in validation."""

_STROKES_SHARE, _FONTS_SHARE, _CELLS_SHARE = 0.74, 0.14, 0.12

_SMALL = "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
_HALF = ",.-+=/%#&*\"'@<>_~[]{}$\\^|±×÷°¥μαβγδθλπσΩΔ："


_ARRAY_NAMES = (
    "kinds", "lying_labels", "glyph_points", "glyph_strokes", "points", "offsets", "components",
    "glyph_pictures", "pixels", "picture_pixels", "picture_shapes",
)  # fmt: skip


class Source(NamedTuple):
    """Where the glyphs of a line come from.

    Attributes:
        name: "strokes", the name of a font's file, or "cells" with the number of the page.
        share: Chance that a line takes it, relative to the others.
        class_glyphs: Int64 (L, 2), the first glyph of each label, and the first that is not its own.
        is_font: Whether all glyphs are pictures.
    """

    name: str
    share: float
    class_glyphs: np.ndarray
    is_font: bool


@dataclass(frozen=True)
class GlyphBook:
    """Glyphs of many characters in flat arrays; see `build_glyph_book`.

    Attributes:
        label_by_character: Position of each character that can be written.
        kinds: Int8 (L,), one of the kinds above.
        lying_labels: Int32 (L,), the label to write in vertical lines.
        sources: At least one; the first has all labels as strokes.
        glyph_points, glyph_strokes: Int64 (G + 1,), where the points and strokes of each glyph begin.
        points: Float32 (P, 2), in the unit square.
        offsets: Int32 (S + G,), where each stroke begins in its glyph; one more than it has strokes.
        components: Int32 (S,).
        glyph_pictures: Int32 (G,), which picture a glyph is, -1 for strokes. Of such a glyph, the two points
            are the picture's corners.
        pixels: Uint8, the pictures one behind the other, ink bright on 0.
        picture_pixels: Int64 (N + 1,), where each of them begins.
        picture_shapes: Int64 (N, 2), height and width.
    """

    label_by_character: dict[str, int]
    kinds: np.ndarray
    lying_labels: np.ndarray
    sources: tuple[Source, ...]
    glyph_points: np.ndarray
    glyph_strokes: np.ndarray
    points: np.ndarray
    offsets: np.ndarray
    components: np.ndarray
    glyph_pictures: np.ndarray
    pixels: np.ndarray
    picture_pixels: np.ndarray
    picture_shapes: np.ndarray

    def __contains__(self, character: object) -> bool:
        return character in self.label_by_character

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What compiled code needs, in its order."""
        return (
            self.glyph_points, self.glyph_strokes, self.points, self.offsets, self.components,
            self.glyph_pictures, self.kinds,
        )  # fmt: skip

    def picture(self, glyph: int) -> np.ndarray | None:
        """Return uint8 (H, W), ink bright on 0; None if the glyph is strokes."""
        number = int(self.glyph_pictures[glyph])
        if number < 0:
            return None
        height, width = self.picture_shapes[number]
        first, last = self.picture_pixels[number : number + 2]
        return self.pixels[first:last].reshape(height, width)


def build_glyph_book(
    characters: Iterable[str],
    data_root: Path,
    *,
    fonts: Sequence[Path] = (),
    cells: Path | None = None,
) -> GlyphBook:
    """Collect the glyphs of characters.

    Args:
        characters: The wanted ones; those without strokes anywhere are left out.
        data_root: The data folder, which holds strokes/kanjivg.zip.
        fonts: Handwriting fonts, TrueType or OpenType.
        cells: The archive of scanned cells.

    Raises:
        DataError: KanjiVG, a font or the cells are missing or cannot be read.
    """
    wanted = dict.fromkeys(characters)
    glyphs_by_character: dict[str, list[Glyph]] = {character: [] for character in wanted}
    for glyph in [
        *read_kanjivg_archive(data_root / KANJIVG_FILE, wanted),
        *build_forms(),
        *build_running(),
        *build_signs(),
    ]:
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
    flat = [flatten_glyph(glyph) for glyphs in rows for glyph in glyphs]
    starts = np.cumsum([0, *map(len, rows)])
    strokes = Source("strokes", _STROKES_SHARE, np.stack([starts[:-1], starts[1:]], axis=1), False)
    pages = _read_pages(fonts, cells, label_by_character)
    sources, pictures = _add_pictures(strokes, pages, lying_labels, label_by_character)
    corners = [(picture.corners, np.array([0, 2], np.int32), np.zeros(1, np.int32)) for picture in pictures]
    flat += corners
    return GlyphBook(
        label_by_character=label_by_character,
        kinds=np.array([kind_of(glyphs[0].character) for glyphs in rows], np.int8),
        lying_labels=lying_labels,
        sources=sources,
        glyph_points=np.cumsum([0, *(len(glyph[0]) for glyph in flat)]),
        glyph_strokes=np.cumsum([0, *(len(glyph[2]) for glyph in flat)]),
        points=np.concatenate([glyph[0] for glyph in flat]),
        offsets=np.concatenate([glyph[1] for glyph in flat]),
        components=np.concatenate([glyph[2] for glyph in flat]),
        glyph_pictures=np.r_[np.full(starts[-1], -1, np.int32), np.arange(len(pictures), dtype=np.int32)],
        pixels=np.concatenate([picture.ink.ravel() for picture in pictures] or [np.zeros(0, np.uint8)]),
        picture_pixels=np.cumsum([0, *(picture.ink.size for picture in pictures)]),
        picture_shapes=np.array([picture.ink.shape for picture in pictures], np.int64).reshape(-1, 2),
    )


def _read_pages(
    fonts: Sequence[Path], cells: Path | None, characters: dict[str, int]
) -> list[tuple[str, float, bool, list[PictureGlyph]]]:
    """Return name, share, whether it is a font, and the pictures of each font and each page of cells."""
    pages = [
        (path.name, _FONTS_SHARE / len(fonts), True, list(read_font_glyphs(path, characters)))
        for path in fonts
    ]
    by_page: dict[int, list[PictureGlyph]] = {}
    for page, glyph in read_cell_glyphs(cells, characters) if cells else ():
        by_page.setdefault(page, []).append(glyph)
    pages += [(f"cells {page}", _CELLS_SHARE / 7, False, glyphs) for page, glyphs in by_page.items()]
    return pages


def _add_pictures(
    strokes: Source,
    pages: list[tuple[str, float, bool, list[PictureGlyph]]],
    lying_labels: np.ndarray,
    label_by_character: dict[str, int],
) -> tuple[tuple[Source, ...], list[PictureGlyph]]:
    """Give the pictures numbers behind those of strokes; labels that a page lacks keep their strokes."""
    num_strokes = int(strokes.class_glyphs[-1, 1])
    sources, pictures = [strokes], []
    for name, share, is_font, glyphs in pages:
        class_glyphs = strokes.class_glyphs.copy()
        by_label: dict[int, list[PictureGlyph]] = {}
        for glyph in glyphs:
            label = label_by_character[glyph.character]
            by_label.setdefault(label, []).append(glyph)
            if lying_labels[label] != label:
                by_label.setdefault(int(lying_labels[label]), []).append(turn_picture(glyph))
        for label, group in by_label.items():
            first = num_strokes + len(pictures)
            class_glyphs[label] = first, first + len(group)
            pictures += group
        sources.append(Source(name, share, class_glyphs, is_font))
    return tuple(sources), pictures


def choose_sources(book: GlyphBook, *, validation: bool) -> GlyphBook:
    """Return a book without the cells that are held back for validation, or without the others."""
    sources = [source for source in book.sources if not source.name.startswith("cells")]
    sources += [
        source
        for source in book.sources
        if source.name.startswith("cells") and (source.name == HELD_BACK) == validation
    ]
    return replace(book, sources=tuple(sources))


def save_glyph_book(book: GlyphBook, path: Path) -> None:
    """Write a book to a file (.npz), which `load_glyph_book` reads in a second; whole or not at all."""
    sources = [(source.name, source.share, source.is_font) for source in book.sources]
    facts = json.dumps({"characters": list(book.label_by_character), "sources": sources})
    arrays = {name: getattr(book, name) for name in _ARRAY_NAMES}
    class_glyphs = np.stack([source.class_glyphs for source in book.sources])
    path.parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    np.savez_compressed(content, facts=np.array(facts), class_glyphs=class_glyphs, **arrays)
    write_whole(path, content.getvalue())


def load_glyph_book(path: Path) -> GlyphBook:
    """Read a file of `save_glyph_book`.

    Raises:
        DataError: The file is missing, cut off, or something else.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            facts = json.loads(str(file["facts"]))
            sources = zip(facts["sources"], file["class_glyphs"], strict=True)
            return GlyphBook(
                label_by_character={character: label for label, character in enumerate(facts["characters"])},
                sources=tuple(Source(name, share, glyphs, font) for (name, share, font), glyphs in sources),
                **{name: file[name] for name in _ARRAY_NAMES},
            )
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} is no glyph book ({error}); delete it, and it is made again") from None


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
