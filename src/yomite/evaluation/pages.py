"""A reader of pages on real pages: which lines it finds, what it reads there, and in which order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from yomite.data.readers.pages import PageSample
from yomite.data.samples import Sample
from yomite.errors import DataError, YomiteError
from yomite.evaluation.judged_pages import JudgedPage, judge_page
from yomite.evaluation.page_figures import (
    LineFigures,
    PageFigures,
    format_errors,
    format_share,
    measure_lines,
    measure_whole,
)
from yomite.evaluation.report import align_table
from yomite.reading.results import Page

ReadPage = Callable[[Any], Page]
"""Reads one picture; raises YomiteError where it cannot."""

ALL = "all"


@dataclass(frozen=True)
class PageReport:
    """What a reader gets right on one set of pages.

    Attributes:
        data: The set.
        model: What read it.
        language_model: Whether a language model had a say.
        num_unread: Pages that gave an error; nothing was found there.
        lines: What was found of the lines of "all", "horizontal pages" and "vertical pages", and of
            "horizontal lines" and "vertical lines".
        whole: What was read on whole pages among "all", "horizontal pages" and "vertical pages"; a page has
            the direction of most of its lines.
        num_merged: Found lines that have two or more written ones in them.
        num_rejected: Lines that were rejected; they count as not found.
        num_rejected_written: Those of them that match a written line.
        median_ms: Half of the pages took less, in ms.
        slowest_ms: What the slowest page took, in ms.
        pages: Every page, in the order of the set.
    """

    data: str
    model: str
    language_model: bool
    num_unread: int
    lines: dict[str, LineFigures]
    whole: dict[str, PageFigures]
    num_merged: int
    num_rejected: int
    num_rejected_written: int
    median_ms: float
    slowest_ms: float
    pages: tuple[JudgedPage, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        plain: dict[str, Any] = {name: value for name, value in vars(self).items() if name != "pages"}
        for name in ("lines", "whole"):
            plain[name] = {key: figures.to_json() for key, figures in plain[name].items()}
        for name in ("median_ms", "slowest_ms"):
            plain[name] = round(plain[name], 2)
        return plain

    def to_full_json(self) -> dict[str, Any]:
        """Return the same with every line that was written, and every one found beside them."""
        return {**self.to_json(), "pages": [_list_page(page) for page in self.pages]}

    def format(self) -> str:
        """Return tables and a few lines for people."""
        table = [["", "lines", "found", "covered", "direction", "split", "CER of the found"]]
        for name, line in self.lines.items():
            shares = map(format_share, (line.recall, line.covered, line.directions))
            num_lines, num_split = line.recall.num_samples, line.num_split
            table.append([name, str(num_lines), *shares, str(num_split), format_errors(line.characters)])
        rows = [align_table(table, num_left=1)]
        table = [["whole pages", "pages", "precision", "CER end to end", "CER in order"]]
        for name, page in self.whole.items():
            errors = map(format_errors, (page.end_to_end, page.in_order))
            table.append([name, str(page.num_pages), format_share(page.precision), *errors])
        if self.whole:
            rows.append(align_table(table, num_left=1))
        num_found = sum(len(page.found) for page in self.pages)
        rows.append(
            f"found {num_found} lines, {self.num_merged} of them merged of several; rejected "
            f"{self.num_rejected}, of them {self.num_rejected_written} where a line is written; "
            f"pages not read {self.num_unread}; {self.median_ms:.0f} ms a page, the slowest "
            f"{self.slowest_ms:.0f} ms"
        )
        return "\n".join(rows)


def evaluate_pages(
    read: ReadPage, source: Iterable[Sample], *, data: str, model: str, language_model: bool = True
) -> PageReport:
    """Read the pages of a set, one by one, and measure.

    Args:
        read: The reader.
        source: Pages.
        data, model: Names for the report.
        language_model: Whether the reader has one; for the report.

    Raises:
        DataError: A sample is no page, or there is none.
    """
    samples = check_pages(source, data)
    results: list[Page | None] = []
    seconds = []
    for sample in samples:
        start = time.perf_counter()
        try:
            results.append(read(sample.picture))
        except YomiteError:
            results.append(None)
        seconds.append(time.perf_counter() - start)
    return measure_pages(samples, results, seconds, data=data, model=model, language_model=language_model)


def check_pages(source: Iterable[Sample], data: str) -> list[PageSample]:
    """Return the pages of a source.

    Raises:
        DataError: A sample is no page, or there is none.
    """
    samples = list(source)
    pages = [sample for sample in samples if isinstance(sample, PageSample)]
    if len(pages) < len(samples) or not pages:
        raise DataError(f"{data} has no pages; name the pages of a list of lines, such as dev/pages")
    return pages


def measure_pages(
    samples: Sequence[PageSample],
    results: Sequence[Page | None],
    seconds: Sequence[float],
    *,
    data: str,
    model: str,
    language_model: bool = True,
) -> PageReport:
    """Measure what was read.

    Args:
        samples: Pages, at least one.
        results: What was read of each, or None where there was an error.
        seconds: What each took.
        data, model: Names for the report.
        language_model: Whether the reader has one; for the report.
    """
    pages = tuple(map(judge_page, samples, results))
    groups = {ALL: pages}
    for direction in ("horizontal", "vertical"):
        groups[f"{direction} pages"] = tuple(page for page in pages if page.sample.part == direction)
    lines = {name: measure_lines(group) for name, group in groups.items() if group}
    for direction in ("horizontal", "vertical"):
        if any(line.direction == direction for sample in samples for line in sample.lines):
            lines[f"{direction} lines"] = measure_lines(pages, direction)
    whole = {name: [page for page in group if page.sample.is_whole] for name, group in groups.items()}
    ms = 1000 * np.array(seconds)
    return PageReport(
        data=data,
        model=model,
        language_model=language_model,
        num_unread=sum(result is None for result in results),
        lines=lines,
        whole={name: measure_whole(group) for name, group in whole.items() if group},
        num_merged=sum(num > 1 for page in pages for num in page.num_merged),
        num_rejected=sum(page.num_rejected for page in pages),
        num_rejected_written=sum(page.num_rejected_written for page in pages),
        median_ms=float(np.median(ms)),
        slowest_ms=float(ms.max()),
        pages=pages,
    )


def _list_page(page: JudgedPage) -> dict[str, Any]:
    """Return every line of a page as plain data, in reading order, polygons in px."""
    lines = []
    for index, line in enumerate(page.sample.lines):
        match = page.matches[index]
        lines.append(
            {
                "written": line.text,
                "read": page.found[match].text if match >= 0 else None,
                "found": match if match >= 0 else None,
                "iou": round(page.ious[index], 5),
                "is_covered": page.is_covered[index],
                "num_pieces": page.num_pieces[index],
                "num_edits": sum(one != other for one, other in page.align_line(index)),
            }
        )
    return {
        "name": page.sample.name,
        "is_whole": page.sample.is_whole,
        "is_read": page.result is not None,
        "lines": lines,
        "found": [
            {
                "read": line.text,
                "direction": line.direction,
                "polygon": [[round(x, 1), round(y, 1)] for x, y in line.polygon],
                "is_matched": index not in page.extra,
                "num_merged": page.num_merged[index],
            }
            for index, line in enumerate(page.found)
        ],
    }
