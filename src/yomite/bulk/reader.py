"""Keys and pictures -> rows, with one reader: what a process of the local engine and an actor of Ray hold."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from yomite.bulk.pictures import Item
from yomite.bulk.rows import SCHEMAS, Task, to_row
from yomite.errors import ModelFileError, PictureError, YomiteError
from yomite.ink.picture_files import describe_fault
from yomite.reading.characters import Recognizer, load

TOP = 5
"""Candidates of a character."""

BATCH_ROWS = 256
CHUNK_LINES = 128


@dataclass(frozen=True)
class Choice:
    """What to read with.

    Attributes:
        task: What each picture shows.
        model: Of the task: a released name or a file; None for the released one.
        device: "cpu" or "cuda".
    """

    task: Task
    model: str | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.model and os.path.isfile(self.model):  # actors of Ray stand in another folder
            object.__setattr__(self, "model", os.path.abspath(self.model))

    def open(self) -> Recognizer:
        """Open the reader, for one core.

        Raises:
            ModelFileError: There is no such model, or it is damaged.
        """
        name = {"character": "name_or_path", "line": "line", "page": "page"}[self.task]
        return load(**({name: self.model} if self.model else {}), num_threads=1, device=self.device)  # type: ignore


class RowReader:
    """Reads pictures into rows.

    Attributes:
        schema: Of the rows.
    """

    def __init__(self, choice: Choice) -> None:
        """Open the models."""
        self.choice = choice
        self.schema = SCHEMAS[choice.task]
        self._reader = choice.open()
        name = Path(choice.model).stem if choice.model else f"yomite-{choice.task}"
        self._last = {"model": name, "version": version("yomite")}

    def read(self, items: Iterable[Item]) -> Iterator[pa.RecordBatch]:
        """Yield a row for each input, in order; what cannot be read has its error in its row.

        Raises:
            ModelFileError: A model is damaged.
        """
        rows = (
            {"key": key, **to_row(result), **self._last} for key, result in self._read_in_order(iter(items))
        )
        while chunk := list(islice(rows, BATCH_ROWS)):
            yield pa.RecordBatch.from_pylist(chunk, self.schema)

    def _read_in_order(self, items: Iterator[Item]) -> Iterator[tuple[str, Any]]:
        """Yield the key of each input and its result or error."""
        waiting: deque[Item] = deque()

        def take() -> Iterator[Any]:
            for item in items:
                waiting.append(item)
                yield b"" if isinstance(item[1], PictureError) else item[1]  # which is no picture either

        while True:
            try:
                for result in self._read_many(take()):
                    key, picture = waiting.popleft()
                    yield key, picture if isinstance(picture, PictureError) else result
                return
            except YomiteError:
                raise
            except Exception:  # one picture in ten million may meet a fault of ours: only it shall suffer
                for key, picture in waiting:
                    yield key, self._read_alone(picture)
                waiting.clear()

    def _read_many(self, pictures: Iterator[Any]) -> Iterator[Any]:
        if self.choice.task == "character":
            return self._reader.recognize_iter(pictures, top=TOP, errors="return")
        if self.choice.task == "line":
            return self._read_lines(pictures)
        return self._reader.read_many(pictures, top=TOP, errors="return")

    def _read_lines(self, pictures: Iterator[Any]) -> Iterator[Any]:
        while chunk := list(islice(pictures, CHUNK_LINES)):
            yield from self._reader.read_lines(chunk, top=TOP, errors="return")

    def _read_alone(self, picture: Any) -> Any:
        """Read one picture; whatever happens, but for a damaged model, is its error."""
        if isinstance(picture, PictureError):
            return picture
        try:
            return next(self._read_many(iter([picture])))
        except ModelFileError:
            raise
        except Exception as error:
            return PictureError(
                f"the picture cannot be read ({type(error).__name__}: {describe_fault(error)})"
            )
