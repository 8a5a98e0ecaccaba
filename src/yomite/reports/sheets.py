"""Contact sheets: pictures in a grid, dark on white, a line of text under each."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

TILE_PX = 64
TITLE_PX = 20
HEADING_PX = 26
GAP_PX = 6
NUM_COLUMNS = 12
BLACK, RED, GRAY = (0, 0, 0), (200, 0, 0), (235, 235, 235)

# Fonts with Japanese characters where systems keep them; none is shipped here.
_FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:/Windows/Fonts",
)
_FONT_PATTERNS = (
    "NotoSansCJK*",
    "NotoSansJP*",
    "ipag*",
    "TakaoGothic*",
    "Hiragino*",
    "ヒラギノ*",
    "YuGoth*",
    "msgothic*",
)


def draw_sheet(
    tiles: Sequence[np.ndarray],
    titles: Sequence[str],
    *,
    is_right: Sequence[bool] | None = None,
    heading: str = "",
    tile_px: int = TILE_PX,
) -> np.ndarray:
    """Lay tiles out in a grid.

    Args:
        tiles: Uint8 (H, W) images, ink bright on 0, or (H, W, 3) pictures as they are; each is made tile_px
            high.
        titles: A short line for each; characters no font here can draw become code points.
        is_right: Titles of those that are not are red; None: all are black.
        heading: A line above them all; "" for none.
        tile_px: Height of a tile.

    Returns:
        Uint8 (H, W, 3).
    """
    widths = [max(1, round(tile_px * tile.shape[1] / tile.shape[0])) for tile in tiles]
    step_x, step_y = max([tile_px, *widths]) + GAP_PX, tile_px + TITLE_PX + GAP_PX
    most = max(1, NUM_COLUMNS * (tile_px + GAP_PX) // step_x)
    columns = min(most, max(len(tiles), 1))
    head_font, head_text = _choose_font(heading)
    start = GAP_PX + (HEADING_PX if heading else 0)
    width = max(columns * step_x, int(head_font.getlength(head_text)) + GAP_PX)
    height = start + -(-len(tiles) // columns) * step_y
    sheet = Image.new("RGB", (GAP_PX + width, height), GRAY)
    drawing = ImageDraw.Draw(sheet)
    drawing.text((GAP_PX, GAP_PX), head_text, fill=BLACK, font=head_font)
    for index, (tile, title) in enumerate(zip(tiles, titles, strict=True)):
        row, column = divmod(index, columns)
        left, top = GAP_PX + column * step_x, start + row * step_y
        picture = Image.fromarray(255 - tile if tile.ndim == 2 else tile).convert("RGB")
        sheet.paste(picture.resize((widths[index], tile_px), Image.Resampling.BICUBIC), (left, top))
        color = BLACK if is_right is None or is_right[index] else RED
        font, text = _choose_font(title)
        drawing.text((left + 2, top + tile_px + 1), text, fill=color, font=font)
    return np.asarray(sheet)


def stack_sheets(sheets: Sequence[np.ndarray]) -> np.ndarray:
    """Lay sheets, uint8 (H, W, 3), one below the other."""
    width = max((sheet.shape[1] for sheet in sheets), default=1)
    stacked = np.full((sum(map(len, sheets)) or 1, width, 3), GRAY, np.uint8)
    top = 0
    for sheet in sheets:
        stacked[top : top + len(sheet), : sheet.shape[1]] = sheet
        top += len(sheet)
    return stacked


def overlay_heat(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Lay where a model looked over what it saw.

    Args:
        image: Uint8 (H, W), ink bright on 0.
        heat: Float (h, w), 0..1.

    Returns:
        Uint8 (H, W, 3): ink black, paper from white (0) to red (1).
    """
    size = (image.shape[1], image.shape[0])
    large = Image.fromarray(heat.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    red = 1.0 - image.astype(np.float32) / 255
    other = red * (1.0 - 0.75 * np.asarray(large).clip(0, 1))
    return (255 * np.stack([red, other, other], axis=-1)).astype(np.uint8)


def find_japanese_font() -> Path | None:
    """Find a font of this system that has Japanese characters, if there is one at a usual place."""
    for folder in (Path(name).expanduser() for name in _FONT_FOLDERS):
        for pattern in _FONT_PATTERNS if folder.is_dir() else ():
            for path in sorted(folder.rglob(pattern)):
                if path.suffix.lower() in (".ttf", ".ttc", ".otf"):
                    return path
    return None


def to_code_points(text: str) -> str:
    """Replace characters that not every font can draw by their code points: 末 > 未 by 672B > 672A."""
    return "".join(c if c.isascii() else f"{ord(c):04X}" for c in text)


def _choose_font(title: str) -> tuple[ImageFont.ImageFont | ImageFont.FreeTypeFont, str]:
    font = _load_font()
    return (font, title) if font else (ImageFont.load_default(10), to_code_points(title))


@functools.cache
def _load_font() -> ImageFont.FreeTypeFont | None:
    path = find_japanese_font()
    return ImageFont.truetype(str(path), 15) if path else None
