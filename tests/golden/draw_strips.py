"""Write strips.json: small crops of lines and the strips that `to_line_canvas` makes of them, for ports.

    python tests/golden/draw_strips.py

The crops are drawings of our own (examples/drawings.json). docs/canvas.md writes down the steps; the file has
the form {"height": 40, "spread": 0.2, "cases": [{"name", "height", "width", "gray", "strip"}, ...]}.

Write it anew only when the strip changes on purpose: models that learned from the old one read worse.
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


def encode(array: np.ndarray) -> str:
    """Return the bytes, row after row, as base64 text."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def build_cases() -> list[dict]:
    """Return every case in the form of the file."""
    return [
        {
            "name": name,
            "height": gray.shape[0],
            "width": gray.shape[1],
            "gray": encode(gray),
            "strip": encode(to_line_canvas(gray)),
        }
        for name, gray in draw_lines()
    ]


if __name__ == "__main__":
    content = {"height": LINE_HEIGHT, "spread": SPREAD, "cases": build_cases()}
    (HERE / "strips.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
