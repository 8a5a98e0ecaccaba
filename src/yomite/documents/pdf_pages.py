"""The pages of a PDF as pictures, one at a time, and none larger than it may be.

A page is drawn at 300 dots an inch, or at fewer, if it would have more than `MAX_PAGE_PIXELS`. A page that
shows an image of more pixels than are read anywhere is refused before the image is decoded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2
from PIL import Image
from pypdfium2 import PdfDocument, PdfiumError

from yomite.errors import PictureError
from yomite.ink.picture_files import MAX_PIXELS, describe_fault

DPI = 300.0
MAX_PAGE_PIXELS = 18_000_000
"""A3 at 300 dots an inch."""

_POINTS_PER_INCH = 72.0


@contextmanager
def open_pdf(file: str | Path | bytes, name: str) -> Iterator[PdfDocument]:
    """Open a PDF.

    Args:
        file: Where it lies, or its bytes.
        name: What messages call it.

    Raises:
        PictureError: It is encrypted, damaged or has no page.
    """
    try:
        document = PdfDocument(file)
    except PdfiumError as error:
        if "password" in str(error).lower():
            raise PictureError(f"{name} is encrypted; save a copy that needs no password") from None
        raise PictureError(f"{name} is damaged or no whole PDF; pass one that opens in a viewer") from None
    try:
        if not len(document):
            raise PictureError(f"{name} has no page")
        yield document
    finally:
        document.close()


def draw_page(document: PdfDocument, index: int, name: str) -> Image.Image:
    """Draw a page of a PDF.

    Args:
        document: An open one.
        index: Of the page, from 0.
        name: What messages call the page.

    Returns:
        RGB, upright as the page is shown; ``info["dpi"]`` says at how many dots an inch.

    Raises:
        PictureError: The page is damaged, or shows an image that is too large.
    """
    try:
        page = document[index]
        try:
            width, height = page.get_size()
            _check_images(page, name)
            scale = DPI / _POINTS_PER_INCH
            scale = min(scale, math.sqrt(MAX_PAGE_PIXELS / max(width * height, 1.0)))
            picture = page.render(scale=scale).to_pil().convert("RGB")  # type: ignore[arg-type]  # no int
        finally:
            page.close()
    except PictureError:
        raise
    except Exception as error:  # whatever a damaged page leads to
        raise PictureError(f"{name} is damaged ({describe_fault(error)})") from None
    picture.info["dpi"] = (scale * _POINTS_PER_INCH,) * 2
    return picture


def _check_images(page: pypdfium2.PdfPage, name: str) -> None:
    for image in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]):
        width, height = image.get_px_size()  # type: ignore[attr-defined]  # of images
        if width * height > MAX_PIXELS:
            raise PictureError(
                f"{name} shows an image of {width} x {height} pixels; at most {MAX_PIXELS:,} are read"
            )
