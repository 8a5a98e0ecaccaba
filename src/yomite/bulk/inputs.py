"""What a bulk job reads: a folder, a glob, tars, Parquet files -> shards, the same ones at every start."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from glob import iglob
from pathlib import Path

from yomite.bulk.pictures import Item, Pictures, is_picture_name
from yomite.bulk.tables import Table, list_table
from yomite.bulk.tars import Tar, list_tar
from yomite.errors import DataError

MIN_SHARDS = 32
"""Few inputs make small shards, so that several processes have something to do."""

Container = Pictures | Tar | Table

_COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")


@dataclass(frozen=True)
class Shard:
    """Inputs that become one file.

    Attributes:
        index: From 0.
        pieces: Of containers, in order.
    """

    index: int
    pieces: tuple[Container, ...]

    def __len__(self) -> int:
        return sum(map(len, self.pieces))

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"shard-{self.index:06}.parquet"

    def read(self) -> Iterator[Item]:
        """Yield each key and its picture."""
        for piece in self.pieces:
            yield from piece.read()

    def find(self, position: int) -> Item:
        """Return one of its inputs."""
        for piece in self.pieces:
            if position < len(piece):
                return next(piece.cut(position, position + 1).read())
            position -= len(piece)
        raise IndexError(position)


@dataclass(frozen=True)
class Inputs:
    """All inputs of a job.

    Attributes:
        containers: In order.
        digest: Of their names and number; of tars and Parquet files also of size and time of change.
        faults: A line for each container that is damaged, and so holds more than is known.
    """

    containers: tuple[Container, ...]
    digest: str
    faults: tuple[str, ...]

    def __len__(self) -> int:
        return sum(map(len, self.containers))

    def choose_shard_size(self, largest: int) -> int:
        """Return how many inputs a shard should have: the largest number, or fewer if they are few."""
        return max(1, largest // 100, min(largest, -(-len(self) // MIN_SHARDS)))

    def cut(self, shard_size: int) -> Iterator[Shard]:
        """Yield the shards, one after the other; all but the last have the same size."""
        pieces: list[Container] = []
        index, room = 0, shard_size
        for container in self.containers:
            start = 0
            while start < len(container):
                stop = min(start + room, len(container))
                pieces.append(container.cut(start, stop))
                room -= stop - start
                start = stop
                if not room:
                    yield Shard(index, tuple(pieces))
                    pieces, index, room = [], index + 1, shard_size
        if pieces:
            yield Shard(index, tuple(pieces))


def find_inputs(source: str, out: Path, column: str | None = None, key_column: str | None = None) -> Inputs:
    """Find what is to be read.

    Args:
        source: A folder, with all below it; a glob; a tar or a Parquet file; or one picture.
        out: The folder of the job, which is no input.
        column: Of Parquet files: that of the pictures; None for the only one of bytes.
        key_column: Of Parquet files: whose values are the keys; None for file and number.

    Raises:
        DataError: There is nothing to read, or a Parquet file has no such column.
    """
    root, names = _find_files(source, out)
    containers: list[Container] = []
    faults: list[str] = []
    pictures: list[str] = []

    def flush() -> None:
        if pictures:
            containers.append(Pictures(root, tuple(pictures)))
            pictures.clear()

    for name in names:
        suffix = Path(name).suffix.lower()
        if name.lower().endswith(_COMPRESSED):
            raise DataError(
                f"{name} is compressed, so no part of it can be read by itself; unpack it to .tar"
            )
        if suffix not in (".tar", ".parquet"):
            pictures.append(name)
            continue
        flush()
        path = os.path.join(root, name)
        if suffix == ".tar":
            container, fault = list_tar(path, name)
        else:
            container, fault = list_table(path, name, column, key_column)
        if container is not None and len(container):
            containers.append(container)
        if fault:
            faults.append(f"{name} {fault}")
    flush()
    if not containers:
        raise DataError(faults[0] if faults else f"{source} holds no picture, tar or Parquet file")
    digest = hashlib.sha256()
    for container in containers:
        text = f"{type(container).__name__}\0{container.describe()}\0\0"
        digest.update(text.encode(errors="surrogateescape"))
    return Inputs(tuple(containers), digest.hexdigest(), tuple(faults))


def _find_files(source: str, out: Path) -> tuple[str, list[str]]:
    """Return a folder and the names below it, in order; without hidden ones, and without the job's own."""
    own = os.path.realpath(out) + os.sep
    path = Path(source)
    if path.is_dir():
        root, names = os.path.abspath(source), list(_walk(os.path.abspath(source), "", own))
    elif path.is_file():
        root, names = os.path.abspath(path.parent), [path.name]
    elif any(sign in source for sign in "*?["):
        root = os.getcwd()
        found = (name for name in iglob(source, recursive=True) if os.path.isfile(name))
        names = sorted({name for name in found if not os.path.realpath(name).startswith(own)})
    else:
        raise DataError(
            f"{source}: no such file or folder; give a folder, a .tar or .parquet file, or a glob in quotes"
        )
    return root, names


def _walk(root: str, below: str, own: str, above: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield what can be read below a folder: files and folders of each by name.

    Args:
        root: What names are relative to.
        below: The folder, below the root.
        own: The job's folder, with the sign for "below" at its end; passed over.
        above: The real paths of the folders above: a link back to one of them is not followed.
    """
    real = os.path.realpath(os.path.join(root, below))
    if real in above or (real + os.sep).startswith(own):
        return
    try:
        entries = sorted(os.scandir(real), key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(f"{error.filename}: the folder cannot be read ({error.strerror})") from None
    for entry in entries:
        name = os.path.join(below, entry.name)
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _walk(root, name, own, above | {real})
        elif is_picture_name(name) or name.lower().endswith((".tar", ".parquet", *_COMPRESSED)):
            yield name
