"""Picture files as inputs, and what they have in common with tars and Parquet files.

Each of the three is a container: it gives its inputs in an order that never changes, and can be cut. A part
is another one, small and picklable, that reads only what it names. What cannot be read is an error in its
place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from yomite.errors import DataError, PictureError
from yomite.ink.picture_files import describe_fault

PICTURE_SUFFIXES = frozenset(
    [
        ".png",
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".webp",
        ".bmp",
        ".dib",
        ".tif",
        ".tiff",
        ".gif",
        ".heic",
        ".heif",
    ]
)

Item = tuple[str, "str | bytes | PictureError"]
"""A key, and the path or the bytes of its picture, or why there are none."""


@dataclass(frozen=True)
class Pictures:
    """Picture files.

    Attributes:
        root: The folder that their names are below.
        names: Of N files; they are the keys.
    """

    root: str
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def cut(self, start: int, stop: int) -> Pictures:
        """Return the inputs from one place to another."""
        return replace(self, names=self.names[start:stop])

    def read(self) -> Iterator[Item]:
        """Yield each key and the path of its picture."""
        check_there(self.root)
        for name in self.names:
            yield to_text(name), os.path.join(self.root, name)

    def describe(self) -> str:
        """Return what tells them from others; changes when an input comes or goes."""
        return "\0".join(self.names)


def is_picture_name(name: str) -> bool:
    """Whether a file is a picture, by its name; hidden ones are not."""
    path = Path(name)
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")


def check_there(path: str) -> None:
    """Refuse to make millions of errors of a folder or file that is not mounted.

    Raises:
        DataError: It is not there.
    """
    if not os.path.exists(path):
        raise DataError(f"{path} is not there; every machine must see it at this path, to the end")


def explain_rest(name: str, start: int, stop: int, error: Exception) -> Iterator[Item]:
    """Yield inputs that a broken container still owes: keys by number, and why they cannot be read."""
    for number in range(start, stop):
        yield f"{to_text(name)}#{number}", PictureError(f"{name} cannot be read ({describe_fault(error)})")


def describe_file(path: str, name: str, num_inputs: int) -> str:
    """Return name, size and time of change of a file, and how many inputs it has."""
    facts = os.stat(path)
    return f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\0{num_inputs}"


def to_text(name: str) -> str:
    """Return a file's name as text, with what is no UTF-8 in it escaped."""
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")
