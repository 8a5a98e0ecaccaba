"""The ETL Character Database, ETL1 to ETL9, in the files that AIST hands out (etlcdb.db.aist.go.jp).

Each file is a row of records of one length, big endian, without a header; which layout it has is said by
its name alone. Pictures are packed: two pixels a byte (ETL1, 3 to 7, 8G, 9G), four pixels in three bytes
(ETL2) or eight a byte (8B, 9B). The sheet that a record came from stands for its writer: the database has
one writer a sheet, and B and G are two scans of the same sheets.

Source: the database's pages on its file formats, form_m, form_k, form_c, form_e8b, form_e8g, form_e9b,
form_e9g (2001 to 2006).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from yomite.data.readers.containers import ARCHIVE_ERRORS, Entry
from yomite.data.samples import Fault, Reading, Sample

ETL_NAME = re.compile(r"ETL(1C|2|3C|4C|5C|6C|7[LS]C|8B2C?|8G|9B|9G)(?:[_-]?(\d{1,2}))?", re.IGNORECASE)

UNKNOWN = "\0"
_CHUNK = 512  # records read and unpacked at a time
_T56 = "0123456789[#@:>? ABCDEFGHI&.](<  JKLMNOPQR-$*);'|/STUVWXYZ ,%=\"!"
_CO59_NUMBERS = (*range(4, 28), *range(36, 60))
_HALF_WIDTH = dict(zip(range(0xFF61, 0xFFA0), (
    "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜"
), strict=True))  # fmt: skip

_AS_WRITTEN = dict(zip("ィェ\\!?():;", "ヰヱ¥！？（）：；", strict=True))


@dataclass(frozen=True)
class Layout:
    """How one kind of record is laid out.

    Attributes:
        record: Its fields that are read, at their offsets: `image` always; `code` and `sheet` mostly.
        width, height: Of the picture in pixels.
        bits: Of a pixel.
        read_characters: The records' characters, UNKNOWN for a code without one.
        read_writers: The records' writers.
        num_dummies: Records at the beginning of a file that hold no sample.
    """

    record: np.dtype
    width: int
    height: int
    bits: int
    read_characters: Callable[[np.ndarray], list[str]]
    read_writers: Callable[[np.ndarray, str], list[str]]
    num_dummies: int = 0


def read_etl(entry: Entry) -> Reading:
    """Read the samples of one file.

    A record with an unknown code is a fault of its own; so is what is left of a file that is cut off.
    """
    match = ETL_NAME.fullmatch(entry.name.rpartition("/")[2])
    if not match:
        yield Fault(entry.place, "no file name of the ETL Character Database, such as ETL1C_01 or ETL9G_50")
        return
    kind, number = match[1].upper().rstrip("C"), int(match[2] or 0)
    layout = _LAYOUTS[kind]
    num_unknown = index = 0
    size = layout.record.itemsize
    try:
        for records, rest in _read_records(entry, layout.record):
            characters = layout.read_characters(records)
            if kind in ("7L", "7S"):
                characters = [to_hiragana(character) for character in characters]
            writers = layout.read_writers(records, f"ETL{kind[0]}")
            images = unpack_pixels(records["image"], layout.bits, layout.width)
            for character, writer, image in zip(characters, writers, images, strict=True):
                place = f"{entry.place}, record {index} (byte {index * size})"
                if index < layout.num_dummies:
                    pass
                elif character == UNKNOWN:
                    num_unknown += 1
                    yield Fault(place, "its code stands for no character")
                else:
                    name = f"{entry.name}[{index}]"
                    yield Sample(image, character, writer, name, _find_part(kind, number, index))
                index += 1
            if num_unknown == index - layout.num_dummies >= 20:
                yield Fault(
                    entry.place, f"no file of ETL{kind}: none of its first {index} records has a known code"
                )
                return
            if rest:
                reason = f"cut off: {rest} bytes, where a record has {size}"
                yield Fault(f"{entry.place}, record {index} (byte {index * size})", reason)
    except (*ARCHIVE_ERRORS, OSError) as error:
        yield Fault(f"{entry.place}, record {index} (byte {index * size})", f"cannot be read ({error})")
    if not index:
        yield Fault(entry.place, "empty")


def _read_records(entry: Entry, record: np.dtype) -> Iterator[tuple[np.ndarray, int]]:
    """Read records, many at a time, with the number of bytes left over at the end of the file."""
    with entry.open() as file:
        while content := file.read(_CHUNK * record.itemsize):
            whole, rest = divmod(len(content), record.itemsize)
            yield np.frombuffer(content, record, whole), rest


def unpack_pixels(packed: np.ndarray, bits: int, width: int) -> np.ndarray:
    """Packed pixels to gray levels.

    Args:
        packed: Uint8 (N, B), the most significant bits first.
        bits: Of a pixel: 1, 4 or 6.
        width: Pixels in a row.

    Returns:
        Uint8 (N, H, width), ink bright on 0, stretched to 0..255.
    """
    if bits == 1:
        pixels = np.unpackbits(packed, axis=1) * np.uint8(255)
    elif bits == 4:
        pixels = np.stack([packed >> 4, packed & 15], axis=2) * np.uint8(17)
    else:
        first, second, third = packed[:, 0::3], packed[:, 1::3], packed[:, 2::3]
        six = np.stack(
            [first >> 2, (first & 3) << 4 | second >> 4, (second & 15) << 2 | third >> 6, third & 63], axis=2
        )
        pixels = six << 2 | six >> 4
    return pixels.reshape(len(packed), -1, width)


def to_hiragana(character: str) -> str:
    """Return the hiragana of a katakana; any other character itself."""
    return chr(ord(character) - 0x60) if "ァ" <= character <= "ヶ" else character


@cache
def decode_jis_x_0201(code: int) -> str:
    """Return the character of one byte, as the database extends the standard: ィ and ェ stand for ヰ and ヱ.

    Letters and digits are ASCII, kana and other marks of Japanese text full width.
    """
    if not (0x21 <= code <= 0x7E or 0xA1 <= code <= 0xDF):
        return UNKNOWN
    character = bytes([code]).decode("shift_jis").translate(_HALF_WIDTH)
    return _AS_WRITTEN.get(character, character)


@cache
def decode_jis_x_0208(code: int) -> str:
    """Return the character of two bytes."""
    try:
        character = bytes((code >> 8 | 0x80, code & 0xFF | 0x80)).decode("euc_jp")
    except UnicodeDecodeError:
        return UNKNOWN
    return character if code & 0x8080 == 0 and len(character) == 1 else UNKNOWN


@cache
def read_co59() -> dict[tuple[int, int], str]:
    """Return the character of each pair of 6-bit numbers; letters and digits as ASCII."""
    text = files("yomite.data.readers").joinpath("co59.txt").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if not line.startswith("#")]
    narrow = {0xFF00 + code: 0x20 + code for code in (*range(0x10, 0x1A), *range(0x21, 0x3B))}
    return {
        (first, second): character.translate(narrow)
        for second, row in zip(_CO59_NUMBERS, rows, strict=True)
        for first, character in zip(_CO59_NUMBERS, row, strict=True)
        if character != "▲"
    }


def _decode_bytes(records: np.ndarray) -> list[str]:
    return [decode_jis_x_0201(code) for code in records["code"].tolist()]


def _decode_words(records: np.ndarray) -> list[str]:
    return [decode_jis_x_0208(code) for code in records["code"].tolist()]


def _decode_typed_bytes(records: np.ndarray) -> list[str]:
    """C-type: four letters in T56 begin with the kind; H is hiragana under the code of its katakana."""
    is_hiragana = records["letters"] >> 2 == _T56.index("H")
    characters = _decode_bytes(records)
    return [to_hiragana(c) if hiragana else c for c, hiragana in zip(characters, is_hiragana, strict=True)]


def _decode_pairs(records: np.ndarray) -> list[str]:
    high, low = records["code"].astype(int).T
    pairs = zip((high >> 2).tolist(), ((high & 3) << 4 | low >> 4).tolist(), strict=True)
    return [read_co59().get(pair, UNKNOWN) for pair in pairs]


def _name_sheets(records: np.ndarray, database: str) -> list[str]:
    return [f"{database}-{sheet}" for sheet in records["sheet"].tolist()]


def _name_styles(records: np.ndarray, database: str) -> list[str]:
    """ETL2 is printed: in place of a writer stands the typeface, A to D."""
    high, low = records["style"].astype(int).T
    return [f"{database}-{_T56[letter]}" for letter in ((high & 15) << 2 | low >> 6).tolist()]


def _find_part(kind: str, number: int, index: int) -> str:
    """ETL8 and ETL9 end with one set more, the printed models and one of unknown origin: 956 and 3,036."""
    if (kind, number) == ("8G", 33) or (kind.startswith("8B") and number == 3 and index > 50_560):
        return "model"
    return "extra" if (kind, number) == ("9B", 5) and index > 121_440 else ""


def _lay_out(size: int, **fields: tuple[str, int]) -> np.dtype:
    """Describe a record of `size` bytes: for each field its format and its offset."""
    formats, offsets = zip(*fields.values(), strict=True)
    return np.dtype(
        {"names": list(fields), "formats": list(formats), "offsets": list(offsets), "itemsize": size}
    )


# M: ETL1, 6, 7. C: ETL3, 4, 5, in words of 36 bits: the sheet is the second word, of which the low 32 bits
# are read. K: ETL2. B and G: ETL8, 9.
_M = Layout(
    _lay_out(2052, sheet=(">u2", 4), code=("u1", 6), image=("2016u1", 32)),
    64, 63, 4, _decode_bytes, _name_sheets,
)  # fmt: skip
_C = Layout(
    _lay_out(2952, sheet=(">u4", 5), code=("u1", 9), letters=("u1", 18), image=("2736u1", 216)),
    72, 76, 4, _decode_typed_bytes, _name_sheets,
)  # fmt: skip
_K = Layout(
    _lay_out(2745, style=("2u1", 4), code=("2u1", 21), image=("2700u1", 45)),
    60, 60, 6, _decode_pairs, _name_styles,
)  # fmt: skip


def _lay_out_kanji(size: int, image: int, length: int, width: int, bits: int, num_dummies: int) -> Layout:
    record = _lay_out(size, sheet=(">u2", 0), code=(">u2", 2), image=(f"{length}u1", image))
    return Layout(record, width, length * 8 // bits // width, bits, _decode_words, _name_sheets, num_dummies)


_LAYOUTS = {
    **dict.fromkeys(("1", "6", "7L", "7S"), _M),
    **dict.fromkeys(("3", "4", "5"), _C),
    "2": _K,
    "8B2": _lay_out_kanji(512, 8, 504, 64, 1, num_dummies=1),
    "9B": _lay_out_kanji(576, 8, 504, 64, 1, num_dummies=1),
    "8G": _lay_out_kanji(8199, 60, 8128, 128, 4, num_dummies=0),
    "9G": _lay_out_kanji(8199, 64, 8128, 128, 4, num_dummies=0),
}
