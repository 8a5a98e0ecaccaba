"""A file is old or new, never in part, whatever stops the writing."""

import os
import threading
from pathlib import Path

import pytest

from yomite.files import write_whole


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    write_whole(path, b"old")
    write_whole(str(path), b"\0new")
    assert path.read_bytes() == b"\0new" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("stopped", ["fsync", "replace"])
def test_what_stops_the_writing_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: str
) -> None:
    path = tmp_path / "a.bin"
    write_whole(path, b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "elsewhere")

    monkeypatch.setattr(os, stopped, fail)
    with pytest.raises(OSError, match=r"No space left on device: '.*a\.bin'"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_errors_are_those_of_an_ordinary_write(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "absent" / "a.bin", tmp_path / "folder"):
        with pytest.raises(OSError) as expected:
            path.write_bytes(b"")
        with pytest.raises(type(expected.value)) as caught:
            write_whole(path, b"")
        assert str(caught.value) == str(expected.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_links_are_followed_and_pipes_are_filled(tmp_path: Path) -> None:
    path, link, pipe = tmp_path / "a.bin", tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(path)
    write_whole(link, b"new")
    assert link.is_symlink() and path.read_bytes() == b"new"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"through")
    reader.join(10)
    assert read == [b"through"] and pipe.is_fifo()
