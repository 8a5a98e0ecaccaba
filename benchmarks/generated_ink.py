"""Does the character model learn from generated ink? With and without it, on the same budget and seed.

    python benchmarks/generated_ink.py base --data-root DIR
    python benchmarks/generated_ink.py hands --weights runs/diffusion/weights.safetensors
    python benchmarks/generated_ink.py mine --weights runs/diffusion/weights.safetensors

base trains a small model of 500 characters without generated ink; hands trains it with 10 and 30 % of it;
mine teaches the base one hand. Prints Markdown tables for docs/generation.md; runs that are done are kept in
OUT. The writer of page p08 and two fonts are known neither to the generator nor to these runs.
"""

import argparse
import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from machine import describe_machine
from PIL import Image

from yomite.charset import JAPANESE, build_charset
from yomite.checkpoint import load_model, read_checkpoint
from yomite.config import RunConfig, load_config
from yomite.data.cache import open_cache
from yomite.data.samples import Reading, Sample, Source
from yomite.data.sources import open_source, resolve_data_root
from yomite.evaluation.measures import measure_share, resample
from yomite.generation.generated import check_pictures
from yomite.generation.generator import Generator, load_generator
from yomite.ink.canvas import MARGIN, place_ink
from yomite.ink.fonts import bend_ink, find_fonts, read_font
from yomite.ink.hand import HABITS, draw_habits
from yomite.ink.kanjivg import KANJIVG_FILE, read_kanjivg_characters
from yomite.ink.pen import PEN_RANGES, TRAITS, draw_lines, draw_traits
from yomite.ink.plain import draw_plain_glyphs
from yomite.ink.writing import flatten_glyph, seed_stream, write_glyph
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
    parser.add_argument("part", choices=("base", "hands", "mine"))
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--weights", type=Path, help="of the generator")
    parser.add_argument("--out", type=Path, default=Path("runs/generation"))
    parser.add_argument("--steps", type=int, default=1200, help="of the base")
    parser.add_argument("--tuning-steps", type=int, default=120, help="of my hand")
    parser.add_argument("--draw-steps", type=int, default=10, help="from noise to ink")
    parser.add_argument("--guidance", type=float, default=1.0)
    parser.add_argument("--per-character", type=int, default=2)
    options = parser.parse_args()
    options.data_root = resolve_data_root(options.data_root)
    options.out.mkdir(parents=True, exist_ok=True)
    print(describe_machine())
    {"base": run_base, "hands": run_hands, "mine": run_mine}[options.part](options)


# The small character model


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


# Use 1: more hands


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


# Use 2: my hand


def run_mine(options: argparse.Namespace) -> None:
    base = train_once(load_run(options, "generated-0", ()), options.data_root)
    generator = load_generator(options.weights)
    known = read_checkpoint(base).characters
    plain = draw_plain_glyphs(known, options.data_root, generator.size)
    hands = {
        "page p08": read_set(NEW_WRITER, plain, options.data_root),
        "Yomogi, bent": bend_font(find_fonts(["Yomogi-Regular.ttf"], options.data_root)[0], plain),
    }
    print("\n| hand | given | others | base | ink alone | samples alone | + generated | + rule-made |")
    print("|---|---|---|---|---|---|---|---|")
    for hand, (characters, images) in hands.items():
        for num_given in (5, 10, 20):
            rng = np.random.default_rng(num_given)
            given = {}
            for character in rng.choice(sorted(set(characters)), num_given, replace=False).tolist():
                places = [place for place, other in enumerate(characters) if other == character]
                given[character] = images[int(rng.choice(places))]
            rest = [character for character in plain if character not in given]
            asked = [place for place, character in enumerate(characters) if character not in given]
            texts = [characters[place] for place in asked]
            before = judge(base, texts, images[asked])
            place = f"mine-{'p08' if hand == 'page p08' else 'yomogi'}-{num_given}"
            arms = {
                f"{place}-samples": [],
                f"{place}-generated": draw_rest(generator, given, rest, plain, options),
                f"{place}-rules": write_rest(given, rest, options.data_root, generator.size),
            }
            cells = [describe_gain(judge(tune(base, "mine-ink", options), texts, images[asked]), before)]
            for name, others in arms.items():
                folder = options.out / f"{name}-pictures"
                write_folder(folder, given, others)
                cells.append(
                    describe_gain(judge(tune(base, name, options, folder), texts, images[asked]), before)
                )
            row = [hand, num_given, len(before), f"{100 * before.mean():.1f}", *cells]
            print(f"| {' | '.join(map(str, row))} |", flush=True)


def tune(base: Path, name: str, options: argparse.Namespace, folder: Path | None = None) -> Path:
    """Go on from the base with drawn ink, half of the samples from a folder where there is one."""
    overrides = [
        f"init_from={base}", f"schedule.total_steps={options.tuning_steps}", "schedule.warmup_steps=20",
        "optimizer.learning_rate=3e-4", "batch_size=64", "data.ink.share=0.5", "data.fonts.share=0",
        "data.cells.share=0",
    ]  # fmt: skip
    if folder:
        overrides += ["data.folder.share=0.5", f"data.folder.path={folder}"]
    return train_once(load_run(options, name, overrides), options.data_root)


def bend_font(font: Path, characters: Iterable[str]) -> tuple[list[str], np.ndarray]:
    """A font bent strongly: of eight seeds the one of which the base reads least, so that there is room."""
    habits = draw_habits(np.random.default_rng(3).normal(size=len(HABITS)), 0.5, 1.7)
    seed_stream(3)
    drawn = [
        (character, place_ink(bend_ink(mask, habits, 80.0, 0.45, 4.0), SIZE, MARGIN))
        for character, mask in read_font(font, characters)
    ]
    return [character for character, _ in drawn], np.stack([image for _, image in drawn])


def draw_rest(
    generator: Generator,
    given: dict[str, np.ndarray],
    rest: list[str],
    plain: dict[str, np.ndarray],
    options: argparse.Namespace,
) -> list[tuple[str, np.ndarray]]:
    """Each other character once in the hand of those given; what is misread is left out."""
    style = generator.find_style(np.stack(list(given.values())))
    glyphs = np.stack([plain[character] for character in rest])
    images = generator.draw(glyphs, style, steps=options.draw_steps, guidance=options.guidance, seed=1)
    is_right = check_pictures(images, rest)
    return [(rest[place], images[place]) for place in np.flatnonzero(is_right)]


def write_rest(
    given: dict[str, np.ndarray], rest: list[str], data_root: Path, size: int, num_tried: int = 300
) -> list[tuple[str, np.ndarray]]:
    """Each other character once by those rule-made hands whose writing comes nearest to what is given."""
    flat = {
        character: flatten_glyph(glyph)
        for character, glyph in read_kanjivg_characters(data_root / KANJIVG_FILE, [*given, *rest]).items()
    }
    rng = np.random.default_rng(0)

    def write(character: str, habits: np.ndarray, traits: np.ndarray) -> np.ndarray:
        return place_ink(draw_lines(*write_glyph(*flat[character], habits), traits, 80.0, 2.0), size, MARGIN)

    tried = []
    for number in range(num_tried):
        seed_stream(number)
        habits = draw_habits(rng.normal(size=len(HABITS)), 0.15 * rng.random(), 0.5 + 0.8 * rng.random())
        traits = draw_traits(rng.random(len(TRAITS)), PEN_RANGES[int(rng.integers(len(PEN_RANGES)))])
        gaps = [
            np.abs(blur(write(character, habits, traits)) - blur(image)).mean()
            for character, image in given.items()
            if character in flat
        ]
        tried.append((float(np.mean(gaps)), number, habits, traits))
    best = sorted(tried, key=lambda hand: hand[:2])[:5]
    written = []
    for number, character in enumerate(character for character in rest if character in flat):
        seed_stream(10_000 + number)
        _, _, habits, traits = best[number % len(best)]
        written.append((character, write(character, habits, traits)))
    return written


def blur(image: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(image).resize((12, 12), Image.Resampling.BOX), np.float32)


def write_folder(folder: Path, given: dict[str, np.ndarray], others: list[tuple[str, np.ndarray]]) -> None:
    """Pictures in a folder for each character; of all, two fifths are of those given, by copies."""
    shutil.rmtree(folder, ignore_errors=True)
    copies = max(1, round(2 / 3 * len(others) / len(given)))
    named = [(character, image) for character, image in given.items() for _ in range(copies)] + others
    for number, (character, image) in enumerate(named):
        place = folder / f"U+{ord(character):04X}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - image).save(place / f"{number}.png")


if __name__ == "__main__":
    main()
