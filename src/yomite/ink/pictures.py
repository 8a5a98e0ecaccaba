"""Any picture as gray levels: files, bytes, PIL images and arrays, in whatever mode and depth they come.

A picture is worked through in strips of rows, so that beside it only its gray levels are held in memory.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from PIL import Image

from yomite.errors import PictureError
from yomite.ink.colors import choose_channel, find_look_stride
from yomite.ink.picture_files import MAX_PIXELS, check_cost, describe_fault, load_picture
from yomite.ink.strokes import WORK_SIZE

Drawing: TypeAlias = Sequence[Sequence[Sequence[float]] | np.ndarray]
Picture: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | IO[bytes] | Image.Image | np.ndarray | Drawing
)
"""What is read: a path, the bytes of a file or an open one, an image, an array, or strokes."""

Cut = Callable[[slice], Image.Image]
"""Rows of a picture: L, RGB or RGBA."""

MIN_SIDE = 4

_STRIP_PIXELS = 2**19
_CONTRAST = 16.0  # gray levels; with less nothing is written
_ORIENTATION = 0x0112  # of EXIF


def read_gray(picture: Any, *, ink_share: float = 0.0) -> np.ndarray:
    """Read any picture as gray levels.

    Args:
        picture: as for `yomite.ink.canvas.to_canvas`, strokes excepted.
        ink_share: where a colored ruling may choose the gray levels, the share of the picture that ink covers
            at least (`choose_channel`); 0: they are the brightness.

    Returns:
        uint8 (H, W), upright as its EXIF says, transparency laid on white (on black, if the ink is white).

    Raises:
        PictureError: the picture cannot be read, or is too small or too large.
    """
    if isinstance(picture, np.ndarray):
        return _gray_of_array(picture, ink_share)
    if isinstance(picture, Image.Image):
        return _gray_of_open_image(picture, ink_share)
    if isinstance(picture, (bytes, bytearray)):
        return _gray_of_image(load_picture(io.BytesIO(picture), "the picture"), ink_share)
    if isinstance(picture, (str, os.PathLike)):
        path = _find_file(picture)
        return _gray_of_image(load_picture(path, str(path)), ink_share)
    if hasattr(picture, "read"):
        content = io.BytesIO(_read_bytes(picture))
        return _gray_of_image(load_picture(content, "the picture"), ink_share)
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


def _find_file(picture: str | os.PathLike[str]) -> Path:
    try:
        path = Path(picture)
        is_file, is_folder = path.is_file(), path.is_dir()
    except (OSError, TypeError, ValueError) as error:  # a part too long, a path of bytes, a link to itself
        reason = getattr(error, "strerror", None) or describe_fault(error)
        came = repr(picture)
        came = came if len(came) <= 80 else f"{came[:60]}...{came[-17:]}"
        raise PictureError(f"{came} is no path of a file ({reason}); pass the path of a picture") from None
    if not is_file:
        what = "is a folder" if is_folder else "is not there"
        raise PictureError(f"{path} {what}; pass the path of a picture (PNG, JPEG, WebP, BMP, TIFF, GIF)")
    return path


def _gray_of_open_image(image: Image.Image, ink_share: float) -> np.ndarray:
    try:
        check_cost(image, "the picture")
        image.load()
        return _gray_of_image(image, ink_share)
    except PictureError:
        raise
    except Exception as error:  # as for any file, see picture_files
        raise PictureError(
            f"the picture cannot be read ({describe_fault(error)}); pass a whole picture, gray or RGB"
        ) from None


def _gray_of_image(image: Image.Image, ink_share: float) -> np.ndarray:
    width, height = image.size
    _check_size(height, width)
    mode = "L"
    if image.mode.startswith("I") or image.mode in ("F", "RGB"):
        mode = image.mode
    elif image.mode == "P":
        mode = "RGBA" if "transparency" in image.info else "RGB"
    elif image.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        mode = "RGBA"

    def cut(rows: slice, /) -> Image.Image:
        strip = image.crop((0, rows.start, width, rows.stop))
        return strip if strip.mode == mode else strip.convert(mode)

    if image.mode.startswith("I") or image.mode == "F":
        cut = _scale_levels(
            lambda rows: np.asarray(image.crop((0, rows.start, width, rows.stop))), height, width
        )
    return _turn_upright(_merge_strips(cut, height, width, ink_share), find_orientation(image))


def find_orientation(image: Image.Image) -> int:
    """Return what EXIF says, 1..8; 1 where it says nothing, or is damaged."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged EXIF or XMP says nothing of the picture
        return 1


def _turn_upright(gray: np.ndarray, orientation: int) -> np.ndarray:
    """Turn gray levels as EXIF's orientation says, 1..8."""
    num_quarters = {3: 2, 4: 2, 5: 1, 6: -1, 7: -1, 8: 1}.get(orientation, 0)
    turned = np.rot90(gray, num_quarters)
    if orientation in (2, 4):
        turned = turned[:, ::-1]
    elif orientation in (5, 7):
        turned = turned[::-1]
    return np.ascontiguousarray(turned)


def _gray_of_array(array: np.ndarray, ink_share: float) -> np.ndarray:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim == 3 and array.shape[2] == 2:
        raise PictureError(
            f"the array has shape {array.shape}; pass strokes as a list (array.tolist()), and gray with "
            "transparency as a PIL image or (H, W, 4)"
        )
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise PictureError(
            f"the array has shape {array.shape}; expected (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)"
        )
    height, width = array.shape[:2]
    _check_size(height, width)
    if array.dtype.kind not in "buif":
        raise PictureError(f"the array has dtype {array.dtype}; expected uint8, uint16, bool or float")
    if height * width > MAX_PIXELS:
        raise PictureError(f"the array has shape {array.shape}; at most {MAX_PIXELS:,} pixels are read")
    if array.dtype == np.uint8 and array.ndim == 2:
        return array
    if array.dtype == np.uint8:
        return _merge_strips(lambda rows: _to_image(array[rows]), height, width, ink_share)
    return _merge_strips(_scale_levels(array.__getitem__, height, width), height, width, ink_share)


def _scale_levels(cut: Callable[[slice], np.ndarray], height: int, width: int) -> Cut:
    """Scale numbers of any type to 0..255, by the range that they lie in."""
    low, high = np.inf, -np.inf
    dtype = cut(slice(0, 1)).dtype
    for rows in _split_rows(height, width):
        values = cut(rows)
        if not np.isfinite(values).all() or abs(values).max() > np.finfo(np.float32).max:
            raise PictureError("the array holds NaN or infinite values; pass finite numbers")
        low, high = min(low, float(values.min())), max(high, float(values.max()))
    if low < 0:
        raise PictureError(f"the array holds negative values ({low:g}); pass 0..1, 0..255 or uint16")
    # The type says the range: bool and float up to 1 are shares, 16 bits are 0..65535, else 0..255.
    full = 1.0 if high <= 1 and dtype.kind in "bf" else 255.0 if high <= 255 else 65535.0
    if high > full:
        raise PictureError(f"the array holds values up to {high:g}; pass 0..1, 0..255 or uint16")
    return lambda rows: _to_image((cut(rows).astype(np.float32) * (255.0 / full) + 0.5).astype(np.uint8))


def _to_image(array: np.ndarray) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(array))


def _split_rows(height: int, width: int) -> Iterator[slice]:
    num_rows = max(1, _STRIP_PIXELS // width)
    for first in range(0, height, num_rows):
        yield slice(first, min(first + num_rows, height))


def _merge_strips(cut: Cut, height: int, width: int, ink_share: float) -> np.ndarray:
    """Uint8 (H, W) of gray levels, RGB or RGBA; what colors are depends on what is transparent."""
    mode = cut(slice(0, 1)).mode
    if mode == "RGBA" and any(_is_transparent(cut(rows)) for rows in _split_rows(height, width)):
        return _lay_on_paper(cut, height, width)
    gray = np.empty((height, width), np.uint8)
    looks = []
    stride = find_look_stride(height, width)
    for rows in _split_rows(height, width):
        strip = cut(rows)
        gray[rows] = np.asarray(strip if mode == "L" else strip.convert("L"))
        if ink_share and mode != "L":
            seen = range(-rows.start % stride, strip.height, stride)
            colors = [np.asarray(strip.crop((0, row, width, row + 1)))[:, ::stride, :3] for row in seen]
            looks += [
                np.dstack([color, gray[rows.start + row][None, ::stride]])
                for row, color in zip(seen, colors, strict=True)
            ]
    channel = choose_channel(np.concatenate(looks), ink_share) if looks else 3
    if channel < 3:
        for rows in _split_rows(height, width):
            gray[rows] = np.asarray(cut(rows).getchannel(channel))
    return gray


def _is_transparent(strip: Image.Image) -> bool:
    lowest, _ = strip.getchannel("A").getextrema()
    return lowest < 255  # type: ignore[operator]  # one channel has two numbers, not pairs


def shrink_gray(gray: np.ndarray) -> np.ndarray:
    """Cut a picture down to at most `WORK_SIZE` pixels on its longer side, by area.

    Args:
        gray: uint8 (H, W).

    Returns:
        uint8 (h, w); the picture itself if it is small enough.
    """
    scale = WORK_SIZE / max(gray.shape)
    if scale >= 1.0:
        return gray
    height, width = (max(1, round(side * scale)) for side in gray.shape)
    return np.asarray(Image.fromarray(gray).resize((width, height), Image.Resampling.BOX))


def _lay_on_paper(cut: Cut, height: int, width: int) -> np.ndarray:
    """Lay a transparent picture on white, or on black if white ink would vanish on white."""
    gray = np.empty((height, width), np.uint8)
    for paper in (255, 0):
        for rows in _split_rows(height, width):
            strip = cut(rows)
            laid = Image.new("L", strip.size, paper)
            laid.paste(strip.convert("L"), (0, 0), strip.getchannel("A"))
            gray[rows] = np.asarray(laid)
        contrast = int(gray.max()) - int(gray.min())
        if contrast > _CONTRAST + 1 or (
            contrast >= _CONTRAST - 1 and _measure_contrast(cut, height, width, paper) >= _CONTRAST
        ):
            break
    return gray


def _measure_contrast(cut: Cut, height: int, width: int, paper: int) -> float:
    """Measure the range of the gray levels on paper before they are rounded."""
    is_used = np.zeros(65536, bool)
    for rows in _split_rows(height, width):
        strip = cut(rows)
        is_used[np.asarray(strip.getchannel("A")).astype(np.uint16) << 8 | np.asarray(strip.convert("L"))] = (
            True
        )
    level, opacity = np.arange(256, dtype=np.float32), (np.arange(256, dtype=np.float32) / 255.0)[:, None]
    laid = level * opacity + paper * (1.0 - opacity)
    return float(np.ptp(laid.ravel()[is_used]))


def _check_size(height: int, width: int) -> None:
    if min(height, width) < MIN_SIDE:
        raise PictureError(
            f"the picture has {width} x {height} pixels; at least {MIN_SIDE} on the short side are needed"
        )
