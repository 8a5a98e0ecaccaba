"""A page to its lines: which way it is turned, and where they run; looked at once or twice."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from yomite.ink.page_canvas import choose_scale, to_page_canvas
from yomite.reading.found_lines import FoundLine, find_lines
from yomite.reading.page_file import STRIDE, PageFile, open_page_file

SURE_TURN = 0.6
"""Chance from which a page is turned."""

LOW_HALF, HIGH_HALF, GOOD_HALF = 8.0, 14.5, 11.0
"""Half heights of lines, px of the canvas: outside of the first two a page is looked at again."""

MAX_LOOKS = 3
MAX_ENLARGED = 2.5
MAX_PIXELS = 4_000_000
"""Of a canvas."""

LEAST_SIDE = 200
"""Longer side of a canvas, px."""


@dataclass(frozen=True)
class FoundPage:
    """A page that stands upright, and its lines.

    Attributes:
        gray: Uint8 (H, W).
        turn: By how many degrees it was turned clockwise.
        lines: In no order, in px of `gray`.
    """

    gray: np.ndarray
    turn: int
    lines: tuple[FoundLine, ...]


class PageFinder:
    """Finds the lines of pages with a page model. Thread-safe and picklable.

    Attributes:
        file: The open page model.
    """

    def __init__(self, source: str | os.PathLike[str] | bytes, num_threads: int = 1) -> None:
        """Open a page model, given by its path or its content."""
        self._arguments = (source, num_threads)
        self.file: PageFile = open_page_file(
            source if isinstance(source, bytes) else Path(source), num_threads
        )

    def __reduce__(self) -> tuple[type[PageFinder], tuple[object, ...]]:
        return PageFinder, self._arguments

    def find(self, gray: np.ndarray) -> FoundPage:
        """Find the lines of a page.

        Args:
            gray: Uint8 (H, W), turned by any quarter.
        """
        scale: float | None = choose_scale(*gray.shape)
        turn, lines = 0, []
        for look in range(MAX_LOOKS):
            assert scale is not None
            maps, seen = self._look(gray, scale)
            if look == 0 and seen and (turn := choose_turn(maps)):
                gray = np.ascontiguousarray(np.rot90(gray, -turn))
                maps, seen = self._look(gray, scale)
            lines = seen or lines
            scale = choose_next_scale(seen, scale, gray.shape)
            if scale is None:
                break
        return FoundPage(gray, 90 * turn, tuple(lines))

    def _look(self, gray: np.ndarray, scale: float) -> tuple[np.ndarray, list[FoundLine]]:
        maps = self.file.compute(to_page_canvas(gray, scale))
        return maps, [
            replace(line, course=line.course / scale, half=line.half / scale)
            for line in find_lines(maps, STRIDE)
        ]


def choose_turn(maps: np.ndarray) -> int:
    """Return by how many quarters a page is to be turned clockwise; 0 where that is not sure.

    Args:
        maps: Float32 (7, h, w), of a page model.
    """
    is_core = maps[0] > 0.0
    votes = maps[3:, is_core].mean(axis=1)
    chances = np.exp(votes - votes.max())
    turn = int(votes.argmax())
    return turn if chances[turn] / chances.sum() >= SURE_TURN else 0


def choose_next_scale(lines: list[FoundLine], scale: float, shape: tuple[int, ...]) -> float | None:
    """Return the scale at which a page is to be looked at again, or None where this one will do.

    Args:
        lines: Found at this look, in px of the page.
        scale: Of this look.
        shape: Of the page.
    """
    if not lines:  # writing that fills the page
        return 0.4 * scale if max(shape) * scale > LEAST_SIDE else None
    halves = np.array([line.half for line in lines])
    lengths = np.array([np.hypot(*(line.course[-1] - line.course[0])) for line in lines])
    order = np.argsort(halves)
    middle = np.searchsorted(np.cumsum(lengths[order]), 0.5 * lengths.sum())
    half = float(halves[order][min(int(middle), len(lines) - 1)]) * scale
    if LOW_HALF <= half <= HIGH_HALF:
        return None
    wanted = scale * GOOD_HALF / half
    largest = min(MAX_ENLARGED, float(np.sqrt(MAX_PIXELS / (shape[0] * shape[1]))))
    wanted = min(max(wanted, LEAST_SIDE / max(shape)), largest)
    return wanted if abs(np.log(wanted / scale)) > 0.2 else None
