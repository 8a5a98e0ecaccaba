"""What is no character: scribbles of our own drawing and dirty paper, to see what a reader rejects.

All of it is drawn from a seed, so that a share of rejections can be measured again anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from yomite.recognizer import Recognition


def draw_scribble(rng: np.random.Generator) -> list[np.ndarray]:
    """One long line that wanders, turns and crosses itself."""
    num_points = int(rng.integers(60, 160))
    turns = np.cumsum(rng.normal(0, 0.25, num_points)) + rng.normal(0, 0.15, num_points)
    steps = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    points = np.cumsum(steps * rng.uniform(0.6, 1.4, (num_points, 1)), axis=0)
    # A weak pull to the middle keeps the line in one place, as a hand on a small field would.
    return [(points - 0.7 * np.linspace(0, 1, num_points)[:, None] * points[-1]).astype(np.float32)]


def draw_tangle(rng: np.random.Generator) -> list[np.ndarray]:
    """Many straight strokes at random."""
    return [rng.uniform(0, 1, (2, 2)).astype(np.float32) for _ in range(int(rng.integers(9, 26)))]


def draw_hatching(rng: np.random.Generator) -> list[np.ndarray]:
    """A zigzag that crosses something out."""
    num_turns = int(rng.integers(8, 24))
    across = np.linspace(0, rng.uniform(0.8, 2.0), num_turns) + rng.normal(0, 0.03, num_turns)
    down = np.arange(num_turns) % 2 + rng.normal(0, 0.08, num_turns)
    angle = rng.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return [(np.stack([across, down], axis=1) @ turn).astype(np.float32)]


def draw_spiral(rng: np.random.Generator) -> list[np.ndarray]:
    """Rings inside rings, or loops in a row."""
    angle = np.linspace(0, 2 * np.pi * rng.uniform(2.5, 6), 200) * rng.choice([-1, 1])
    radius = np.linspace(1, rng.uniform(0.05, 1), 200)
    drift = np.linspace(0, rng.uniform(0, 6), 200)
    return [np.stack([radius * np.cos(angle) + drift, radius * np.sin(angle)], axis=1).astype(np.float32)]


def draw_dots(rng: np.random.Generator) -> list[np.ndarray]:
    """Specks, more than any character has."""
    places = rng.uniform(0, 1, (int(rng.integers(7, 30)), 1, 2))
    return [
        (place + np.array([[0, 0], [0.02, 0.02]]) * rng.uniform(0, 2)).astype(np.float32) for place in places
    ]


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


NEGATIVES: dict[str, Callable[[np.random.Generator], Any]] = {
    "scribble": draw_scribble,
    "tangle": draw_tangle,
    "hatching": draw_hatching,
    "spiral": draw_spiral,
    "dots": draw_dots,
    "dirty paper": draw_dirty_paper,
}


def draw_negatives(kind: str, num: int, seed: int = 0) -> list[Any]:
    """Pictures or strokes of a kind, a key of NEGATIVES."""
    index = list(NEGATIVES).index(kind)
    return [NEGATIVES[kind](np.random.default_rng((seed, index, number))) for number in range(num)]


def measure_rejected(read: Callable[[list[Any]], Sequence[object]], num: int = 200) -> dict[str, float]:
    """Share of each kind, 0..1, that a reader turns down: is_rejected, or an error instead of an answer.

    Args:
        read: Pictures to a Recognition each, or anything else for a picture not read.
        num: How many of each kind.
    """
    shares = {}
    for kind in NEGATIVES:
        results = read(draw_negatives(kind, num))
        rejected = [not isinstance(result, Recognition) or result.is_rejected for result in results]
        shares[kind] = sum(rejected) / num
    return shares
