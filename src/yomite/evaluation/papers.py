"""Papers that a reader should not notice: rulings, frames and grids; shadows, JPEG, a photo of a screen.

Each is drawn with Pillow around the picture that `robustness.to_picture` gives, the same way every time. It
shares nothing with the papers of `yomite.ink.paper`, which training may draw: what is measured here was not
learned by heart.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from yomite.data.samples import Sample
from yomite.evaluation.answers import collect_answers
from yomite.evaluation.measures import Share, measure_share
from yomite.evaluation.robustness import prepare_pictures

PAD_PX = 20
"""Paper added around the picture, which has a longer side of about 208 px."""

Color = tuple[int, int, int]
Sheet = Callable[[int, int], Image.Image]

_RED, _BLUE, _GREEN, _BROWN = (214, 74, 70), (120, 160, 214), (110, 176, 126), (170, 112, 60)


def _gray(level: int) -> Color:
    return (level, level, level)


def _rule(
    width: int,
    height: int,
    *,
    across: Sequence[float] = (),
    down: Sequence[float] = (),
    color: Color = (0, 0, 0),
    px: int = 2,
    dash: int = 0,
    end: float = 0.0,
) -> Image.Image:
    """White paper with lines at shares of its height and width, from `end` to 1 - `end` of the other side."""
    sheet = Image.new("RGB", (width, height), "white")
    pencil = ImageDraw.Draw(sheet)
    for shares, length, breadth, is_across in ((across, width, height, True), (down, height, width, False)):
        first, last = round(end * length), round((1 - end) * length) - 1
        for share in shares:
            at = round(share * (breadth - 1))
            for begin in range(first, last + 1, 2 * dash or length):
                stop = min(begin + dash - 1, last) if dash else last
                line = (begin, at, stop, at) if is_across else (at, begin, at, stop)
                pencil.line(line, fill=color, width=px)
    return sheet


def _frame(width: int, height: int, *, color: Color, px: int, inset: float = 0.04) -> Image.Image:
    sheet = Image.new("RGB", (width, height), "white")
    x, y = round(inset * width), round(inset * height)
    ImageDraw.Draw(sheet).rectangle((x, y, width - 1 - x, height - 1 - y), outline=color, width=px)
    return sheet


def _practice(
    width: int, height: int, *, color: Color, cross: Color, px: int, diagonals: bool = False
) -> Image.Image:
    sheet = _rule(width, height, across=(0.5,), down=(0.5,), color=cross, px=max(px - 1, 1), dash=5, end=0.05)
    if diagonals:
        pencil = ImageDraw.Draw(sheet)
        for begin in range(5, 95, 4):
            for one, other in ((begin, begin), (100 - begin, begin)):
                step = 2 if one == begin else -2
                x, y = one * width / 100, other * height / 100
                pencil.line((x, y, x + step * width / 100, y + 2 * height / 100), fill=cross)
    return ImageChops.darker(sheet, _frame(width, height, color=color, px=px))


def _square(width: int, height: int, *, pitch: int, color: Color, px: int = 1) -> Image.Image:
    across, down = range(7, height, pitch), range(4, width, pitch)
    return _rule(
        width, height, color=color, px=px,
        across=[y / (height - 1) for y in across], down=[x / (width - 1) for x in down],
    )  # fmt: skip


def _dot(width: int, height: int, *, pitch: int, color: Color, radius: int = 1) -> Image.Image:
    sheet = Image.new("RGB", (width, height), "white")
    pencil = ImageDraw.Draw(sheet)
    for y in range(6, height, pitch):
        for x in range(9, width, pitch):
            pencil.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
    return sheet


SHEETS: dict[str, Sheet] = {
    "black frame": lambda w, h: _frame(w, h, color=_gray(0), px=3),
    "thin gray frame": lambda w, h: _frame(w, h, color=_gray(140), px=1),
    "frame at the rim": lambda w, h: _frame(w, h, color=_gray(40), px=4, inset=0.0),
    "frame cut off": lambda w, h: _rule(w, h, across=(0.05,), down=(0.94,), color=_gray(30), px=3),
    "practice box, dashed cross": lambda w, h: _practice(w, h, color=_gray(60), cross=_gray(120), px=2),
    "practice box, diagonals": lambda w, h: _practice(
        w, h, color=_gray(90), cross=_gray(160), px=2, diagonals=True
    ),
    "two ruled lines": lambda w, h: _rule(w, h, across=(0.04, 0.95), color=_gray(60), px=2),
    "one line below": lambda w, h: _rule(w, h, across=(0.93,), color=_gray(0), px=3),
    "double line beside": lambda w, h: _rule(w, h, down=(0.04, 0.075), color=_gray(70), px=2),
    "notebook lines through": lambda w, h: _rule(
        w, h, across=(0.1, 0.37, 0.64, 0.91), color=_gray(150), px=1
    ),
    "dashed lines through": lambda w, h: _rule(
        w, h, across=(0.22, 0.5, 0.78), color=_gray(110), px=2, dash=7
    ),
    "squared 150": lambda w, h: _square(w, h, pitch=22, color=_gray(150)),
    "squared 215": lambda w, h: _square(w, h, pitch=22, color=_gray(215)),
    "squared 150, wide": lambda w, h: _square(w, h, pitch=56, color=_gray(150), px=2),
    "dotted": lambda w, h: _dot(w, h, pitch=20, color=_gray(120)),
    "genkoyoshi": lambda w, h: _rule(
        w, h, across=(0.03, 0.97), down=(0.02, 0.09, 0.91, 0.98), color=_BROWN, px=2
    ),
    "red practice box": lambda w, h: _practice(w, h, color=_RED, cross=_RED, px=3),
    "blue notebook": lambda w, h: _rule(
        w, h, across=(0.1, 0.37, 0.64, 0.91), down=(0.06,), color=_BLUE, px=2
    ),
    "green squared": lambda w, h: _square(w, h, pitch=24, color=_GREEN, px=2),
    "colored paper": lambda w, h: Image.new("RGB", (w, h), (244, 226, 150)),
}
"""Paper by name: a color picture of a size, multiplied with the drawing."""


def _shade(picture: Image.Image) -> Image.Image:
    """Lay a hand's shadow over a corner, with an edge a few px wide."""
    y, x = np.mgrid[: picture.height, : picture.width]
    away = (x / picture.width + 0.7 * y / picture.height - 0.8) * picture.width
    light = 1.0 - 0.55 * np.clip(0.5 + away / 8, 0, 1)
    return Image.fromarray((np.asarray(picture) * light[..., None]).astype(np.uint8))


def _dim(picture: Image.Image) -> Image.Image:
    """Light the paper from one side."""
    x = np.linspace(1.0, 0.45, picture.width)[None, :, None]
    return Image.fromarray((np.asarray(picture) * x).astype(np.uint8))


def _crease(picture: Image.Image) -> Image.Image:
    """Draw a fold from top to bottom: a dark line, and one half darker."""
    array = np.asarray(picture).astype(np.float64)
    at = round(0.4 * picture.width)
    array[:, at:] *= 0.85
    array[:, at : at + 2] *= 0.75
    return Image.fromarray(array.astype(np.uint8))


def _save_as_jpeg(picture: Image.Image) -> Image.Image:
    small = picture.resize((picture.width // 3, picture.height // 3), Image.Resampling.BOX)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=25)
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB")


def _photograph_screen(picture: Image.Image) -> Image.Image:
    y, x = np.mgrid[: picture.height, : picture.width].astype(np.float64)
    beat = 10 * np.sin(0.9 * (x + 0.06 * y)) * np.sin(0.9 * (y - 0.05 * x)) + 8 * np.sin(0.11 * x + 0.05 * y)
    gray = 30 + 0.82 * np.asarray(picture).astype(np.float64) + beat[..., None]
    return Image.fromarray(np.clip(gray, 0, 255).astype(np.uint8))


def _write_in_blue(picture: Image.Image) -> Image.Image:
    """Blue ink on squared paper."""
    ink = 1.0 - np.asarray(picture)[..., :1] / 255.0
    colored = 255.0 - ink * (255.0 - np.array([38.0, 58.0, 150.0]))
    written = Image.fromarray(colored.astype(np.uint8))
    return ImageChops.multiply(written, _square(*written.size, pitch=30, color=_gray(165), px=2))


def _punch(picture: Image.Image) -> Image.Image:
    """Leave the shadow of a punched hole near the left rim."""
    punched, radius = picture.copy(), 0.036 * picture.width
    x, y = 0.052 * picture.width, 0.5 * picture.height
    ImageDraw.Draw(punched).ellipse((x - radius, y - radius, x + radius, y + radius), fill=_gray(70))
    return punched


def _show_neighbor(picture: Image.Image) -> Image.Image:
    """Let the first quarter of the same character, written again, into the picture at its right rim."""
    columns = np.flatnonzero((np.asarray(picture.convert("L")) < 128).any(axis=0))
    if not len(columns):
        return picture
    width = max(2, (columns[-1] + 1 - columns[0]) // 4)
    begun = picture.crop((columns[0], 0, columns[0] + width, picture.height))
    shown = Image.new("RGB", picture.size, "white")
    shown.paste(begun, (picture.width - width, 0))
    return ImageChops.multiply(picture, shown)


TREATMENTS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "blue ink, squared": _write_in_blue,
    "shadow": _shade,
    "light from one side": _dim,
    "fold": _crease,
    "punched hole": _punch,
    "a neighbor's ink": _show_neighbor,
    "small JPEG": _save_as_jpeg,
    "photo of a screen": _photograph_screen,
}
"""What happens to the picture, by name."""

BARE = "bare"
PAPERS = (BARE, *SHEETS, *TREATMENTS)


@dataclass(frozen=True)
class PaperResult:
    """What was read on one paper.

    Attributes:
        name: Of the paper.
        lookalike_top1: Share of right first candidates, look-alikes counted as right.
        rejected: Share that was turned down.
    """

    name: str
    lookalike_top1: Share
    rejected: Share

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "lookalike_top1": self.lookalike_top1.to_json(),
            "rejected": self.rejected.to_json(),
        }


def lay_on_paper(picture: Image.Image, paper: str) -> Image.Image:
    """Lay a gray drawing, dark on light, on a paper of `PAPERS`.

    Returns:
        RGB, larger by `PAD_PX` on each side.
    """
    level = int(np.median(np.asarray(picture)))
    padded = Image.new("L", (picture.width + 2 * PAD_PX, picture.height + 2 * PAD_PX), level)
    padded.paste(picture, (PAD_PX, PAD_PX))
    colored = padded.convert("RGB")
    if paper in SHEETS:
        return ImageChops.multiply(colored, SHEETS[paper](*colored.size))
    return colored if paper == BARE else TREATMENTS[paper](colored)


def measure_papers(
    read: Callable[[list[Any]], Sequence[object]], samples: Sequence[Sample], papers: Sequence[str] = PAPERS
) -> list[PaperResult]:
    """Read the samples on every paper.

    Args:
        read: Pictures to a Recognition each, or anything else for a picture not read, which is wrong.
        samples: Those whose picture cannot be read at all are left out.
        papers: Of `PAPERS`.
    """
    characters, images = prepare_pictures(samples)
    results = []
    for paper in papers:
        answers = collect_answers(
            characters, read([np.asarray(lay_on_paper(image, paper)) for image in images])
        )
        results.append(
            PaperResult(paper, measure_share(answers.is_right), measure_share(answers.is_rejected))
        )
    return results
