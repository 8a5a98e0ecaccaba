"""Pictures and strokes, a file each or a file of many: an entry -> samples."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from yomite.data.readers.containers import Entry
from yomite.data.readers.labels import read_label
from yomite.data.samples import Fault, Reading, Sample
from yomite.errors import DataError, PictureError
from yomite.ink.inkml import read_inkml
from yomite.ink.kanjivg import FILE_NAME, read_kanjivg, read_tegaki
from yomite.ink.pictures import read_gray
from yomite.ink.strokes import Glyph

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")

_PAGE = re.compile(r"_(p\d+)_")


def read_picture(entry: Entry) -> Reading:
    """Read a picture named for its character.

    One that is a file of its own is not decoded here: its sample holds the path, and whoever decodes it
    meets its damage.
    """
    try:
        character = read_label(entry.name)
        picture: Any = entry.path or read_gray(entry.read())
    except (DataError, PictureError) as error:
        yield Fault(entry.place, str(error))
        return
    page = _PAGE.search(entry.name.rpartition("/")[2])
    yield Sample(picture, character, page[1] if page else "", entry.name)


def read_tegaki_file(entry: Entry) -> Reading:
    """Tegaki XML: one drawing, or a collection of many."""
    return _read_glyphs(entry, read_tegaki)


def read_inkml_file(entry: Entry) -> Reading:
    """InkML: drawings with what they are beside them; one without is named for its character."""
    return _read_glyphs(entry, lambda content: read_inkml(content, lambda: read_label(entry.name)))


def read_kanjivg_file(entry: Entry) -> Reading:
    """KanjiVG: a file for each character, `04e00.svg`; a form of it (`04e00-Kaisho.svg`) is a part."""
    match = FILE_NAME.fullmatch(entry.name.rpartition("/")[2])
    if not match:
        return iter([Fault(entry.place, "no SVG of KanjiVG, which are named 04e00.svg or 04e00-Kaisho.svg")])
    character, variant = chr(int(match[1], 16)), match[2] or ""
    return _read_glyphs(entry, lambda content: iter([read_kanjivg(content, character, variant)]))


def _read_glyphs(entry: Entry, read: Callable[[bytes], Iterator[Glyph]]) -> Reading:
    try:
        for index, glyph in enumerate(read(entry.read())):
            name = f"{entry.name}[{index}]" if index else entry.name
            if len(glyph.character) == 1:
                strokes = [stroke.tolist() for stroke in glyph.strokes]
                yield Sample(strokes, glyph.character, "", name, glyph.variant)
            else:
                yield Fault(
                    f"{entry.place}[{index}]", f"drawing of {glyph.character!r}, not of one character"
                )
    except DataError as error:
        yield Fault(entry.place, str(error))
