"""Decoded samples in memory-mapped files: filled once, shared by all processes, thrown away when stale.

    samples = open_cache(open_source("my-samples"))
    samples.images[7]  # uint8 (48, 48), read from the file at the first touch

A cache belongs to one source in one form. Its folder is named for the fingerprint of the source's files and
of the code that decodes them, so a changed source is another folder, and the old one is removed. Whoever
comes first fills it, holding a lock that the system frees even if the process dies; it is written beside
and renamed, so nobody ever sees half of one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from yomite.charset import Charset
from yomite.data.samples import Sample, Source
from yomite.data.splits import find_held_out
from yomite.errors import DataError, PictureError
from yomite.ink import canvas, pictures
from yomite.ink.canvas import CANVAS_SIZE, draw_strokes, shrink_gray, to_canvas
from yomite.ink.pictures import read_gray
from yomite.ink.strokes import is_strokes, to_strokes

Form = Literal["canvas", "gray"]

_VERSION = 1
_ROW = np.dtype(
    [("start", "<i8"), ("height", "<i4"), ("width", "<i4"), ("character", "<i4"), ("writer", "<i4"),
     ("part", "<i4"), ("name", "<i8")]
)  # fmt: skip


class CachedSamples:
    """The samples of a source, decoded; a sequence of Sample. Picklable: another process maps the same files.

    Attributes:
        folder: Where it lies.
        name: Of the source.
        num_faults: How many samples could not be read and are not here.
        pixels: Uint8 (P,), all pictures one after the other, memory-mapped.
        rows: Structured (N,): `start` in pixels, `height`, `width`, `character` (code point) and the rest.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
        self.name: str = facts["name"]
        self.num_faults: int = facts["num_faults"]
        self._words: list[str] = facts["words"]
        self.pixels = np.memmap(folder / "pixels.bin", np.uint8, "r")
        self.rows = np.memmap(folder / "rows.bin", _ROW, "r")

    def __reduce__(self) -> tuple[type[CachedSamples], tuple[Path]]:
        return CachedSamples, (self.folder,)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Sample:
        row = self.rows[index]
        start, size = int(row["start"]), int(row["height"]) * int(row["width"])
        picture = self.pixels[start : start + size].reshape(row["height"], row["width"])
        names = self._names
        end = names.index(b"\0", row["name"])
        return Sample(
            picture,
            chr(row["character"]),
            self._words[row["writer"]],
            bytes(names[row["name"] : end]).decode(errors="surrogateescape"),
            self._words[row["part"]],
        )

    def __iter__(self) -> Iterator[Sample]:
        return (self[index] for index in range(len(self)))

    @cached_property
    def _names(self) -> bytes:
        return (self.folder / "names.bin").read_bytes()

    @cached_property
    def characters(self) -> list[str]:
        """The character of each sample."""
        return [chr(code_point) for code_point in self.rows["character"].tolist()]

    @cached_property
    def writers(self) -> list[str]:
        """The writer of each sample."""
        return [self._words[index] for index in self.rows["writer"].tolist()]

    @cached_property
    def names(self) -> list[str]:
        """The name of each sample within its source."""
        return [sample.name for sample in self]

    @property
    def images(self) -> np.ndarray:
        """uint8 (N, S, S), all canvas images at once, memory-mapped; for the form "canvas" only."""
        height, width = int(self.rows[0]["height"]), int(self.rows[0]["width"])
        return self.pixels.reshape(len(self), height, width)


def open_cache(
    source: Source,
    *,
    form: Form = "canvas",
    size: int = CANVAS_SIZE,
    folder: str | os.PathLike[str] | None = None,
) -> CachedSamples:
    """Open the cache of a source; fill it first if it is not there or stale.

    Args:
        source: From `open_source`.
        form: "canvas", the square that a model sees; or "gray", the picture itself, at most 160 px on the
            longer side, for whoever wants to distort it first.
        size: Side of the canvas; without meaning for "gray".
        folder: Where caches are kept; None for YOMITE_CACHE, else the user's cache folder.

    Raises:
        DataError: The source holds no sample that can be read, or the disk is full.
    """
    from filelock import FileLock

    root = Path(folder) if folder else find_cache_folder()
    side = size if form == "canvas" else 0
    place = f"{source.path.resolve()}\0{source.name}\0{form}\0{side}"
    key = hashlib.sha256(place.encode(errors="surrogateescape"))
    home = root / key.hexdigest()[:16]
    done = home / f"{source.compute_fingerprint()}-{_hash_code()}"
    if not done.is_dir():
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{home}.lock"):
            if not done.is_dir():
                _fill(source, form, size, done)
    return CachedSamples(done)


def find_cache_folder() -> Path:
    """Return where caches are kept: YOMITE_CACHE, else a part of the user's cache folder."""
    from platformdirs import user_cache_path

    return Path(os.environ.get("YOMITE_CACHE") or user_cache_path("yomite") / "samples")


def _hash_code() -> str:
    """Hash the code that decodes: another canvas makes another cache."""
    digest = hashlib.sha256(str(_VERSION).encode())
    for module in (canvas, pictures):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:8]


def _fill(source: Source, form: Form, size: int, done: Path) -> None:
    """Write a cache beside its place, then move it there; the lock is held."""
    # What else lies here is of an older source, or was left by a process that died.
    shutil.rmtree(done.parent, ignore_errors=True)
    building = done.with_name("building")
    try:
        building.mkdir(parents=True)
        facts = _write_samples(source, form, size, building)
        (building / "facts.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        building.rename(done)
    except OSError as error:
        shutil.rmtree(building, ignore_errors=True)
        raise DataError(
            f"the cache of {source.name} cannot be written to {done.parent} ({error.strerror}); "
            "make room, or set YOMITE_CACHE to another folder"
        ) from error
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _write_samples(source: Source, form: Form, size: int, folder: Path) -> dict[str, Any]:
    rows, num_unreadable, start, name_start = [], 0, 0, 0
    index_by_word = {"": 0}
    with (folder / "pixels.bin").open("wb") as pixels, (folder / "names.bin").open("wb") as names:
        for sample in source:
            try:
                image = decode_picture(sample.picture, form, size)
            except PictureError as error:
                if source.strict:
                    raise DataError(f"{sample.name}: {error}") from None
                num_unreadable += 1
                continue
            name = sample.name.encode(errors="surrogateescape") + b"\0"
            writer, part = (
                index_by_word.setdefault(word, len(index_by_word)) for word in (sample.writer, sample.part)
            )
            rows.append((start, *image.shape, ord(sample.character), writer, part, name_start))
            pixels.write(np.ascontiguousarray(image).data)
            names.write(name)
            start, name_start = start + image.size, name_start + len(name)
    if not rows:
        raise DataError(
            f"{source.name}: no sample can be read as a picture; "
            f"type: yomite data check {shlex.quote(source.name)}"
        )
    np.array(rows, _ROW).tofile(folder / "rows.bin")
    num_faults = source.num_faults + num_unreadable
    return {"name": source.name, "num_faults": num_faults, "words": list(index_by_word)}


def decode_picture(picture: Any, form: Form, size: int) -> np.ndarray:
    """One picture in the form of a cache: uint8 (H, W).

    Raises:
        PictureError: It cannot be read; or, for a canvas, it is blank.
    """
    if form == "canvas":
        return to_canvas(picture, size)
    if is_strokes(picture):
        return (255.0 * draw_strokes(to_strokes(picture))).astype(np.uint8)
    return shrink_gray(read_gray(picture))


def read_pictures(
    source: Source, charset: Charset, size: int, fold: str | None, seed: int
) -> list[tuple[np.ndarray, int]]:
    """Pictures of a source: uint8 (H, W), ink bright, the paper's own level 0; and their labels.

    Args:
        source: Of characters.
        charset: The classes; samples of other characters are left out.
        size: Side of the canvas that the held-out part is validated on.
        fold: Such as 2/5: the second of five parts is left out.
        seed: Of the deal.

    Raises:
        DataError: If the source holds no character of the charset.
    """
    cache = open_cache(source, form="gray")
    known = [index for index, character in enumerate(cache.characters) if character in charset]
    if fold:
        # By name: a blank picture is among the gray ones, but is no canvas.
        canvases = open_cache(source, size=size)
        held_out = find_held_out(canvases.characters, canvases.writers, charset, fold, seed)
        names = {canvases.names[index] for index in np.flatnonzero(held_out).tolist()}
        known = [index for index in known if cache.names[index] not in names]
    pictures = []
    for index in known:
        gray = cache[index].picture.astype(np.int16)
        paper = int(np.median(gray))
        ink = paper - gray if paper >= 128 else gray - paper
        pictures.append((np.clip(ink, 0, 255).astype(np.uint8), charset.label(cache.characters[index])))
    if not pictures:
        raise DataError(f"{source.name} holds no picture of a character in the charset")
    return pictures
