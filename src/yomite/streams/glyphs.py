"""KanjiVG laid out for the kernels: read once, then kept in the folder of caches."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from yomite.data.cache import find_cache_folder
from yomite.files import write_whole
from yomite.ink import kanjivg, strokes, writing
from yomite.ink.kanjivg import read_kanjivg_archive
from yomite.ink.writing import flatten_glyph

FlatGlyph = tuple[np.ndarray, np.ndarray, np.ndarray]
"""As `flatten_glyph` gives it: points, offsets, components."""


def read_flat_glyphs(path: Path) -> Iterator[tuple[str, FlatGlyph]]:
    """Read every glyph of a KanjiVG archive, flattened, with its character and in the order of the archive.

    Raises:
        DataError: As `read_kanjivg_archive`.
    """
    folder = find_cache_folder()
    kept = folder / f"kanjivg-{_describe(path)}.npz" if path.is_file() else None
    if kept and kept.is_file():
        try:
            with np.load(kept, allow_pickle=False) as file:
                yield from _cut(**file)
            return
        except (OSError, ValueError, TypeError, zipfile.BadZipFile):
            kept.unlink(missing_ok=True)  # damaged
    print("reading KanjiVG; the next run will find it read")
    characters, glyphs = [], []
    for glyph in read_kanjivg_archive(path):
        characters.append(glyph.character)
        glyphs.append(flatten_glyph(glyph))
        yield characters[-1], glyphs[-1]
    content = io.BytesIO()
    np.savez(
        content,
        characters=np.array([ord(character) for character in characters]),
        points=np.concatenate([glyph[0] for glyph in glyphs]),
        offsets=np.concatenate([glyph[1] for glyph in glyphs]),
        components=np.concatenate([glyph[2] for glyph in glyphs]),
        num_points=np.array([len(glyph[0]) for glyph in glyphs]),
        num_strokes=np.array([len(glyph[2]) for glyph in glyphs]),
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("kanjivg-*.npz"):
            old.unlink(missing_ok=True)
        write_whole(kept or folder, content.getvalue())
    except OSError:
        print(f"{folder} cannot be written to, so the next run reads KanjiVG again; set YOMITE_CACHE")


def _cut(
    characters: np.ndarray,
    points: np.ndarray,
    offsets: np.ndarray,
    components: np.ndarray,
    num_points: np.ndarray,
    num_strokes: np.ndarray,
) -> Iterator[tuple[str, FlatGlyph]]:
    points_end, strokes_end = np.cumsum(num_points), np.cumsum(num_strokes)
    for number, code_point in enumerate(characters.tolist()):
        last, first = strokes_end[number], strokes_end[number] - num_strokes[number]
        yield (
            chr(code_point),
            (
                points[points_end[number] - num_points[number] : points_end[number]],
                offsets[first + number : last + number + 1],  # each glyph has one more than strokes
                components[first:last],
            ),
        )


def _describe(path: Path) -> str:
    """Return a hash of the archive's place, size and time, and of the code that reads it."""
    facts = path.stat()
    digest = hashlib.sha256(f"{path.resolve()} {facts.st_size} {facts.st_mtime_ns}".encode())
    for module in (kanjivg, strokes, writing):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:16]
