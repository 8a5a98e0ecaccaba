"""Readings and meanings, from a dictionary of our own in KANJIDIC2's format."""

import gzip
from pathlib import Path

import pytest
from demo_page import write_kanjidic
from tiny_model import write_tiny_model

import yomite
from yomite.apps.demo.dictionary import find_kanjidic, read_kanjidic
from yomite.apps.demo.endpoints import Endpoints
from yomite.errors import DataError, YomiteError


def test_readings_and_english_meanings_are_read(tmp_path: Path) -> None:
    entries = read_kanjidic(write_kanjidic(tmp_path))
    assert entries == {
        "川": {"on": ["セン"], "kun": ["かわ"], "meanings": ["stream", "river"]},
        "永": {"on": ["エイ"], "kun": ["なが.い"], "meanings": ["eternity"]},
        "々": {"on": [], "kun": [], "meanings": []},
    }


def test_packed_and_unpacked_files_are_found(tmp_path: Path) -> None:
    assert find_kanjidic(tmp_path) is None
    packed = write_kanjidic(tmp_path)
    assert find_kanjidic(tmp_path) == packed
    unpacked = packed.with_suffix("")
    unpacked.write_bytes(gzip.decompress(packed.read_bytes()))
    assert read_kanjidic(unpacked) == read_kanjidic(packed)
    packed.unlink()
    assert find_kanjidic(tmp_path) == unpacked


@pytest.mark.parametrize("keep", [0, 30, 200])
def test_a_damaged_file_is_one_line(tmp_path: Path, keep: int) -> None:
    path = write_kanjidic(tmp_path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match="download it again"):
        read_kanjidic(path)
    path.write_bytes(b"no gzip")
    with pytest.raises(DataError, match="download it again"):
        read_kanjidic(path)


def test_the_endpoint_looks_up_and_says_what_is_missing(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "tiny.onnx")
    without = Endpoints(yomite.load(model), tmp_path)
    with pytest.raises(YomiteError, match="KANJIDIC2") as caught:
        without.look_up("川")
    assert str(tmp_path) not in str(caught.value)
    write_kanjidic(tmp_path)
    endpoints = Endpoints(yomite.load(model), tmp_path)
    assert endpoints.look_up("永")["kun"] == ["なが.い"]
    assert endpoints.look_up("あ") == {"on": [], "kun": [], "meanings": []}
    for wrong in ("", "永永", None, 5):
        with pytest.raises(YomiteError, match="one character"):
            endpoints.look_up(wrong)  # type: ignore[arg-type]


def test_a_damaged_dictionary_does_not_end_the_page(tmp_path: Path) -> None:
    write_kanjidic(tmp_path).write_bytes(b"no gzip")
    endpoints = Endpoints(yomite.load(write_tiny_model(tmp_path / "tiny.onnx")), tmp_path)
    endpoints.warm_up()
    with pytest.raises(YomiteError) as caught:
        endpoints.look_up("川")
    assert str(tmp_path) not in str(caught.value)
