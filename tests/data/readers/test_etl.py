"""ETL files composed bit by bit from the published tables, one for every layout, and damaged ones.

Nothing of the reader is used to write them: a record is a string of zeros and ones, its fields put down in
the order of the page that describes them.
"""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from yomite.data.readers.etl import decode_jis_x_0201, decode_jis_x_0208, read_co59, unpack_pixels
from yomite.data.samples import Source
from yomite.data.sources import open_source
from yomite.errors import DataError
from yomite.ink.canvas import to_canvas

T56 = "0123456789[#@:>? ABCDEFGHI&.](<  JKLMNOPQR-$*);'|/STUVWXYZ ,%=\"!"


def bits(value: int, length: int) -> str:
    text = format(value, f"0{length}b") if length else ""
    assert len(text) == length, value
    return text


def letters(text: str) -> str:
    return "".join(bits(T56.index(letter), 6) for letter in text)


def ascii_bits(text: str, length: int) -> str:
    return "".join(bits(ord(letter), 8) for letter in text.ljust(length))


def pack(text: str, size: int) -> bytes:
    assert len(text) == 8 * size
    return int(text, 2).to_bytes(size, "big")


def make_pixels(width: int, height: int, depth: int, seed: int) -> np.ndarray:
    """A cross of full ink on a noisy ground."""
    pixels = np.random.default_rng(seed).integers(0, max(1, 2**depth // 8), (height, width))
    pixels[height // 2 - 2 : height // 2 + 2, 8:-8] = 2**depth - 1
    pixels[8:-8, width // 2 - 2 : width // 2 + 2] = 2**depth - 1
    return pixels


def image_bits(pixels: np.ndarray, depth: int) -> str:
    return "".join(bits(int(value), depth) for value in pixels.ravel())


def make_m(jis: int, name: str, sheet: int, pixels: np.ndarray, number: int = 1) -> bytes:
    head = [
        bits(number, 16), ascii_bits(name, 2), bits(sheet, 16), bits(jis, 8), bits(0xF0, 8),
        bits(0, 8), bits(0, 8), bits(1, 8), bits(33, 8), bits(number + 1000, 32),
        bits(11, 16), bits(22, 16), bits(7309, 16), bits(7311, 16), bits(4, 8), bits(5, 8), bits(0, 8),
        bits(255, 8), bits(0, 16), bits(0, 16),
    ]  # fmt: skip
    return pack("".join(head) + image_bits(pixels, 4) + bits(0, 32), 2052)


def make_k(style: str, code: tuple[int, int], pixels: np.ndarray, number: int = 1) -> bytes:
    head = [
        bits(number, 36), letters(style), letters(" " * 5), letters("KANJI "), letters("MINCHO"),
        bits(0, 24), bits(code[0], 6), bits(code[1], 6), bits(0, 180),
    ]  # fmt: skip
    return pack("".join(head) + image_bits(pixels, 6), 2745)


def make_c(jis: int, name: str, sheet: int, pixels: np.ndarray, number: int = 1) -> bytes:
    head = [
        bits(number, 36), bits(sheet, 36), bits(jis, 8) + bits(0, 28), bits(0x81, 8) + bits(0, 28),
        letters(name), letters("  "), *(bits(value, 36) for value in (0, 0, 3, 4, 1, 27, 11, 22, 7404, 7405)),
        *(bits(value, 36) for value in (72, 76, 16, 100, number)), bits(0, 1008),
    ]  # fmt: skip
    return pack("".join(head) + image_bits(pixels, 4), 2952)


def make_b(jis: int, reading: str, sheet: int, pixels: np.ndarray, size: int) -> bytes:
    head = bits(sheet, 16) + bits(jis, 16) + ascii_bits(reading, 4)
    return pack(head + image_bits(pixels, 1) + bits(0, 8 * size - 64 - 4032), size)


def make_g(jis: int, reading: str, sheet: int, pixels: np.ndarray, undefined: int) -> bytes:
    head = [
        bits(sheet, 16), bits(jis, 16), ascii_bits(reading, 8), bits(9, 32),
        *(bits(value, 8) for value in (0, 0, 2, 40)), *(bits(value, 16) for value in (11, 22, 8003, 8004)),
        bits(1, 8), bits(2, 8), bits(0, 8 * undefined),
    ]  # fmt: skip
    return pack("".join(head) + image_bits(pixels, 4) + bits(0, 8 * (41 - undefined)), 8199)


def jis_0208(character: str) -> int:
    return int.from_bytes(character.encode("iso2022_jp")[3:5], "big")


M = make_pixels(64, 63, 4, seed=1)
C = make_pixels(72, 76, 4, seed=2)
K = make_pixels(60, 60, 6, seed=3)
B = make_pixels(64, 63, 1, seed=4)
G = make_pixels(128, 127, 4, seed=5)
EI = jis_0208("永")

# For each file: its records, their characters, their writers, the picture as 0..1.
LAYOUTS = {
    "ETL1C_07": (
        [make_m(0xB1, " A", 1001, M), make_m(0xB6, "KA", 1002, M)],
        "アカ", ["ETL1-1001", "ETL1-1002"], M / 15,
    ),
    "ETL6C_01": (
        [make_m(0x41, "A ", 7, M), make_m(0x3F, "? ", 7, M), make_m(0x5C, "  ", 8, M)],
        "A？¥", ["ETL6-7", "ETL6-7", "ETL6-8"], M / 15,
    ),
    "ETL7LC_1": (
        [make_m(0xB1, " A", 3, M), make_m(0xDE, "  ", 4, M)],
        "あ゛", ["ETL7-3", "ETL7-4"], M / 15,
    ),
    "ETL2_1": (
        [make_k("A", (4, 4), K), make_k("D", (59, 59), K), make_k("B", (5, 50), K)],
        "上亀A", ["ETL2-A", "ETL2-D", "ETL2-B"], K / 63,
    ),
    "ETL3C_1": ([make_c(0x35, "N  5", 200, C)], "5", ["ETL3-200"], C / 15),
    "ETL4C": (
        [make_c(0xB1, "H  A", 1, C), make_c(0xA8, "H WI", 2, C)],
        "あゐ", ["ETL4-1", "ETL4-2"], C / 15,
    ),
    "ETL5C": (
        [make_c(0xB1, "K  A", 1, C), make_c(0xAA, "K WE", 2, C)],
        "アヱ", ["ETL5-1", "ETL5-2"], C / 15,
    ),
    "ETL8B2C1": (
        [bytes(512), make_b(0x2422, "A.HI", 5, B, 512), make_b(0x3021, "A.MO", 6, B, 512)],
        "あ亜", ["ETL8-5", "ETL8-6"], B,
    ),
    "ETL8G_01": (
        [make_g(0x2422, "A.HIRA", 5, G, 30), make_g(0x3021, "A.JIA", 5, G, 30)],
        "あ亜", ["ETL8-5", "ETL8-5"], G / 15,
    ),
    "ETL9B_1": ([bytes(576), make_b(EI, "EI.N", 70, B, 576)], "永", ["ETL9-70"], B),
    "ETL9G_50": ([make_g(EI, "EI.NAGAI", 4000, G, 34)], "永", ["ETL9-4000"], G / 15),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout(name: str, tmp_path: Path) -> None:
    records, characters, writers, picture = LAYOUTS[name]
    (tmp_path / name).write_bytes(b"".join(records))
    source = open_source(str(tmp_path / name), strict=True)
    samples = list(source)
    assert "".join(sample.character for sample in samples) == characters
    assert [sample.writer for sample in samples] == writers
    for sample in samples:
        assert sample.picture.dtype == np.uint8 and sample.picture.shape == picture.shape
        assert np.abs(sample.picture / 255 - picture).max() < 1 / 250
        assert to_canvas(sample.picture).max() == 255
    first = len(records) - len(samples)
    assert [sample.name for sample in samples] == [f"{name}[{n}]" for n in range(first, len(records))]


def test_a_database_is_a_folder_or_the_archive_it_came_in(tmp_path: Path) -> None:
    folder = tmp_path / "ETL1"
    folder.mkdir()
    (folder / "ETL1INFO").write_text("(F,2052,2052,M-type)", encoding="ascii")
    (folder / "ETL1C_07").write_bytes(make_m(0xB1, " A", 1, M))
    (folder / "ETL1C_08").write_bytes(make_m(0xB9, "KE", 1, M) * 700)  # more than is read at a time
    assert [s.character for s in open_source(str(folder))] == ["ア"] + ["ケ"] * 700
    with zipfile.ZipFile(tmp_path / "ETL1.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"ETL1/{path.name}")
    zipped = list(open_source(str(tmp_path / "ETL1.zip")))
    assert [s.character for s in zipped] == ["ア"] + ["ケ"] * 700
    assert zipped[0].name == "ETL1/ETL1C_07[0]"


def read_faults(path: Path) -> tuple[str, list[str]]:
    source = open_source(str(path))
    characters = "".join(sample.character for sample in source)
    assert source.num_faults == len(source.faults)
    return characters, [str(fault) for fault in source.faults]


def test_a_file_that_is_cut_off_gives_what_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "ETL9G_01"
    path.write_bytes((make_g(0x2422, "A", 1, G, 34) * 3)[:-100])
    characters, faults = read_faults(path)
    assert characters == "ああ"
    assert faults == [f"{path}, record 2 (byte 16398): cut off: 8099 bytes, where a record has 8199"]
    with pytest.raises(DataError, match="record 2"):
        list(open_source(str(path), strict=True))


def test_unknown_codes_are_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / "ETL1C_01"
    path.write_bytes(make_m(0x30, "0 ", 1, M) + make_m(0x80, "??", 1, M) + make_m(0x31, "1 ", 1, M))
    characters, faults = read_faults(path)
    assert characters == "01"
    assert faults == [f"{path}, record 1 (byte 2052): its code stands for no character"]
    path = tmp_path / "ETL8G_02"
    path.write_bytes(b"".join(make_g(code, "", 1, G, 30) for code in (0x7A7A, 0xFFFF, 0x2422)))
    assert read_faults(path)[0] == "あ" and len(read_faults(path)[1]) == 2


def test_what_is_no_etl_file_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "ETL6C_02"
    path.write_bytes(bytes(2052 * 2000))
    with pytest.raises(DataError, match="holds no samples"):
        list(open_source(str(path)))
    source = Source("x", open_source(str(path)).open_samples)
    with pytest.raises(DataError):
        list(source)
    assert source.num_faults < 600 and "none of its first 512 records" in str(source.faults[-1])
    (tmp_path / "ETL6C_03").write_bytes(b"")
    with pytest.raises(DataError, match="ETL6C_03: empty"):
        list(open_source(str(tmp_path / "ETL6C_03")))
    (tmp_path / "ETL10X_01").write_bytes(bytes(2052))
    with pytest.raises(DataError, match="in no known format"):
        open_source(str(tmp_path / "ETL10X_01"))


def test_models_at_the_end_of_etl8_are_a_part(tmp_path: Path) -> None:
    path = tmp_path / "ETL8B2C3"
    blank = np.zeros((63, 64), int)
    path.write_bytes(bytes(512) + make_b(0x2422, "A.HI", 5, blank, 512) * 50_561)
    assert {sample.part for sample in list(open_source(str(path)))[-2:]} == {"", "model"}
    assert len(open_source(f"{path}:model")) == 1


def test_packed_pixels_of_each_depth() -> None:
    assert unpack_pixels(np.array([[0x0F, 0x81]], np.uint8), 4, 4).tolist() == [[[0, 255, 136, 17]]]
    eight = unpack_pixels(np.array([[0b10000001]], np.uint8), 1, 4)
    assert eight.tolist() == [[[255, 0, 0, 0], [0, 0, 0, 255]]]
    six = int("111111000000100000000001", 2).to_bytes(3, "big")
    assert unpack_pixels(np.array([list(six)], np.uint8), 6, 2).tolist() == [[[255, 0], [130, 4]]]


def test_codes_against_python() -> None:
    """The codecs of the standard library know both standards; what the database changed is listed."""
    import unicodedata

    for code in range(256):
        character = decode_jis_x_0201(code)
        if 0x41 <= code <= 0x5A or 0x30 <= code <= 0x39:
            assert character == chr(code)
        elif 0xB1 <= code <= 0xDD:
            assert character == unicodedata.normalize("NFKC", bytes([code]).decode("shift_jis"))
        elif not 0x21 <= code <= 0x7E and not 0xA1 <= code <= 0xDF:
            assert character == "\0"
    assert "".join(map(decode_jis_x_0201, (0xA5, 0xA6, 0xA8, 0xAA, 0xB0, 0xDE, 0xDF))) == "・ヲヰヱー゛゜"
    for character in "亜腕弌熙あン永":
        assert decode_jis_x_0208(jis_0208(character)) == character


def test_co59_is_a_table_of_2304_places() -> None:
    table = read_co59()
    assert len(table) == 2304 - 124
    assert "".join(table[pair] for pair in ((4, 4), (5, 12), (9, 12), (59, 12), (27, 59))) == "上あいシ黄"
    counts = {character: list(table.values()).count(character) for character in table.values()}
    assert all(count == 1 for count in counts.values())
    from yomite.charset import build_charset

    missing = [character for character in build_charset("kyoiku") if character not in counts]
    assert missing == ["皿"]  # every kanji of elementary school but one, which newspapers could spell
