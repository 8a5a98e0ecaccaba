"""How fast lines are composed: lines and characters a second on one core.

    OMP_NUM_THREADS=1 python benchmarks/lines.py --data-root ../shared/data

From a text to the gray picture of a crop, after warm-up (compiling). `--sheet FILE` writes a contact
sheet, to lay beside real lines. Prints a table for benchmarks/README.md.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from machine import describe_machine
from PIL import Image

from yomite.data.sources import resolve_data_root
from yomite.ink.line import ComposedLine, LineComposer, build_line_composer

ROW_PX, ROW_LENGTH_PX = 56, 860


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--cache-folder", type=Path, help="keeps the glyphs for the next time")
    parser.add_argument("--num-lines", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheet", type=Path, help="contact sheet of 30 horizontal and 15 vertical lines")
    options = parser.parse_args()
    start = time.process_time()
    composer = build_line_composer(
        resolve_data_root(options.data_root), seed=options.seed, cache_folder=options.cache_folder
    )
    print(f"{describe_machine()}; sources read in {time.process_time() - start:.0f} s of processor time\n")
    if options.sheet:
        Image.fromarray(lay_sheet(composer, 30, 15)).save(options.sheet)
        print(options.sheet)
    print_rate(composer, options.num_lines)


def print_rate(composer: LineComposer, num_lines: int) -> None:
    """Print lines and characters a second, by processor time and by the clock."""
    for index in range(40):
        composer.compose(1, index)  # compiles
    cpu, wall = time.process_time(), time.perf_counter()
    num_characters = sum(len(composer.compose(0, index).text) for index in range(num_lines))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(f"{num_lines} lines of {num_characters / num_lines:.1f} characters\n")
    print("| one core | lines/s | characters/s | lines of 15 characters/s |\n|---|---|---|---|")
    for name, seconds in (("by processor time", cpu), ("by the clock", wall)):
        rate = num_characters / seconds
        print(f"| {name} | {num_lines / seconds:,.0f} | {rate:,.0f} | {rate / 15:,.0f} |")


def lay_sheet(composer: LineComposer, num_horizontal: int, num_vertical: int) -> np.ndarray:
    """Return a contact sheet, uint8 (H, W): rows of horizontal lines, vertical lines below them."""
    lines: dict[str, list[ComposedLine]] = {"horizontal": [], "vertical": []}
    index = 0
    while len(lines["horizontal"]) < num_horizontal or len(lines["vertical"]) < num_vertical:
        line = composer.compose(2, index)
        lines[line.direction].append(line)
        index += 1
    rows = [fit(line.picture, ROW_LENGTH_PX, ROW_PX) for line in lines["horizontal"][:num_horizontal]]
    half = (len(rows) + 1) // 2
    upper = np.hstack([np.vstack(rows[:half]), np.vstack(rows[half : 2 * half] or rows[:half])])
    columns = [fit(line.picture, 100, 560) for line in lines["vertical"][:num_vertical]]
    lower = np.full((columns[0].shape[0], upper.shape[1]), 140, np.uint8)
    joined = np.hstack(columns)[:, : upper.shape[1]]
    lower[:, : joined.shape[1]] = joined
    return np.vstack([upper, lower])


def fit(picture: np.ndarray, width_px: int, height_px: int) -> np.ndarray:
    """Scale a picture into a box, uint8 (height_px + 6, width_px + 6); what is left over is gray."""
    scale = min(width_px / picture.shape[1], height_px / picture.shape[0])
    size = [max(round(side * scale), 1) for side in picture.shape[::-1]]
    box = np.full((height_px + 6, width_px + 6), 140, np.uint8)
    box[: size[1], : size[0]] = np.asarray(Image.fromarray(picture).resize((size[0], size[1])))
    return box


if __name__ == "__main__":
    main()
