"""Which way a page is turned: the way in which its lines read best."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from yomite.reading.crops import cut_out
from yomite.reading.found_lines import FoundLine
from yomite.reading.results import Direction

NUM_TRIED = 4
"""The longest lines of a page; enough to tell (docs/experiments.md, 27)."""

SURE = 0.75
"""A page whose lines read so well as they are is not turned."""

LEAST, MARGIN = 0.65, 0.08
"""How well lines must read for a page to be turned, and by how much better than as they are."""

ReadCrop = Callable[[np.ndarray, Direction], float | None]
"""Tells how well a crop, uint8 (H, W), of a line in this direction reads, 0..1; None where it is blank."""

_OTHER: dict[Direction, Direction] = {"horizontal": "vertical", "vertical": "horizontal"}


def find_turn(gray: np.ndarray, lines: Sequence[FoundLine], read: ReadCrop) -> int:
    """Find by how many quarters a page must be turned clockwise.

    Args:
        gray: Uint8 (H, W), the page.
        lines: Found on it.
        read: Of a line model.
    """
    longest = sorted(lines, key=lambda line: -float(np.hypot(*(line.course[-1] - line.course[0]))))
    tried: list[tuple[np.ndarray, Direction]] = [
        (cut_out(gray, line).picture, line.direction) for line in longest[:NUM_TRIED]
    ]
    best, best_turn = 0.0, 0
    for turn in range(4):
        total = 0.0
        for number, (picture, direction) in enumerate(tried, start=1):
            turned = np.ascontiguousarray(np.rot90(picture, -turn))
            total += read(turned, direction if turn % 2 == 0 else _OTHER[direction]) or 0.0
            if turn > 0 and total + len(tried) - number <= best * len(tried):
                break  # even if the others read perfectly
        mean = total / max(len(tried), 1)
        if turn == 0:
            best = max(mean + MARGIN, LEAST)
            if mean >= SURE:
                break
        elif mean > best:
            best, best_turn = mean, turn
    return best_turn
