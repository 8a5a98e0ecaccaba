"""Does the character model learn from generated ink? With and without it, on the same budget and seed.

    python benchmarks/generated_ink.py base --data-root DIR
    python benchmarks/generated_ink.py hands --weights runs/diffusion/weights.safetensors

base trains a small model of 500 characters without generated ink, hands trains it with 10 and 30 % of it.
Prints Markdown tables for docs/generation.md; runs that are done are kept in OUT. The writer of page p08 and
two fonts are known neither to the generator nor to these runs. benchmarks/own_hand.py teaches the base one
hand.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from machine import describe_machine

from yomite.charset import JAPANESE, build_charset
from yomite.checkpoint import load_model, read_checkpoint
from yomite.config import RunConfig, load_config
from yomite.data.cache import open_cache
from yomite.data.samples import Reading, Sample, Source
from yomite.data.sources import open_source, resolve_data_root
from yomite.evaluation.measures import measure_share, resample
from yomite.training.loop import train

PROJECT = Path(__file__).parents[1]
CONFIG = PROJECT / "configs" / "zoo.yaml"
PAGES = tuple(f"p0{page}" for page in range(1, 8))
NEW_WRITER = "cells/hiragana-sheets:p08"
NEW_FONTS = ("fonts/Yomogi-Regular", "fonts/ZenKurenaido-Regular")
FONTS = ("KleeOne-Regular.otf", "KleeOne-SemiBold.otf", "HachiMaruPop-Regular.ttf", "YuseiMagic-Regular.ttf",
         "YujiBoku-Regular.ttf", "LXGWMarkerGothic-Regular.ttf")  # fmt: skip
SETS = ("dev/touchscreen-100", "dev/hasty-kanji", "dev/hiragana-sheets", "dev/freehand-jis-kanji",
        "dev/freehand-hiragana", *NEW_FONTS)  # fmt: skip
NUM_CLASSES, SIZE = 500, 48


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=("base", "hands"))
    add_options(parser)
    parser.add_argument("--per-character", type=int, default=2)
    options = parser.parse_args()
    options.data_root = resolve_data_root(options.data_root)
    print(describe_machine())
    {"base": run_base, "hands": run_hands}[options.part](options)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--weights", type=Path, help="of the generator")
    parser.add_argument("--out", type=Path, default=Path("runs/generation"))
    parser.add_argument("--steps", type=int, default=1200, help="of the base")
    parser.add_argument("--draw-steps", type=int, default=10, help="from noise to ink")
    parser.add_argument("--guidance", type=float, default=1.0)


def open_set(name: str, data_root: Path) -> Source:
    """Open a set by name; dev/hasty-kanji has strokes in a list of its own form."""
    path = data_root / f"{name}.jsonl"
    if not path.is_file():
        return open_source(name, data_root)

    def read() -> Reading:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            row = json.loads(line)
            yield Sample(row["strokes"], row["character"], "", str(number))

    return Source(name, read, lambda: [path], path=path)


def choose_characters(data_root: Path) -> list[str]:
    """The kana, the kanji of two dev sets, and kanji in the order of the school grades."""
    names = ("dev/touchscreen-100", "dev/hasty-kanji")
    shown = [sample.character for name in names for sample in open_set(name, data_root)]
    known = build_charset("full")
    characters = [*build_charset("kana"), *shown, *build_charset("kyoiku")]
    return [character for character in dict.fromkeys(characters) if character in known][:NUM_CLASSES]


def load_run(options: argparse.Namespace, name: str, overrides: Sequence[str]) -> RunConfig:
    path = options.out / "characters.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text("".join(choose_characters(options.data_root)), encoding="utf-8")
    shared = [
        f"charset={path}", f"out={options.out / name}", f"schedule.total_steps={options.steps}",
        "model.arguments={widths: [16, 32, 96], embedding: 96}", f"data.fonts.files=[{','.join(FONTS)}]",
        "data.cells.share=0.15", f"data.cells.pages=[{','.join(PAGES)}]", "validation.sources=[]",
        "data.allow_missing=true", "precision=fp32", "loader.workers=0",
    ]  # fmt: skip
    return load_config(CONFIG, [*shared, *overrides])


def train_once(config: RunConfig, data_root: Path) -> Path:
    weights = config.folder / "weights.safetensors"
    return weights if weights.exists() else train(config, data_root=data_root, resume=True)


@torch.no_grad()
def judge(weights: Path, characters: Sequence[str], images: np.ndarray) -> np.ndarray:
    """Which canvas images are read right, bool (N,), look-alikes allowed."""
    checkpoint = read_checkpoint(weights)
    model = load_model(checkpoint)
    some = torch.from_numpy(np.ascontiguousarray(images))[:, None].split(256)
    labels = torch.cat([model(part).argmax(dim=1) for part in some]).tolist()
    return np.array(
        [
            checkpoint.characters[label] in JAPANESE.lookalikes_of(character)
            for label, character in zip(labels, characters, strict=True)
        ]
    )


def read_set(source: str, known: Iterable[str], data_root: Path) -> tuple[list[str], np.ndarray]:
    """Read the samples of a source that are among the known characters: what they are, uint8 (N, S, S)."""
    cache = open_cache(open_set(source, data_root), size=SIZE)
    chosen = [index for index, character in enumerate(cache.characters) if character in set(known)]
    return [cache.characters[index] for index in chosen], np.asarray(cache.images[chosen])


def describe_gain(is_right: np.ndarray, base: np.ndarray) -> str:
    """The share, and what it gains over the base on the same samples, with the interval of the difference."""
    gains = is_right.astype(float) - base
    low, high = resample((gains,), np.mean)
    return f"{100 * is_right.mean():.1f} ({100 * gains.mean():+.1f}: {100 * low:+.1f} to {100 * high:+.1f})"


def run_base(options: argparse.Namespace) -> None:
    config = load_run(options, "generated-0", ())
    weights = train_once(config, options.data_root)
    print(f"\n{NUM_CLASSES} characters, {config.schedule.total_steps} steps of {config.batch_size}\n")
    print("| set | samples | top-1 |\n|---|---|---|")
    for source in (*SETS, NEW_WRITER):
        texts, images = read_set(source, read_checkpoint(weights).characters, options.data_root)
        share = measure_share(judge(weights, texts, images))
        print(f"| {source} | {share.num_samples:,} | {share} |")


def run_hands(options: argparse.Namespace) -> None:
    weights = {0: train_once(load_run(options, "generated-0", ()), options.data_root)}
    for percent in (30, 10):
        rest = 1.0 - percent / 100.0  # zoo.yaml: ink 0.70, fonts 0.15, cells 0.15
        config = load_run(
            options,
            f"generated-{percent}",
            (
                f"data.ink.share={0.70 * rest}", f"data.fonts.share={0.15 * rest}",
                f"data.cells.share={0.15 * rest}", f"data.generated.share={percent / 100.0}",
                f"data.generated.weights={options.weights}",
                f"data.generated.like=[{','.join(f'cells/hiragana-sheets:{page}' for page in PAGES)}]",
                f"data.generated.steps={options.draw_steps}", f"data.generated.guidance={options.guidance}",
                f"data.generated.per_character={options.per_character}",
            ),
        )  # fmt: skip
        weights[percent] = train_once(config, options.data_root)
    print("\n| set | samples | 0 % | 10 %: top-1 (gain: interval) | 30 %: top-1 (gain: interval) |")
    print("|---|---|---|---|---|")
    for source in (*SETS, NEW_WRITER):
        texts, images = read_set(source, read_checkpoint(weights[0]).characters, options.data_root)
        rights = {percent: judge(path, texts, images) for percent, path in weights.items()}
        gains = " | ".join(describe_gain(rights[percent], rights[0]) for percent in (10, 30))
        print(f"| {source} | {len(rights[0]):,} | {100 * rights[0].mean():.1f} | {gains} |")


if __name__ == "__main__":
    main()
