"""What the line canvas is worth on any paper: error rates of a line model with each of its steps.

    python benchmarks/line_papers.py --data-root DIR [--line FILE.onnx] [--composed 1000]

Three sets: composed lines of the stream's validation (their own paper, light and neighbors), dev/lines, and
dev/lines laid on papers that are drawn here. The network is the same for all rows, so a row tells what its
canvas alone changes. "2" and "3" are the versions of docs/canvas.md; between them are the steps of the third,
one by one and added up. Prints a table: CER along the best path / with the language model.
"""

from __future__ import annotations

import argparse
import platform
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import numpy as np
from machine import read_commit
from PIL import Image, ImageDraw

from yomite.charset import build_charset
from yomite.data.cache import find_cache_folder
from yomite.data.sources import open_source, resolve_data_root
from yomite.evaluation.text_errors import measure_characters
from yomite.ink import line_eraser
from yomite.ink.leveling import level_light
from yomite.ink.line import build_line_composer
from yomite.ink.line_canvas import (
    LIGHT_REACH,
    LINE_HEIGHT,
    MAX_WIDTH,
    WORK_HEIGHT,
    find_line,
    place_line,
    remove_beside,
    shrink_height,
)
from yomite.ink.line_canvas_2 import LEAST_SHADOW, remove_rulings
from yomite.ink.line_ink import darken_ink, measure_line_ink
from yomite.ink.line_light import level_line
from yomite.ink.pictures import read_gray
from yomite.reading.decoding import read_best_path, search
from yomite.reading.lines import LineReader
from yomite.reading.model_file import released_models

PAPERS = ("squared", "widely squared", "ruled", "shadow", "frame", "underlined", "cells")
OVER = 4  # papers are drawn so many times as large


class Crop(NamedTuple):
    """A line to be read: what it is reported as, uint8 (H, W), its direction, and what is written."""

    name: str
    gray: np.ndarray
    is_vertical: bool
    text: str


class Steps(NamedTuple):
    """Which steps of version 3 are taken; without one, that of version 2 is, or none."""

    light: bool = False
    rulings: bool = False
    uprights: bool = False
    neighbors: bool = False


ROWS = {
    "2": Steps(),
    "light": Steps(light=True),
    "rulings": Steps(rulings=True),
    "rulings, uprights": Steps(rulings=True, uprights=True),
    "neighbors": Steps(neighbors=True),
    "light, rulings": Steps(light=True, rulings=True),
    "light, rulings, uprights": Steps(light=True, rulings=True, uprights=True),
    "3": Steps(True, True, True, True),
}


def main() -> None:
    """Read every set with every row of steps."""
    data_root, reader, num_composed = parse_options(__doc__, num_composed=1000)
    crops = [*compose_lines(data_root, num_composed), *lay_lines(data_root)]
    names = list(dict.fromkeys(crop.name for crop in crops))
    print(f"commit {read_commit()}, {platform.machine()}, {reader.file.name}; best path / language model")
    print(" | ".join(("steps", *names)))
    known: dict[bytes, tuple[str, str]] = {}  # most strips are the same in every row
    for row, steps in ROWS.items():
        texts: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for crop in crops:
            strip = to_strip(crop, steps)
            key = strip.tobytes() + bytes([crop.is_vertical])
            if key not in known:
                known[key] = read_strip(reader, strip, crop.is_vertical)
            texts[crop.name].append((crop.text, *known[key]))
        rates = []
        for name in names:
            written, *reads = zip(*texts[name], strict=True)
            rates.append(" / ".join(f"{measure_characters(written, read).rate:.3f}" for read in reads))
        print(" | ".join((row, *rates)), flush=True)


def parse_options(description: str | None, *, num_composed: int) -> tuple[Path, LineReader, int]:
    """Read the command line: the data folder, the line model, and how many composed lines to read."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--line", type=Path, default=None, help="a line model; else the released one")
    parser.add_argument("--composed", type=int, default=num_composed, help="composed lines")
    arguments = parser.parse_args()
    reader = LineReader(arguments.line or released_models()["yomite-line"])
    return resolve_data_root(arguments.data_root), reader, arguments.composed


def compose_lines(data_root: Path, num: int) -> Iterator[Crop]:
    """Compose lines that no training sees."""
    composer = build_line_composer(
        data_root, build_charset("line"), seed=0, validation=True, cache_folder=find_cache_folder()
    )
    for index in range(num):
        line = composer.compose(0, index)
        yield Crop("composed", line.picture, line.direction == "vertical", line.text)


def read_lines(data_root: Path) -> Iterator[Crop]:
    """Read dev/lines."""
    for sample in open_source("dev/lines", data_root):
        yield Crop("dev/lines", read_gray(sample.picture), sample.part == "vertical", sample.character)


def lay_lines(data_root: Path) -> Iterator[Crop]:
    """Read dev/lines, plain and on papers."""
    rng = np.random.default_rng(5)
    for crop in read_lines(data_root):
        yield crop
        for paper in PAPERS:
            yield crop._replace(name=paper, gray=lay_on(crop.gray, paper, crop.is_vertical, rng))


def lay_on(gray: np.ndarray, paper: str, is_vertical: bool, rng: np.random.Generator) -> np.ndarray:
    """Lay a crop, uint8 (H, W), on one of the `PAPERS`: levels are multiplied."""
    lying = np.ascontiguousarray(gray.T) if is_vertical else gray
    height, width = lying.shape
    if paper == "shadow":
        angle, x, y = 2.0 * np.pi * rng.random(), width * (0.2 + 0.6 * rng.random()), height * rng.random()
        rows, columns = np.mgrid[:height, :width]
        away = (columns - x) * np.cos(angle) + (rows - y) * np.sin(angle)
        softness = height * (0.02 + 0.2 * rng.random() ** 2)
        light = 1.0 - (0.3 + 0.35 * rng.random()) * np.clip(0.5 + 0.5 * away / softness, 0.0, 1.0)
    else:
        light = draw_paper(paper, height, width, rng)
    laid = np.clip(lying * light + 0.5, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(laid.T) if is_vertical else laid


def draw_paper(paper: str, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the printed lines of a paper: float32 (H, W), 1 where there are none."""
    image = Image.new("L", (width * OVER, height * OVER), 255)
    pencil = ImageDraw.Draw(image)
    tilt, level = 0.015 * rng.normal(), int(255 * (0.75 - 0.5 * rng.random()))
    thick = max(1, int(OVER * height * (0.012 + 0.025 * rng.random())))
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    middle = 0.5 * OVER * np.array([width, height])

    def rule(*ends: tuple[float, float]) -> None:
        points = (OVER * np.array(ends) - middle) @ turn + middle
        pencil.line([(x, y) for x, y in points.tolist()], fill=level, width=thick)

    far = 2.0 * (width + height)
    pitch = height * {
        "squared": 0.18 + 0.25 * rng.random(),
        "widely squared": 0.45 + 0.5 * rng.random(),
        "ruled": 0.5 + 0.5 * rng.random(),
        "cells": 0.8 + 0.3 * rng.random(),
    }.get(paper, 1.0)
    x, y = pitch * rng.random(2)
    low, high = 0.04 * height, 0.96 * height
    ups = np.arange(x - 20 * pitch, width + 20 * pitch, pitch)
    rows = np.arange(y - 40 * pitch, height + 40 * pitch, pitch)
    if paper == "cells":
        rows = np.array([low, high])
    elif paper == "underlined":
        rows = np.array([0.88, 0.97]) * height
    if paper == "frame":
        rule((low, low), (width - low, low), (width - low, high), (low, high), (low, low))
        return np.asarray(image.reduce(OVER)).astype(np.float32) / 255.0
    for row in rows:
        rule((-far, row), (far, row))
    for column in ups if paper in ("squared", "widely squared", "cells") else ():
        rule((column, low if paper == "cells" else -far), (column, high if paper == "cells" else far))
    return np.asarray(image.reduce(OVER)).astype(np.float32) / 255.0


def to_strip(crop: Crop, steps: Steps) -> np.ndarray:
    """Turn a crop into its strip, uint8 (H, W); one column wide where it is blank."""
    lying = np.ascontiguousarray(crop.gray.T) if crop.is_vertical else crop.gray
    ink, has_ink = find_ink(np.ascontiguousarray(shrink_height(lying, WORK_HEIGHT)), steps)
    if has_ink:
        ink, has_ink = remove_beside(ink, 2 if steps.neighbors else 1)
    if not has_ink:
        return np.zeros((LINE_HEIGHT, 1), np.uint8)
    return place_line(ink, *find_line(ink), LINE_HEIGHT, MAX_WIDTH)


def read_strip(reader: LineReader, strip: np.ndarray, is_vertical: bool) -> tuple[str, str]:
    """Read a strip: along the best path, and with the language model; nothing where it is blank."""
    if strip.shape[1] == 1:
        return "", ""
    file = reader.file
    seen = file.compute(strip, "vertical" if is_vertical else "horizontal")
    best = search(seen, file.characters, reader.language_model, file.weights)[0].labels
    greedy, weighed = (
        "".join(file.characters[label] for label in labels) for labels in (read_best_path(seen), best)
    )
    return greedy, weighed


def find_ink(gray: np.ndarray, steps: Steps) -> tuple[np.ndarray, bool]:
    """Find the ink with the steps of version 3 that are taken, and those of version 2 else."""
    reach, length = int(LIGHT_REACH * len(gray)), int(1.5 * len(gray))
    leveled, is_leveled = level_line(gray, reach) if steps.light else (gray, False)
    if not is_leveled:
        leveled = darken_ink(gray if steps.light else level_light(gray, reach, LEAST_SHADOW))
    ink, has_ink = measure_line_ink(leveled)
    if not has_ink:
        return ink, False
    if not steps.rulings:
        left = remove_rulings(ink, length, 0.85)
        return (left if left.sum() > 0.1 * ink.sum() else ink), True
    none = mock.patch.object(line_eraser, "find_uprights", lambda ink, rulings: np.zeros(ink.shape, bool))
    if steps.uprights:
        bare, is_ruled = line_eraser.erase_lines(leveled, ink, length)
    else:
        with none:
            bare, is_ruled = line_eraser.erase_lines(leveled, ink, length)
    left, has_left = measure_line_ink(bare) if is_ruled else (ink, True)
    return (left if has_left and left.sum() > 0.1 * ink.sum() else ink), True


if __name__ == "__main__":
    main()
