"""Any picture as gray levels: files, bytes, PIL images and arrays, in whatever mode and depth they come."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from yomite.errors import PictureError
from yomite.ink.colors import merge_colors

Drawing: TypeAlias = Sequence[Sequence[Sequence[float]] | np.ndarray]
Picture: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | IO[bytes] | Image.Image | np.ndarray | Drawing
)
"""What is read: a path, the bytes of a file or an open one, an image, an array, or strokes."""

Merge = Callable[[np.ndarray], np.ndarray]
"""Uint8 (H, W, 3) to uint8 (H, W)."""

MIN_SIDE = 4
MAX_PIXELS = 120_000_000


def read_gray(picture: Any, *, sees_color: bool = False) -> np.ndarray:
    """Read any picture as gray levels.

    Args:
        picture: as for `yomite.ink.canvas.to_canvas`, strokes excepted.
        sees_color: whether a colored ruling may choose the gray levels; else they are the brightness.

    Returns:
        uint8 (H, W), upright as its EXIF says, transparency laid on white (on black, if the ink is white).

    Raises:
        PictureError: the picture cannot be read, or is too small or too large.
    """
    merge = merge_colors if sees_color else _measure_brightness
    if isinstance(picture, np.ndarray):
        return _gray_of_array(picture, merge)
    if isinstance(picture, Image.Image):
        return _gray_of_open_image(picture, merge)
    if isinstance(picture, (bytes, bytearray)):
        return _gray_of_file(io.BytesIO(picture), "the picture", merge)
    if isinstance(picture, (str, os.PathLike)):
        path = Path(picture)
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "is not there"
            raise PictureError(f"{path} {what}; pass the path of a picture (PNG, JPEG, WebP, BMP, TIFF, GIF)")
        return _gray_of_file(path, str(path), merge)
    if hasattr(picture, "read"):
        return _gray_of_file(io.BytesIO(_read_bytes(picture)), "the picture", merge)
    raise PictureError(
        f"cannot read a picture from {type(picture).__name__}; "
        "pass a path, bytes, a PIL image, a numpy array or strokes"
    )


def _read_bytes(file: Any) -> bytes:
    """Read the rest of an open file."""
    try:
        content = file.read()
    except (OSError, ValueError) as error:
        raise PictureError(f"the open file cannot be read ({error}); open it anew") from None
    if not isinstance(content, bytes):
        raise PictureError('the open file holds text; open it with mode "rb"')
    return content


def _gray_of_file(file: Path | io.BytesIO, name: str, merge: Merge) -> np.ndarray:
    try:
        with Image.open(file) as image:
            return _gray_of_image(image, name, merge)
    except UnidentifiedImageError:
        raise PictureError(f"{name} is not a picture; pass a PNG, JPEG, WebP, BMP, TIFF or GIF") from None
    except Image.DecompressionBombError:
        raise PictureError(f"{name} is larger than {MAX_PIXELS:,} pixels; pass a smaller picture") from None
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        raise PictureError(f"{name} is damaged or cut off ({error}); pass a whole picture") from None


def _gray_of_open_image(image: Image.Image, merge: Merge) -> np.ndarray:
    try:
        return _gray_of_image(image, "the picture", merge)
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        raise PictureError(
            f"the picture cannot be read ({error}); pass a whole picture, gray or RGB"
        ) from None


def _gray_of_image(image: Image.Image, name: str, merge: Merge) -> np.ndarray:
    if image.width * image.height > MAX_PIXELS:
        raise PictureError(
            f"{name} has {image.width} x {image.height} pixels; "
            f"at most {MAX_PIXELS:,} are read; pass a smaller picture"
        )
    _check_size(image.height, image.width)
    if isinstance(getattr(image, "filename", None), (str, bytes)) or image.getexif():
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        return _gray_of_array(np.asarray(image), merge)
    if image.mode == "P" or image.mode == "PA":
        image = image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    if image.mode in ("LA", "La", "RGBA", "RGBa"):
        return _gray_of_colors(np.asarray(image.convert("RGBA")), merge)
    return merge(np.asarray(image)) if image.mode == "RGB" else np.asarray(image.convert("L"))


def _gray_of_array(array: np.ndarray, merge: Merge) -> np.ndarray:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise PictureError(
            f"the array has shape {array.shape}; expected (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)"
        )
    _check_size(array.shape[0], array.shape[1])
    if array.dtype.kind not in "buif":
        raise PictureError(f"the array has dtype {array.dtype}; expected uint8, uint16, bool or float")
    if array.shape[0] * array.shape[1] > MAX_PIXELS:
        raise PictureError(f"the array has shape {array.shape}; at most {MAX_PIXELS:,} pixels are read")
    if array.dtype != np.uint8:
        values = array.astype(np.float32)
        if not np.isfinite(values).all():
            raise PictureError("the array holds NaN or infinite values; pass finite numbers")
        low, high = float(values.min()), float(values.max())
        if low < 0:
            raise PictureError(f"the array holds negative values ({low:g}); pass 0..1, 0..255 or uint16")
        # The type says the range: bool and float up to 1 are shares, 16 bits are 0..65535, else 0..255.
        full = 1.0 if high <= 1 and array.dtype.kind in "bf" else 255.0 if high <= 255 else 65535.0
        if array.dtype == np.uint16:
            full = 65535.0 if high > 255 else 255.0
        if high > full:
            raise PictureError(f"the array holds values up to {high:g}; pass 0..1, 0..255 or uint16")
        array = (values * (255.0 / full) + 0.5).astype(np.uint8)
    if array.ndim == 2:
        return array
    return _gray_of_colors(array, merge)


def _gray_of_colors(array: np.ndarray, merge: Merge) -> np.ndarray:
    """Uint8 (H, W) of RGB or RGBA; what a transparent picture's colors are depends on what it is laid on."""
    if array.shape[2] == 4 and array[..., 3].min() < 255:
        return _lay_on_paper(_measure_brightness(array[..., :3]), array[..., 3])
    return merge(array[..., :3])


def _measure_brightness(picture: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).convert("L"))


def _lay_on_paper(gray: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Lay a transparent picture on white, or on black if white ink would vanish on white."""
    opacity = alpha.astype(np.float32) / 255.0
    on_white = gray * opacity + 255.0 * (1.0 - opacity)
    if np.ptp(on_white) < 16.0:
        on_white = gray * opacity
    return (on_white + 0.5).astype(np.uint8)


def _check_size(height: int, width: int) -> None:
    if min(height, width) < MIN_SIDE:
        raise PictureError(
            f"the picture has {width} x {height} pixels; at least {MIN_SIDE} on the short side are needed"
        )
