"""Files that are written whole: whoever opens one finds the old bytes or the new ones, never a part."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_whole(path: str | Path, content: bytes) -> None:
    """Write a file beside its place, flush it to the disk and move it there.

    What is no regular file, such as a pipe, is written to directly.

    Args:
        path: The file, in a folder that exists.
        content: All that it shall hold.

    Raises:
        OSError: It cannot be written; the error names the path.
    """
    with open_whole(path) as file:
        file.write(content)


@contextmanager
def open_whole(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file as `write_whole` writes it: it takes its place when all has been written, or never.

    Args:
        path: The file, in a folder that exists.

    Raises:
        OSError: It cannot be written; the error names the path.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        with Path(path).open("wb") as file:
            yield file
        return
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")  # other processes have other names
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        partial.unlink(missing_ok=True)
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    """Let the move itself survive a power cut, where folders can be flushed (not on Windows)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
