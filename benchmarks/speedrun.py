"""From nothing to 99 % on dev/freehand-jis-kanji: trains configs/speedrun.yaml and prints how long it took.

    python benchmarks/speedrun.py --data-root ../shared/data [section.key=value ...]

The clock runs from the start of the program: imports, compiling, reading strokes, drawing every sample,
training and validating count. Top-1 is over all characters of the charset, look-alikes counted as right. The
run ends at the first validation that reaches the target; `best.safetensors` in the run's folder holds its
weights. Prints a table for benchmarks/README.md. Nothing else should run on the machine meanwhile.
"""

import time

STARTED = time.perf_counter()  # before anything that takes time is imported

import argparse  # noqa: E402
import datetime  # noqa: E402
import json  # noqa: E402
import platform  # noqa: E402
import shutil  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from pathlib import Path  # noqa: E402

import torch  # noqa: E402
from machine import read_commit  # noqa: E402

from yomite.config import RunConfig, load_config  # noqa: E402
from yomite.cores import count_cores  # noqa: E402
from yomite.data.sources import resolve_data_root  # noqa: E402
from yomite.streams import Stream  # noqa: E402
from yomite.tasks import ValidationSet  # noqa: E402
from yomite.training.distributed import World  # noqa: E402
from yomite.training.loop import train  # noqa: E402

PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Split:
    """One validation of the race: seconds since the start, and scores 0..1."""

    step: int
    samples: int
    seconds: float
    lookalike_top1: float
    strict_top1: float


class Reached(Exception):
    """The target is reached: the race is over."""


def main() -> None:
    """Run the race that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--target", type=float, default=0.99, help="look-alike top-1, 0..1")
    parser.add_argument("overrides", nargs="*", metavar="section.key=value")
    options = parser.parse_args()
    config = load_config(PROJECT / "configs" / "speedrun.yaml", options.overrides)
    splits = race(config, resolve_data_root(options.data_root), options.target, STARTED)
    print(format_race(config, splits, options.target))


def race(
    config: RunConfig,
    data_root: Path,
    target: float,
    started: float,
    stream: Stream | None = None,
    validation: Sequence[ValidationSet] | None = None,
) -> list[Split]:
    """Trains until the target is reached or the steps are used up; the validations on the way.

    Args:
        config: A run with one validation set; what its folder holds of an earlier race is removed.
        data_root: Where the data sets are.
        target: Look-alike top-1, 0..1.
        started: time.perf_counter() when the clock began.
        stream: Samples instead of those that config.data describes.
        validation: Sets instead of those that config.validation names.
    """
    shutil.rmtree(config.folder, ignore_errors=True)
    log_path = config.folder / "log.jsonl"
    splits: list[Split] = []

    def look() -> None:
        """Takes down the validations that are new."""
        text = log_path.read_text(encoding="utf-8") if log_path.is_file() else ""
        records = [json.loads(line) for line in text.splitlines()]
        for record in [record for record in records if "top1_lookalikes" in record][len(splits) :]:
            seconds, step = time.perf_counter() - started, record["step"]
            scores = record["top1_lookalikes"], record["top1"]
            splits.append(Split(step, step * config.batch_size, seconds, *scores))

    num_begun = 0

    def mark(part: str) -> None:
        nonlocal num_begun
        if part != "loader":
            return
        if num_begun % config.validation.every_steps == 0:
            look()
            if splits and splits[-1].lookalike_top1 >= target:
                raise Reached
        num_begun += 1

    try:
        train(config, data_root=data_root, stream=stream, validation=validation, mark=mark)
        look()
    except Reached:
        pass
    return splits


def format_race(config: RunConfig, splits: Sequence[Split], target: float) -> str:
    """The table, and one line that says how it ended."""
    device = World.alone().device
    cores = f"{count_cores()} cores {platform.machine()}"
    chip = f"{torch.cuda.get_device_name()}, {cores}" if device.type == "cuda" else cores
    lines = [
        f"{config.name}: {', '.join(config.validation.sources)}, {chip}, commit {read_commit()}, "
        f"{datetime.date.today()}",
        "",
        "| samples | time | look-alike top-1 | strict top-1 |",
        "|---|---|---|---|",
    ]
    for split in splits:
        lines.append(
            f"| {split.samples:,} | {format_time(split.seconds)} | {100 * split.lookalike_top1:.2f} % "
            f"| {100 * split.strict_top1:.2f} % |"
        )
    best = max(splits, key=lambda split: split.lookalike_top1)
    if best.lookalike_top1 >= target:
        end = f"{100 * target:g} % reached after {format_time(best.seconds)}, start of the program included"
    else:
        reached = f"{100 * best.lookalike_top1:.2f} % after {format_time(best.seconds)}"
        end = f"{100 * target:g} % not reached: {reached}"
    return "\n".join([*lines, "", end])


def format_time(seconds: float) -> str:
    """Minutes and seconds, as 14:03."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


if __name__ == "__main__":
    main()
