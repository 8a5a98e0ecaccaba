"""Whole pages: lines.jsonl says for a line on which page it stands, and where."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yomite.data.readers.lines import DIRECTIONS
from yomite.data.samples import Fault, Reading, Sample

Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class WrittenLine:
    """A line that somebody wrote on a page.

    Attributes:
        text: What it says.
        polygon: Its corners x, y in px of the page's picture, clockwise for whoever reads it.
        direction: "horizontal" or "vertical".
    """

    text: str
    polygon: Corners
    direction: str


@dataclass(frozen=True)
class PageSample(Sample):
    """One page of handwriting: its character is the text of all lines, its part how most of them run.

    Attributes:
        lines: In reading order.
        is_whole: Whether every line of handwriting on the page is among them.
    """

    lines: tuple[WrittenLine, ...] = ()
    is_whole: bool = False


def read_pages(path: Path) -> Reading:
    """Read the lines of a list that stand on a page, one sample a page, in the order of their first lines.

    Such a line has beside text, direction and writer: `"page": "pages/a.jpg", "quad": [[x, y], ...]` and, if
    all handwriting of its page is in the list, `"page_is_whole": true`. Other lines are passed over. A page
    of which a line is a fault is not whole.
    """
    entries: dict[str, list[dict[str, Any]]] = {}
    lines: dict[str, list[WrittenLine]] = {}
    for number, row in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not row.strip():
            continue
        try:
            entry = json.loads(row)
            if not entry.get("page"):
                continue
            entries.setdefault(str(entry["page"]), []).append(entry)
            line = _read_line(entry)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
            yield Fault(
                f"{path}, line {number}",
                f"{error}; it takes an object with page, text, direction h or v, and quad of corners [x, y]",
            )
        else:
            lines.setdefault(str(entry["page"]), []).append(line)
    for page, written in lines.items():
        picture = path.parent / page
        if not os.path.isfile(picture):
            yield Fault(f"{path}, page {page}", f"{picture} is not there")
            continue
        of_page = entries[page]
        writers = {str(entry.get("writer", "")) for entry in of_page}
        yield PageSample(
            picture,
            "\n".join(line.text for line in written),
            writers.pop() if len(writers) == 1 else "",
            page,
            Counter(line.direction for line in written).most_common(1)[0][0],
            tuple(written),
            len(written) == len(of_page) and all(entry.get("page_is_whole") is True for entry in of_page),
        )


def _read_line(entry: dict[str, Any]) -> WrittenLine:
    text = str(entry["text"])
    if not text.strip():
        raise ValueError("its text is empty")
    polygon = tuple((float(x), float(y)) for x, y in entry["quad"])
    if len(polygon) < 3 or not all(math.isfinite(number) for corner in polygon for number in corner):
        raise ValueError(f"a quad of {len(polygon)} corners, or with numbers that are not finite")
    return WrittenLine(text, polygon, DIRECTIONS[entry.get("direction") or "h"])
