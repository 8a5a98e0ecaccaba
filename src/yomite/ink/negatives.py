"""What is no character, to learn from what rejecting is: scribbles, dirty paper, strokes in disorder.

A release fits its rejection on these kinds and is scored on those of `outsiders`, which it has not seen.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from yomite.ink.sketches import Copybook, Sketch, Strokes, draw_pictures, fit_square
from yomite.ink.strokes import resample_stroke

DIRTY_PAPER = "dirty paper"


def sketch_scribble(rng: np.random.Generator, copybook: Copybook) -> Strokes:
    """One long line that wanders, turns and crosses itself."""
    num_points = int(rng.integers(60, 160))
    turns = np.cumsum(rng.normal(0, 0.25, num_points)) + rng.normal(0, 0.15, num_points)
    steps = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    points = np.cumsum(steps * rng.uniform(0.6, 1.4, (num_points, 1)), axis=0)
    # A weak pull to the middle keeps the line in one place, as a hand on a small field would.
    return [points - 0.7 * np.linspace(0, 1, num_points)[:, None] * points[-1]]


def sketch_corners(rng: np.random.Generator, copybook: Copybook) -> Strokes:
    """One line from corner to corner, at random; it closes in two of five."""
    corners = rng.uniform(0, 1, (int(rng.integers(5, 10)), 2))
    return [np.concatenate([corners, corners[:1]]) if rng.random() < 0.4 else corners]


def sketch_tangle(rng: np.random.Generator, copybook: Copybook) -> Strokes:
    """Many straight strokes at random."""
    return [rng.uniform(0, 1, (2, 2)) for _ in range(int(rng.integers(9, 26)))]


def sketch_hatching(rng: np.random.Generator, copybook: Copybook) -> Strokes:
    """Draw a zigzag that crosses something out."""
    num_turns = int(rng.integers(8, 24))
    across = np.linspace(0, rng.uniform(0.8, 2.0), num_turns) + rng.normal(0, 0.03, num_turns)
    down = np.arange(num_turns) % 2 + rng.normal(0, 0.08, num_turns)
    return [np.stack([across, down], axis=1) @ _turn(rng.uniform(0, np.pi))]


def sketch_spiral(rng: np.random.Generator, copybook: Copybook) -> Strokes:
    """Rings inside rings, or loops in a row."""
    angle = np.linspace(0, 2 * np.pi * rng.uniform(2.5, 6), 200) * rng.choice([-1, 1])
    radius = np.linspace(1, rng.uniform(0.05, 1), 200)
    drift = np.linspace(0, rng.uniform(0, 6), 200)
    return [np.stack([radius * np.cos(angle) + drift, radius * np.sin(angle)], axis=1)]


def sketch_dots(rng: np.random.Generator, copybook: Copybook) -> Strokes:
    """Specks, more than any character has."""
    places = rng.uniform(0, 1, (int(rng.integers(7, 30)), 1, 2))
    return [place + np.array([[0, 0], [0.02, 0.02]]) * rng.uniform(0, 2) for place in places]


def sketch_disorder(rng: np.random.Generator, copybook: Copybook) -> Strokes:
    """Put each stroke of a kanji somewhere else; half of the time turned as well."""
    strokes = []
    for stroke in copybook.glyphs[str(rng.choice(copybook.kanji))].strokes:
        angle = rng.normal(0, 0.5) if rng.random() < 0.5 else 0.0
        strokes.append((stroke - stroke.mean(axis=0)) @ _turn(angle) + rng.uniform(0.1, 0.9, 2))
    return strokes


def sketch_mirrored(rng: np.random.Generator, copybook: Copybook) -> Strokes:
    """Draw a kanji in a mirror, upside down or turned, where that is not nearly the same kanji."""
    while True:
        strokes = copybook.glyphs[str(rng.choice(copybook.kanji))].strokes
        flips = (
            lambda stroke: stroke * [-1, 1],
            lambda stroke: stroke * [1, -1],
            lambda stroke: stroke[:, ::-1],
            lambda stroke: -stroke,
        )
        flip = flips[int(rng.integers(len(flips)))]
        flipped = [flip(stroke) for stroke in strokes]
        if _overlap(strokes, flipped) < 0.35:
            return flipped


def sketch_mixture(rng: np.random.Generator, copybook: Copybook) -> Strokes:
    """About half of the strokes of two kanji each, laid over each other."""
    mixed = []
    for character in rng.choice(copybook.kanji, 2):
        strokes = copybook.glyphs[str(character)].strokes
        num = max(2, len(strokes) // 2 + int(rng.integers(-1, 2)))
        mixed += [strokes[index] for index in rng.permutation(len(strokes))[:num]]
    return mixed


def draw_dirty_paper(rng: np.random.Generator) -> np.ndarray:
    """uint8 (64, 64): grain and a fold or a stain, nothing written."""
    paper = rng.normal(rng.uniform(170, 245), rng.uniform(2, 20), (64, 64))
    rows, columns = np.mgrid[0:64, 0:64] / 63
    angle = rng.uniform(0, 2 * np.pi)
    paper -= rng.uniform(0, 50) * (np.cos(angle) * rows + np.sin(angle) * columns)  # uneven light
    middle = rng.uniform(0, 1, 2)
    distance = (rows - middle[0]) ** 2 + (columns - middle[1]) ** 2
    paper -= rng.uniform(0, 60) * np.exp(-distance / rng.uniform(0.005, 0.1))
    return np.clip(paper, 0, 255).astype(np.uint8)


SKETCHES: dict[str, Sketch] = {
    "scribble": sketch_scribble,
    "corners": sketch_corners,
    "tangle": sketch_tangle,
    "hatching": sketch_hatching,
    "spiral": sketch_spiral,
    "dots": sketch_dots,
    "disorder": sketch_disorder,
    "mirrored": sketch_mirrored,
    "mixture": sketch_mixture,
}
NEGATIVES = (*SKETCHES, DIRTY_PAPER)


def draw_negatives(kind: str, num: int, copybook: Copybook, seed: int = 0) -> list[Any]:
    """Pictures or strokes of a kind, one of NEGATIVES."""
    index = NEGATIVES.index(kind)
    if kind == DIRTY_PAPER:
        return [draw_dirty_paper(np.random.default_rng((seed, index, number))) for number in range(num)]
    return draw_pictures(SKETCHES[kind], num, (seed, index), copybook)


def _turn(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _overlap(strokes: Strokes | tuple[np.ndarray, ...], others: Strokes) -> float:
    """Share of the cells of a coarse grid that both touch among those that one of them touches, 0..1."""
    touched = []
    for drawn in (strokes, others):
        points = np.concatenate([resample_stroke(stroke, 0.02) for stroke in fit_square(drawn)])
        touched.append(set(map(tuple, (points * 16).astype(int).tolist())))
    return len(touched[0] & touched[1]) / len(touched[0] | touched[1])
