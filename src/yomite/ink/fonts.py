"""Handwriting fonts: a second source of ink, and the distortion of any drawn ink.

A font gives pictures, not strokes, so a hand's habits act on it as one bend of the whole plane.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numba import njit
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from yomite.errors import DataError

FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")

MASK_SIZE = 64
"""Side of the square that holds one font glyph."""

_MASK_PAD = 4
_MASK_BLUR_PX = 1.6
"""Soft edges, so that a threshold on them makes the line thinner or thicker."""


def read_font(path: Path, characters: Iterable[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Draw the characters that a font really has.

    Args:
        path: A TrueType or OpenType file.
        characters: The wanted ones.

    Yields:
        Each drawn character with uint8 (MASK_SIZE, MASK_SIZE), ink bright on 0, its box centered, edges soft.
        Missing characters and blank outlines are left out, whatever the character map claims.

    Raises:
        DataError: The font is missing or cannot be read.
    """
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(path, fontNumber=0, lazy=True) as file:
            mapped = set(file.getBestCmap() or ())
        font = ImageFont.truetype(str(path), int(1.5 * MASK_SIZE))
    except FileNotFoundError:
        raise DataError(
            f"font {path} is not there; give a path, or the name of a file in the fonts folder"
        ) from None
    except (OSError, TTLibError, TypeError) as error:
        raise DataError(f"font {path} cannot be read ({error}); give a .ttf or .otf file") from None
    inner = MASK_SIZE - 2 * _MASK_PAD
    for character in characters:
        if ord(character[0]) not in mapped:
            continue
        drawing = Image.new("L", (3 * MASK_SIZE, 3 * MASK_SIZE))
        ImageDraw.Draw(drawing).text((MASK_SIZE // 2, MASK_SIZE // 2), character, fill=255, font=font)
        box = drawing.getbbox()
        if box is None:
            continue
        image = drawing.crop(box)
        scale = inner / max(image.size)
        image = image.resize([max(1, round(side * scale)) for side in image.size], Image.Resampling.BOX)
        square = Image.new("L", (MASK_SIZE, MASK_SIZE))
        square.paste(image, ((MASK_SIZE - image.width) // 2, (MASK_SIZE - image.height) // 2))
        yield character, np.asarray(square.filter(ImageFilter.GaussianBlur(_MASK_BLUR_PX)))


@njit(cache=True)
def bend_ink(
    ink: np.ndarray, habits: np.ndarray, length_px: float, threshold: float, gain: float
) -> np.ndarray:
    """Draw ink again as this hand leans, stretches and waves.

    Args:
        ink: Uint8 (H, W), ink bright on 0.
        habits: Float64 (len(HABITS),); those of the whole character count, those of strokes do not.
        length_px: Longer side of the result before leaning.
        threshold: Level, 0..1, that becomes the edge; 0 keeps every level as it is. Lower is thicker.
        gain: Steepness of the edge.

    Returns:
        Float32 (h, w), 0..1.
    """
    slant, slope, rotation, aspect, bulge_x, bulge_y, wave = habits[:7]
    height, width = ink.shape
    cosine, sine = np.cos(rotation), np.sin(rotation)
    scale_x, scale_y = np.exp(-0.5 * aspect), np.exp(0.5 * aspect)
    scale = length_px / max(height, width)
    # The plane is bent backwards: for each target pixel, where its ink comes from.
    rows = int(height * scale * scale_y + abs(slope) * width * scale) + 2
    columns = int(width * scale * scale_x + abs(slant) * height * scale) + 2
    phase_x, phase_y = np.random.random() * 6.2832, np.random.random() * 6.2832
    swell_x, swell_y = bulge_x + 0.03 * np.random.normal(), bulge_y + 0.03 * np.random.normal()
    ripple = 1.5 * wave
    bent = np.zeros((rows, columns), np.float32)
    # Rotation, lean and stretch in one matrix: x = xx * across + xy * down, y = yx * across + yy * down.
    determinant = 1.0 + slant * slope
    xx = (cosine - slant * sine) / (determinant * scale_x)
    xy = (sine + slant * cosine) / (determinant * scale_x)
    yx = (-sine - slope * cosine) / (determinant * scale_y)
    yy = (cosine - slope * sine) / (determinant * scale_y)
    across = (np.arange(columns) + 0.5 - 0.5 * columns) / length_px
    down = (np.arange(rows) + 0.5 - 0.5 * rows) / length_px
    # The wave sin(phase + 5 y + 2 x) is sin(a + b), a of the row, b of the column: tables, no sine a pixel.
    row_x, row_y = phase_x + (5.0 * yy + 2.0 * xy) * down, phase_y + (5.0 * xy + 2.0 * yy) * down
    column_x, column_y = (5.0 * yx + 2.0 * xx) * across, (5.0 * xx + 2.0 * yx) * across
    row_sine_x, row_cosine_x = np.sin(row_x), np.cos(row_x)
    row_sine_y, row_cosine_y = np.sin(row_y), np.cos(row_y)
    sine_x, cosine_x = np.sin(column_x), np.cos(column_x)
    sine_y, cosine_y = np.sin(column_y), np.cos(column_y)
    for row in range(rows):
        for column in range(columns):
            x = xx * across[column] + xy * down[row]
            y = yx * across[column] + yy * down[row]
            wave_x = row_sine_x[row] * cosine_x[column] + row_cosine_x[row] * sine_x[column]
            wave_y = row_sine_y[row] * cosine_y[column] + row_cosine_y[row] * sine_y[column]
            u = x - swell_x * (0.25 - x * x) + ripple * wave_x
            v = y - swell_y * (0.25 - y * y) + ripple * wave_y
            u = u * max(height, width) + 0.5 * width - 0.5
            v = v * max(height, width) + 0.5 * height - 0.5
            i, j = int(np.floor(v)), int(np.floor(u))
            if i < 0 or j < 0 or i >= height - 1 or j >= width - 1:
                continue
            p, q = v - i, u - j
            level = (1 - p) * ((1 - q) * ink[i, j] + q * ink[i, j + 1])
            level += p * ((1 - q) * ink[i + 1, j] + q * ink[i + 1, j + 1])
            level /= 255.0
            if threshold > 0.0:
                level = min(max((level - threshold) * gain + 0.5, 0.0), 1.0)
            bent[row, column] = level
    return bent


def find_font(name: str, data_root: Path) -> Path | None:
    """Find a font file by path, by name in the data folder's `fonts`, or by name among the system's fonts."""
    nearby = [Path(name), data_root / "fonts" / name]
    path = next((path for path in nearby if path.is_file()), None)
    for folder in FONT_FOLDERS if path is None else ():
        path = path or next(iter(sorted(Path(folder).expanduser().rglob(name))), None)
    return path


def find_fonts(names: Iterable[str], data_root: Path) -> list[Path]:
    """Find font files as `find_font` does.

    Raises:
        DataError: A font is nowhere.
    """
    found = []
    for name in names:
        path = find_font(name, data_root)
        if path is None:
            raise DataError(
                f"font {name} is neither in {data_root / 'fonts'} nor among the system's fonts; install it"
            )
        found.append(path)
    return found
