"""What is no character, to score rejection on: Hangul, Latin words, shapes, objects, two characters at once.

Nothing may be fitted on these kinds or chosen by them; `negatives` has those to fit on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from yomite.evaluation.outlines import OBJECTS, SHAPES, outline_hangul
from yomite.ink.sketches import Copybook, Sketch, Strokes, draw_pictures
from yomite.reading.results import Recognition

NUM_PICTURES = 400
"""Of each kind: the standard error of a share of 95 % is 1.1 points."""

WORDS = tuple(
    """
    about also am and are been best book but call can cat cm could day did dog down find first for from
    get good had has have Hello her him his house how into its Japan kg km like long look made make many
    may more name No not now number OK one other our over part PC people said see she some Taro Thanks
    that the their them then there these they this time to Tokyo TV two use very was water way we well
    were what when which who will with word work would write yes you your
    """.split()  # noqa: SIM905
)
"""Two letters at least: one letter is a character of the set."""


def sketch_word(rng: np.random.Generator, copybook: Copybook) -> Strokes:
    """Write a Latin word in letters side by side."""
    strokes, left = [], 0.0
    for letter in str(rng.choice(WORDS)):
        glyph = copybook.glyphs[letter].strokes
        across = np.concatenate(glyph)[:, 0]
        strokes += [stroke + np.array([left - across.min(), 0]) for stroke in glyph]
        left += float(np.ptp(across)) + rng.uniform(0.03, 0.12)
    return strokes


def sketch_pair(rng: np.random.Generator, copybook: Copybook) -> Strokes:
    """Two characters, each kana or kanji, side by side or one below the other."""
    pools = [copybook.kana if rng.random() < 0.3 else copybook.kanji for _ in range(2)]
    first, second = (copybook.glyphs[str(rng.choice(pool))].strokes for pool in pools)
    distance = rng.uniform(0.8, 1.1)
    offset = [distance, 0] if rng.random() < 0.6 else [0, distance]
    return [*first, *(stroke + offset for stroke in second)]


OUTSIDERS: dict[str, Sketch] = {
    "hangul": lambda rng, copybook: outline_hangul(rng),
    "latin words": sketch_word,
    "shapes": lambda rng, copybook: SHAPES[str(rng.choice(list(SHAPES)))](),
    "objects": lambda rng, copybook: OBJECTS[str(rng.choice(list(OBJECTS)))](),
    "two characters": sketch_pair,
}


def draw_outsiders(kind: str, num: int, copybook: Copybook, seed: int = 0) -> list[Any]:
    """Pictures or strokes of a kind, a key of OUTSIDERS."""
    return draw_pictures(OUTSIDERS[kind], num, (seed, 100 + list(OUTSIDERS).index(kind)), copybook)


def measure_rejected(
    read: Callable[[list[Any]], Sequence[object]], copybook: Copybook, num: int = NUM_PICTURES
) -> dict[str, float]:
    """Share of each kind, 0..1, that a reader turns down: is_rejected, or an error instead of an answer.

    Args:
        read: Pictures to a Recognition each, or anything else for a picture not read.
        copybook: Characters to draw with.
        num: How many of each kind.
    """
    shares = {}
    for kind in OUTSIDERS:
        results = read(draw_outsiders(kind, num, copybook))
        rejected = [not isinstance(result, Recognition) or result.is_rejected for result in results]
        shares[kind] = sum(rejected) / num
    return shares
