"""A list of pictures or strokes and what they are: CSV, JSON or JSON lines.

Columns or keys: `path` (or file, file_name), `character` (or label, text; `U+3042` is understood), and where
known `writer` and `part` (or split). Paths are relative to the list's folder. In JSON, `strokes` may stand in
the place of a path: [[[x, y], ...], ...], y down.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from yomite.data.readers.labels import read_character_name
from yomite.data.samples import Fault, Reading, Sample
from yomite.errors import DataError

MANIFEST_SUFFIXES = (".csv", ".json", ".jsonl")

_NAMES = {
    "path": ("path", "file", "file_name"),
    "character": ("character", "label", "text"),
    "writer": ("writer",),
    "part": ("part", "split"),
}
_MAX_BYTES = 500_000_000


def read_manifest(path: Path) -> Reading:
    """Read the samples that a list names; a line that cannot be used is a fault."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise DataError(f"more than {_MAX_BYTES:,} bytes; split the list")
        text = path.read_bytes().decode("utf-8-sig")
        rows = _READERS[path.suffix.lower()](text)
        for number, row in rows:
            try:
                yield _build_sample(path.parent, row, number)
            except DataError as error:
                yield Fault(f"{path}, {number}", str(error))
    except UnicodeDecodeError as error:
        yield Fault(f"{path}, byte {error.start}", "not UTF-8; save the list as UTF-8")
    except (DataError, csv.Error, ValueError, RecursionError) as error:
        yield Fault(str(path), f"not to be read as {path.suffix[1:]} ({error})")


def _build_sample(folder: Path, row: Any, number: str) -> Sample:
    if not isinstance(row, dict):
        raise DataError(f"expected keys with values, not {str(row)[:40]!r}")
    values = {
        field: next((str(row[name]) for name in names if row.get(name) not in (None, "")), "")
        for field, names in _NAMES.items()
    }
    strokes = row.get("strokes")
    for field in ("character",) if strokes else ("path", "character"):
        if not values[field]:
            raise DataError(f"has no {field}; the keys may be {', '.join(_NAMES[field])}")
    character = read_character_name(values["character"])
    if strokes:
        if not isinstance(strokes, list):
            raise DataError(f"strokes of type {type(strokes).__name__}; give [[[x, y], ...], ...]")
        return Sample(strokes, character, values["writer"], values["path"] or number, values["part"])
    picture = folder / values["path"]
    if not os.path.isfile(picture):
        raise DataError(f"{picture} is not there")
    return Sample(picture, character, values["writer"], values["path"], values["part"])


def _read_csv(text: str) -> Iterator[tuple[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    return ((f"line {reader.line_num}", row) for row in reader)


def _read_json(text: str) -> Iterator[tuple[str, Any]]:
    rows = json.loads(text)
    if not isinstance(rows, list):
        raise DataError(f"holds a {type(rows).__name__}; expected a list")
    return ((f"entry {number}", row) for number, row in enumerate(rows))


def _read_json_lines(text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                row = f"no JSON ({error})"
            yield f"line {number}", row


_READERS = {".csv": _read_csv, ".json": _read_json, ".jsonl": _read_json_lines}
