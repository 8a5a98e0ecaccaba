"""Pictures of lines: with the boxes of what was read, and characters cut out of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from yomite.errors import PictureError
from yomite.evaluation.judged_lines import JudgedLine
from yomite.ink.pictures import read_gray

HEIGHT_PX, WIDTH_PX, LONGEST_PX = 72, 44, 1160
"""How high a horizontal line is shown, how wide a vertical one, and how long at most."""

CUT_PX = 56
RIGHT, WRONG = (47, 111, 159), (200, 30, 30)


def read_picture(picture: Any) -> np.ndarray | None:
    """Read gray levels, uint8 (H, W); None where that fails."""
    try:
        return read_gray(picture)
    except PictureError:
        return None


def draw_boxes(gray: np.ndarray, line: JudgedLine, *, is_vertical: bool = False) -> np.ndarray:
    """Draw a line with the box of each character that was read, red where it is wrong: uint8 (H, W, 3)."""
    height, width = gray.shape
    wanted, long = (WIDTH_PX / width, height) if is_vertical else (HEIGHT_PX / height, width)
    scale = min(wanted, LONGEST_PX / long)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    image = Image.fromarray(gray).resize(size, Image.Resampling.LANCZOS).convert("RGB")
    pencil = ImageDraw.Draw(image)
    wrong = {place for place, (one, other) in zip(line.places, line.pairs, strict=True) if one != other}
    for place, character in enumerate(line.result.characters if line.result else ()):
        left, top, right, bottom = (side * scale for side in character.box)
        corners = (left, top, max(right - 1, left), max(bottom - 1, top))
        pencil.rectangle(corners, outline=WRONG if place in wrong else RIGHT)
    return np.asarray(image)


def cut_out(gray: np.ndarray, box: Sequence[float]) -> np.ndarray:
    """Cut a box and a little around it out of gray levels, and mark it: uint8 (H, W, 3)."""
    height, width = gray.shape
    left, right = (min(max(side, 0.0), width - 1.0) for side in box[::2])
    top, bottom = (min(max(side, 0.0), height - 1.0) for side in box[1::2])
    room = 0.35 * max(right - left, bottom - top, 4.0)
    first, upper = (int(max(side - room, 0)) for side in (left, top))
    last, lower = (int(side + room) + 1 for side in (right, bottom))
    part = Image.fromarray(gray[upper:lower, first:last])
    scale = CUT_PX / max(part.height, 0.25 * part.width)
    size = max(1, round(part.width * scale)), max(1, round(part.height * scale))
    image = part.resize(size, Image.Resampling.LANCZOS).convert("RGB")
    x, y = (left - first) * scale, (top - upper) * scale
    corners = (x, y, max(x, (right - first) * scale - 1), max(y, (bottom - upper) * scale - 1))
    ImageDraw.Draw(image).rectangle(corners, outline=WRONG)
    return np.asarray(image)
