"""Handwriting fonts: a file -> a sample for each character that it really draws."""

from __future__ import annotations

from yomite.charset import build_charset
from yomite.data.readers.containers import Entry
from yomite.data.samples import Fault, Reading, Sample
from yomite.errors import DataError, MissingExtraError

FONT_SUFFIXES = (".ttf", ".otf", ".ttc")


def read_font_file(entry: Entry) -> Reading:
    """Return the characters of the charset `full` as one font draws them; blank outlines are left out."""
    try:
        from yomite.ink.fonts import read_font  # numba: only whoever reads a font pays for it
    except ModuleNotFoundError as error:
        raise MissingExtraError("data", "data") from error
    if entry.path is None:
        yield Fault(entry.place, "a font in an archive; unpack it")
        return
    try:
        for character, mask in read_font(entry.path, build_charset("full")):
            yield Sample(mask, character, entry.path.stem, f"{entry.name}[U+{ord(character):04X}]")
    except DataError as error:
        yield Fault(entry.place, str(error))
