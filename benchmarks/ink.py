"""How fast samples are drawn: images a second on one core, on the mix that the released model learns from.

    OMP_NUM_THREADS=1 python benchmarks/ink.py --data-root ../shared/data

From a glyph in memory to the canvas, uint8 48 x 48, after warm-up (compiling). A random part of the
characters is enough and spares minutes of reading fonts; `--num-characters 0` takes all. Prints two tables
for benchmarks/README.md.
"""

import argparse
import random
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from machine import describe_machine

from yomite.charset import Charset, build_charset
from yomite.config import load_config
from yomite.data.sources import resolve_data_root
from yomite.ink.canvas import MARGIN
from yomite.ink.fonts import bend_ink
from yomite.ink.hand import HABITS, draw_habits
from yomite.ink.pen import PEN_NAMES, PEN_RANGES, TRAITS, draw_lines, draw_traits, lay_on_paper
from yomite.ink.writing import seed_stream, write_glyph
from yomite.streams import drawn_kernel
from yomite.streams.drawn import DrawnStream, build_drawn, stack_pens

PROJECT = Path(__file__).parents[1]
BATCH_SIZE = 256


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, default=PROJECT / "configs" / "released.yaml")
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--num-characters", type=int, default=500, help="0: all of them")
    parser.add_argument("--num-images", type=int, default=8192)
    options = parser.parse_args()
    config = load_config(options.config)
    charset = build_charset(config.charset)
    if options.num_characters:
        chosen = random.Random(0).sample(charset.characters, options.num_characters)
        charset = Charset(charset.name, tuple(sorted(chosen, key=charset.label)))
    stream = build_drawn(
        config.data, charset, resolve_data_root(options.data_root), config.seed, config.model.input_size
    )
    stream.draw(0, np.arange(BATCH_SIZE))  # compiles
    print(f"{describe_machine()}, {options.config.name}, {len(charset)} characters\n")
    print_rate(stream, options.num_images)
    print()
    print_stages(stream, config.data.ink.haste, config.model.input_size)


def print_rate(stream: DrawnStream, num_images: int) -> None:
    """Whole batches, as the loader asks for them."""
    cpu, wall = time.process_time(), time.perf_counter()
    for first in range(0, num_images, BATCH_SIZE):
        stream.draw(1, np.arange(first, first + BATCH_SIZE))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    num_images = -(-num_images // BATCH_SIZE) * BATCH_SIZE
    print("| the whole mix | images/s |\n|---|---|")
    print(f"| by processor time (one core to itself) | {num_images / cpu:,.0f} |")
    print(f"| by the clock | {num_images / wall:,.0f} |")


def print_stages(stream: DrawnStream, haste_share: float, size: int, num_images: int = 1000) -> None:
    """Each step by itself, called from Python (about 1 µs a call more than inside the compiled stream)."""
    rng = np.random.default_rng(0)
    pen_steps = stack_pens(PEN_NAMES)
    glyphs, habits, traits, lengths, pads = [], [], [], [], []
    for _ in range(num_images):
        # The choices of the compiled stream.
        haste = 0.15 * rng.random()
        if rng.random() < haste_share:
            haste = 0.15 + 0.95 * rng.random()
        habits.append(draw_habits(rng.normal(size=len(HABITS)), haste, 0.5 + 0.8 * rng.random()))
        traits.append(
            draw_traits(
                rng.random(len(TRAITS)), PEN_RANGES[np.searchsorted(pen_steps, rng.random(), side="right")]
            )
        )
        lengths.append(44.0 + 60.0 * rng.random())
        pads.append(12.0 * rng.random() ** 2)
        glyphs.append(pick_glyph(stream, rng))
    seed_stream(0)
    times: dict[str, float] = {}

    def run(name: str, step: Callable, *columns: list) -> list:
        step(*(column[0] for column in columns))  # compiles, if this is the first call from Python
        start = time.process_time()
        results = [step(*row) for row in zip(*columns, strict=True)]
        times[name] = (time.process_time() - start) / len(results) * 1e6
        return results

    written = run("write: the hand", lambda glyph, habit: write_glyph(*glyph, habit), glyphs, habits)
    inks = run(
        "draw: the pen",
        lambda one, trait, length, pad: draw_lines(*one, trait, length, pad),
        written, traits, lengths, pads,
    )  # fmt: skip
    pictures = run("paper: grain, blur, light, noise", lay_on_paper, inks, traits)
    measured = run("measure: ink from paper", drawn_kernel._measure_ink, pictures)
    measured = [ink for ink, has_ink in measured if has_ink]
    run("place: into the square", lambda ink: drawn_kernel._place_ink(ink, size, MARGIN), measured)
    total = sum(times.values())
    print("| a sample of strokes | µs of processor time | share |\n|---|---|---|")
    for name, microseconds in times.items():
        print(f"| {name} | {microseconds:.0f} | {100 * microseconds / total:.0f} % |")
    print(f"| together | {total:.0f} | {1e6 / total:,.0f} images/s |")
    if len(stream._repertoire.masks):
        masks = [
            stream._repertoire.masks[rng.integers(len(stream._repertoire.masks))] for _ in range(num_images)
        ]
        run(
            "bend",
            lambda mask, habit, length: bend_ink(mask, habit, length, 0.4, 4.0),
            masks,
            habits,
            lengths,
        )
        print(f"| a font's glyph: bend instead of write and draw | {times['bend']:.0f} | |")
    seeds = run(
        "seed",
        lambda index: np.random.SeedSequence((0, 1, index)).generate_state(1)[0],
        [*map(int, range(9999))],
    )
    assert len(set(seeds)) > 9000
    print(f"| seed: of (seed, epoch, index) | {times['seed']:.0f} | |")


def pick_glyph(stream: DrawnStream, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One flattened glyph, as often as the stream draws its character."""
    repertoire = stream._repertoire
    while True:
        label = rng.choice(len(stream.class_weights), p=stream.class_weights)
        first, last = repertoire.class_glyphs[label : label + 2]
        if last > first:
            break
    glyph = rng.integers(first, last)
    strokes, points = (
        repertoire.glyph_strokes[glyph : glyph + 2],
        repertoire.glyph_points[glyph : glyph + 2],
    )
    return (
        repertoire.points[points[0] : points[1]],
        repertoire.offsets[strokes[0] + glyph : strokes[1] + glyph + 1],
        repertoire.components[strokes[0] : strokes[1]],
    )


if __name__ == "__main__":
    main()
