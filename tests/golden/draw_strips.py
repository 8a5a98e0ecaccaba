"""Write strips.json and strips_3.json: small crops of lines and what `to_line_canvas` makes of them.

    python tests/golden/draw_strips.py

The crops are drawings of our own (examples/drawings.json). docs/canvas.md writes down the steps. A file has
the form {"version", "height": 40, "spread": 0.2, "cases": [{"name", "height", "width", "gray", "strip"},
...]}.

A version that was released never changes: models that learned from it would read worse.
"""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from drawings import draw_page  # noqa: E402

from yomite.ink.line_canvas import LINE_HEIGHT, SPREAD, to_line_canvas  # noqa: E402


def write_line(*names: str, side_px: int = 34, pen_px: float = 2.0, room_px: int = 8) -> np.ndarray:
    """Lay drawings side by side, black on white: uint8 (H, W)."""
    line = np.hstack([draw_page(name, side_px, pen_px) for name in names])
    return np.pad(line, room_px, constant_values=255)


def draw_lines() -> Iterator[tuple[str, np.ndarray]]:
    """Yield a name and uint8 (H, W) for each path through the strip."""
    rng = np.random.default_rng(21)
    plain = write_line("neko", "ki", "a-hiragana", "kawa")
    height, width = plain.shape
    rows, columns = np.mgrid[:height, :width]
    yield "black on white", plain
    yield "white on black", 255 - plain
    yield "low", write_line("hi", "hon", "go", side_px=16, pen_px=1.2, room_px=3)
    yield "high", write_line("yama", "ka", side_px=96, pen_px=5)  # no pixel lies on an edge
    yield "one character", write_line("ei")
    light = (130 + 110 * columns / width + 0.3 * rows) * (0.35 + 0.65 * plain / 255)
    yield "uneven light and noise", np.clip(light + rng.normal(0, 4, plain.shape), 0, 255).astype(np.uint8)
    shadow = np.where(columns + 2 * rows > 0.9 * width, 0.6, 1.0)
    yield "the edge of a shadow", (plain * shadow).astype(np.uint8)
    yield "two pens", np.where(columns > width // 2, 255 - (255 - plain) // 3, plain).astype(np.uint8)
    ruled = plain.copy()
    ruled[[4, height - 6]] = 120
    ruled[height // 2] = np.minimum(ruled[height // 2], 140)
    yield "ruled", ruled
    crowd = np.vstack([plain[22:27], plain, plain[14:19]])
    yield "neighbors above and below", crowd
    skewed = np.full((height + 26, width), 255, np.uint8)
    for column in range(width):
        first = round(13 + 12 * (column / width - 0.5) + 10 * (2 * column / width - 1) ** 2 - 5)
        skewed[first : first + height, column] = plain[:, column]
    yield "skewed and bent", skewed


def draw_papers() -> Iterator[tuple[str, np.ndarray]]:
    """Yield a name and uint8 (H, W) for each path that version 2 does not have."""
    rng = np.random.default_rng(22)
    plain = write_line("neko", "ki", "a-hiragana", "kawa")
    height, width = plain.shape
    rows, columns = np.mgrid[:height, :width]
    edge = np.where(columns - 0.3 * rows > 0.5 * width, 0.4, 1.0)
    faint = 255 - (255 - plain.astype(float)) * 0.25
    yield "faint ink under a hard shadow", (faint * edge).astype(np.uint8)
    yield "light ink on a board with a shadow", (255 - edge * (255 - (255 - plain) * 0.5)).astype(np.uint8)
    low = write_line("hi", "hon", "go", side_px=20, pen_px=1.4, room_px=4)
    yield "low, light from one side", (low * np.linspace(1.0, 0.6, low.shape[1])).astype(np.uint8)
    squared = plain.copy()
    squared[:, 5::12] = np.minimum(squared[:, 5::12], 110)
    squared[7::12] = np.minimum(squared[7::12], 110)
    yield "squared", squared
    leaning = plain.copy()
    for first in range(-60, width + 60, 17):
        across = first - np.round(0.03 * np.arange(height)).astype(int)
        inside = (across >= 0) & (across < width)
        leaning[np.arange(height)[inside], across[inside]] = 90
        down = first + np.round(0.03 * np.arange(width)).astype(int)
        inside = (down >= 0) & (down < height)
        leaning[down[inside], np.arange(width)[inside]] = 90
    yield "squared and leaning", leaning
    cells = plain.copy()
    cells[[3, height - 4]] = 100
    cells[3 : height - 3, 7::34] = 100
    yield "cells", cells
    double = plain.copy()
    double[[height - 6, height - 2]] = 60
    yield "two rulings", double
    tall = write_line("yama", "ka", "ei", "kawa", side_px=30, pen_px=3.5, room_px=2)
    line = np.pad(plain[6:44], ((0, 0), (0, max(0, tall.shape[1] - width))), constant_values=255)
    tall = np.pad(tall, ((0, 0), (0, max(0, width - tall.shape[1]))), constant_values=255)
    yield "tall neighbors", np.vstack([tall[-16:-3], line, tall[3:14]])
    strokes = np.full((40, 150), 255, np.uint8)
    for first in range(10, 150, 25):
        strokes[4:36, first : first + 3] = 30
        strokes[18:21, first - 7 : first + 10] = 30
    yield "strokes in a row", strokes
    torn = np.full((30, 120), 255, np.uint8)
    torn[:6, 5:115:4] = torn[24:, 7:115:4] = 40
    yield "all hangs in from the rims", np.clip(torn + rng.normal(0, 2, torn.shape), 0, 255).astype(np.uint8)


def encode(array: np.ndarray) -> str:
    """Return the bytes, row after row, as base64 text."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def build_cases(version: int) -> list[dict]:
    """Return every case of a version in the form of the file."""
    crops = [*draw_lines(), *draw_papers()] if version == 3 else [*draw_lines()]
    return [
        {
            "name": name,
            "height": gray.shape[0],
            "width": gray.shape[1],
            "gray": encode(gray),
            "strip": encode(to_line_canvas(gray, version=version)),
        }
        for name, gray in crops
    ]


if __name__ == "__main__":
    for version, name in ((2, "strips.json"), (3, "strips_3.json")):
        content = {
            "version": version,
            "height": LINE_HEIGHT,
            "spread": SPREAD,
            "cases": build_cases(version),
        }
        (HERE / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
