"""A small data set of drawings of our own, and a reader of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from drawings import draw_page
from PIL import Image

from yomite.data.transforms import transform_picture

DRAWN = {"永": "ei", "山": "yama", "川": "kawa", "本": "hon"}


@dataclass
class Answer:
    """As a recognizer answers."""

    candidates: tuple


@dataclass
class Candidate:
    text: str
    probability: float


def write_set(folder: Path) -> Path:
    """Six pictures of each character, none like another."""
    for character, name in DRAWN.items():
        (folder / character).mkdir(parents=True)
        for number in range(6):
            page = np.pad(draw_page(name, 80, 3 + 0.4 * number), 10, constant_values=255)
            rng = np.random.default_rng((number, *map(ord, name)))
            bent = transform_picture(page, rng, ["affine", "elastic"], strength=1.3)
            Image.fromarray(bent).save(folder / character / f"{number}.png")
    return folder


def read_as_drawn(pictures: list) -> list:
    """Sure of every label but one: odd.png is 木."""
    answers = []
    for picture in pictures:
        character = Path(picture).parent.name
        text = "木" if Path(picture).name == "odd.png" else character
        answers.append(Answer((Candidate(text, 0.97), Candidate("末" if text == "本" else "己", 0.02))))
    return answers
