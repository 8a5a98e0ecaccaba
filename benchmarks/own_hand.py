"""One's own hand from 5, 10 or 20 characters: the samples alone, or with the others in that hand.

    python benchmarks/own_hand.py --weights runs/diffusion/weights.safetensors --data-root DIR

Goes on from the base of benchmarks/generated_ink.py with drawn ink, and half of it from a folder: the samples
alone; with every other character drawn in their hand by the generator (what is misread left out); with every
other character by the rule-made hands that come nearest to the samples. Prints a Markdown table.
"""

import argparse
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from generated_ink import (
    NEW_WRITER,
    SIZE,
    add_options,
    describe_gain,
    judge,
    load_run,
    read_set,
    train_once,
)
from machine import describe_machine
from PIL import Image

from yomite.checkpoint import read_checkpoint
from yomite.data.sources import resolve_data_root
from yomite.generation.generated import check_pictures
from yomite.generation.generator import Generator, load_generator
from yomite.ink.canvas import MARGIN, place_ink
from yomite.ink.fonts import bend_ink, find_fonts, read_font
from yomite.ink.hand import HABITS, draw_habits
from yomite.ink.kanjivg import KANJIVG_FILE, read_kanjivg_characters
from yomite.ink.pen import PEN_RANGES, TRAITS, draw_lines, draw_traits
from yomite.ink.plain import draw_plain_glyphs
from yomite.ink.writing import flatten_glyph, seed_stream, write_glyph


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser)
    parser.add_argument("--tuning-steps", type=int, default=120)
    options = parser.parse_args()
    options.data_root = resolve_data_root(options.data_root)
    print(describe_machine())
    compare(options)


def compare(options: argparse.Namespace) -> None:
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
