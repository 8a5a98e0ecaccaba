"""Tars of pictures as inputs: found by their headers alone, each read from its own place."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO

import numpy as np

from yomite.bulk.pictures import Item, check_there, describe_file, explain_rest, is_picture_name, to_text
from yomite.ink.picture_files import describe_fault

_BLOCK = tarfile.BLOCKSIZE


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
        check_there(self.path)
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
                tar.members = []  # type: ignore[misc]  # it would keep them all
                position = tar.offset
                if is_picture(member):
                    offsets.append(member.offset)
            # At a damaged header tarfile ends without a word.
            fault = f"is cut off at byte {size:,}" if member else _find_fault_after(file, position, size)
        except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
            fault = f"is damaged at byte {position:,} ({describe_fault(error)})"
    return Tar(path, name, np.array(offsets, np.int64)), fault


def _find_fault_after(file: IO[bytes], position: int, size: int) -> str:
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


def is_picture(member: tarfile.TarInfo) -> bool:
    """Whether a member of a tar is a picture, by its name."""
    return member.isreg() and is_picture_name(member.name)
