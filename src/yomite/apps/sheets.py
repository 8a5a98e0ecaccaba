"""What `yomite read` reads, one page at a time: pictures, and the pages of PDFs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from yomite.apps.options import needs_extra
from yomite.errors import PictureError, YomiteError

if TYPE_CHECKING:
    from PIL import Image

_PDF_HEAD = b"%PDF-"


@dataclass(frozen=True)
class Sheet:
    """One page to be read.

    Attributes:
        file: As it was typed; - is standard input.
        picture: A path, the bytes of a file or an image; the error where a page of a PDF cannot be drawn.
        number: Of a page of a PDF, from 1; None for a picture.
    """

    file: str
    picture: str | bytes | Image.Image | PictureError
    number: int | None = None

    def __str__(self) -> str:
        return f"{self.file}, page {self.number}" if self.number else self.file

    @property
    def stem(self) -> str:
        """What a file about it is called, its ending left out."""
        stem = "standard-input" if self.file == "-" else Path(self.file).stem
        return f"{stem}-page-{self.number}" if self.number else stem


def open_sheets(files: list[str]) -> Iterator[Sheet]:
    """Yield what there is to read, opened when its turn comes.

    Raises:
        YomiteError: Standard input is named and closed.
    """
    if "-" in files and sys.stdin is None:
        raise YomiteError("standard input is closed; pipe a picture into it, or name a file")
    return (sheet for file in files for sheet in _open_file(file))


def _open_file(file: str) -> Iterator[Sheet]:
    content = sys.stdin.buffer.read() if file == "-" else file
    if not _is_pdf(content):
        yield Sheet(file, content)
        return
    name = "standard input" if file == "-" else file
    try:
        with needs_extra("read FILE.pdf", "pdf"):
            from yomite.documents.pdf_pages import draw_page, open_pdf
        with open_pdf(content, name) as document:
            for number in range(1, len(document) + 1):
                try:
                    picture = draw_page(document, number - 1, f"{name}, page {number}")
                except PictureError as error:
                    picture = error
                yield Sheet(file, picture, number)
    except YomiteError as error:
        yield Sheet(file, PictureError(str(error)))


def _is_pdf(content: str | bytes) -> bool:
    if isinstance(content, str):
        try:
            with Path(content).open("rb") as opened:
                content = opened.read(1024)
        except (OSError, ValueError):
            return False  # the reader says what is wrong with it
    return content[:1024].lstrip().startswith(_PDF_HEAD)
