"""Folders, zip and tar archives as one thing: named entries, read one at a time and never unpacked to disk.

Nothing is trusted: names that leave the archive, links in circles, entries that unpack to more than their
kind may hold, and damage are faults of their own, told with their place, and the rest is read.
"""

from __future__ import annotations

import io
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from yomite.data.samples import Fault
from yomite.errors import DataError

MAX_ENTRY_BYTES = 256_000_000
"""What an entry that is read whole (a picture, a page of strokes, a font) may unpack to."""

MAX_DEPTH = 100
"""Folders within folders that are entered."""

MAX_RATIO = 1_000
"""An entry beyond a megabyte that is packed tighter than this is a bomb: deflate's limit is 1,032."""

ARCHIVE_ERRORS = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError)
"""What damaged archives raise, beside OSError."""

TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


@dataclass(frozen=True)
class Entry:
    """One file of a container.

    Attributes:
        name: Within the container, parts divided by "/".
        place: For messages: the container's path with the name.
        open: Begins reading it; the caller closes the file.
        path: Where it lies as a file of its own; None in an archive.
    """

    name: str
    place: str
    open: Callable[[], BinaryIO]
    path: Path | None = None

    def read(self, limit: int = MAX_ENTRY_BYTES) -> bytes:
        """All its bytes.

        Raises:
            DataError: It is damaged, or holds more than `limit` bytes.
        """
        try:
            with self.open() as file:
                content = file.read(limit + 1)
        except (*ARCHIVE_ERRORS, OSError, NotImplementedError, RuntimeError) as error:
            raise DataError(f"damaged or cut off ({error}); take it from its source again") from None
        if len(content) > limit:
            raise DataError(f"more than {limit:,} bytes when unpacked; no file of its kind is that large")
        return content


class Container:
    """Entries in a fixed order, and one by its name."""

    path: Path

    def __iter__(self) -> Iterator[Entry | Fault]:
        raise NotImplementedError

    def find(self, name: str) -> Entry | None:
        """Return the entry of this name, if there is one and the container can be read out of order."""
        raise NotImplementedError

    def list_files(self) -> list[Path]:
        """Return the files on disk, in a fixed order."""
        return [self.path]


class Folder(Container):
    """A folder and what lies below it, links followed once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Entry | Fault]:
        return self._walk(self.path, "", set())

    def find(self, name: str) -> Entry | None:
        """See Container."""
        path = self.path / name
        return _enter(path, name) if os.path.isfile(path) else None

    def list_files(self) -> list[Path]:
        """See Container."""
        return [item.path for item in self if isinstance(item, Entry) and item.path]

    def _walk(self, folder: Path, prefix: str, seen: set[tuple[int, int]]) -> Iterator[Entry | Fault]:
        if prefix.count("/") > MAX_DEPTH:
            yield Fault(str(folder), f"lies more than {MAX_DEPTH} folders deep; move it up")
            return
        try:
            stat = folder.stat()
            items = sorted(os.scandir(folder), key=lambda item: item.name)
        except OSError as error:
            yield Fault(str(folder), f"cannot be read ({error.strerror})")
            return
        if (stat.st_dev, stat.st_ino) in seen:
            yield Fault(str(folder), "a link back to a folder that is read already")
            return
        seen.add((stat.st_dev, stat.st_ino))
        for item in items:
            if item.name.startswith("."):
                continue
            name, path = prefix + item.name, folder / item.name
            if not _is_text(item.name):
                yield Fault(str(folder / repr(item.name)), "its name is not UTF-8; rename it")
            elif os.path.isdir(path):
                yield from self._walk(path, f"{name}/", seen)
            elif os.path.isfile(path):
                yield _enter(path, name)
            elif path.is_symlink():
                yield Fault(str(path), "a link that leads nowhere, or to itself")


class SingleFile(Container):
    """One file; what lies beside it can be found."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Entry | Fault]:
        yield _enter(self.path, self.path.name)

    def find(self, name: str) -> Entry | None:
        """See Container."""
        return Folder(self.path.parent).find(name)


class ZipArchive(Container):
    """A zip archive."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Entry | Fault]:
        try:
            with zipfile.ZipFile(self.path) as archive:
                infos = [(_decode_name(info), info) for info in archive.infolist() if not info.is_dir()]
                for name, info in sorted(infos, key=lambda pair: pair[0]):
                    if not _is_hidden(name):
                        yield self._enter(archive, name, info)
        except (*ARCHIVE_ERRORS, ValueError) as error:
            yield Fault(
                str(self.path), f"not a zip archive or is cut off ({error}); take it from its source again"
            )

    def find(self, name: str) -> Entry | None:
        """See Container."""
        for item in self:
            if isinstance(item, Entry) and item.name == name:
                return Entry(name, item.place, lambda: io.BytesIO(self._read(name)))
        return None

    def _read(self, name: str) -> bytes:
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(name)

    def _enter(self, archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo) -> Entry | Fault:
        place = f"{self.path}/{name}"
        if not _is_text(name):
            return Fault(
                f"{self.path}, byte {info.header_offset}", f"the name {name!r} is in no known encoding"
            )
        if _leaves(name):
            return Fault(place, "its name leads out of the archive")
        if info.flag_bits & 1:
            return Fault(place, "it is encrypted")
        if info.file_size > 1_000_000 and info.file_size > MAX_RATIO * info.compress_size:
            return Fault(place, f"a zip bomb: {info.compress_size:,} bytes that unpack to {info.file_size:,}")
        return Entry(name, place, lambda: cast(BinaryIO, archive.open(info)))


class TarArchive(Container):
    """A tar archive, packed or not, read in the order in which it stands."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Entry | Fault]:
        offset = 0
        try:
            with tarfile.open(self.path, errors="surrogateescape") as archive:
                for member in archive:
                    offset = member.offset
                    item = self._enter(archive, member)
                    if item:
                        yield item
        except (*ARCHIVE_ERRORS, OSError) as error:
            yield Fault(f"{self.path}, byte {offset} unpacked", f"not a tar archive or is cut off ({error})")

    def find(self, name: str) -> Entry | None:
        """Nothing: finding means reading all that stands before."""
        return None

    def _enter(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> Entry | Fault | None:
        name, place = member.name.removeprefix("./"), f"{self.path}/{member.name}"
        if member.isdir() or _is_hidden(name):
            return None
        if not _is_text(name):
            return Fault(f"{self.path}, byte {member.offset} unpacked", f"the name {name!r} is not UTF-8")
        if _leaves(name):
            return Fault(place, "its name leads out of the archive")
        if not member.isfile():
            return Fault(place, "no plain file but a link or a device")
        return Entry(name, place, lambda: cast(BinaryIO, archive.extractfile(member)))


def open_container(path: Path) -> Container:
    """Return the container that a path is: a folder, an archive, or a single file."""
    if os.path.isdir(path):
        return Folder(path)
    if path.suffix.lower() == ".zip":
        return ZipArchive(path)
    return TarArchive(path) if path.name.lower().endswith(TAR_SUFFIXES) else SingleFile(path)


def _enter(path: Path, name: str) -> Entry:
    return Entry(name, str(path), lambda: path.open("rb"), path)


def _is_hidden(name: str) -> bool:
    """Whether it is what systems leave behind: .DS_Store, __MACOSX/..."""
    return any(part.startswith(".") and part != ".." for part in name.split("/")) or "__MACOSX/" in name


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _leaves(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or path.parts[:1] == () or path.parts[0].endswith(":")


def _decode_name(info: zipfile.ZipInfo) -> str:
    """Return the name as it was meant: archives of a Japanese Windows hold code page 932 unsaid."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    raw = info.filename.encode("cp437")
    for encoding in ("utf-8", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "surrogateescape")
