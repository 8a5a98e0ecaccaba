"""What every reader gives: samples, faults where something could not be read, and a source of both."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from yomite.errors import DataError

MAX_FAULTS = 1_000
"""Faults that a source remembers; all are counted."""

Kind = Literal["characters", "lines", "pages"]
"""What is on each picture of a source."""

_MAX_TOLD = 5
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sample:
    """One handwritten character.

    Attributes:
        picture: Anything that `yomite.ink.canvas.to_canvas` takes: gray levels, a path, or strokes.
        character: What it is, one code point.
        writer: Who wrote it, "" if unknown.
        name: Where it came from, unique within its source.
        part: The part of its data set ("train", "test", "model" ...), "" where it has none.
    """

    picture: Any
    character: str
    writer: str
    name: str
    part: str = ""


@dataclass(frozen=True)
class Fault:
    """Something that could not be read and was left out.

    Attributes:
        place: The file, with the byte or the record where it matters.
        reason: What came, and what was expected.
    """

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


Reading = Iterator[Sample | Fault]


class Source:
    """Samples that can be walked many times; `len()` walks them once.

    What cannot be read is left out, told (the first ones, and how many there were) and counted; a strict
    source stops there.

    Attributes:
        name: As it was asked for.
        path: The file or folder that is read.
        strict: Whether the first fault ends the walk with a DataError.
        kind: What is on each picture.
        faults: Of the latest walk, at most MAX_FAULTS.
        num_faults: Of the latest walk, all.
        open_samples: Begins a walk that also gives the faults.
        list_files: What the samples are read from.
    """

    def __init__(
        self,
        name: str,
        open_samples: Callable[[], Reading],
        list_files: Callable[[], Iterable[Path]] = tuple,
        *,
        path: Path = Path(),
        strict: bool = False,
        kind: Kind = "characters",
    ) -> None:
        """Wrap a reader.

        Args:
            name: For messages and reports.
            open_samples: Begins a walk.
            list_files: The files that the samples are read from, in a fixed order.
            path: The file or folder that holds them.
            strict: Whether a fault is an error.
            kind: What is on each picture.
        """
        self.name, self.path, self.strict = name, path, strict
        self.kind: Kind = kind
        self.faults: list[Fault] = []
        self.num_faults = 0
        self.open_samples, self.list_files = open_samples, list_files
        self._length: int | None = None

    def __iter__(self) -> Iterator[Sample]:
        self.faults, self.num_faults = [], 0
        num_samples = 0
        for item in self.open_samples():
            if isinstance(item, Sample):
                num_samples += 1
                yield item
                continue
            if self.strict:
                raise DataError(f"{item}; without --strict it is left out")
            self.num_faults += 1
            if self.num_faults <= MAX_FAULTS:
                self.faults.append(item)
            if self.num_faults <= _MAX_TOLD and self._length is None:
                _LOG.warning("%s; left out", item)
        if not num_samples:
            hint = "; lay pictures out as あ/1.png or U+3042/1.png, and check what follows a colon"
            raise DataError(
                f"{self.name} holds no samples" + (f": {self.faults[0]}" if self.faults else hint)
            )
        if self.num_faults and self._length is None:
            _LOG.warning("%s: %d left out, %d samples read", self.name, self.num_faults, num_samples)
        self._length = num_samples

    def __len__(self) -> int:
        if self._length is None:
            for _ in self:
                pass
        return self._length or 0

    def compute_fingerprint(self) -> str:
        """Hash the names, sizes and times of the source's files: it changes when one of them does."""
        digest = hashlib.sha256()
        for path in self.list_files():
            stat = path.stat()
            digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode(errors="surrogateescape"))
        return digest.hexdigest()[:16]


def split_chunks(samples: Iterable[Sample], size: int) -> Iterator[list[Sample]]:
    """Yield samples in lists of a size; the last may be shorter."""
    iterator = iter(samples)
    while chunk := list(islice(iterator, size)):
        yield chunk


def tell_unknown(
    num_unknown: int, num_units: int, unit: str = "samples", fate: str = "left out"
) -> list[str]:
    """Say in a line how much of a set a model cannot answer; no line where it can answer all.

    Args:
        num_unknown: Samples, or characters of lines, that are not among the model's characters.
        num_units: Of the whole set.
        unit: What is counted.
        fate: What becomes of them.
    """
    whose = "them" if unit == "characters" else "their characters"
    line = f"{num_unknown:,} of {num_units:,} {unit} {fate}: the model does not know {whose}"
    return [line] if num_unknown else []


def tell_unread(num_unread: int, num_units: int, unit: str = "samples", fate: str = "left out") -> list[str]:
    """Say in a line how many pictures of a set could not be read; no line where all could."""
    return [f"{num_unread:,} of {num_units:,} {unit} {fate}: they could not be read"] if num_unread else []
