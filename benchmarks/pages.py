"""How long pages take to read, each scaled to one size, and the memory of it.

    python benchmarks/pages.py --folder ../shared/data/dev/lines/pages

Prints a table for docs/pages.md.
"""

import argparse
import resource
import statistics
import time
from pathlib import Path

from machine import describe_machine
from PIL import Image, ImageOps

import yomite
from yomite.cores import count_cores


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="pictures of pages")
    parser.add_argument("--side", type=int, default=1600, help="their longer side in px; 0: as they are")
    parser.add_argument("--threads", type=int, default=count_cores())
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    print(f"{describe_machine()}; {options.threads} threads\n")
    reader = yomite.load(num_threads=options.threads)
    paths = [path for path in sorted(options.folder.iterdir()) if path.suffix in (".jpg", ".png")]
    reader.read(paths[0])  # opens the models
    print("| page | px | lines | characters | s, median (least to most) |\n|---|---|---|---|---|")
    medians = []
    for path in paths:
        with Image.open(path) as picture:
            page = ImageOps.exif_transpose(picture).convert("RGB")
        if options.side:
            scale = options.side / max(page.size)
            page = page.resize((round(page.width * scale), round(page.height * scale)))
        seconds = []
        for _ in range(options.times):
            start = time.perf_counter()
            result = reader.read(page)
            seconds.append(time.perf_counter() - start)
        medians.append(statistics.median(seconds))
        num_characters = sum(len(line.characters) for line in result.lines)
        print(
            f"| {path.stem} | {page.width} x {page.height} | {len(result.lines)} | {num_characters} | "
            f"{medians[-1]:.2f} ({min(seconds):.2f} to {max(seconds):.2f}) |"
        )
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"\nMedian of the pages {statistics.median(medians):.2f} s, longest {max(medians):.2f} s;", end=" ")
    print(f"peak memory {peak_mb:,.0f} MB.")


if __name__ == "__main__":
    main()
