"""Which way a page is turned: the way in which its lines read best."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from yomite.reading.crops import cut_out
from yomite.reading.found_lines import FoundLine
from yomite.reading.results import Direction

NUM_TRIED, NUM_FIRST = 4, 2
"""The longest lines of a page, enough to tell (docs/experiments.md, 27); a turn is given up if the first two
read no better than as they are."""

SURE = 0.75
"""A page whose lines read so well as they are is not turned."""

LEAST, MARGIN = 0.65, 0.08
"""How well lines must read for a page to be turned, and by how much better than as they are."""

WeighCrops = Callable[[Sequence[tuple[np.ndarray, Direction]]], Sequence[float]]
"""Tells how well crops, uint8 (H, W), of lines in these directions read, 0..1; 0 where one is blank."""

_OTHER: dict[Direction, Direction] = {"horizontal": "vertical", "vertical": "horizontal"}


def find_turn(gray: np.ndarray, lines: Sequence[FoundLine], weigh: WeighCrops) -> int:
    """Find by how many quarters a page must be turned clockwise.

    Args:
        gray: Uint8 (H, W), the page.
        lines: Found on it.
        weigh: Of a line model.
    """
    if not lines:
        return 0
    longest = sorted(lines, key=lambda line: -float(np.hypot(*(line.course[-1] - line.course[0]))))
    tried: list[tuple[np.ndarray, Direction]] = [
        (cut_out(gray, line).picture, line.direction) for line in longest[:NUM_TRIED]
    ]
    as_it_is = weigh(tried)
    if np.mean(as_it_is) >= SURE:
        return 0
    best, best_turn = max(float(np.mean(as_it_is)) + MARGIN, LEAST), 0
    for turn in (1, 2, 3):
        turned: list[tuple[np.ndarray, Direction]] = [
            (np.ascontiguousarray(np.rot90(picture, -turn)), direction if turn == 2 else _OTHER[direction])
            for picture, direction in tried
        ]
        first = weigh(turned[:NUM_FIRST])
        if sum(first) <= sum(as_it_is[:NUM_FIRST]):
            continue
        mean = float(np.mean([*first, *weigh(turned[NUM_FIRST:])]))
        if mean > best:
            best, best_turn = mean, turn
    return best_turn
