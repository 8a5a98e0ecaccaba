"""Pages made by hand: what a reader of pages would have found, and pictures to go with them."""

import io
import math

import numpy as np
from PIL import Image, ImageDraw

from yomite.reading.results import Candidate, Line, LineCharacter, Page

SIZE = (600, 800)


def make_line(
    text: str,
    origin: tuple[float, float],
    direction: str = "horizontal",
    *,
    side: float = 40.0,
    gap: float = 8.0,
    degrees: float = 0.0,
    is_rejected: bool = False,
) -> Line:
    """A line whose characters are squares, the first one's upper left corner at the origin.

    Args:
        text: Its characters.
        origin: x, y in px.
        direction: "horizontal" or "vertical".
        side: Of a square, in px.
        gap: Between squares, in px.
        degrees: By which the line is turned clockwise about its origin.
        is_rejected: Whether it is.
    """
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def place(x: float, y: float) -> tuple[float, float]:
        return origin[0] + x * cosine - y * sine, origin[1] + x * sine + y * cosine

    characters = []
    for index, character in enumerate(text):
        x, y = (index * (side + gap), 0.0) if direction == "horizontal" else (0.0, index * (side + gap))
        corners = [place(x, y), place(x + side, y), place(x + side, y + side), place(x, y + side)]
        xs, ys = zip(*corners, strict=True)
        candidates = (Candidate(character, 0.9), Candidate("々", 0.05))
        characters.append(LineCharacter(character, (min(xs), min(ys), max(xs), max(ys)), 0.875, candidates))
    length = len(text) * (side + gap) - gap
    w, h = (length, side) if direction == "horizontal" else (side, length)
    polygon = (place(0, 0), place(w, 0), place(w, h), place(0, h))
    return Line(tuple(characters), 0.9, 0.7, direction, is_rejected, polygon)  # type: ignore[arg-type]


def make_page() -> Page:
    """Two horizontal lines, one of them slanted, two vertical ones, and one that is rejected."""
    return Page(
        (
            make_line("東京𠮷野家", (50, 60)),
            make_line("少し傾く行", (50, 180), degrees=8),
            make_line("縦書きの文", (500, 100), "vertical"),
            make_line("次の縦の行", (430, 110), "vertical", degrees=-5),
            make_line("読めない", (60, 700), is_rejected=True),
        ),
        SIZE,
    )


def turn_page(page: Page, degrees: int) -> Page:
    """The page as it is read when its picture is given turned counter-clockwise by that much."""
    for _ in range(degrees // 90):
        page = _turn_quarter(page)
    return page


def _turn_quarter(page: Page) -> Page:
    width, height = page.size
    lines = []
    for line in page.lines:
        characters = tuple(
            LineCharacter(
                one.text,
                (one.box[1], width - one.box[2], one.box[3], width - one.box[0]),
                one.confidence,
                one.candidates,
            )
            for one in line.characters
        )
        polygon = tuple((y, width - x) for x, y in line.polygon)
        lines.append(
            Line(
                characters,
                line.confidence,
                line.exact_confidence,
                line.direction,
                line.is_rejected,
                polygon,
            )
        )
    return Page(tuple(lines), (height, width), (page.turn + 90) % 360)


def draw_picture(page: Page) -> Image.Image:
    """The picture of an upright page: every character a dark square, each of a gray level of its own."""
    picture = Image.new("L", page.size, 255)
    pen = ImageDraw.Draw(picture)
    for line in page.lines:
        for index, one in enumerate(line.characters):
            pen.rectangle(one.box, fill=20 * index)
    return picture


def encode(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def to_array(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("L")).astype(int)
