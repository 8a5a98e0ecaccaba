"""IDX and npz arrays: composed here, damaged here, and the real test set where it is."""

import gzip
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from yomite.data.sources import open_source
from yomite.errors import DataError
from yomite.ink.canvas import to_canvas

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
LABELS = np.array([0, 9, 3, 3, 7], np.uint8)


def make_idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "kmnist"
    folder.mkdir()
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(make_idx(IMAGES)))
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(make_idx(LABELS)))
    (folder / "t10k-images-idx3-ubyte").write_bytes(make_idx(IMAGES[:2]))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(make_idx(LABELS[:2]))
    return folder


def walk(path: Path | str) -> tuple[str, str]:
    source = open_source(str(path))
    characters = "".join(sample.character for sample in source)
    return characters, "\n".join(map(str, source.faults))


def test_idx_packed_or_not(folder: Path) -> None:
    samples = list(open_source(str(folder)))
    assert "".join(sample.character for sample in samples) == "おを" + "おをつつや"
    assert [sample.part for sample in samples] == ["test"] * 2 + ["train"] * 5
    assert np.array_equal(np.stack([sample.picture for sample in samples[2:]]), IMAGES)
    assert walk(f"{folder}:train")[0] == "おをつつや"
    assert walk(folder / "t10k-images-idx3-ubyte")[0] == "おを"
    with zipfile.ZipFile(folder.parent / "kmnist.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"kmnist/{path.name}")
    assert sorted(walk(folder.parent / "kmnist.zip")[0]) == sorted("おをおをつつや")


def test_npz_of_k49(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "k49-train-imgs.npz", IMAGES)
    np.savez_compressed(tmp_path / "k49-train-labels.npz", np.array([0, 47, 48, 44, 46], np.uint8))
    assert walk(tmp_path) == ("あんゝゐを", "")


def test_a_class_map_decides(folder: Path) -> None:
    table = "index,codepoint,char\n0,U+3042,あ\n9,U+3044,い\n3,U+3046,う\n"
    (folder / "kmnist_classmap.csv").write_text(table, encoding="utf-8")
    characters, faults = walk(f"{folder}:train")
    assert characters == "あいうう" and "picture 4: unknown label 7" in faults
    (folder / "kmnist_classmap.csv").write_text("number,char\n0,あ\n", encoding="utf-8")
    with pytest.raises(DataError, match="no table of index,codepoint,char"):
        walk(folder)


def test_arrays_of_other_sets_are_not_taken_for_kana(folder: Path) -> None:
    other = folder.rename(folder.parent / "mnist")
    with pytest.raises(
        DataError, match="nothing says which characters its labels are; name the folder kmnist"
    ):
        walk(other)


PICTURES, NUMBERS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
HUGE = struct.pack(">HBB3I", 0, 8, 3, 5, 2**31, 2**31)


@pytest.mark.parametrize(
    ("name", "content", "read", "complaint"),
    [
        (PICTURES, gzip.compress(make_idx(IMAGES)[:-800]), "おをつ", "cut off at byte 2368"),
        (PICTURES, gzip.compress(make_idx(IMAGES))[:-400], "", "damaged or cut off"),
        (PICTURES, b"no gzip", "", "damaged or cut off"),
        (PICTURES, gzip.compress(b"\x89PNG....."), "", "begins with 89 50 4e 47; IDX"),
        (PICTURES, gzip.compress(b"\0\0\x08\x03\0"), "", "cut off at byte 5, within"),
        (PICTURES, gzip.compress(b""), "", "begins with nothing"),
        (PICTURES, gzip.compress(HUGE), "", "holds an array of (5, 2147483648, 2147483648)"),
        (NUMBERS, gzip.compress(make_idx(LABELS[:4])), "おをつつ", "5 pictures, but 4 labels"),
        (NUMBERS, gzip.compress(make_idx(LABELS)[:-1]), "", "cut off at byte 12: 4 of 5 labels"),
        (NUMBERS, gzip.compress(make_idx(LABELS + 30)), "", "unknown label 30"),
    ],
)
def test_damage(folder: Path, name: str, content: bytes, read: str, complaint: str) -> None:
    (folder / name).write_bytes(content)
    characters, faults = walk(folder)
    assert characters == "おを" + read and complaint in faults


def test_missing_labels(folder: Path) -> None:
    (folder / "train-labels-idx1-ubyte.gz").unlink()
    assert "the labels are missing: train-labels-idx1-ubyte.gz must lie beside it" in walk(folder)[1]


def test_npz_that_would_run_code_or_is_of_another_kind(tmp_path: Path) -> None:
    np.savez(tmp_path / "k49-test-labels.npz", LABELS)
    for array, complaint in (
        (np.array([{"a": 1}] * 5, object), "holds object"),
        (IMAGES.astype(np.float32), "holds float32"),
        (IMAGES[0], "holds an array of (28, 28)"),
    ):
        np.savez(tmp_path / "k49-test-imgs.npz", array)
        with pytest.raises(DataError) as caught:
            walk(tmp_path)
        assert complaint in str(caught.value)
    file = io.BytesIO()
    np.savez(file, IMAGES)
    (tmp_path / "k49-test-imgs.npz").write_bytes(file.getvalue()[:2000])
    with pytest.raises(DataError, match="damaged or cut off"):
        walk(tmp_path)


def test_the_real_test_set(data_root: Path) -> None:
    folder = data_root / "test" / "kmnist"
    if not folder.is_dir():
        pytest.skip(f"no KMNIST in {folder}")
    source = open_source("test/kmnist:test", data_root, strict=True)
    counts: dict[str, int] = {}
    total = 0
    for sample in source:
        counts[sample.character] = counts.get(sample.character, 0) + 1
        total += int(sample.picture.sum())
    assert counts == dict.fromkeys("おきすつなはまやれを", 1000)
    with gzip.open(folder / "t10k-images-idx3-ubyte.gz") as file:
        raw = np.frombuffer(file.read(), np.uint8)[16:]
    assert total == int(raw.sum()) and to_canvas(sample.picture).max() == 255
