"""A page of our own drawings, what is written on it, and a reader that knows it by heart."""

import io
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from drawings import DRAWINGS, draw_ink
from PIL import Image, ImageOps

from yomite.errors import PictureError
from yomite.reading.results import Candidate, Line, LineCharacter, Page

CHARACTER_BY_NAME = {
    "ei": "永", "a-hiragana": "あ", "a-katakana": "ア", "ki": "木", "hi": "日", "hon": "本", "go": "語",
    "neko": "猫", "yama": "山", "kawa": "川", "mizu": "水", "ka": "か",
}  # fmt: skip
LINES = ("日本語", "山川水木", "猫か", "永あア日本")
DOUBTFUL = (0, 1)  # line and character
REJECTED = 3
PAPER, SIDE, GAP, MARGIN = 244, 56, 34, 60
assert CHARACTER_BY_NAME.keys() == DRAWINGS.keys()


def write_page(
    texts: Sequence[str] = LINES, direction: str = "horizontal", turn: int = 0
) -> tuple[Image.Image, Page]:
    """A picture of the lines, the first at the top or at the right, and the page that it is.

    Args:
        texts: Of the characters that we drew.
        direction: Of all lines.
        turn: By how many degrees the picture must be turned clockwise to stand upright, 0 or 90.
    """
    name_by_character = {character: name for name, character in CHARACTER_BY_NAME.items()}
    is_vertical = direction == "vertical"
    pitch, longest = SIDE + GAP, max(map(len, texts)) * SIDE
    across, along = 2 * MARGIN + len(texts) * pitch - GAP, 2 * MARGIN + longest
    width, height = (across, along) if is_vertical else (along, across)
    ink = np.zeros((height, width), np.uint8)
    lines = []
    for index, text in enumerate(texts):
        start = width - MARGIN - SIDE - index * pitch if is_vertical else MARGIN + index * pitch
        characters = []
        for place, character in enumerate(text):
            left, top = (start, MARGIN + place * SIDE) if is_vertical else (MARGIN + place * SIDE, start)
            ink[top : top + SIDE, left : left + SIDE] = draw_ink(name_by_character[character], SIDE, 3.0)
            confidence = 0.42 if (index, place) == DOUBTFUL else 0.97
            others = [one for one in name_by_character if one != character][:4]
            shares = [Candidate(one, (1 - confidence) / 4) for one in others]
            best = Candidate(character, confidence)
            box = (float(left), float(top), float(left + SIDE), float(top + SIDE))
            characters.append(LineCharacter(character, box, confidence, (best, *shares)))
        first, last = characters[0].box, characters[-1].box
        corners = ((first[0], first[1]), (last[2], first[1]), (last[2], last[3]), (first[0], last[3]))
        is_rejected = index == REJECTED
        lines.append(Line(tuple(characters), 0.9, 0.8, direction, is_rejected, corners))  # type: ignore[arg-type]
    picture = Image.fromarray(PAPER - (ink.astype(np.int32) * (PAPER - 40) // 255).astype(np.uint8))
    if turn == 90:  # counterclockwise, so that it has to be turned clockwise
        lines = [_turn(line, width) for line in lines]
        picture = picture.transpose(Image.Transpose.ROTATE_90)
    return picture, Page(tuple(lines), picture.size, turn)


def _turn(line: Line, width: int) -> Line:
    def move(x: float, y: float) -> tuple[float, float]:
        return y, width - x

    characters = []
    for character in line.characters:
        left, top, right, bottom = character.box
        (x1, y2), (x2, y1) = move(left, top), move(right, bottom)
        characters.append(
            LineCharacter(character.text, (x1, y1, x2, y2), character.confidence, character.candidates)
        )
    corners = tuple(move(*corner) for corner in line.polygon)
    return Line(
        tuple(characters), line.confidence, line.exact_confidence, line.direction, line.is_rejected, corners
    )


def to_png(picture: Image.Image) -> bytes:
    """The picture as a file."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


class PageReader:
    """A recognizer that also reads one page, which it knows by heart.

    Attributes:
        page: What it reads on every picture with ink; on a blank one it finds no line.
        line_s: How long it takes for a line.
        may_go_on: Cleared, it holds the reader at its next line.
        num_read: Lines read so far, of all pages.
    """

    has_page_model = True

    def __init__(self, reader: Any, page: Page, line_s: float = 0.0) -> None:
        self._reader, self.page, self.line_s, self.num_read = reader, page, line_s, 0
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def read(
        self,
        picture: Any,
        *,
        language_model: bool = True,
        top: int = 5,
        progress: Callable[[int, int], None] | None = None,
    ) -> Page:
        if not isinstance(picture, bytes):  # the server warms up
            return Page((), (9, 9))
        with Image.open(io.BytesIO(picture)) as image:
            if image.width < 4:
                raise PictureError("the picture has a side of 2 px; pass one of at least 4")
            gray = np.asarray(ImageOps.exif_transpose(image).convert("L"))
        if np.ptp(gray) < 40:
            return Page((), gray.shape[::-1])  # type: ignore[arg-type]
        for done in range(len(self.page.lines)):
            time.sleep(self.line_s)
            assert self.may_go_on.wait(60)
            self.num_read += 1
            if progress:
                progress(done + 1, len(self.page.lines))
        return self.page
