"""Where inputs stand: picture files, tars and Parquet files.

Each of the three gives its inputs in an order that never changes, and can be cut: a part of it is another
one, small and picklable, that reads only what it names. What cannot be read is an error in its place.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from yomite.errors import DataError, PictureError
from yomite.ink.picture_files import describe_fault

PICTURE_SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif")
)
BATCH_ROWS = 64
"""Rows of a Parquet file that are decoded at once: pages of 10 MB each may stand in them."""

_BLOCK = tarfile.BLOCKSIZE

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
        for name in self.names:
            yield to_text(name), os.path.join(self.root, name)

    def describe(self) -> str:
        """Return what tells them from others; changes when an input comes or goes."""
        return "\0".join(self.names)


@dataclass(frozen=True, eq=False)
class Tar:
    """Pictures inside a tar, such as WebDataset's; whatever else it holds is passed over.

    Attributes:
        path: Of the tar.
        name: What the keys begin with; a slash and the name inside follow.
        offsets: int64 (N,), the byte at which each picture's header begins.
        first: Number of the first one, of all pictures of the tar.
    """

    path: str
    name: str
    offsets: np.ndarray
    first: int = 0

    def __len__(self) -> int:
        return len(self.offsets)

    def cut(self, start: int, stop: int) -> Tar:
        """Return the inputs from one place to another."""
        return replace(self, offsets=self.offsets[start:stop], first=self.first + start)

    def read(self) -> Iterator[Item]:
        """Yield each key and the bytes of its picture."""
        done = 0
        try:
            with open(self.path, "rb") as file:
                file.seek(int(self.offsets[0]))
                tar = tarfile.TarFile(fileobj=file)  # begins where the file stands
                while done < len(self):
                    member = tar.next()
                    if member is None:
                        raise tarfile.ReadError("it ends before")
                    if is_picture(member):
                        content = tar.extractfile(member)
                        assert content is not None  # of a regular file
                        yield f"{to_text(self.name)}/{to_text(member.name)}", content.read()
                        done += 1
        except (OSError, tarfile.TarError) as error:  # it was whole when it was listed
            yield from explain_rest(self.name, self.first + done, self.first + len(self), error)

    def describe(self) -> str:
        """Return what tells it from another; changes when the file does."""
        return describe_file(self.path, self.name, len(self))


@dataclass(frozen=True)
class Table:
    """Pictures in a column of a Parquet file.

    Attributes:
        path: Of the file.
        name: Its name.
        column: Of bytes, or of structs with a field `bytes`, as Hugging Face writes them.
        key_column: Whose values are the keys; None for the file's name, `#` and the row's number.
        start, stop: The rows.
    """

    path: str
    name: str
    column: str
    key_column: str | None
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def cut(self, start: int, stop: int) -> Table:
        """Return the inputs from one place to another."""
        return replace(self, start=self.start + start, stop=self.start + stop)

    def read(self) -> Iterator[Item]:
        """Yield each key and the bytes of its picture."""
        row = self.start
        try:
            for batch in self._read_batches():
                pictures = batch.column(0).to_pylist()
                keys = batch.column(1).to_pylist() if self.key_column else [None] * len(pictures)
                for key, picture in zip(keys, pictures, strict=True):
                    shown = f"{to_text(self.name)}#{row}" if key is None else str(key)
                    yield shown, to_bytes(picture, self.column)
                    row += 1
        except (OSError, pa.ArrowException) as error:
            yield from explain_rest(self.name, row, self.stop, error)

    def _read_batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows from start to stop; row groups before them are not decoded."""
        columns = [self.column, *([self.key_column] if self.key_column else [])]
        with pq.ParquetFile(self.path) as file:
            ends = np.cumsum(
                [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
            )
            first, last = np.searchsorted(ends, [self.start, self.stop - 1], side="right").tolist()
            row = int(ends[first - 1]) if first else 0
            for batch in file.iter_batches(
                BATCH_ROWS, row_groups=list(range(first, last + 1)), columns=columns, use_threads=False
            ):
                skipped, wanted = max(self.start - row, 0), min(self.stop - row, len(batch))
                row += len(batch)
                if skipped < wanted:
                    yield batch.slice(skipped, wanted - skipped).select(columns)

    def describe(self) -> str:
        """Return what tells it from another; changes when the file does."""
        return describe_file(self.path, f"{self.name}\0{self.column}\0{self.key_column}", len(self))


Container = Pictures | Tar | Table


def list_tar(path: str, name: str) -> tuple[Tar, str]:
    """Find the pictures of a tar by its headers alone.

    Returns:
        The tar, as far as it is whole; and what is wrong with it, empty where nothing is.
    """
    offsets: list[int] = []
    position, fault = 0, ""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        try:
            tar = tarfile.TarFile(fileobj=file)
            while (member := tar.next()) is not None and tar.offset <= size:
                tar.members = []  # it would keep them all
                position = tar.offset
                if is_picture(member):
                    offsets.append(member.offset)
            # At a damaged header tarfile ends without a word.
            fault = f"is cut off at byte {size:,}" if member else _find_fault_after(file, position, size)
        except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
            fault = f"is damaged at byte {position:,} ({describe_fault(error)})"
    return Tar(path, name, np.array(offsets, np.int64)), fault


def _find_fault_after(file: Any, position: int, size: int) -> str:
    """Return what is wrong where a tar should end: two blocks of zeros, and nothing behind them."""
    file.seek(position)
    if not (end := file.read(2 * _BLOCK)):
        return f"has no end; it may be cut off at byte {size:,}"
    if any(end):
        return f"is damaged at byte {position:,}"
    position += len(end)
    while content := file.read(1 << 20):
        if any(content):
            return f"ends at byte {position:,}, and something follows (join tars with tar -A, not with cat)"
        position += len(content)
    return ""


def list_table(path: str, name: str, column: str | None, key_column: str | None) -> tuple[Table | None, str]:
    """Find the rows of a Parquet file by its footer alone.

    Args:
        path: Of the file.
        name: What messages and keys call it.
        column: That of the pictures; None for the only one of bytes.
        key_column: That of the keys, or None.

    Returns:
        The table, None where the footer cannot be read; and what is wrong with it.

    Raises:
        DataError: It has no such column.
    """
    try:
        with pq.ParquetFile(path) as file:
            schema, num_rows = file.schema_arrow, file.metadata.num_rows
    except (OSError, pa.ArrowException) as error:
        return None, f"is no whole Parquet file ({describe_fault(error)})"
    fitting = [field.name for field in schema if holds_bytes(field.type)]
    known = ", ".join(schema.names) or "none"
    if column is None and len(fitting) != 1:
        several = f"several columns of bytes ({', '.join(fitting)})" if fitting else "no column of bytes"
        raise DataError(f"{name} has {several}; its columns: {known}; type: --column NAME")
    column = column or fitting[0]
    if column not in fitting:
        what = "no bytes" if column in schema.names else "not there"
        raise DataError(
            f"{name}: the column {column!r} is {what}; columns of bytes: {', '.join(fitting) or 'none'}; "
            f"all columns: {known}"
        )
    if key_column is not None and key_column not in schema.names:
        raise DataError(f"{name}: the column {key_column!r} is not there; its columns: {known}")
    return Table(path, name, column, key_column, 0, num_rows), ""


def holds_bytes(kind: pa.DataType) -> bool:
    """Whether a column holds bytes, or structs with a field of bytes."""
    if pa.types.is_struct(kind):
        return any(field.name == "bytes" and holds_bytes(field.type) for field in kind)
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)


def to_bytes(value: Any, column: str) -> bytes | PictureError:
    """Return the bytes of a cell; an error where it is empty."""
    content = value.get("bytes") if isinstance(value, dict) else value
    return PictureError(f"the column {column!r} is empty here") if content is None else content


def is_picture(member: tarfile.TarInfo) -> bool:
    """Whether a member of a tar is a picture, by its name."""
    return member.isreg() and is_picture_name(member.name)


def is_picture_name(name: str) -> bool:
    """Whether a file is a picture, by its name; hidden ones are not."""
    path = Path(name)
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")


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
