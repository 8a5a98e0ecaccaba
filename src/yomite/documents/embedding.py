"""A picture as an image of a PDF: a JPEG as it is, everything else without loss.

A HEIC photograph, which no PDF can hold, and an image of no file, such as a page of a PDF that was drawn,
become a JPEG of quality 92. A picture that is transparent or has 16 bits is embedded as the gray levels that
were read.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import NamedTuple

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image

from yomite.ink.picture_files import load_picture, open_picture
from yomite.ink.pictures import find_orientation, read_gray

_QUALITY = 92
_MIN_DPI, _MAX_DPI = 100.0, 2400.0
"""Of scanners. Telephones write 72 whatever they see."""

_COLORS = {"1": ("DeviceGray", 1), "L": ("DeviceGray", 1), "RGB": ("DeviceRGB", 3), "CMYK": ("DeviceCMYK", 4)}


class Embedded(NamedTuple):
    """An image of a PDF.

    Attributes:
        stream: The image.
        orientation: As of EXIF, 1..8: how its pixels are turned.
        dpi: Pixels of an inch of the paper; None where the file does not say it believably.
    """

    stream: Stream
    orientation: int
    dpi: float | None


def embed_picture(pdf: pikepdf.Pdf, picture: str | Path | bytes | Image.Image) -> Embedded:
    """Put a picture into a PDF.

    Args:
        pdf: That the image is for.
        picture: A path, the bytes of a file, or an image.

    Raises:
        PictureError: It cannot be read.
    """
    if isinstance(picture, Image.Image):
        return _embed_image(pdf, picture)
    content = picture if isinstance(picture, bytes) else Path(picture).read_bytes()
    name = "the picture" if isinstance(picture, bytes) else str(picture)
    with open_picture(io.BytesIO(content), name) as image:
        if image.format in ("JPEG", "MPO") and image.mode in _COLORS:
            stream = _embed_jpeg(pdf, content, image)
            return Embedded(stream, find_orientation(image), _find_dpi(image))
    return _embed_image(pdf, load_picture(io.BytesIO(content), name))


def _embed_jpeg(pdf: pikepdf.Pdf, content: bytes, image: Image.Image) -> Stream:
    stream = _build_image(pdf, content, image, "DCTDecode")
    if image.mode == "CMYK" and "adobe" in image.info:  # Adobe writes 0 for full ink
        stream.Decode = Array([1, 0] * 4)
    return stream


def _embed_image(pdf: pikepdf.Pdf, image: Image.Image) -> Embedded:
    dpi = _find_dpi(image)
    orientation = find_orientation(image)
    if image.format in ("HEIF", None) and not _is_transparent(image):
        file = io.BytesIO()
        flat = image if image.mode in ("L", "RGB") else image.convert("RGB")
        flat.save(file, "JPEG", quality=_QUALITY)
        return Embedded(_embed_jpeg(pdf, file.getvalue(), flat), orientation, dpi)
    if image.mode.startswith("I") or image.mode == "F" or _is_transparent(image):
        image, orientation = Image.fromarray(read_gray(image)), 1
    elif image.mode not in ("1", "L", "RGB"):
        image = image.convert("RGB")
    stream = _build_image(pdf, _squeeze(image), image, "FlateDecode")
    stream.DecodeParms = Dictionary(
        Predictor=15,
        Colors=_COLORS[image.mode][1],
        BitsPerComponent=stream.BitsPerComponent,
        Columns=image.width,
    )
    return Embedded(stream, orientation, dpi)


def _build_image(pdf: pikepdf.Pdf, content: bytes, image: Image.Image, coding: str) -> Stream:
    stream = Stream(pdf, content)
    stream.Type = Name.XObject
    stream.Subtype = Name.Image
    stream.Width, stream.Height = image.size
    stream.ColorSpace = Name(f"/{_COLORS[image.mode][0]}")
    stream.BitsPerComponent = 1 if image.mode == "1" else 8
    stream.Filter = Name(f"/{coding}")
    return stream


def _squeeze(image: Image.Image) -> bytes:
    """Return the compressed rows of an image, as a PNG has them and a PDF may."""
    file = io.BytesIO()
    Image.Image.save(_strip(image), file, "PNG")
    content, position, parts = file.getvalue(), 8, []
    while position < len(content):
        length = int.from_bytes(content[position : position + 4], "big")
        if content[position + 4 : position + 8] == b"IDAT":
            parts.append(content[position + 8 : position + 8 + length])
        position += 12 + length
    return b"".join(parts)


def _strip(image: Image.Image) -> Image.Image:
    """Return an image without what its file says beside the pixels, which might not fit a PNG."""
    bare = image.copy()
    bare.info = {}
    return bare


def _is_transparent(image: Image.Image) -> bool:
    if "A" not in image.getbands() and "a" not in image.getbands() and "transparency" not in image.info:
        return False
    lowest, _ = image.convert("RGBA").getchannel("A").getextrema()
    return lowest < 255  # type: ignore[operator]  # one band gives two numbers


def _find_dpi(image: Image.Image) -> float | None:
    try:
        dpi = max(float(number) for number in image.info["dpi"])
    except Exception:  # damaged, or not said
        return None
    return dpi if math.isfinite(dpi) and _MIN_DPI <= dpi <= _MAX_DPI else None
