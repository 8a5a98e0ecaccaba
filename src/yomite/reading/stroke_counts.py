"""How many strokes something was drawn with, and what that says of the character that it is.

A picture does not tell where the pen was lifted; strokes do. A hand in a hurry writes 力 with two strokes and
か with three, however alike they come out. A writer joins each stroke to the next with a chance of his own,
seldom breaks one in two, and sometimes writes in a way that nobody foresaw.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from yomite.ink.strokes import is_strokes, to_strokes

MAX_COUNT = 40
"""Larger counts are taken for this one."""

MAX_WRITTEN = 1000
"""No character of a model file has more strokes."""

JOINING = ((0.5, 0.02), (0.3, 0.1), (0.2, 0.3))
"""Kinds of writers: how many there are, and the chance that they join a stroke to the next."""

BREAKING = 0.02
"""Mean number of further strokes that a stroke breaks into."""

UNFORESEEN = 0.02
"""Share of drawings whose count is any number at all."""


class Drawing(NamedTuple):
    """What a character reader sees of a picture.

    Attributes:
        canvas: Uint8 (S, S), ink bright on 0.
        num_strokes: That it was drawn with; 0 where it came as a picture.
    """

    canvas: np.ndarray
    num_strokes: int


def to_drawing(picture: Any, make_canvas: Callable[[Any], np.ndarray]) -> Drawing:
    """Turn a picture or strokes into what is read; errors are those of `to_canvas`."""
    if not is_strokes(picture):
        return Drawing(make_canvas(picture), 0)
    strokes = to_strokes(picture)
    return Drawing(make_canvas(strokes), len(strokes))


def to_stroke_counts(value: Any, num_classes: int) -> tuple[tuple[int, ...], ...]:
    """Check a model file's metadata: the numbers of strokes that each of its characters is written with."""
    counts = tuple(tuple(one) for one in value)
    if len(counts) != num_classes or not any(counts):
        raise ValueError("not some numbers for each character")
    if not all(type(number) is int and 1 <= number <= MAX_WRITTEN for one in counts for number in one):
        raise ValueError("a number of strokes that no character has")
    return counts


def weigh_stroke_counts(counts: Sequence[Sequence[int]]) -> np.ndarray:
    """Return what a number of strokes says of each character.

    Args:
        counts: For each of C characters, the numbers of strokes that it is written with, each as likely;
            where none is known, a count says as much as of all others together.

    Returns:
        Float32 (MAX_COUNT + 1, C): row k has ln P(k strokes | character); row 0, of pictures, is 0.
    """
    chances = _foresee_counts()
    rows = {}  # many characters have the same counts
    for one in map(tuple, counts):
        if one and one not in rows:
            rows[one] = chances[[min(number, MAX_COUNT) for number in one]].mean(axis=0)
    mean = np.mean([rows[one] for one in map(tuple, counts) if one], axis=0)
    likelihoods = np.array([rows.get(tuple(one), mean) for one in counts]).T
    likelihoods[0] = 1.0
    return np.log(likelihoods, dtype=np.float32)


def _foresee_counts() -> np.ndarray:
    """Return P(k strokes are drawn | n are written), float64 (MAX_COUNT + 1, MAX_COUNT + 1), by n, then k."""
    chances = np.zeros((MAX_COUNT + 1, MAX_COUNT + 1))
    for written in range(1, MAX_COUNT + 1):
        for joined in range(written):
            gaps = written - 1
            chance = sum(
                share * math.comb(gaps, joined) * join**joined * (1 - join) ** (gaps - joined)
                for share, join in JOINING
            )
            for broken in range(min(4, MAX_COUNT + 1 - written + joined)):
                mean = BREAKING * written
                poisson = math.exp(-mean) * mean**broken / math.factorial(broken)
                chances[written, written - joined + broken] += chance * poisson
    return (1 - UNFORESEEN) * chances + UNFORESEEN / MAX_COUNT
