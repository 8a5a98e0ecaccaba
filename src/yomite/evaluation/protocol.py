"""The benchmark's protocol: pictures as files in, lines of JSON out, so that any program can be scored.

docs/benchmark.md defines it. `write_pictures` lays a set out as numbered files that say nothing of what they
show; `read_answers` matches a program's lines with them again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from yomite.data.sources import Sample
from yomite.errors import DataError, PictureError
from yomite.ink.canvas import draw_strokes
from yomite.ink.pictures import read_gray
from yomite.ink.strokes import is_strokes, to_strokes
from yomite.reading.results import Candidate, Recognition

VERSION = "1"
"""Of the benchmark: sets, metrics and look-alikes. A change of any of them is another version."""

BENCHMARK_SETS = {
    "dev": (
        "dev/touchscreen-100",
        "dev/hiragana-sheets",
        "dev/freehand-jis-kanji",
        "dev/freehand-hiragana",
    ),
    "test": (
        "test/touchscreen-100",
        "test/hiragana-sheets",
        "test/freehand-jis-kanji",
        "test/freehand-katakana",
    ),
}
"""To choose with, and to report."""

LISTING = "pictures.jsonl"
_PAD_PX = 24
_PLACE = re.compile(r"(?:^|[\\/])([^\\/]+)[\\/](\d{6})\.png$")


@dataclass(frozen=True)
class AnswerFile:
    """What a program answered, as its file of JSON lines says it.

    Attributes:
        reader: The program's name.
        learned_from: What it learned from, in its own words; "" if it does not say.
        charset: The characters that it can answer; None if it does not say.
        by_place: Recognitions by (folder of the set, number).
        num_errors: Lines that report an error instead of candidates.
    """

    reader: str
    learned_from: str
    charset: frozenset[str] | None
    by_place: dict[tuple[str, int], Recognition] = field(repr=False)
    num_errors: int = 0


def name_folder(set_name: str) -> str:
    """Return the folder that holds a set's pictures: dev/touchscreen-100 is dev-touchscreen-100."""
    return re.sub(r"[^\w.-]+", "-", set_name).strip("-")


def write_pictures(samples: Iterable[Sample], set_name: str, out: Path) -> Iterator[dict[str, Any]]:
    """Write a set's pictures as PNG files, dark on light as they came; strokes are drawn.

    Args:
        samples: Of the set, in their order.
        set_name: Of the set.
        out: A folder; the pictures go to a folder in it.

    Yields:
        For each picture the line of the listing: path (within out) and, where there are, strokes.
    """
    folder = out / name_folder(set_name)
    folder.mkdir(parents=True, exist_ok=True)
    for number, sample in enumerate(samples):
        path = folder / f"{number:06d}.png"
        line: dict[str, Any] = {"path": path.relative_to(out).as_posix()}
        if is_strokes(sample.picture):
            strokes = to_strokes(sample.picture)
            ink = np.pad(draw_strokes(strokes), _PAD_PX)
            gray = 255 - np.round(255 * ink).astype(np.uint8)
            line["strokes"] = [np.asarray(stroke, np.float64).round(4).tolist() for stroke in strokes]
        else:
            try:
                gray = read_gray(sample.picture)
            except PictureError as error:
                raise DataError(f"{set_name}, {sample.name}: {error}") from error
        Image.fromarray(gray).save(path)
        yield line


def read_answers(path: Path) -> AnswerFile:
    """Read a program's lines.

    The first line may describe the program: {"reader", "learned_from", "charset"}. Each other line is about
    one picture, as `yomite recognize --json` prints it: {"path", "candidates": [{"text", "probability"}]},
    with "confidence" (else the first candidate's probability) and "is_rejected" if the program has them, or
    {"path", "error"}. A candidate may be a plain text.

    Raises:
        DataError: The file is not there, or a line is not of this kind; the line's number is told.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: no UTF-8 text ({error}); give a file of JSON lines") from None
    about: dict[str, Any] = {}
    by_place: dict[tuple[str, int], Recognition] = {}
    num_errors = 0
    for number, text in enumerate(content.split("\n"), start=1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
            if not isinstance(line, dict):
                raise ValueError("not an object")
            if "path" not in line and not about and not by_place:
                about = line
                continue
            place = _read_place(str(line["path"]))
            if place in by_place:
                raise ValueError(f"{line['path']} a second time")
            if "error" in line:
                num_errors += 1
                continue
            by_place[place] = _read_recognition(line)
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            what = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise DataError(
                f'{path}: line {number}: {what}; write {{"path": "SET/000000.png", "candidates": '
                '[{"text": "永", "probability": 0.9}]}'
            ) from None
    if not by_place and not num_errors:
        raise DataError(f"{path}: no answers; write one JSON object a line for each picture")
    charset = about.get("charset")
    return AnswerFile(
        str(about.get("reader", path.stem)),
        str(about.get("learned_from", "")),
        frozenset(charset) if charset else None,
        by_place,
        num_errors,
    )


def _read_place(path: str) -> tuple[str, int]:
    match = _PLACE.search(path)
    if not match:
        raise ValueError(f"path {path!r} does not end as the listing's, SET/000000.png")
    return match[1], int(match[2])


def _read_recognition(line: dict[str, Any]) -> Recognition:
    candidates = []
    for item in line["candidates"]:
        text, probability = (
            (item, 0.0) if isinstance(item, str) else (item["text"], item.get("probability", 0))
        )
        if not isinstance(text, str) or not 0 <= float(probability) <= 1:
            raise ValueError(f"candidate {item!r}: a text and a probability from 0 to 1")
        candidates.append(Candidate(text, float(probability)))
    if not candidates:
        raise ValueError("no candidates; write an error instead, if nothing was read")
    confidence = float(line.get("confidence", candidates[0].probability))
    if not 0 <= confidence <= 1:
        raise ValueError(f"confidence {confidence}: from 0 to 1")
    return Recognition(tuple(candidates), confidence, bool(line.get("is_rejected", False)))


def match_answers(answers: AnswerFile, samples: Iterable[Sample], set_name: str) -> list[object]:
    """Return the recognition of each sample of a set; None for one without an answer.

    Raises:
        DataError: Not one answer is about this set, or one is about a picture that it does not have.
    """
    folder = name_folder(set_name)
    num_samples = sum(1 for _ in samples)
    known = {number for place, number in answers.by_place if place == folder}
    if not known:
        raise DataError(f"{set_name}: no answer is about {folder}/; write its pictures with yomite benchmark")
    if max(known) >= num_samples:
        raise DataError(f"{set_name}: {num_samples} pictures, but an answer is about number {max(known)}")
    return [answers.by_place.get((folder, number)) for number in range(num_samples)]
