"""Your data, as yomite reads it: a Source of Samples.

drawings.jsonl holds one drawing a line: what it is, who wrote it, and its strokes as points with y down.
Yours may be pictures as well: `picture` is a path, bytes, a PIL image, a numpy array, or strokes.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from yomite.data.samples import Sample, Source

DRAWINGS = Path(__file__).with_name("drawings.jsonl")
HELD_OUT = {"kei"}  # writers to validate on: whoever was learned from says nothing about strangers


def open_drawings() -> Source:
    """Open what is learned from."""
    return _open(lambda writer: writer not in HELD_OUT)


def open_held_out() -> Source:
    """Open what is validated on."""
    return _open(lambda writer: writer in HELD_OUT)


def _open(is_wanted: Callable[[str], bool]) -> Source:
    def read() -> Iterator[Sample]:
        for number, line in enumerate(DRAWINGS.read_text(encoding="utf-8").splitlines(), start=1):
            drawing = json.loads(line)
            if is_wanted(drawing["writer"]):
                name = f"{DRAWINGS.name}:{number}"
                yield Sample(drawing["strokes"], drawing["character"], drawing["writer"], name)

    return Source(DRAWINGS.name, read, lambda: [DRAWINGS], path=DRAWINGS)
