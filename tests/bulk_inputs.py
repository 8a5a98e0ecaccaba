"""Pictures for tests of bulk: the drawings of the tiny model in files, tars and Parquet, and what is due."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from tiny_model import STROKES

from yomite.ink.canvas import to_canvas

BAD = b"no picture"
CHARACTERS = "一十く人メ"  # 口 and ロ look alike


def draw(number: int) -> bytes:
    """One of the drawings, as PNG; every tenth is none."""
    return _draw(due(number))


@cache
def _draw(character: str | None) -> bytes:
    if character is None:
        return BAD
    file = io.BytesIO()
    Image.fromarray(255 - to_canvas(STROKES[character])).save(file, "PNG")
    return file.getvalue()


def due(number: int) -> str | None:
    """What it shows; None where it is no picture."""
    return None if number % 10 == 9 else CHARACTERS[number % len(CHARACTERS)]


def name_picture(number: int) -> str:
    return f"{'a/deep/' if number % 3 == 0 else ''}{number:05}.png"


def write_folder(folder: Path, numbers: Iterable[int]) -> Path:
    for number in numbers:
        path = folder / name_picture(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(draw(number))
    return folder


def write_tar(path: Path, numbers: Iterable[int], *, others: bool = True) -> Path:
    """A tar as WebDataset has them: beside each picture a label, which is no picture."""
    with tarfile.open(path, "w") as tar:
        for number in numbers:
            add(tar, name_picture(number), draw(number))
            if others:
                add(tar, f"{number:05}.cls", str(number).encode())
    return path


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def write_parquet(path: Path, numbers: Iterable[int], **options: Any) -> Path:
    numbers = list(numbers)
    columns = {"name": list(map(name_picture, numbers)), "image": list(map(draw, numbers))}
    pq.write_table(pa.table(columns), path, **options)
    return path


def read_rows(folder: Path) -> list[dict[str, Any]]:
    """All rows of a job, as a user reads them: the whole folder at once."""
    return pq.read_table(folder).to_pylist()


def check_rows(rows: list[dict[str, Any]], numbers: Iterable[int], prefix: str = "") -> None:
    """Each input has one row, with its own text or error."""
    text_by_key = {row["key"]: row["text"] for row in rows}
    expected = {prefix + name_picture(number): due(number) for number in numbers}
    assert len(rows) == len(expected) and text_by_key == expected
    assert all((row["error"] is None) == (row["text"] is not None) for row in rows)
