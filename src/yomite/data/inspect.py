"""What is in a data set, and what may be wrong with it: one walk over it, then questions to what was found.

A finding is something to look at, not a verdict: a character may fill its picture, two writers may draw the
same stroke, and a reader that doubts a label may itself be wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from PIL import Image

from yomite.charset import are_lookalikes, script_of
from yomite.data.duplicates import find_equal, find_near
from yomite.data.samples import Sample, Source
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

FEW_SAMPLES = 5
"""A character with fewer has few."""

RIM_SHARE = 0.02
"""Ink along a side of the picture, as a share of that side, from which it looks cut off there."""

SUSPECT_CONFIDENCE = 0.8
SUSPECT_PROBABILITY = 0.02
"""A label is suspect when a reader is at least this sure of another character and gives the label less."""

THUMBNAIL_PX = 96
NUM_THUMBNAILS = 42

_READ_AT_ONCE = 256

Read = Callable[[list[Any]], Sequence[Any]]
"""Pictures to a Recognition each (`candidates`, `confidence`), or anything else for one that is not read."""


@dataclass(frozen=True)
class Finding:
    """One sample, or two, to look at.

    Attributes:
        samples: their places among the samples.
        note: what was found, in a few words.
        weight: the higher, the sooner to look at.
    """

    samples: tuple[int, ...]
    note: str
    weight: float


@dataclass
class Inspection:
    """What one walk over a source found; places are indices into the lists.

    Attributes:
        name: of the source.
        names, characters, writers: of each sample that could be read.
        images: uint8 (N, S, S), their canvases.
        sizes: int64 (N, 2), height and width of their pictures in pixels; 0 for strokes.
        ink: float64 (N,), the share of the ink's box that is ink.
        is_light: bool (N,), light ink on dark.
        rim: float64 (N,), the share of a side of the picture along which ink runs into it.
        faults: what could not be read, as text.
        num_faults: all of them, also those not kept.
        blank: names of pictures with nothing on them.
        readings: for each sample the candidates of a reader, (text, probability), best first; () if not read.
        thumbnails: some samples as they came, picked at random: uint8 (h, w), character, name.
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
        source: from `open_source`; a strict one ends at its first fault.
        read: asked for each sample, to find labels that are suspect.
        known: the characters that it can answer; samples of others are not read. None for all.

    Raises:
        DataError: it holds no sample at all.
    """
    found = Inspection(source.name)
    looks: list[_Look] = []
    picked: dict[int, tuple[np.ndarray, str, str]] = {}
    rng = np.random.default_rng(0)
    for samples in _split(iter(source), _READ_AT_ONCE):
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
    """A picture as it came, strokes drawn plainly: uint8 (h, w), at most THUMBNAIL_PX on the longer side."""
    if is_strokes(picture):
        gray = (255.0 - 255.0 * draw_strokes(to_strokes(picture))).astype(np.uint8)
    else:
        gray = read_gray(picture)
    image = Image.fromarray(gray)
    image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    return np.asarray(image)


def find_problems(found: Inspection) -> dict[str, list[Finding]]:
    """What to look at, by kind; each kind sorted, the most striking first."""
    return {
        "clipped": [
            Finding((int(index),), f"ink along {found.rim[index]:.0%} of a side", float(found.rim[index]))
            for index in np.argsort(-found.rim, kind="stable")
            if found.rim[index] >= RIM_SHARE
        ],
        "polarity": _find_polarity(found),
        "equal": _find_equal(found),
        "nearly equal": _find_near(found),
        "suspect labels": _find_suspects(found),
    }


def find_rare(found: Inspection) -> dict[str, int]:
    """Characters with fewer than FEW_SAMPLES samples, the rarest first."""
    rare = {character: count for character, count in found.counts.items() if count < FEW_SAMPLES}
    return dict(sorted(rare.items(), key=lambda item: (item[1], item[0])))


def find_hard_pairs(found: Inspection, num_pairs: int = 24) -> list[tuple[str, str, float]]:
    """The pairs of characters that the reader tells apart worst.

    Returns:
        (a, b, mean probability that a sample of either is given to the other), hardest first. Samples that
        were not read do not count.
    """
    given: dict[tuple[str, str], float] = {}
    num_read: Counter[str] = Counter()
    for character, candidates in zip(found.characters, found.readings, strict=False):
        num_read[character] += bool(candidates)
        for text, probability in candidates:
            if text != character:
                pair = (character, text)
                given[pair] = given.get(pair, 0.0) + probability
    pairs: dict[tuple[str, str], float] = {}
    for first, second in given:
        one, other = sorted((first, second))
        if (one, other) not in pairs:
            both = given.get((one, other), 0.0) + given.get((other, one), 0.0)
            pairs[one, other] = both / (num_read[one] + num_read[other])
    # A pair of a single sample says little: one sample more that was read without doubt is added to each.
    weights = {
        pair: value * (num_read[pair[0]] + num_read[pair[1]]) / (num_read[pair[0]] + num_read[pair[1]] + 1)
        for pair, value in pairs.items()
    }
    hardest = sorted(weights, key=lambda pair: -weights[pair])[:num_pairs]
    return [(*pair, pairs[pair]) for pair in hardest]


def format_summary(found: Inspection, problems: dict[str, list[Finding]], num_shown: int = 8) -> str:
    """The whole as text: a line a question, then what to look at first."""
    counts = sorted(found.counts.values())
    writers = len(set(found.writers) - {""})
    scripts = ", ".join(f"{script} {count}" for script, count in found.scripts.most_common())
    lines = [
        f"{found.name}: {len(found)} samples of {len(counts)} characters ({scripts}), "
        + (f"{writers} writers" if writers else "writers unknown"),
        f"unreadable: {found.num_faults}" + _list(found.faults, num_shown),
        f"blank: {len(found.blank)}" + _list(found.blank, num_shown),
    ]
    if not counts:
        return "\n".join(lines)
    for kind, findings in problems.items():
        if kind == "suspect labels" and not found.readings:
            lines.append("suspect labels: not asked")
            continue
        notes = [f"{', '.join(found.names[i] for i in f.samples)}: {f.note}" for f in findings]
        lines.append(f"{kind}: {len(findings)}" + _list(notes, num_shown))
    rare = find_rare(found)
    shown = " ".join(list(rare)[:40])
    lines.append(
        f"characters with fewer than {FEW_SAMPLES} samples: {len(rare)}{': ' if rare else ''}{shown}"
    )
    middle = counts[len(counts) // 2]
    lines.append(f"imbalance: {counts[0]} to {counts[-1]} samples a character, median {middle}")
    return "\n".join(lines)


def _list(notes: list[str], num_shown: int) -> str:
    more = [f"... and {len(notes) - num_shown} more"] if len(notes) > num_shown else []
    return "".join(f"\n    {note}" for note in [*notes[:num_shown], *more])


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


def _find_polarity(found: Inspection) -> list[Finding]:
    """The lesser part of a set in which some pictures are dark on light and some light on dark."""
    is_picture = found.sizes[:, 0] > 0
    num_light = int((found.is_light & is_picture).sum())
    is_odd = is_picture & (found.is_light if 2 * num_light <= is_picture.sum() else ~found.is_light)
    note = (
        "light ink on dark, unlike most"
        if 2 * num_light <= is_picture.sum()
        else "dark ink on light, unlike most"
    )
    return [Finding((int(index),), note, 0.0) for index in np.flatnonzero(is_odd)]


def _find_equal(found: Inspection) -> list[Finding]:
    findings = []
    for group in find_equal(found.images):
        characters = sorted({found.characters[index] for index in group})
        weight = float(len(characters) > 1)
        note = f"one picture as {' and '.join(characters)}" if weight else f"{len(group)} times one picture"
        findings.append(Finding(tuple(group), note, weight))
    return sorted(findings, key=lambda finding: -finding.weight)


def _find_near(found: Inspection) -> list[Finding]:
    findings = []
    for first, second, correlation in find_near(found.images):
        if np.array_equal(found.images[first], found.images[second]):
            continue
        characters = (found.characters[first], found.characters[second])
        is_same = characters[0] == characters[1]
        note = f"correlation {correlation:.3f}" + ("" if is_same else f", as {' and '.join(characters)}")
        if found.writers[first] != found.writers[second]:
            note += f", by {found.writers[first]} and {found.writers[second]}"
        findings.append(Finding((first, second), note, correlation + (0.0 if is_same else 1.0)))
    return sorted(findings, key=lambda finding: -finding.weight)


def _find_suspects(found: Inspection) -> list[Finding]:
    findings = []
    for index, (character, candidates) in enumerate(zip(found.characters, found.readings, strict=False)):
        if not candidates:
            continue
        text = candidates[0][0]
        of_label = sum(p for other, p in candidates if are_lookalikes(other, character))
        confidence = sum(p for other, p in candidates if are_lookalikes(other, text))
        if confidence >= SUSPECT_CONFIDENCE and of_label < SUSPECT_PROBABILITY:
            findings.append(
                Finding((index,), f"as {character}, read as {text} ({confidence:.0%})", confidence)
            )
    return sorted(findings, key=lambda finding: -finding.weight)


def _split(samples: Iterator[Sample], size: int) -> Iterator[list[Sample]]:
    while chunk := list(islice(samples, size)):
        yield chunk
