"""One shard -> one Parquet file, whole or not at all. Whether it is there is all that a job remembers."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from yomite.bulk.inputs import Shard
from yomite.bulk.reader import RowReader
from yomite.errors import DataError
from yomite.files import write_whole


@dataclass(frozen=True)
class Counts:
    """How many rows a file has, and how many of them are errors."""

    rows: int
    errors: int


Tell = Callable[[Counts], None]
"""Hears of the rows of one more shard."""


def count_rows(path: Path) -> Counts | None:
    """Count the rows of a shard's file by its footer; None where there is none, or it is damaged."""
    try:
        with pq.ParquetFile(path) as file:
            metadata = file.metadata
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        columns = [group.column(group.num_columns - 1) for group in groups]
        if any(column.path_in_schema != "error" for column in columns):  # it is the last one
            return None
        nulls = sum(column.statistics.null_count for column in columns)
        return Counts(metadata.num_rows, metadata.num_rows - nulls)
    except (OSError, ValueError, AttributeError, pa.ArrowException):
        return None


def write_shard(shard: Shard, folder: Path, reader: RowReader) -> Counts:
    """Read a shard and write its file.

    Args:
        shard: The inputs.
        folder: Of the job.
        reader: What reads them.

    Raises:
        DataError: The file cannot be written.
        ModelFileError: A model is damaged.
    """
    table = pa.Table.from_batches(reader.read(shard.read()), reader.schema)
    if len(table) != len(shard):
        raise RuntimeError(f"{shard.name}: {len(table)} rows of {len(shard)} inputs")
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    path = folder / shard.name
    try:
        write_whole(path, sink.getvalue().to_pybytes())
    except OSError as error:
        is_there = folder.is_dir()
        do = "make room, and" if is_there else "every machine must see the folder at this path;"
        raise DataError(
            f"{path} cannot be written ({error.strerror}); {do} type the same command again: "
            "what is written stays valid"
        ) from error
    return Counts(len(table), len(table) - table["error"].null_count)


def remove_partial_files(folder: Path) -> None:
    """Remove what killed processes left half-written."""
    for path in folder.glob(".shard-*.partial"):
        path.unlink(missing_ok=True)


def find_strangers(folder: Path, num_shards: int) -> list[str]:
    """Return the Parquet files below a folder that are none of a job's shards."""
    own = {Shard(index, ()).name for index in range(num_shards)}
    found = sorted(os.path.relpath(path, folder) for path in folder.rglob("*.parquet"))
    return [name for name in found if name not in own]
