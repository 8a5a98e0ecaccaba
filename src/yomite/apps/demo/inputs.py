"""What comes in, checked before anything is done with it: pictures as base64 text, strokes as lists.

Everything is distrusted: of whatever type it is, the answer is a checked value or one clear line.
"""

import base64
import binascii
import io

from PIL import Image

from yomite.errors import PictureError
from yomite.ink.picture_files import FORMATS
from yomite.ink.strokes import Stroke, to_strokes

MAX_PICTURE_PIXELS = 16_000_000
"""Decoding takes up to 25 bytes a pixel: so many pixels take 400 MB for a moment."""

_MAX_STROKES = 500
_MAX_POINTS = 20_000


def decode_picture(picture: object) -> bytes:
    """Return the bytes of a picture that came as base64 text, its kind and size checked before it is decoded.

    Raises:
        PictureError: It is no base64 text, no picture of a kind that is read, or has too many pixels.
    """
    if not isinstance(picture, str):
        raise PictureError(f"the picture is of type {type(picture).__name__}; send the file as base64 text")
    _, _, text = picture.rpartition(",")  # a data: URI ends in the base64 text
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise PictureError("the picture is not base64 text; send the bytes of the file, encoded") from None
    if not content:
        raise PictureError("the picture is an empty file; send a PNG, JPEG, WebP, BMP, TIFF or GIF")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
    except Image.DecompressionBombError:
        raise PictureError(_describe_large("is")) from None
    except Exception:  # Pillow's readers meet hostile headers with errors of many kinds
        raise PictureError("not a picture: send a PNG, JPEG, WebP, BMP, TIFF or GIF") from None
    if width * height > MAX_PICTURE_PIXELS:
        raise PictureError(_describe_large(f"has {width} x {height} pixels and is"))
    return content


def check_subject(strokes: object, picture: object) -> list[Stroke] | bytes:
    """Return a drawing or a picture, whichever came.

    Raises:
        PictureError: Both came, or none, or it is something else, or too large.
    """
    if (strokes is None) == (picture is None):
        raise PictureError("send either strokes or a picture")
    return check_strokes(strokes) if strokes is not None else decode_picture(picture)


def _describe_large(what: str) -> str:
    return f"the picture {what} too large: at most {MAX_PICTURE_PIXELS:,} pixels are read; send a smaller one"


def check_strokes(strokes: object) -> list[Stroke]:
    """Return a drawing that came as [[[x, y], ...], ...].

    Raises:
        PictureError: It is something else, or too long.
    """
    if not isinstance(strokes, list):
        raise PictureError(f"strokes is of type {type(strokes).__name__}; send [[[x, y], ...], ...]")
    # Counted before anything is converted, which is slow.
    num_points = sum(len(stroke) for stroke in strokes[:_MAX_STROKES] if isinstance(stroke, list))
    if len(strokes) > _MAX_STROKES or num_points > _MAX_POINTS:
        raise PictureError(
            f"the drawing is too long: at most {_MAX_STROKES} strokes and {_MAX_POINTS:,} points are read"
        )
    return to_strokes(strokes)
