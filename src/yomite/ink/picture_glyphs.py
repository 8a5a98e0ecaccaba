"""Glyphs that are pictures: of handwriting fonts, and scanned cells of one writer's kana.

Each comes with its corners, left-top and right-bottom in the unit square of a character, so that a line sets
it as large and as high as its font or its writer does.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from yomite.errors import DataError, PictureError
from yomite.ink.canvas import find_box, measure_ink
from yomite.ink.pictures import read_gray

CELL_SHEETS = "cells/hiragana-sheets.zip"
"""Where the data folder keeps scanned cells; each page is one writer's."""

EM_PX = 40
_PAD_PX = 3
_BLUR_PX = 1.0
"""Soft edges, so that a threshold on them makes the line thinner or thicker."""

_ASCENT = 0.88
"""From the base line to the upper edge of a character's square, em."""

_CELL_NAME = re.compile(r"U\+([0-9A-F]{4,5})/.*_p(\d+)_c\d+\.png")


class PictureGlyph(NamedTuple):
    """The picture of a character.

    Attributes:
        character: What it shows.
        corners: Float32 (2, 2), left-top and right-bottom in the unit square.
        ink: Uint8 (H, W), ink bright on 0.
    """

    character: str
    corners: np.ndarray
    ink: np.ndarray


def turn_picture(glyph: PictureGlyph) -> PictureGlyph:
    """Turn a picture by 90 degrees clockwise, as brackets and bars stand in vertical lines."""
    (left, top), (right, bottom) = glyph.corners
    corners = np.array([[1.0 - bottom, left], [1.0 - top, right]], np.float32)
    return PictureGlyph(glyph.character, corners, np.rot90(glyph.ink, -1))


def read_font_glyphs(path: Path, characters: Iterable[str]) -> Iterator[PictureGlyph]:
    """Draw the characters that a font really has; the others, and blank outlines, are left out.

    Raises:
        DataError: The font is missing or cannot be read.
    """
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(path, fontNumber=0, lazy=True) as file:
            mapped = set(file.getBestCmap() or ())
        font = ImageFont.truetype(str(path), EM_PX)
    except (OSError, TTLibError, TypeError) as error:
        raise DataError(f"font {path} cannot be read ({error}); give a .ttf or .otf file") from None
    for character in characters:
        if ord(character) not in mapped:
            continue
        left, top, right, bottom = font.getbbox(character, anchor="ls")
        if right <= left or bottom <= top:
            continue
        size = (int(right - left) + 2 * _PAD_PX, int(bottom - top) + 2 * _PAD_PX)
        drawing = Image.new("L", size)
        ImageDraw.Draw(drawing).text(
            (_PAD_PX - left, _PAD_PX - top), character, fill=255, font=font, anchor="ls"
        )
        if drawing.getbbox() is None:
            continue
        ink = np.asarray(drawing.filter(ImageFilter.GaussianBlur(_BLUR_PX)))
        shift_x = 0.5 - 0.5 * font.getlength(character) / EM_PX  # half-width forms stand in the middle too
        corner = np.array([(left - _PAD_PX) / EM_PX + shift_x, (top - _PAD_PX) / EM_PX + _ASCENT])
        corners = np.stack([corner, corner + np.array(size) / EM_PX]).astype(np.float32)
        yield PictureGlyph(character, corners, ink)


def read_cell_glyphs(path: Path, characters: Container[str]) -> Iterator[tuple[int, PictureGlyph]]:
    """Read scanned cells with the number of their page.

    Raises:
        DataError: The archive is not a zip, or a cell is no picture.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                match = _CELL_NAME.fullmatch(name)
                if not match or chr(int(match[1], 16)) not in characters:
                    continue
                ink, has_ink = measure_ink(read_gray(archive.read(name)))
                if not has_ink:
                    continue
                top, bottom, left, right = find_box(ink)
                height, width = ink.shape
                corners = np.array(
                    [[left / width, top / height], [right / width, bottom / height]], np.float32
                )
                cut = (255.0 * ink[top:bottom, left:right]).astype(np.uint8)
                yield int(match[2]), PictureGlyph(chr(int(match[1], 16)), corners, cut)
    except (OSError, zipfile.BadZipFile, zlib.error, PictureError) as error:
        raise DataError(f"{path} cannot be read ({error}); fetch it again") from None
