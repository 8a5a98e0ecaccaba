"""Searchable PDF: the picture, upright, and under it the text that was read, at its place.

A page is as large as its picture says (pixels of an inch), else as long as A4. Pages are written one by one
and joined afterwards, so that only one of them is in memory.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import pikepdf
from pikepdf import Dictionary, Name, Stream
from PIL import Image

from yomite.documents.embedding import embed_picture
from yomite.documents.hidden_text import Affine, HiddenText
from yomite.documents.markup import read_version
from yomite.documents.placing import divide, list_written
from yomite.reading.results import Page

_A4_LENGTH = 842.0
_MIN_LENGTH, _MAX_LENGTH = 3.0, 14_400.0
"""Points; what the side of a PDF's page may have."""

_NUM_OPEN = 100
"""Files that are open at once while pages are joined."""

_ORIENTATION_BY_TURN = {0: 1, 90: 6, 180: 3, 270: 8}


def to_pdf(page: Page, picture: str | Path | bytes | Image.Image) -> bytes:
    """Write a page as a PDF of one page.

    Args:
        page: What was read; lines that are rejected are left out.
        picture: That it was read from: a path, the bytes of a file, or an image.

    Raises:
        PictureError: The picture cannot be read.
    """
    pdf = pikepdf.new()
    image, orientation, dpi = embed_picture(pdf, picture)
    width, height = page.size
    scale = _A4_LENGTH / max(page.size)
    if dpi:  # the page may have been read smaller than the file is
        scale = 72.0 / dpi * max(int(image.Width), int(image.Height)) / max(page.size)
    scale = min(scale, _MAX_LENGTH / max(page.size))
    if page.turn in (90, 270):
        width, height = height, width
    sheet = (max(scale * width, _MIN_LENGTH), max(scale * height, _MIN_LENGTH))
    hidden = HiddenText()
    to_page = _measure(page.size, _ORIENTATION_BY_TURN[page.turn], sheet)
    for line in list_written(page):
        texts = [character.text for character in line.characters]
        hidden.add_line(texts, divide(line, page.turn), line.direction == "vertical", to_page)
    matrix = " ".join(f"{number:.5f}" for number in _lay(orientation, page.turn, sheet))
    new = pdf.add_blank_page(page_size=sheet)
    new.Contents = Stream(pdf, f"q {matrix} cm /Picture Do Q\n".encode() + hidden.write_operators())
    new.Resources = Dictionary(XObject=Dictionary(Picture=image))
    if hidden.texts:
        new.Resources.Font = hidden.build_fonts(pdf)
    return _save(pdf)


def join_pdfs(paths: Sequence[Path], out: BinaryIO) -> None:
    """Write the pages of several PDFs into one.

    Args:
        paths: Of PDFs that `to_pdf` made, at least one.
        out: Where the PDF is written.
    """
    with TemporaryDirectory(prefix="yomite-") as folder:
        number = 0
        while len(paths) > _NUM_OPEN:
            groups = [paths[first : first + _NUM_OPEN] for first in range(0, len(paths), _NUM_OPEN)]
            paths = []
            for group in groups:
                number += 1
                paths.append(Path(folder, f"{number}.pdf"))
                with paths[-1].open("wb") as file:
                    _join(group, file)
        _join(paths, out)


def _join(paths: Sequence[Path], out: BinaryIO) -> None:
    joined = pikepdf.new()
    with ExitStack() as stack:
        for path in paths:
            joined.pages.extend(stack.enter_context(pikepdf.open(path)).pages)
        _write(joined, out)


def _save(pdf: pikepdf.Pdf) -> bytes:
    file = io.BytesIO()
    _write(pdf, file)
    return file.getvalue()


def _write(pdf: pikepdf.Pdf, out: BinaryIO) -> None:
    pdf.Root.Lang = pikepdf.String("ja")
    pdf.docinfo[Name.Producer] = f"yomite {read_version()}"
    pdf.save(out, deterministic_id=True)


def _turn_share(x: float, y: float, orientation: int) -> tuple[float, float]:
    """Return where a place of a picture, in shares of its sides, stands once EXIF's orientation is obeyed."""
    return {
        1: (x, y), 2: (1 - x, y), 3: (1 - x, 1 - y), 4: (x, 1 - y),
        5: (y, x), 6: (1 - y, x), 7: (1 - y, 1 - x), 8: (y, 1 - x),
    }.get(orientation, (x, y))  # fmt: skip


def _lay(orientation: int, turn: int, sheet: tuple[float, float]) -> Affine:
    """Return the matrix that lays an image's unit square, whose y points up, upright over a sheet."""

    def place(x: float, y: float) -> tuple[float, float]:
        x, y = _turn_share(*_turn_share(x, 1 - y, orientation), _ORIENTATION_BY_TURN[turn])
        return x * sheet[0], (1 - y) * sheet[1]

    return _span(place(0, 0), place(1, 0), place(0, 1))


def _measure(size: tuple[int, int], orientation: int, sheet: tuple[float, float]) -> Affine:
    """Return the matrix from px of a picture to the points of the sheet on which it stands upright."""

    def place(x: float, y: float) -> tuple[float, float]:
        x, y = _turn_share(x / size[0], y / size[1], orientation)
        return x * sheet[0], (1 - y) * sheet[1]

    return _span(place(0, 0), place(1, 0), place(0, 1))


def _span(origin: tuple[float, float], right: tuple[float, float], up: tuple[float, float]) -> Affine:
    x, y = origin
    return right[0] - x, right[1] - y, up[0] - x, up[1] - y, x, y
