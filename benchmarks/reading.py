"""How fast and how well single characters are read, beside other readers on the same drawings.

    python benchmarks/reading.py --data-root ../shared/data

Prints two tables for benchmarks/README.md. Readers that are not installed are left out, and said to be.
"""

import argparse
import datetime
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import yomite
from yomite.data.sources import Sample, open_source
from yomite.evaluation.metrics import to_ratios
from yomite.evaluation.report import evaluate
from yomite.ink.canvas import draw_strokes
from yomite.ink.strokes import to_strokes

EXAMPLE = Path(__file__).parents[1] / "examples" / "ei.png"
ZINNIA_MODEL = Path("/usr/share/tegaki/models/zinnia/handwriting-ja.model")
TESSERACT_MODEL = Path("/usr/share/tesseract-ocr/5/tessdata/jpn.traineddata")
NUM_WARM_UP = 50


@dataclass(frozen=True)
class Reader:
    """A reader to compare: what it reads, with which characters it may answer, what it learned from."""

    name: str
    read: Callable[[list[Any]], Sequence[object]]
    characters: frozenset[str]
    learned_from: str


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="released name or ONNX file")
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--drawings", default="dev/freehand-jis-kanji", help="strokes, for all readers")
    parser.add_argument("--pictures", default="dev/touchscreen-100", help="pictures, for speed")
    parser.add_argument("--num-drawings", type=int, default=600, help="drawn at random with a fixed seed")
    options = parser.parse_args()
    model = yomite.load(options.model)
    print(_describe_machine())
    print()
    _print_speed(
        model, [sample.picture for sample in open_source(options.pictures, options.data_root)], options
    )
    print()
    samples = list(open_source(options.drawings, options.data_root))
    samples = random.Random(0).sample(samples, min(options.num_drawings, len(samples)))
    _print_comparison(model, samples, options.drawings)


def _describe_machine() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=Path(__file__).parent
    ).stdout.strip()
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return f"{datetime.date.today()}, commit {commit or 'unknown'}, {platform.machine()}, {cores} cores{load}"


def _print_speed(model: yomite.Recognizer, pictures: list[Any], options: argparse.Namespace) -> None:
    shapes = sorted({np.shape(picture) for picture in pictures})
    print(f"{model.name}: {len(pictures)} pictures of {options.pictures}, {shapes[0]} to {shapes[-1]}")
    print("| what | measured |\n|---|---|")
    for picture in pictures[:NUM_WARM_UP]:
        model.recognize(picture)
    one_ms = [_time(lambda picture=picture: model.recognize(picture)) * 1000 for picture in pictures]
    print(f"| one picture to candidates, median (95 % below) | {_format_ms(one_ms)} |")
    many = pictures * max(1, 3000 // len(pictures))
    rates = [len(many) / _time(lambda: model.recognize_many(many)) for _ in range(3)]
    best, middle = max(rates), statistics.median(rates)
    print(f"| recognize_many, best of 3 (median) | {best:.0f} ({middle:.0f}) pictures/s |")
    command = [sys.executable, "-m", "yomite", "recognize", str(EXAMPLE), "--model", str(model.path)]
    whole = [_time(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(7)]
    print(f"| `yomite recognize one.png`, whole process, median of 7 | {statistics.median(whole):.2f} s |")


def _print_comparison(model: yomite.Recognizer, samples: list[Sample], name: str) -> None:
    readers = [
        Reader(
            f"{model.name}, prior {prior}",
            lambda pictures, prior=prior: model.recognize_many(pictures, prior=prior, errors="return"),
            frozenset(model.characters),
            "ink drawn from KanjiVG, fonts, scanned hiragana; no drawing of this set",
        )
        for prior in ("text", "uniform")
    ]
    for build, program in ((_build_zinnia, "zinnia"), (_build_tesseract, "tesseract")):
        reader = build()
        if reader:
            readers.append(reader)
        else:
            print(f"{program}, or its Japanese model, is not installed here: left out")
    print(f"{len(samples)} drawings of {name}; each reader is scored on the characters that it can answer;")
    print("ms each: of the whole batch, for the peers with the start of their program")
    print("| reader | scored | look-alike top-1 | strict top-1 | ms each | learned from |")
    print("|---|---|---|---|---|---|")
    for reader in readers:
        known = [sample for sample in samples if sample.character in reader.characters]
        start = time.perf_counter()
        report = evaluate(reader.read, known, data=name, model=reader.name)
        each_ms = (time.perf_counter() - start) * 1000 / max(len(known), 1)
        ratios = to_ratios(report.counts)
        print(
            f"| {reader.name} | {len(known)} of {len(samples)} | {ratios['lookalike_top1']:.2%} | "
            f"{ratios['strict_top1']:.2%} | {each_ms:.1f} | {reader.learned_from} |"
        )


def _build_zinnia() -> Reader | None:
    """zinnia reads strokes: lines of s-expressions in, blocks of `character score` out."""
    if not shutil.which("zinnia") or not ZINNIA_MODEL.is_file():
        return None

    def run(drawings: list[Any], num_best: int) -> list[list[str]]:
        command = ["zinnia", "-m", str(ZINNIA_MODEL), "-n", str(num_best)]
        lines = "\n".join(_to_expression(to_strokes(drawing)) for drawing in drawings) + "\n"
        done = subprocess.run(command, input=lines, capture_output=True, encoding="utf-8", check=True)
        blocks = done.stdout.split("Answer:")[1:]
        return [[line.split()[0] for line in block.splitlines() if line.strip()] for block in blocks]

    every = run([[[(0.1, 0.5), (0.9, 0.5)]]], 100_000)[0]
    return Reader(
        "zinnia (strokes)",
        lambda drawings: [_to_recognition(texts) for texts in run(drawings, 10)],
        frozenset(every),
        "most likely the Tomoe drawings behind freehand-*: not comparable (its authors do not say)",
    )


def _to_expression(strokes: Sequence[np.ndarray]) -> str:
    written = "".join(
        "(" + "".join(f"({round(1000 * float(x))} {round(1000 * float(y))})" for x, y in stroke) + ")"
        for stroke in strokes
    )
    return f"(character (width 1000)(height 1000)(strokes {written}))"


def _build_tesseract() -> Reader | None:
    """tesseract reads pictures, as one raw line (--psm 13); the first character of its answer counts."""
    if not shutil.which("tesseract") or not TESSERACT_MODEL.is_file():
        return None

    def read(drawings: list[Any]) -> list[yomite.Recognition | None]:
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / f"{index}.png" for index in range(len(drawings))]
            for path, drawing in zip(paths, drawings, strict=True):
                ink = (255 * draw_strokes(to_strokes(drawing))).astype(np.uint8)
                Image.fromarray(255 - np.pad(ink, 40)).save(path, dpi=(300, 300))
            listing = Path(folder) / "listing.txt"
            listing.write_text("\n".join(map(str, paths)), encoding="utf-8")
            command = ["tesseract", str(listing), "stdout", "-l", "jpn", "--psm", "13"]
            done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
        pages = done.stdout.split("\f")[: len(drawings)]
        return [_to_recognition(list("".join(page.split()))[:1]) for page in pages]

    return Reader(
        "tesseract --psm 13 (pictures)",
        read,
        _list_tesseract_characters(),
        "text lines rendered with fonts (tessdata's own description); no handwriting as far as known",
    )


def _list_tesseract_characters() -> frozenset[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "jpn.lstm-unicharset"
        command = ["combine_tessdata", "-e", str(TESSERACT_MODEL), str(path)]
        subprocess.run(command, capture_output=True, check=True)
        lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return frozenset(line.split()[0] for line in lines if line.split())


def _to_recognition(texts: Sequence[str]) -> yomite.Recognition | None:
    """An answer without probabilities."""
    candidates = tuple(yomite.Candidate(text, 0.0) for text in texts)
    return yomite.Recognition(candidates, 0.0, False) if candidates else None


def _time(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _format_ms(times_ms: Sequence[float]) -> str:
    return f"{statistics.median(times_ms):.2f} ms ({np.percentile(times_ms, 95):.2f} ms)"


if __name__ == "__main__":
    main()
