"""Folders of crops of lines: lines.jsonl says for each picture what is written on it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from yomite.data.samples import Fault, Reading, Sample

LINES_NAME = "lines.jsonl"
DIRECTIONS = {"h": "horizontal", "v": "vertical", "horizontal": "horizontal", "vertical": "vertical"}


def read_lines(path: Path) -> Reading:
    """Read a list of `{"path": "a.png", "text": "...", "direction": "h", "writer": "..."}` each.

    The part of a sample is its direction, horizontal (without one, too) or vertical; its character is the
    whole text.
    """
    for number, row in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not row.strip():
            continue
        place = f"{path}, line {number}"
        try:
            entry = json.loads(row)
            picture, text = path.parent / entry["path"], str(entry["text"])
            direction = DIRECTIONS[entry.get("direction") or "h"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            yield Fault(place, f"{error}; it takes an object with path, text, and direction h or v")
            continue
        if not os.path.isfile(picture):
            yield Fault(place, f"{picture} is not there")
        elif not text.strip():
            yield Fault(place, "its text is empty")
        else:
            yield Sample(picture, text, str(entry.get("writer", "")), str(entry["path"]), direction)
