"""Pictures of samples for the boards: canvases dark on white in a grid, a line of text under each."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from yomite.evaluation.confusions import find_japanese_font

TILE_PX = 64
TITLE_PX = 20
GAP_PX = 6
NUM_COLUMNS = 12
BLACK, RED = (0, 0, 0), (200, 0, 0)


def draw_sheet(
    tiles: Sequence[np.ndarray], titles: Sequence[str], *, is_right: Sequence[bool] | None = None
) -> np.ndarray:
    """Lay tiles out in a grid.

    Args:
        tiles: uint8 (H, W) images, ink bright on 0, or (H, W, 3) pictures as they are; each is made TILE_PX
            high.
        titles: A short line for each; characters no font here can draw become code points.
        is_right: Titles of those that are not are red; None: all are black.

    Returns:
        uint8 (H, W, 3).
    """
    widths = [max(1, round(TILE_PX * tile.shape[1] / tile.shape[0])) for tile in tiles]
    step_x, step_y = max([TILE_PX, *widths]) + GAP_PX, TILE_PX + TITLE_PX + GAP_PX
    most = max(1, NUM_COLUMNS * (TILE_PX + GAP_PX) // step_x)
    columns = min(most, max(len(tiles), 1))
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (GAP_PX + columns * step_x, GAP_PX + rows * step_y), (235, 235, 235))
    drawing = ImageDraw.Draw(sheet)
    for index, (tile, title) in enumerate(zip(tiles, titles, strict=True)):
        row, column = divmod(index, columns)
        left, top = GAP_PX + column * step_x, GAP_PX + row * step_y
        picture = Image.fromarray(255 - tile if tile.ndim == 2 else tile).convert("RGB")
        sheet.paste(picture.resize((widths[index], TILE_PX), Image.Resampling.BICUBIC), (left, top))
        color = BLACK if is_right is None or is_right[index] else RED
        font, text = _choose_font(title)
        drawing.text((left + 2, top + TILE_PX + 1), text, fill=color, font=font)
    return np.asarray(sheet)


def overlay_heat(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Lay where a model looked over what it saw.

    Args:
        image: uint8 (H, W), ink bright on 0.
        heat: float (h, w), 0..1.

    Returns:
        uint8 (H, W, 3): ink black, paper from white (0) to red (1).
    """
    size = (image.shape[1], image.shape[0])
    large = Image.fromarray(heat.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    red = 1.0 - image.astype(np.float32) / 255
    other = red * (1.0 - 0.75 * np.asarray(large).clip(0, 1))
    return (255 * np.stack([red, other, other], axis=-1)).astype(np.uint8)


def _choose_font(title: str) -> tuple[ImageFont.ImageFont | ImageFont.FreeTypeFont, str]:
    font = _load_font()
    if font:
        return font, title
    text = "".join(c if c.isascii() else f"{ord(c):04X}" for c in title)
    return ImageFont.load_default(10), text


@functools.cache
def _load_font() -> ImageFont.FreeTypeFont | None:
    path = find_japanese_font()
    return ImageFont.truetype(str(path), 15) if path else None
