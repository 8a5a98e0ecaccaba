"""What fine-tuning on a few samples of a new writer gives him, and what it costs everybody else.

    python benchmarks/finetuning.py --data-root DIR --font FILE.ttf --source NAME [section.key=value ...]

A writer is a font that the weights never saw, drawn through different pens and by different hands, or a
source of real samples. For each writer and number of samples a class: fine-tunes as configs/finetune.yaml
says, exports without a calibration set, and scores the writer's other samples and the sets of dev/. Prints a
table.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from machine import read_commit
from numba import njit
from PIL import Image

from yomite.charset import build_charset, script_of
from yomite.checkpoint import read_checkpoint
from yomite.config import load_config
from yomite.cores import count_cores
from yomite.data.samples import Sample
from yomite.data.sources import open_source, resolve_data_root
from yomite.evaluation.report import Report, evaluate
from yomite.ink.fonts import bend_ink, read_font
from yomite.ink.hand import HABITS, draw_habits
from yomite.ink.pen import PEN_RANGES, TRAITS, draw_traits, lay_on_paper
from yomite.ink.pictures import read_gray
from yomite.reading.characters import load
from yomite.shipping.export import export_model
from yomite.training.finetune import find_weights
from yomite.training.loop import train

PROJECT = Path(__file__).parents[1]
OTHERS = (
    "dev/touchscreen-100",
    "dev/hiragana-sheets",
    "dev/freehand-jis-kanji",
    "dev/freehand-hiragana",
)
HASTY = "dev/hasty-kanji.jsonl"
"""Lines of a character and its strokes; like the sets above, scored only."""

NUM_KANJI = 100
NUM_TESTED = 4
"""Samples a class of a font that are scored."""


def main() -> None:
    """Fine-tune for each writer that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--base", default="yomite-character", help="weights to start from, with their .onnx")
    parser.add_argument("--font", type=Path, action="append", default=[], help="a font the base never saw")
    parser.add_argument("--source", action="append", default=[], help="real samples the base never saw")
    parser.add_argument("--num", type=int, nargs="+", default=[1, 5], help="samples a class to learn from")
    parser.add_argument("--out", type=Path, help="where the runs go; by default a folder that is removed")
    parser.add_argument("overrides", nargs="*", metavar="section.key=value")
    options = parser.parse_args()
    data_root = resolve_data_root(options.data_root)
    writers = {font.stem: list(draw_writer(font)) for font in options.font}
    writers |= {name: list(open_source(name, data_root)) for name in options.source}
    others = {name: list(open_source(name, data_root)) for name in OTHERS}
    others[HASTY] = list(read_hasty(data_root / HASTY))
    with tempfile.TemporaryDirectory() as folder:
        out = options.out or Path(folder)
        base = find_weights(options.base)
        print(
            f"{base.stem}, {count_cores()} cores {platform.machine()}, commit {read_commit()}, "
            f"{datetime.date.today()}\nlook-alike top-1 / rejected / ECE in percent, prior text\n"
        )
        print_row("", "", "this writer", *others)
        print_row(*["---"] * (3 + len(others)))
        before = score(base.with_suffix(".onnx"), others)
        for name, samples in writers.items():
            kept, learned = split(samples, max(options.num))
            (own,) = score(base.with_suffix(".onnx"), {name: kept})
            print_row(name, "before", own, *before)
            for num in options.num:
                run = out / f"{name.replace('/', '-')}-{num}"
                few = [sample for group in learned.values() for sample in group[:num]]
                write_folder(few, run / "samples")
                words = [
                    f"init_from={options.base}",
                    f"data.folder.path={run / 'samples'}",
                    f"out={run / 'run'}",
                ]
                config = load_config(PROJECT / "configs" / "finetune.yaml", [*words, *options.overrides])
                weights = train(config, data_root=data_root)
                model = weights.with_suffix(".onnx")
                export_model(
                    read_checkpoint(weights), model, name="mine", data_root=data_root, show=lambda _: None
                )
                print_row(name, f"{num} a class", *score(model, {name: kept, **others}))


def draw_writer(font: Path, seed: int = 0, num: int = 5 + NUM_TESTED) -> Iterator[Sample]:
    """Draw a font's kana and NUM_KANJI kyoiku kanji, each time with another pen and by another hand."""
    rng = np.random.default_rng(seed)
    kana, kanji = (list(build_charset(name)) for name in ("kana", "kyoiku"))
    kanji = [character for character in kanji if script_of(character) == "kanji"]
    kana = [character for character in kana if script_of(character) in ("hiragana", "katakana")]
    chosen = [*kana, *kanji[:: len(kanji) // NUM_KANJI][:NUM_KANJI]]
    _seed_kernels(seed)
    for character, mask in read_font(font, chosen):
        for number in range(num):
            habits = draw_habits(rng.normal(size=len(HABITS)), 0.0, 1.0)
            habits[list(HABITS).index("wave")] = rng.uniform(0.005, 0.02)
            traits = draw_traits(rng.random(len(TRAITS)), PEN_RANGES[rng.integers(len(PEN_RANGES))])
            coverage = bend_ink(mask, habits, rng.uniform(60, 110), rng.uniform(0.3, 0.6), 4.0)
            yield Sample(
                lay_on_paper(coverage, traits), character, writer=font.stem, name=f"{character}/{number}"
            )


@njit
def _seed_kernels(seed: int) -> None:
    np.random.seed(seed)  # of compiled code, which has a state of its own


def read_hasty(path: Path) -> Iterator[Sample]:
    """Read one writer's hasty kanji."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        drawing = json.loads(line)
        yield Sample(drawing["strokes"], drawing["character"], writer="", name=str(number))


def split(samples: Sequence[Sample], most: int) -> tuple[list[Sample], dict[str, list[Sample]]]:
    """Deal `most` samples of each character, by chance, to learn from; the others are scored."""
    groups: dict[str, list[Sample]] = defaultdict(list)
    for index in np.random.default_rng(0).permutation(len(samples)).tolist():
        groups[samples[index].character].append(samples[index])
    kept = [sample for group in groups.values() for sample in group[most:]]
    return kept, {character: group[:most] for character, group in groups.items()}


def write_folder(samples: Iterable[Sample], folder: Path) -> None:
    """Write pictures as one's own are kept: a folder for each character."""
    for number, sample in enumerate(samples):
        path = folder / f"U+{ord(sample.character):04X}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(read_gray(sample.picture)).save(path)


def score(model: Path, sets: dict[str, list[Sample]]) -> list[Report]:
    """Score a model file on each set, with the text prior."""
    reader = load(model)

    def read(pictures: list[Any]) -> Sequence[object]:
        return reader.recognize_many(pictures, top=5, errors="return")

    return [evaluate(read, samples, data=name, model=reader.name) for name, samples in sets.items()]


def print_row(*cells: str | Report) -> None:
    """Print a row of the table."""
    texts = [cell if isinstance(cell, str) else format_scores(cell) for cell in cells]
    print(f"| {' | '.join(texts)} |", flush=True)


def format_scores(report: Report) -> str:
    """Look-alike top-1, rejected and ECE in percent."""
    names = ("lookalike_top1", "rejected", "calibration_error")
    return " / ".join(f"{100 * report.shares[name].value:.1f}" for name in names)


if __name__ == "__main__":
    main()
