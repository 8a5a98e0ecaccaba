"""What is in a data set: one walk over it, which measures every picture and asks a reader what it sees.

What may be wrong is asked of the result: see `yomite.data.findings`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from yomite.charset import script_of
from yomite.data.samples import Sample, Source, split_chunks
from yomite.errors import DataError, PictureError
from yomite.ink.canvas import (
    CANVAS_SIZE,
    MARGIN,
    draw_strokes,
    find_box,
    measure_ink,
    place_ink,
    shrink_gray,
    to_canvas,
)
from yomite.ink.pictures import read_gray
from yomite.ink.strokes import is_strokes, to_strokes

THUMBNAIL_PX = 96
NUM_THUMBNAILS = 42

_READ_AT_ONCE = 256

Read = Callable[[list[Any]], Sequence[Any]]
"""Pictures to a Recognition each (`candidates`, `confidence`), or anything else for one that is not read."""


@dataclass
class Inspection:
    """What one walk over a source found; places are indices into the lists.

    Attributes:
        name: Of the source.
        names, characters, writers: Of each sample that could be read.
        images: Uint8 (N, S, S), their canvases.
        sizes: Int64 (N, 2), height and width of their pictures in pixels; 0 for strokes.
        ink: Float64 (N,), the share of the ink's box that is ink.
        is_light: Bool (N,), light ink on dark.
        rim: Float64 (N,), the share of a side of the picture along which ink runs into it.
        faults: What could not be read, as text.
        num_faults: All of them, also those not kept.
        blank: Names of pictures with nothing on them.
        readings: For each sample the candidates of a reader, (text, probability), best first; () if not read.
        thumbnails: Some samples as they came, picked at random: uint8 (h, w), character, name.
    """

    name: str
    names: list[str] = field(default_factory=list)
    characters: list[str] = field(default_factory=list)
    writers: list[str] = field(default_factory=list)
    images: np.ndarray = field(default_factory=lambda: np.zeros((0, CANVAS_SIZE, CANVAS_SIZE), np.uint8))
    sizes: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    ink: np.ndarray = field(default_factory=lambda: np.zeros(0))
    is_light: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    rim: np.ndarray = field(default_factory=lambda: np.zeros(0))
    faults: list[str] = field(default_factory=list)
    num_faults: int = 0
    blank: list[str] = field(default_factory=list)
    readings: list[tuple[tuple[str, float], ...]] = field(default_factory=list)
    thumbnails: list[tuple[np.ndarray, str, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def counts(self) -> Counter[str]:
        """Samples of each character."""
        return Counter(self.characters)

    @property
    def scripts(self) -> Counter[str]:
        """Samples of each script."""
        return Counter(map(script_of, self.characters))


@dataclass(frozen=True)
class _Look:
    """What one picture shows."""

    image: np.ndarray
    size: tuple[int, int]
    ink: float
    is_light: bool
    rim: float


def inspect_source(
    source: Source, read: Read | None = None, known: Container[str] | None = None
) -> Inspection:
    """Walk a source once.

    Args:
        source: From `open_source`; a strict one ends at its first fault.
        read: Asked for each sample, to find labels that are suspect.
        known: The characters that it can answer; samples of others are not read. None for all.

    Raises:
        DataError: It holds no sample at all.
    """
    found = Inspection(source.name)
    looks: list[_Look] = []
    picked: dict[int, tuple[np.ndarray, str, str]] = {}
    rng = np.random.default_rng(0)
    for samples in split_chunks(source, _READ_AT_ONCE):
        seen: list[Sample] = []
        for sample in samples:
            try:
                look = _look_at(sample.picture)
            except PictureError as error:
                if source.strict:
                    raise DataError(f"{sample.name}: {error}") from None
                found.num_faults += 1
                reason = str(error)  # of a file on disk, it names the file
                found.faults.append(reason if sample.name in reason else f"{sample.name}: {reason}")
                continue
            if look is None:
                found.blank.append(sample.name)
                continue
            # A reservoir: every sample has the same chance, however many there are.
            place = len(looks) if len(looks) < NUM_THUMBNAILS else int(rng.integers(len(looks) + 1))
            if place < NUM_THUMBNAILS:
                thumbnail = to_thumbnail(sample.picture)
                picked[place] = (thumbnail, sample.character, sample.name)
            looks.append(look)
            seen.append(sample)
        found.names += [sample.name for sample in seen]
        found.characters += [sample.character for sample in seen]
        found.writers += [sample.writer for sample in seen]
        if read is not None:
            asked = [sample for sample in seen if known is None or sample.character in known]
            answers = iter(read([sample.picture for sample in asked]) if asked else ())
            for sample in seen:
                answer = next(answers) if known is None or sample.character in known else None
                candidates = getattr(answer, "candidates", ())
                found.readings.append(tuple((c.text, c.probability) for c in candidates))
    found.thumbnails = [picked[place] for place in sorted(picked)]
    found.faults = [*map(str, source.faults), *found.faults]
    found.num_faults += source.num_faults
    if looks:
        found.images = np.stack([look.image for look in looks])
        found.sizes = np.array([look.size for look in looks], np.int64)
        found.ink = np.array([look.ink for look in looks])
        found.is_light = np.array([look.is_light for look in looks])
        found.rim = np.array([look.rim for look in looks])
    return found


def to_thumbnail(picture: Any) -> np.ndarray:
    """Show a picture as it came, strokes drawn plainly: uint8 (h, w), at most THUMBNAIL_PX long."""
    if is_strokes(picture):
        gray = (255.0 - 255.0 * draw_strokes(to_strokes(picture))).astype(np.uint8)
    else:
        gray = read_gray(picture)
    image = Image.fromarray(gray)
    image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    return np.asarray(image)


def _look_at(picture: Any) -> _Look | None:
    """Measure one picture; None if it is blank."""
    if is_strokes(picture):
        ink = draw_strokes(to_strokes(picture))
        return _Look(place_ink(ink, CANVAS_SIZE, MARGIN), (0, 0), _measure_share(ink), False, 0.0)
    gray = read_gray(picture)
    small = shrink_gray(gray)
    ink, has_ink = measure_ink(small)
    if not has_ink:
        return None
    height, width = gray.shape
    is_light = bool(np.average(small, weights=ink) > np.average(small, weights=1.0 - ink + 1e-6))
    sides = (ink[0], ink[-1], ink[:, 0], ink[:, -1])
    rim = max(float((side > 0.5).mean()) for side in sides)
    return _Look(to_canvas(gray), (height, width), _measure_share(ink), is_light, rim)


def _measure_share(ink: np.ndarray) -> float:
    top, bottom, left, right = find_box(ink)
    return float(ink[top:bottom, left:right].mean())
