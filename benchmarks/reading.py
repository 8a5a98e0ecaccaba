"""How fast single characters are read. benchmarks/peers.py puts other readers beside it.

    python benchmarks/reading.py --data-root ../shared/data

Prints a table for benchmarks/README.md.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_machine

import yomite
from yomite.data.sources import open_source

EXAMPLE = Path(__file__).parents[1] / "examples" / "ei.png"
NUM_WARM_UP = 50


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="released name or ONNX file")
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--pictures", default="dev/touchscreen-100", help="what to read")
    options = parser.parse_args()
    model = yomite.load(options.model)
    print(describe_machine())
    print()
    _print_speed(
        model, [sample.picture for sample in open_source(options.pictures, options.data_root)], options
    )


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


def _time(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _format_ms(times_ms: Sequence[float]) -> str:
    return f"{statistics.median(times_ms):.2f} ms ({np.percentile(times_ms, 95):.2f} ms)"


if __name__ == "__main__":
    main()
