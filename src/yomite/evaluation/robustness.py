"""What a reader withstands: accuracy as one thing about the pictures is made worse, step by step.

Each picture is first brought to one size, dark ink on light paper, and then disturbed before the canvas is
made of it, as a worse pen, scanner or camera would. Nothing is random but the choice of the samples and, for
contrast, the grain of the paper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from yomite.data.sources import Sample
from yomite.errors import PictureError
from yomite.evaluation.answers import collect_answers
from yomite.evaluation.measures import Share, measure_share
from yomite.ink.canvas import draw_strokes
from yomite.ink.pictures import read_gray
from yomite.ink.strokes import is_strokes, to_strokes

SIDE_PX = 160
"""Longer side of the picture that is disturbed."""

_PAD_PX = 24
_FULL_CONTRAST = 200.0
_PAPER = 235.0
_GRAIN = 3.0  # deviation of the paper's gray levels under changed contrast

Change = Callable[[Image.Image, float], Image.Image]


@dataclass(frozen=True)
class Disturbance:
    """One thing that is made worse.

    Attributes:
        name: Of it.
        unit: Of the steps.
        steps: From one end to the other.
        neutral: The step that changes nothing.
        change: Applies a step to gray levels, dark on light.
    """

    name: str
    unit: str
    steps: tuple[float, ...]
    neutral: float
    change: Change


@dataclass(frozen=True)
class Curve:
    """Look-alike top-1 at each step of a disturbance."""

    disturbance: Disturbance
    shares: tuple[Share, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.disturbance.name,
            "unit": self.disturbance.unit,
            "steps": list(self.disturbance.steps),
            "lookalike_top1": [share.to_json() for share in self.shares],
        }


def _widen(image: Image.Image, px: float) -> Image.Image:
    """Strokes wider by px, or thinner where it is negative; half pixels by blending."""
    grow = ImageFilter.MinFilter if px > 0 else ImageFilter.MaxFilter  # the ink is dark
    whole = int(abs(px) / 2)
    near = image.filter(grow(2 * whole + 1)) if whole else image
    return Image.blend(near, image.filter(grow(2 * whole + 3)), abs(px) / 2 - whole)


def _turn(image: Image.Image, degrees: float) -> Image.Image:
    return image.rotate(-degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=_paper_of(image))


def _cut(image: Image.Image, percent: float) -> Image.Image:
    """Shift the character to the left until a share of its width is out of the picture."""
    ink = np.asarray(image) < 0.5 * (_paper_of(image) + float(np.asarray(image).min()))
    columns = np.flatnonzero(ink.any(axis=0))
    if not len(columns):
        return image
    lost = round((columns[-1] + 1 - columns[0]) * percent / 100)
    return image.crop((columns[0] + lost, 0, image.width, image.height)) if lost else image


def _shrink(image: Image.Image, side_px: float) -> Image.Image:
    scale = side_px / SIDE_PX
    size = (max(4, round(image.width * scale)), max(4, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BOX)


def _blur(image: Image.Image, percent: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(percent / 100 * SIDE_PX))


def _fade(image: Image.Image, levels: float) -> Image.Image:
    """Ink that differs from gray, grainy paper by so many gray levels."""
    gray = np.asarray(image, np.float64)
    paper = _paper_of(image)
    ink = (paper - gray) / max(paper - gray.min(), 1.0)
    grain = np.random.default_rng(image.width * 1000 + image.height).normal(0, _GRAIN, gray.shape)
    return Image.fromarray(np.clip(_PAPER - levels * ink + grain, 0, 255).astype(np.uint8))


def _paper_of(image: Image.Image) -> int:
    return int(np.median(np.asarray(image)))


DISTURBANCES = (
    Disturbance("stroke width", "px of 160, added", (-4, -3, -2, -1, 0, 2, 4, 6, 8, 10, 12), 0, _widen),
    Disturbance("rotation", "degrees", (-30, -20, -15, -10, -5, 0, 5, 10, 15, 20, 30), 0, _turn),
    Disturbance("shift", "% of the width cut off", (0, 2, 5, 10, 15, 20, 30), 0, _cut),
    Disturbance("scale", "px of the longer side", (12, 16, 20, 24, 32, 48, 64, 96, 160), 160, _shrink),
    Disturbance("blur", "% of the longer side", (0, 0.5, 1, 2, 3, 4, 5), 0, _blur),
    Disturbance("contrast", "gray levels", (8, 12, 16, 24, 40, 80, 200), _FULL_CONTRAST, _fade),
)


def to_picture(picture: Any) -> Image.Image:
    """Any picture or strokes as gray levels, dark on light: longer side SIDE_PX, and paper around it.

    Raises:
        PictureError: It cannot be read.
    """
    if is_strokes(picture):
        ink = draw_strokes(to_strokes(picture))
        gray = 255 - np.round(255 * ink).astype(np.uint8)
    else:
        gray = read_gray(picture)
        if np.median(gray) < 0.5 * (float(gray.min()) + float(gray.max())):
            gray = 255 - gray
    image = Image.fromarray(gray)
    scale = SIDE_PX / max(image.size)
    size = [max(1, round(side * scale)) for side in image.size]
    image = image.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)
    padded = Image.new("L", [side + 2 * _PAD_PX for side in size], _paper_of(image))
    padded.paste(image, (_PAD_PX, _PAD_PX))
    return padded


def choose_samples(source: Iterable[Sample], num: int) -> list[Sample]:
    """So many samples, spread evenly over a source that can be walked."""
    samples = list(source)
    if len(samples) <= num:
        return samples
    return [samples[index] for index in np.linspace(0, len(samples) - 1, num).round().astype(int)]


def prepare_pictures(samples: Iterable[Sample]) -> tuple[list[str], list[Image.Image]]:
    """Return the characters and the pictures of `to_picture` of all samples that can be read."""
    characters, images = [], []
    for sample in samples:
        try:
            images.append(to_picture(sample.picture))
        except PictureError:
            continue
        characters.append(sample.character)
    return characters, images


def measure_robustness(
    read: Callable[[list[Any]], Sequence[object]],
    samples: Sequence[Sample],
    disturbances: Sequence[Disturbance] = DISTURBANCES,
) -> list[Curve]:
    """Read the samples under every step of every disturbance.

    Args:
        read: Pictures to a Recognition each, or anything else for a picture not read, which is wrong.
        samples: Those whose picture cannot be read at all are left out.
        disturbances: What to make worse.
    """
    characters, images = prepare_pictures(samples)
    curves = []
    for disturbance in disturbances:
        shares = []
        for step in disturbance.steps:
            results = read([np.asarray(disturbance.change(image, step)) for image in images])
            shares.append(measure_share(collect_answers(characters, results).is_right))
        curves.append(Curve(disturbance, tuple(shares)))
    return curves
