"""Write canvas.json: small pictures and the squares that `to_canvas` makes of them, for ports.

    python tests/golden/draw_canvas.py

The pictures are drawings of our own (examples/drawings.json) and patterns computed here. docs/canvas.md
writes down the steps, this file's format, and how near a port must come:

    {"size": 48, "margin": 0.06, "cases": [{"name", "height", "width", "gray", "canvas"}, ...,
                                           {"name", "strokes", "canvas"}, ...]}

canvas_2.json is the same for version 2, on paper; a case has "rgb" instead of "gray" where color counts.

Write a file anew only when the canvas changes on purpose: models that learned from the old one read worse.
"""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from drawings import DRAWINGS, crop_ink, draw_page  # noqa: E402

from yomite.ink.canvas import CANVAS_SIZE, MARGIN, to_canvas  # noqa: E402


def draw_pictures() -> Iterator[tuple[str, np.ndarray]]:
    """Yield a name and uint8 (H, W) for each path through the canvas."""
    rng = np.random.default_rng(20)
    ei, hi = draw_page("ei", 64, 3), draw_page("hi", 64, 3)
    down, across = np.mgrid[:64, :64] / 63 - 0.5

    def photograph(page: np.ndarray, light: np.ndarray, contrast: float, noise: float) -> np.ndarray:
        levels = light * (1 - contrast * (1 - page / 255)) + rng.normal(0, noise, page.shape)
        return np.clip(levels + 0.5, 0, 255).astype(np.uint8)

    yield "black on white", ei
    yield "white on black", 255 - ei
    yield "thin line", draw_page("a-hiragana", 64, 0.8)
    yield "thick line", draw_page("a-katakana", 64, 9)
    yield "crowded", draw_page("neko", 72, 2)
    yield "thick and crowded, not uneven light", draw_page("go", 64, 6)
    yield "cropped tight", crop_ink(hi)
    yield "cropped tight, white on black", 255 - crop_ink(hi)
    yield "smaller than the square", draw_page("kawa", 20, 1.5)
    yield "four pixels", np.array([[255] * 4, [255, 0, 0, 255], [255, 0, 255, 255], [255] * 4], np.uint8)
    yield "wide", np.pad(np.zeros((3, 50), np.uint8), ((3, 4), (6, 2)), constant_values=255)
    yield "faint", photograph(ei, np.full((64, 64), 240.0), 0.08, 0)
    yield "noisy paper", photograph(ei, np.full((64, 64), 215.0), 0.6, 8)
    yield "light from the left", photograph(hi, 170 - 120 * across, 0.55, 2)
    yield (
        "light from above, white on black",
        255 - photograph(ei, 150 - 90 * down + 40 * across * across, 0.6, 2),
    )
    yield "ink lost in noise", photograph(draw_page("ki", 64, 1.2), np.full((64, 64), 200.0), 0.35, 16)
    yield "larger than 160 px", draw_page("yama", 176, 9)[:, :150]
    sheet = np.full((150, 180), 250, np.uint8)
    sheet[92:148, 8:64] = np.minimum(draw_page("mizu", 56, 3), 250)
    yield "small on a sheet", sheet
    rows, columns = np.mgrid[:48, :48]
    weave = 128 - 62 * (np.cos(2 * np.pi * rows / 9) + np.cos(2 * np.pi * columns / 7))
    yield "crowded, in soft focus", np.clip(weave, 0, 255).astype(np.uint8)


def draw_papers() -> Iterator[tuple[str, np.ndarray]]:
    """Yield a name and uint8 (H, W) or (H, W, 3) for each path that version 2 adds."""
    page = np.pad(draw_page("ei", 72, 3), 36, constant_values=255)

    def rule(across: list[int], down: list[int], level: int, px: int = 1, ends: int = 0) -> np.ndarray:
        ruled = page.copy()
        part = slice(ends, len(page) - ends)
        for first in across:
            ruled[first : first + px, part] = np.minimum(ruled[first : first + px, part], level)
        for first in down:
            ruled[part, first : first + px] = np.minimum(ruled[part, first : first + px], level)
        return ruled

    yield "bare", page
    yield "notebook", rule([10, 50, 90, 130], [], 150)
    yield "two thick lines beside", rule([6, 132], [], 40, px=3)
    yield "squared", rule(list(range(4, 144, 22)), list(range(9, 144, 22)), 150)
    yield "frame", rule([8, 134], [8, 134], 0, px=2, ends=8)
    dashed = rule([30, 72, 114], [], 110, px=2)
    dashed[:, np.arange(144) % 14 >= 7] = page[:, np.arange(144) % 14 >= 7]
    yield "dashed", dashed
    slope = page.copy()
    for column in range(144):
        slope[20 + column // 36, column] = 90
    yield "slanting line", slope
    yield "strokes from rim to rim", crop_ink(draw_page("hi", 96, 5))
    yield (
        "shadow",
        np.where(np.add.outer(np.arange(144), np.arange(144)) > 150, 0.5 * page, page).astype(np.uint8),
    )
    red = np.dstack([page] * 3)
    red[[20, 21, 70, 71, 120, 121]] = np.minimum(red[[20, 21, 70, 71, 120, 121]], (220, 90, 90))
    yield "red ruling, black ink", red


def encode(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def build_paper_cases() -> list[dict]:
    """Return every case of version 2, in the form of the file."""
    return [
        {
            "name": name,
            "height": picture.shape[0],
            "width": picture.shape[1],
            "gray" if picture.ndim == 2 else "rgb": encode(picture),
            "canvas": encode(to_canvas(picture, version=2)),
        }
        for name, picture in draw_papers()
    ]


def build_cases() -> list[dict]:
    """Return every case of version 1, in the form of the file."""
    cases: list[dict] = [
        {
            "name": name,
            "height": gray.shape[0],
            "width": gray.shape[1],
            "gray": encode(gray),
            "canvas": encode(to_canvas(gray)),
        }
        for name, gray in draw_pictures()
    ]
    strokes = {"strokes": DRAWINGS["ei"], "strokes, one line": DRAWINGS["hi"][:1], "one point": [[[5, 5]]]}
    return cases + [
        {"name": name, "strokes": value, "canvas": encode(to_canvas(value))}
        for name, value in strokes.items()
    ]


if __name__ == "__main__":
    about = "see tests/golden/draw_canvas.py and docs/canvas.md"
    for file, cases in (("canvas.json", build_cases()), ("canvas_2.json", build_paper_cases())):
        golden = {"about": about, "size": CANVAS_SIZE, "margin": MARGIN, "cases": cases}
        (HERE / file).write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")
