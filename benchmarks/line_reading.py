"""How long a line takes to read, and its parts: strip, network, search, evidence, boxes.

    OMP_NUM_THREADS=1 python benchmarks/line_reading.py --data-root ../shared/data

Lines of 13 to 17 characters, their pictures in memory, one a call, one thread. Every line is read in turn,
`--rounds` times, and its shortest time counts. The language model forgets before each call what it looked
up, as if every line were a new one. Prints a table for docs/lines.md.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from machine import describe_machine
from PIL import Image, ImageOps

import yomite
from yomite.data.sources import open_source
from yomite.evaluation.text_errors import normalize_text
from yomite.reading.decoding import search
from yomite.reading.evidence import weigh_evidence
from yomite.reading.line_file import DEFAULT_LINE_MODEL
from yomite.reading.lines import LineReader
from yomite.reading.model_file import released_models

LENGTHS = range(13, 18)
PARTS = ("strip", "network", "search", "evidence", "boxes")

Times = dict[str, float]
"""ms by part."""

_Result = TypeVar("_Result")


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", type=Path, help="a line model's ONNX file; by default the released one")
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--data", default="dev/lines", help="what to read")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    print(describe_machine())
    chosen = [
        load_picture(sample.picture)
        for sample in open_source(options.data, options.data_root)
        if len(normalize_text(sample.character)) in LENGTHS
    ]
    source = options.model or released_models()[DEFAULT_LINE_MODEL]
    whole, parts = yomite.load(line=source, num_threads=1), LineReader(source)
    print(f"{source.name}: {len(chosen)} lines of {LENGTHS[0]} to {LENGTHS[-1]} characters\n")
    rounds = [[time_line(whole, parts, picture) for picture in chosen] for _ in range(options.rounds + 1)]
    lines = [keep_shortest(times) for times in zip(*rounds[1:], strict=True)]  # the first opens the models
    print("| part | ms, median | least to most |\n|---|---|---|")
    for times in lines:
        times["the rest"] = times["read_line"] - sum(times[part] for part in PARTS)
    for part in (*PARTS, "the rest", "read_line"):
        ms = [times[part] for times in lines]
        print(f"| {part} | {statistics.median(ms):.1f} | {min(ms):.1f} to {max(ms):.1f} |")


def load_picture(path: Path) -> np.ndarray:
    """Read a picture into memory, upright, uint8 (H, W, 3)."""
    with Image.open(path) as picture:
        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))


def time_line(reader: yomite.Recognizer, parts: LineReader, picture: np.ndarray) -> Times:
    """Read a line part by part, and as a whole."""
    times: Times = dict.fromkeys(PARTS, 0.0)

    def measure(part: str, call: Callable[[], _Result]) -> _Result:
        start = time.perf_counter()
        result = call()
        times[part] = times.get(part, 0.0) + 1000 * (time.perf_counter() - start)
        return result

    file, model = parts.file, parts.language_model
    if model:
        model.forget()
    for strip in measure("strip", lambda: parts.prepare(picture, "auto")):
        steps = measure("network", lambda: file.compute(strip.image, strip.direction))  # noqa: B023
        texts = measure("search", lambda: search(steps, file.characters, model, file.weights))  # noqa: B023
        weigh = lambda: weigh_evidence(steps, texts, file.characters, model, file.weights)  # noqa: B023, E731
        evidence = measure("evidence", weigh)
        measure("boxes", lambda: strip.find_boxes(evidence.spans * file.step_px))  # noqa: B023
    opened = reader._open_line_reader().language_model
    if opened:
        opened.forget()
    measure("read_line", lambda: reader.read_line(picture))
    return times


def keep_shortest(several: tuple[Times, ...]) -> Times:
    """Return the shortest time of each part."""
    return {part: min(times[part] for times in several) for part in several[0]}


if __name__ == "__main__":
    main()
