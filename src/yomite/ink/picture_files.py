"""Picture files: which formats are opened, and how much memory one may take.

Pillow's readers of rare formats meet hostile bytes with errors of any kind, and the one of EPS starts
Ghostscript. So only the formats below are ever opened, and whatever their readers raise is a PictureError.

A small file can declare a huge picture. So before it is decoded, what decoding will take is added up: the
bytes that Pillow stores for a pixel of its mode, the copies that its format's decoder makes, and two bytes a
pixel for the gray levels and their turning upright. More than `MAX_DECODED_BYTES`, or more than `MAX_PIXELS`,
is refused. That lets pass 58 megapixels of a PNG with colors (a gray one: 116), 15 of a WebP and a JPEG up to
120: one above `MAX_JPEG_PIXELS`, such as a photograph of 48 or 50 megapixels, is decoded at 1/2, 1/4 or 1/8
of its side. A HEIC photograph may have 25 megapixels; it is read where `pillow_heif` is installed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from yomite.errors import MissingExtraError, PictureError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
"""As Pillow names them; MPO, of phones, is opened as a JPEG."""

MAX_PIXELS = 120_000_000
MAX_DECODED_BYTES = 350_000_000
MAX_JPEG_PIXELS = 25_000_000
MAX_SCANS = 100
"""A progressive JPEG has about ten; each costs a pass over the whole picture."""

MAX_COMPRESSED_BMP_BYTES = 1_000_000
"""Pillow decodes these in Python, at less than two megabytes a second."""

_FORMATS_TEXT = "PNG, JPEG, WebP, BMP, TIFF or GIF"
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis")
_HEAD_BYTES = 64
_BYTES_BY_MODE = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}  # else 4
_COPIES_BY_FORMAT = {
    "WEBP": 5,  # the canvas, the one before, what the coder works on, the bytes handed over, the image
    "TIFF": 2,  # a strip may be the whole picture
    "HEIF": 3,  # its planes, in 16 bits perhaps, and the pixels handed over
}
_GRAY_BYTES = 2
_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")


def load_picture(file: Path | io.BytesIO, name: str) -> Image.Image:
    """Open a picture file and decode its first frame.

    Args:
        file: Where it lies, or its bytes.
        name: What messages call it.

    Returns:
        The picture in the mode of its file, not yet turned upright. A JPEG above `MAX_JPEG_PIXELS` is decoded
        smaller.

    Raises:
        PictureError: It is no picture of these formats, too large, damaged or cut off.
    """
    with open_picture(file, name) as image:
        check_cost(image, name)
        image.load()
        return image


@contextmanager
def open_picture(file: Path | io.BytesIO, name: str) -> Iterator[Image.Image]:
    """Open a picture file, and decode nothing yet.

    Args:
        file: Where it lies, or its bytes.
        name: What messages call it.

    Raises:
        PictureError: It is no picture of these formats, or whatever is done with it inside fails.
    """
    try:
        with _open_heic(file, name) if _is_heic(file) else Image.open(file, formats=FORMATS) as image:
            yield image
    except PictureError:
        raise
    except UnidentifiedImageError:
        raise PictureError(f"{name} is not a picture; pass a {_FORMATS_TEXT}") from None
    except Image.DecompressionBombError:
        raise PictureError(f"{name} is larger than {MAX_PIXELS:,} pixels; pass a smaller picture") from None
    except Exception as error:  # see above
        raise PictureError(
            f"{name} is damaged or cut off ({describe_fault(error)}); pass a whole picture"
        ) from None


def check_cost(image: Image.Image, name: str) -> None:
    """Refuse a picture whose decoding would take too much memory; has a large JPEG decoded smaller.

    Raises:
        PictureError: It has too many pixels, or too many bytes for them.
    """
    width, height = image.size
    num_pixels = width * height
    if num_pixels > MAX_PIXELS:
        raise PictureError(
            f"{name} has {width} x {height} pixels; at most {MAX_PIXELS:,} are read; pass a smaller picture"
        )
    if _is_compressed_bmp(image) and image.fp.seek(0, io.SEEK_END) > MAX_COMPRESSED_BMP_BYTES:  # type: ignore
        raise PictureError(f"{name} is a large compressed BMP; save it as PNG")
    num_bytes = 0.0
    if image.format in ("JPEG", "MPO") and getattr(image, "fp", None):
        num_scans = _count_scans(image)
        if num_scans > MAX_SCANS:
            raise PictureError(
                f"{name} is a JPEG of {num_scans} scans; at most {MAX_SCANS} are read; save it anew"
            )
        if num_scans > 1:  # all coefficients are held, of two bytes each
            num_bytes += 2.0 * num_pixels * _count_samples(image)
        step = next((step for step in (1, 2, 4) if num_pixels <= MAX_JPEG_PIXELS * step**2), 8)
        if step > 1:
            image.draft(None, (width // step, height // step))
            num_pixels = image.width * image.height
    stored = _BYTES_BY_MODE.get(image.mode, 4) * _COPIES_BY_FORMAT.get(image.format or "", 1)
    num_bytes += num_pixels * (stored + _GRAY_BYTES)
    if num_bytes > MAX_DECODED_BYTES:
        raise PictureError(
            f"{name} ({width} x {height}, {image.mode}) takes {num_bytes / 1e6:,.0f} MB to decode; "
            f"at most {MAX_DECODED_BYTES / 1e6:,.0f} MB are taken; pass a smaller picture"
        )


def describe_fault(error: Exception) -> str:
    """Return what an error says, in one line; its type, if it says nothing."""
    text = str(error.args[0]) if len(error.args) == 1 else str(error)  # a KeyError's text is quoted
    return " ".join(text.split()) or type(error).__name__


def _is_heic(file: Path | io.BytesIO) -> bool:
    """Look at the brands that a file claims to follow; AVIF has others."""
    if isinstance(file, Path):
        with file.open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
    else:
        head = file.getbuffer()[:_HEAD_BYTES].tobytes()
    brands = head[8 : int.from_bytes(head[:4], "big")]
    return head[4:8] == b"ftyp" and any(brand in _HEIC_BRANDS for brand in _split(brands))


def _split(brands: bytes) -> list[bytes]:
    return [brands[first : first + 4] for first in range(0, len(brands), 4)]


def _open_heic(file: Path | io.BytesIO, name: str) -> Image.Image:
    try:
        from pillow_heif import HeifImageFile  # an extra; Pillow is told nothing of it
    except ModuleNotFoundError:
        raise PictureError(
            f"{name} is a HEIC photograph: {MissingExtraError('read FILE.heic', 'heic')}"
        ) from None
    return HeifImageFile(file)


def _is_compressed_bmp(image: Image.Image) -> bool:
    tiles = getattr(image, "tile", None)  # none once it is decoded
    return bool(tiles) and tiles[0][0] == "bmp_rle"


def _count_samples(image: Image.Image) -> float:
    """Count the samples of a JPEG's pixel: 1.5 or 3 of colors, as they are stored at half size or not."""
    layers = getattr(image, "layer", ())
    sizes = [layer[1] * layer[2] for layer in layers]
    return sum(sizes) / max(sizes, default=1)


def _count_scans(image: Image.Image) -> int:
    """Count the scans of a JPEG's first picture, up to its end: what follows may be another, or a film."""
    image.fp.seek(0)  # type: ignore[union-attr]
    content = image.fp.read()  # type: ignore[union-attr]
    num_scans, position = 0, 2
    while (marker := _MARKER.search(content, position)) and marker[0][-1] != 0xD9:
        num_scans += marker[0][-1] == 0xDA
        position = marker.end() + int.from_bytes(content[marker.end() : marker.end() + 2], "big")
    return num_scans
