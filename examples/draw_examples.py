"""Draw the pictures of this folder from the strokes in drawings.json.

    python examples/draw_examples.py [FOLDER]

The strokes were written by hand for this project, as polylines in a square of 0..100, x right and
y down. Each is drawn in one of several ways that a reader must not care about.
"""

import json
import sys
from pathlib import Path

from PIL import Image, ImageDraw

HERE = Path(__file__).parent
OVERSAMPLING = 4  # drawn larger, then reduced: that is the anti-aliasing

# How a drawing becomes a picture: canvas (width, height) in px, then the square that the drawing fills,
# then the pen in px.
PICTURES: dict[str, tuple[tuple[int, int], tuple[int, int, int], float]] = {
    "thin": ((256, 256), (28, 28, 200), 4),
    "thick": ((200, 200), (34, 34, 132), 22),
    "inverted": ((240, 240), (40, 40, 160), 9),
    "small": ((320, 240), (206, 130, 56), 3),
    "transparent": ((256, 256), (40, 40, 176), 7),
    "photographed": ((280, 280), (50, 40, 170), 6),
}

# A line is a row of drawings.
LINES = {"line": ("hi", "hon", "go")}

# A page is a few such rows on ruled paper.
PAGES = {"page": (("hi", "hon", "go"), ("yama", "kawa", "mizu", "ki"), ("neko", "ka"))}


def smooth(points: list[list[float]], steps: int = 24) -> list[tuple[float, float]]:
    """Bend a polyline into the curve a hand would have drawn: Catmull-Rom, through every point."""
    padded = [points[0], *points, points[-1]]
    curve = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(steps):
            t = step / steps
            x, y = (
                start[axis]
                + t * (end[axis] - before[axis]) / 2
                + t**2 * (before[axis] - 2.5 * start[axis] + 2 * end[axis] - after[axis] / 2)
                + t**3 * (1.5 * (start[axis] - end[axis]) + (after[axis] - before[axis]) / 2)
                for axis in (0, 1)
            )
            curve.append((x, y))
    return [*curve, (points[-1][0], points[-1][1])]


def draw_ink(strokes: list[list[list[float]]], kind: str) -> Image.Image:
    """Draw the strokes alone: mode L, ink 255 on 0, anti-aliased."""
    (width, height), (left, top, side), pen_px = PICTURES[kind]
    large = Image.new("L", (width * OVERSAMPLING, height * OVERSAMPLING))
    draw = ImageDraw.Draw(large)
    radius = pen_px * OVERSAMPLING / 2
    for stroke in strokes:
        curve = [
            ((left + x / 100 * side) * OVERSAMPLING, (top + y / 100 * side) * OVERSAMPLING)
            for x, y in smooth(stroke)
        ]
        draw.line(curve, fill=255, width=round(2 * radius))
        for x, y in curve:  # round ends and joints
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return large.resize((width, height), Image.Resampling.BOX)


def draw_picture(strokes: list[list[list[float]]], kind: str) -> Image.Image:
    """Draw one example as the picture named ``kind``."""
    ink = draw_ink(strokes, kind)
    if kind == "inverted":
        return ink
    if kind == "transparent":
        picture = Image.new("RGBA", ink.size, (30, 40, 120, 0))
        picture.putalpha(ink)
        return picture
    if kind == "photographed":  # gray pencil on paper that is bright at the top and dim at the bottom
        paper = Image.linear_gradient("L").resize(ink.size).point(lambda level: round(225 - 0.35 * level))
        pencil = paper.point(lambda level: round(level * 0.45))
        return Image.composite(pencil, paper, ink)
    return ink.point(lambda level: 255 - level)


def draw_line(drawings: list[list[list[list[float]]]]) -> Image.Image:
    """Draw drawings side by side, as a line, with the thin pen."""
    _, (left, top, side), _ = PICTURES["thin"]
    parts = [draw_picture(strokes, "thin") for strokes in drawings]
    line = Image.new("L", (len(parts) * side + 2 * left, side + 2 * top), 255)
    for number, part in enumerate(parts):
        line.paste(part.crop((left, 0, left + side, part.height)), (left + number * side, 0))
    return line


def draw_page(rows: list[list[list[list[list[float]]]]], row_px: int = 96) -> Image.Image:
    """Draw rows of drawings on paper with a gray line under each."""
    page = Image.new("L", (640, row_px * (len(rows) + 1)), 255)
    for number, row in enumerate(rows):
        line = draw_line(row)
        line = line.resize((line.width * row_px // line.height, row_px), Image.Resampling.LANCZOS)
        page.paste(line, (40, row_px // 2 + number * row_px))
        level = row_px // 2 + (number + 1) * row_px - 4
        ImageDraw.Draw(page).line((24, level, 616, level), fill=190, width=2)
    return page


def main(folder: Path = HERE) -> None:
    """Write one PNG for each drawing, line and page into the folder."""
    drawings = json.loads((HERE / "drawings.json").read_text(encoding="utf-8"))
    for name, parts in LINES.items():
        line = draw_line([drawings[part]["strokes"] for part in parts])
        line.save(folder / f"{name}.png", optimize=True)
    for name, rows in PAGES.items():
        page = draw_page([[drawings[part]["strokes"] for part in row] for row in rows])
        page.save(folder / f"{name}.png", optimize=True)
    for name, drawing in drawings.items():
        draw_picture(drawing["strokes"], drawing["picture"]).save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
