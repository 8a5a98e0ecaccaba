"""Columns of pictures in Parquet files as inputs: found by the footer alone, read row group by row group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from yomite.bulk.pictures import Item, check_there, describe_file, explain_rest, to_text
from yomite.errors import DataError, PictureError
from yomite.ink.picture_files import describe_fault

BATCH_ROWS = 64
"""Rows that are decoded at once: pages of 10 MB each may stand in them."""


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
        check_there(self.path)
        row = self.start
        try:
            with pq.ParquetFile(self.path) as file:
                sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
                ends = np.cumsum(sizes).tolist()
                for group, (size, end) in enumerate(zip(sizes, ends, strict=True)):
                    stop = min(end, self.stop)
                    if stop <= row:  # before the first one that is wanted, or after the last
                        continue
                    try:
                        for item in self._read_group(file, group, end - size, row, stop):
                            yield item
                            row += 1
                    except (OSError, pa.ArrowException) as error:  # a damaged page spoils its group alone
                        yield from explain_rest(self.name, row, stop, error)
                        row = stop
            if row < self.stop:
                raise OSError("it has fewer rows than when it was listed")
        except (OSError, pa.ArrowException) as error:
            yield from explain_rest(self.name, row, self.stop, error)

    def _read_group(
        self, file: pq.ParquetFile, group: int, row: int, start: int, stop: int
    ) -> Iterator[Item]:
        """Yield rows of a row group, whose first row is `row`."""
        columns = [self.column, *([self.key_column] if self.key_column else [])]
        for batch in file.iter_batches(BATCH_ROWS, row_groups=[group], columns=columns, use_threads=False):
            skipped, wanted = max(start - row, 0), min(stop - row, len(batch))
            if skipped < wanted:
                part = batch.slice(skipped, wanted - skipped).select(columns)
                pictures = part.column(0).to_pylist()
                keys = part.column(1).to_pylist() if self.key_column else [None] * len(pictures)
                for number, (key, picture) in enumerate(zip(keys, pictures, strict=True), row + skipped):
                    shown = f"{to_text(self.name)}#{number}" if key is None else str(key)
                    yield shown, to_bytes(picture, self.column)
            row += len(batch)
            if row >= stop:
                return

    def describe(self) -> str:
        """Return what tells it from another; changes when the file does."""
        return describe_file(self.path, f"{self.name}\0{self.column}\0{self.key_column}", len(self))


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
