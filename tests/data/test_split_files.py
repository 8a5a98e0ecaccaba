"""Splits as files: written, read, opened as sources; writers, equal pictures and leaks."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from drawings import DRAWINGS, draw_page
from PIL import Image

from yomite.data.cache import CachedSamples, open_cache
from yomite.data.sources import open_source
from yomite.data.split_files import find_leaks, read_split, split_samples, write_split
from yomite.errors import DataError

SHARES = {"train": 60.0, "validation": 20.0, "test": 20.0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four characters by ten writers, each drawn once, with a pen of another width."""
    folder = tmp_path / "own"
    lines = ["path,character,writer"]
    for character, name in zip("永山川本", ("ei", "yama", "kawa", "hon"), strict=True):
        for writer in range(10):
            path = folder / f"{character}{writer}.png"
            folder.mkdir(exist_ok=True)
            page = draw_page(name, 90, 2 + 0.5 * writer)
            page[:, ::7] = np.minimum(page[:, ::7], 250 - writer)  # no two are equal
            Image.fromarray(page).save(path)
            lines.append(f"{path.name},{character},w{writer}")
    (folder / "manifest.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def cache(source: Path | str, tmp_path: Path) -> CachedSamples:
    return open_cache(open_source(str(source)), folder=tmp_path / "cache")


def test_parts_share_no_writer_and_hold_every_character(folder: Path, tmp_path: Path) -> None:
    samples = cache(folder, tmp_path)
    split = split_samples(samples, SHARES, seed=1)
    assert split.facts["samples"] == {"train": 24, "validation": 8, "test": 8}
    parts_of_writer: dict[str, set[str]] = {}
    counts: Counter = Counter()
    for sample in samples:
        part = split.part_by_name[sample.name]
        parts_of_writer.setdefault(sample.writer, set()).add(part)
        counts[sample.character, part] += 1
    assert all(len(parts) == 1 for parts in parts_of_writer.values())
    assert all(counts[character, "test"] == 2 for character in "永山川本")
    assert split == split_samples(samples, SHARES, seed=1) != split_samples(samples, SHARES, seed=2)


def test_a_split_is_a_source(folder: Path, tmp_path: Path) -> None:
    samples = cache(folder, tmp_path)
    split = split_samples(samples, SHARES, seed=0)
    path = tmp_path / "own.split"
    digest = write_split(path, split)
    assert read_split(path) == split and write_split(path, split) == digest
    read = {part: {s.name for s in open_source(f"{path}:{part}", strict=True)} for part in SHARES}
    assert [len(read[part]) for part in SHARES] == [24, 8, 8]
    assert set.union(*read.values()) == {sample.name for sample in samples}
    assert {sample.part for sample in open_source(str(path))} == set(SHARES)
    with pytest.raises(DataError, match="has no part dev; its parts are test, train, validation"):
        open_source(f"{path}:dev")


def test_a_split_whose_samples_are_gone(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.split"
    write_split(path, split_samples(cache(folder, tmp_path), SHARES, seed=0))
    manifest = folder / "manifest.csv"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("永0.png,永,w0\n", ""), encoding="utf-8")
    source = open_source(str(path))
    assert len(source) == 39 and "永0.png: is in the split" in str(source.faults[0])


def test_equal_pictures_stay_together_and_near_ones_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    for number, name in enumerate(DRAWINGS):
        (folder / chr(0x3042 + number)).mkdir(parents=True)
        page = draw_page(name, 100, 4)
        for copy in range(2):
            Image.fromarray(page).save(folder / chr(0x3042 + number) / f"{copy}.png")
    samples = cache(folder, tmp_path)
    split = split_samples(samples, {"a": 1, "b": 1}, seed=0)
    for name, part in split.part_by_name.items():
        assert split.part_by_name[name.replace("0.png", "1.png")] == part
    assert find_leaks(samples, split) == []
    # The same picture a little darker is another file, and no longer equal.
    page = np.asarray(Image.open(folder / "あ" / "0.png"))
    Image.fromarray((page * 0.8).astype(np.uint8)).save(folder / "あ" / "2.jpg", quality=70)
    for seed in range(20):
        samples = cache(folder, tmp_path)
        split = split_samples(samples, {"a": 1, "b": 1}, seed)
        if split.part_by_name["あ/2.jpg"] != split.part_by_name["あ/0.png"]:
            break
    leaks = find_leaks(samples, split)
    assert {leak.second[1] for leak in leaks} == {"あ/2.jpg"} and len(leaks) == 2
    assert all(leak.first[0] != leak.second[0] and leak.correlation > 0.975 for leak in leaks)


def test_few_writers_go_as_far_as_they_go(folder: Path, tmp_path: Path) -> None:
    samples = cache(f"{folder}:w0,w1,w2", tmp_path)
    assert split_samples(samples, SHARES, seed=0).facts["samples"] == {"train": 4, "validation": 4, "test": 4}
    with pytest.raises(DataError, match="3 parts, but 2 writers; --ignore-writers lets"):
        split_samples(cache(f"{folder}:w0,w1", tmp_path), SHARES, seed=0)
    mixed = split_samples(cache(f"{folder}:w0,w1", tmp_path), SHARES, seed=0, ignores_writers=True)
    assert mixed.facts["kept together"] == "equal pictures" and len(mixed.part_by_name) == 8
    with pytest.raises(DataError, match="every part needs a share above 0"):
        split_samples(samples, {"train": 100, "test": 0}, seed=0)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "does not begin as a split"),
        (b"\xff\xfe", "cannot be read as a split"),
        (b"[1]\n", "does not begin as a split"),
        (b'{"format": "yomite split 1", "source": "x", "samples": {"a": 2}}\n["a", "n"]\n', "cut off"),
        (b'{"format": "yomite split 1", "source": "x", "samples": {"a": 1}}\n"a"\n', "is not .part, name."),
    ],
)
def test_files_that_are_no_split(tmp_path: Path, content: bytes, complaint: str) -> None:
    (tmp_path / "x.split").write_bytes(content)
    with pytest.raises(DataError, match=complaint):
        open_source(str(tmp_path / "x.split"))
