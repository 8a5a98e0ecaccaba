"""The cache: what it holds, when it is filled anew, and many processes at once."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from drawings import draw_page
from PIL import Image

from yomite.data import cache as cache_module
from yomite.data.cache import open_cache
from yomite.data.samples import Sample, Source
from yomite.data.sources import open_source
from yomite.errors import DataError
from yomite.ink.canvas import to_canvas


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    for number, character in enumerate("永山川"):
        (folder / character).mkdir(parents=True)
        page = draw_page(["ei", "yama", "kawa"][number], 60 + 20 * number, 3)
        for copy in range(3):
            Image.fromarray(np.roll(page, copy, axis=1)).save(folder / character / f"{copy}.png")
    (folder / "川" / "broken.png").write_bytes(b"\x89PNG no more")
    return folder


def test_cached_samples_are_those_of_the_source(folder: Path, tmp_path: Path) -> None:
    source = open_source(str(folder))
    cached = open_cache(source, folder=tmp_path / "cache")
    read = [sample for sample in source if "broken" not in sample.name]
    assert len(cached) == 9 and cached.num_faults == 1
    assert "".join(cached.characters) == "".join(sample.character for sample in read)
    assert cached.images.shape == (9, 48, 48) and cached.images.dtype == np.uint8
    for index, (sample, kept) in enumerate(zip(read, cached, strict=True)):
        assert (kept.name, kept.character, kept.writer) == (sample.name, sample.character, sample.writer)
        assert np.array_equal(kept.picture, to_canvas(sample.picture))
        assert np.array_equal(cached.images[index], kept.picture)


def test_gray_form_keeps_the_size_of_each_picture(folder: Path, tmp_path: Path) -> None:
    source = open_source(str(folder))
    cached = open_cache(source, form="gray", folder=tmp_path / "cache")
    for sample, kept in zip((s for s in source if "broken" not in s.name), cached, strict=True):
        assert np.array_equal(kept.picture, np.asarray(Image.open(sample.picture)))


def test_strokes_writers_and_parts_are_kept(tmp_path: Path) -> None:
    line = [[(0.0, 0.0), (1.0, 0.1)]]
    samples = [Sample(line, "一", "w1", "a", "train"), Sample(line, "一", "", "名前 b", "test")]
    cached = open_cache(Source("drawn", lambda: iter(samples)), form="gray", folder=tmp_path)
    assert [(s.writer, s.name, s.part) for s in cached] == [("w1", "a", "train"), ("", "名前 b", "test")]
    assert cached.writers == ["w1", ""] and cached[0].picture.max() == 255


def count_fillings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    fillings: list[Path] = []
    write = cache_module._write_samples

    def counted(*arguments: object) -> dict:
        fillings.append(arguments[-1])  # type: ignore[arg-type]
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(cache_module, "_write_samples", counted)
    return fillings


def test_it_fills_once_and_again_when_the_source_changes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fillings, home = count_fillings(monkeypatch), tmp_path / "cache"
    for _ in range(3):
        open_cache(open_source(str(folder)), folder=home)
    assert len(fillings) == 1
    changes = [
        lambda: (folder / "永" / "new.png").write_bytes((folder / "永" / "0.png").read_bytes()),
        lambda: (folder / "永" / "new.png").unlink(),
        lambda: os.utime(folder / "山" / "1.png", ns=(1, 1)),
    ]
    sizes = []
    for change in changes:
        change()
        sizes.append(len(open_cache(open_source(str(folder)), folder=home)))
        open_cache(open_source(str(folder)), folder=home)
    assert len(fillings) == 4 and sizes == [10, 9, 9]
    # What is stale is gone: one cache lies here, beside its lock.
    assert len(list(home.glob("*/*"))) == 1
    open_cache(open_source(str(folder)), form="gray", folder=home)
    open_cache(open_source(str(folder)), size=32, folder=home)
    assert len(fillings) == 6 and len(list(home.glob("*/*"))) == 3


def test_another_decoder_makes_another_cache(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fillings = count_fillings(monkeypatch)
    open_cache(open_source(str(folder)), folder=tmp_path / "cache")
    monkeypatch.setattr(cache_module, "_VERSION", -1)
    open_cache(open_source(str(folder)), folder=tmp_path / "cache")
    assert len(fillings) == 2


def test_nothing_is_left_of_a_filling_that_failed(folder: Path, tmp_path: Path) -> None:
    def stop() -> object:
        yield from iter(open_source(str(folder)))
        raise OSError(28, "No space left on device")

    source = Source("full", stop)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"No space left on device.*make room, or set YOMITE_CACHE"):
        open_cache(source, folder=tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*/*"))
    blank = Source("blank", lambda: iter([Sample(np.zeros((9, 9), np.uint8), "一", "", "a")]))
    with pytest.raises(DataError, match="no sample can be read"):
        open_cache(blank, folder=tmp_path / "cache")
    strict = Source("blank", lambda: iter([Sample(np.zeros((9, 9), np.uint8), "一", "", "a")]), strict=True)
    with pytest.raises(DataError, match="a: the picture is blank"):
        open_cache(strict, folder=tmp_path / "cache")


FILL_AND_READ = """
import sys
from yomite.data import cache
from yomite.data.sources import open_source
write = cache._write_samples
def told(*arguments):
    print("filled")
    return write(*arguments)
cache._write_samples = told
cached = cache.open_cache(open_source(sys.argv[1]), folder=sys.argv[2])
print(len(cached), int(cached.images.sum()) > 0)
"""


def test_many_processes_fill_it_once(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", FILL_AND_READ, str(folder), str(tmp_path / "cache")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert sorted(outputs) == ["9 True\n", "9 True\n", "filled\n9 True\n"]


def test_pickling_maps_the_same_file(folder: Path, tmp_path: Path) -> None:
    cached = open_cache(open_source(str(folder)), folder=tmp_path / "cache")
    content = pickle.dumps(cached)
    assert len(content) < 1000
    assert np.array_equal(pickle.loads(content).images, cached.images)
