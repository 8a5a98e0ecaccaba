"""Kuzushiji-MNIST and Kuzushiji-49: arrays of pictures with a file of labels beside them, IDX or npz.

Labels are numbers; the characters that they stand for are those of `<name>_classmap.csv` where it lies beside
(columns index, codepoint, char), else those of KMNIST or K49, when the files or their folder are named so.
Kuzushiji-Kanji is a tar of folders, which needs no reader of its own.

Source: the data sets' own page, github.com/rois-codh/kmnist; the IDX format, Y. LeCun's page on MNIST.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import BinaryIO, cast

import numpy as np

from yomite.data.readers.containers import ARCHIVE_ERRORS, Container, Entry
from yomite.data.readers.labels import read_character_name
from yomite.data.samples import Fault, Reading, Sample
from yomite.errors import DataError

IMAGES_NAME = re.compile(r"(.*)(?:images-idx3-ubyte(?:\.gz)?|imgs\.npz)")

KMNIST = "おきすつなはまやれを"
K49 = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわゐゑをんゝ"

MAX_SIDE = 1_000
_CHUNK = 1_024  # pictures read at a time
_MAX_LABELS_BYTES = 100_000_000


def read_arrays(entry: Entry, container: Container) -> Reading:
    """Read the samples of one file of pictures, with the labels and the class map that lie beside it."""
    match = IMAGES_NAME.fullmatch(entry.name)
    assert match, entry.name
    try:
        labels = _read_labels(entry.name, container)
        characters = _find_characters(entry, match[1], container)
        part = "test" if re.search(r"t10k|test", match[1]) else "train" if "train" in match[1] else ""
        index = 0
        with _open_array(entry) as (file, shape, start):
            if len(shape) != 3 or not all(1 <= side <= MAX_SIDE for side in shape[1:]):
                raise DataError(f"holds an array of {shape}; expected pictures (N, height, width)")
            if shape[0] != len(labels):
                yield Fault(entry.place, f"{shape[0]} pictures, but {len(labels)} labels")
            size = shape[1] * shape[2]
            while index < min(shape[0], len(labels)):
                content = file.read(min(_CHUNK, shape[0] - index) * size)
                images = np.frombuffer(content, np.uint8, len(content) // size * size).reshape(-1, *shape[1:])
                for image in images[: len(labels) - index]:
                    character = characters.get(int(labels[index]))
                    if character:
                        yield Sample(image, character, "", f"{entry.name}[{index}]", part)
                    else:
                        yield Fault(f"{entry.place}, picture {index}", f"unknown label {labels[index]}")
                    index += 1
                if len(images) < min(_CHUNK, shape[0] - index + len(images)):
                    offset = start + index * size
                    raise DataError(f"cut off at byte {offset} unpacked: {index} of {shape[0]} pictures")
    except DataError as error:
        yield Fault(entry.place, str(error))
    except (*ARCHIVE_ERRORS, OSError, ValueError) as error:
        yield Fault(entry.place, f"damaged or cut off ({error}); take it from its source again")


def _read_labels(images_name: str, container: Container) -> np.ndarray:
    name = images_name.replace("images-idx3", "labels-idx1").replace("imgs.npz", "labels.npz")
    entry = container.find(name)
    if entry is None and name.endswith("ubyte.gz"):
        entry = container.find(name.removesuffix(".gz"))
    if entry is None:
        raise DataError(f"the labels are missing: {name} must lie beside it, in a folder or a zip archive")
    try:
        with _open_array(entry) as (file, shape, start):
            if len(shape) != 1 or shape[0] > _MAX_LABELS_BYTES:
                raise DataError(f"{entry.name} holds an array of {shape}; expected labels (N,)")
            content = file.read(shape[0])
    except (*ARCHIVE_ERRORS, OSError, ValueError) as error:
        raise DataError(f"{entry.name} is damaged or cut off ({error})") from None
    if len(content) < shape[0]:
        raise DataError(
            f"{entry.name} is cut off at byte {start + len(content)}: {len(content)} of {shape[0]} labels"
        )
    return np.frombuffer(content, np.uint8)


@contextmanager
def _open_array(entry: Entry) -> Iterator[tuple[BinaryIO, tuple[int, ...], int]]:
    """Return an array of bytes, opened behind its header: the file, the shape, and where the data begin."""
    with entry.open() as raw:
        if entry.name.endswith(".npz"):
            with zipfile.ZipFile(_make_seekable(raw)) as archive:
                names = archive.namelist()
                if len(names) != 1:
                    raise DataError(f"{entry.name} holds {len(names)} arrays; expected one")
                with archive.open(names[0]) as file:
                    yield cast(BinaryIO, file), *_read_npy_header(entry, cast(BinaryIO, file))
        else:
            with gzip.open(raw) if entry.name.endswith(".gz") else nullcontext(raw) as file:
                yield cast(BinaryIO, file), *_read_idx_header(entry, cast(BinaryIO, file))


def _make_seekable(file: BinaryIO) -> BinaryIO:
    return file if file.seekable() else io.BytesIO(file.read())


def _read_npy_header(entry: Entry, file: BinaryIO) -> tuple[tuple[int, ...], int]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, is_fortran, dtype = read(file)
    if dtype != np.uint8 or is_fortran:
        raise DataError(
            f"{entry.name} holds {dtype} in Fortran order {is_fortran}; expected uint8 in C order"
        )
    return shape, file.tell()


def _read_idx_header(entry: Entry, file: BinaryIO) -> tuple[tuple[int, ...], int]:
    """IDX: two zeros, 8 for unsigned bytes, the number of dimensions, then each in 4 bytes, big endian."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:3] != b"\0\0\x08" or not 1 <= magic[3] <= 3:
        raise DataError(
            f"{entry.name} begins with {magic.hex(' ') or 'nothing'}; IDX begins with 00 00 08 01 or 03"
        )
    lengths = file.read(4 * magic[3])
    if len(lengths) < 4 * magic[3]:
        raise DataError(f"{entry.name} is cut off at byte {4 + len(lengths)}, within its header")
    shape = tuple(np.frombuffer(lengths, ">u4").tolist())
    return shape, 4 + len(lengths)


def _find_characters(entry: Entry, prefix: str, container: Container) -> dict[int, str]:
    folder = prefix.rpartition("/")[0]
    for name in ("kmnist", "k49", "kuzushiji"):
        table = container.find(f"{folder}/{name}_classmap.csv".lstrip("/"))
        if table:
            return _read_class_map(table)
    place = entry.place.lower()
    for name, characters in (("k49", K49), ("kuzushiji49", K49), ("kmnist", KMNIST)):
        if name in place.replace("-", "").replace("_", ""):
            return dict(enumerate(characters))
    raise DataError(
        "nothing says which characters its labels are; name the folder kmnist or k49, "
        "or put kuzushiji_classmap.csv (index,codepoint,char) beside it"
    )


def _read_class_map(entry: Entry) -> dict[int, str]:
    try:
        rows = list(csv.DictReader(io.StringIO(entry.read(1_000_000).decode("utf-8-sig"))))
        return {int(row["index"]): read_character_name(row["codepoint"] or row["char"]) for row in rows}
    except (UnicodeDecodeError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise DataError(f"{entry.name} is no table of index,codepoint,char ({error!r})") from None
