"""Pages beside what was read of them: which found line is which written one, and which are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from yomite.data.readers.pages import PageSample
from yomite.evaluation.polygons import Corners, measure_area, measure_overlaps
from yomite.evaluation.text_errors import Pair, align_units, normalize_text
from yomite.reading.results import Line, Page

MIN_IOU = 0.5
"""Intersection over union from which a found line is the written one."""

MIN_INSIDE = 0.5
"""Share of a line's area that must lie in others for it to be covered by them, or a piece of them."""


@dataclass(frozen=True)
class JudgedPage:
    """One page beside what was read of it. Found lines are those that are not rejected, in reading order.

    Attributes:
        sample: The page.
        result: What was read, or None where there was an error.
        found: Found lines.
        matches: Of each written line the index of the found one, or -1 where there is none.
        ious: Of each written line the intersection over union with that, 0 without.
        is_covered: Of each written line whether found lines, one or more, cover half of its area.
        num_pieces: Of each written line how many found lines lie in it by half of their own area or more.
        num_merged: Of each found line how many written lines lie in it by half of their own area or more.
        num_rejected: Lines that were rejected.
        num_rejected_written: Written lines without a found one that match a rejected one.
    """

    sample: PageSample
    result: Page | None
    found: tuple[Line, ...]
    matches: tuple[int, ...]
    ious: tuple[float, ...]
    is_covered: tuple[bool, ...]
    num_pieces: tuple[int, ...]
    num_merged: tuple[int, ...]
    num_rejected: int
    num_rejected_written: int

    @property
    def extra(self) -> tuple[int, ...]:
        """Indices of found lines that match no written one."""
        matched = set(self.matches)
        return tuple(index for index in range(len(self.found)) if index not in matched)

    def align_line(self, index: int) -> list[Pair]:
        """Lay a written line beside the found one, or beside nothing; both normalized."""
        match = self.matches[index]
        return align_texts(self.sample.lines[index].text, self.found[match].text if match >= 0 else "")

    def align_lines(self) -> list[Pair]:
        """Lay all lines beside what was found: what matches nothing is missing, or too much."""
        pairs = [pair for index in range(len(self.sample.lines)) for pair in self.align_line(index)]
        return pairs + [pair for index in self.extra for pair in align_texts("", self.found[index].text)]

    def align_in_order(self) -> list[Pair]:
        """Lay the whole text beside what was read, one line after the other in the order read."""
        return align_texts(self.sample.character, "".join(line.text for line in self.found))


def align_texts(written: str, read: str) -> list[Pair]:
    """Pair the characters of two texts, normalized, with as few edits as possible."""
    return align_units(normalize_text(written), normalize_text(read))


def judge_page(sample: PageSample, result: Page | None) -> JudgedPage:
    """Match what was found with what was written."""
    lines = result.lines if result else ()
    found = tuple(line for line in lines if not line.is_rejected)
    rejected = [line.polygon for line in lines if line.is_rejected]
    written = [line.polygon for line in sample.lines]
    polygons = [line.polygon for line in found]
    matches, ious = match_lines(written, polygons)
    shared = measure_overlaps(written, polygons)
    written_areas, found_areas = _measure_areas(written), _measure_areas(polygons)
    missed = [polygon for polygon, match in zip(written, matches, strict=True) if match < 0]
    return JudgedPage(
        sample,
        result,
        found,
        matches,
        ious,
        tuple((shared.sum(axis=1) >= MIN_INSIDE * written_areas).tolist()),
        tuple((shared >= MIN_INSIDE * found_areas).sum(axis=1).tolist()),
        tuple((shared >= MIN_INSIDE * written_areas[:, None]).sum(axis=0).tolist()),
        len(rejected),
        sum(match >= 0 for match in match_lines(missed, rejected)[0]),
    )


def match_lines(
    written: Sequence[Corners], found: Sequence[Corners]
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Match polygons one to one, those of the largest intersection over union first.

    Returns:
        Of each written one the index of the found one, or -1; and the intersection over union, MIN_IOU and
        up, 0 without a match.
    """
    shared = measure_overlaps(written, found)
    union = _measure_areas(written)[:, None] + _measure_areas(found) - shared
    ious = shared / np.maximum(union, 1e-9)
    matches, best = [-1] * len(written), [0.0] * len(written)
    for _ in range(min(ious.shape)):
        row, column = np.unravel_index(np.argmax(ious), ious.shape)
        if ious[row, column] < MIN_IOU:
            break
        matches[row], best[row] = int(column), float(ious[row, column])
        ious[row], ious[:, column] = -1, -1
    return tuple(matches), tuple(best)


def _measure_areas(polygons: Sequence[Corners]) -> np.ndarray:
    """Return areas, float (N,), in px; without one a polygon has the area of a tiny fleck."""
    return np.maximum([measure_area(polygon) for polygon in polygons], 1e-9)
