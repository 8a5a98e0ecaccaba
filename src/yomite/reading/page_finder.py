"""A page to its lines: it is looked at until its writing has a size that is found well."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from yomite.ink.page_canvas import choose_scale, to_page_canvas
from yomite.reading.devices import Device
from yomite.reading.found_lines import FoundLine, find_lines
from yomite.reading.page_file import STRIDE, PageFile, open_page_file

LOW_HALF, HIGH_HALF, GOOD_HALF = 8.0, 14.5, 12.0
"""Half heights of lines, px of the canvas: outside of the first two a page is looked at again."""

MAX_LOOKS = 3
MAX_ENLARGED = 2.5
MAX_PIXELS = 4_000_000
"""Of a canvas."""

LEAST_SIDE = 200
"""Longer side of a canvas, px."""


class PageFinder:
    """Finds the lines of pages with a page model. Thread-safe and picklable.

    Attributes:
        file: The open page model.
    """

    def __init__(
        self, source: str | os.PathLike[str] | bytes, num_threads: int = 1, device: Device = "cpu"
    ) -> None:
        """Open a page model, given by its path or its content."""
        self._arguments = (source, num_threads, device)
        self.file: PageFile = open_page_file(
            source if isinstance(source, bytes) else Path(source), num_threads, device
        )

    def __reduce__(self) -> tuple[type[PageFinder], tuple[object, ...]]:
        return PageFinder, self._arguments

    def find(self, gray: np.ndarray) -> list[FoundLine]:
        """Find the lines of a page.

        Args:
            gray: Uint8 (H, W).

        Returns:
            In no order, in px of the page.
        """
        scale: float | None = choose_scale(*gray.shape)
        lines: list[FoundLine] = []
        for _ in range(MAX_LOOKS):
            if scale is None:
                break
            seen = self._look(gray, scale)
            lines = seen or lines
            scale = choose_next_scale(seen, scale, gray.shape)
        return lines

    def _look(self, gray: np.ndarray, scale: float) -> list[FoundLine]:
        maps = self.file.compute(to_page_canvas(gray, scale))
        return [
            replace(line, course=line.course / scale, half=line.half / scale)
            for line in find_lines(maps, STRIDE)
        ]


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
