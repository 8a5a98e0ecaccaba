"""Cut the practice sheets of github.com/joonaslomps/hiragana-ocr into the cells of cells/, dev/ and test/.

    python benchmarks/sheets.py cut --data-root DIR --from CLONE/data/templates
    python benchmarks/sheets.py check --data-root DIR

A sheet is a table: a row for each hiragana, the model in the first column, then 13 times by hand. `cut` reads
SHEET/file-pageN-crop.jpg, or file-pageN.jpg, finds the rulings and writes what stands between them.
A cell that is cut a pixel to the side is another file, so `check` compares what cells look like: where on
a grid of 8 x 8 there is more ink than on average, 64 bits a cell (benchmarks/sets/*.looks). `list` writes
these anew. The pages stand for writers: p01 to p08 are for training, p09 is dev, p10 and p11 are test.
"""

from __future__ import annotations

import argparse
import io
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from sets import LISTS, open_files

from yomite.files import open_whole

SHEETS = {
    "a-ni": "あいうえおかきくけこさしすせそたちつてとなに",
    "nu-wa": "ぬねのはひふへほまみむめもやゆよらりるれろわ",
    "wo-zo": "をんばびぶべぼぱぴぷぺぽがぎぐげござじずぜぞ",
    "da-do": "だぢづでど",
}
"""The characters of the rows, from the top."""

NUM_COLUMNS = 14
PAGES = {
    "cells/hiragana-sheets.zip": range(1, 9),
    "dev/hiragana-sheets.zip": range(9, 10),
    "test/hiragana-sheets.zip": range(10, 12),
}
LEFT_OUT = {(2, 7), (2, 13)}
"""Page and column of what is in none of the sets."""

LOOK_SIDE, NUM_OTHER_BITS = 8, 14
"""Cells that differ in more bits of their look than this are not the same writing."""

PITCHES = np.arange(0.6, 1.001, 0.005)
"""How wide a column may be, of the page's width shared out; the margins take the rest."""

MAX_DRIFT = 0.06
"""Of the pitch: how much farther or nearer than usual a ruling may lie, for paper and scanner bend."""

INSET_PX = 3
"""From where a ruling ends to where the cell begins."""


class Grid(NamedTuple):
    """The middles of the rulings of a table, int64 px from the left and from the top, in order."""

    xs: np.ndarray
    ys: np.ndarray


def main() -> None:
    """Do what the command line asks for; exit with 1 where a cell is missing or looks otherwise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("cut", "check", "list"))
    parser.add_argument("--data-root", type=Path, required=True, help="holds cells/, dev/ and test/")
    parser.add_argument("--from", dest="source", type=Path, metavar="FOLDER", help="the author's templates")
    options = parser.parse_args()
    if options.action == "list":
        write_looks(options.data_root)
        return
    if options.action == "cut":
        if options.source is None or not (options.source / "a-ni").is_dir():
            parser.error("cut needs the sheets: give --from FOLDER, with a-ni/file-page1-crop.jpg in it")
        cut_sheets(options.source, options.data_root)
    sys.exit(0 if check(options.data_root) else 1)


def cut_sheets(source: Path, data_root: Path) -> None:
    """Write the sets; one that is there already stays, and one without any page is not written."""
    for title, pages in PAGES.items():
        path = data_root / title
        if path.exists():
            print(f"{title}: not written, is there already")
            continue
        files = {(sheet, page): find_page(source / sheet, page) for sheet in SHEETS for page in pages}
        if not any(files.values()):
            print(f"{title}: not written, none of its pages is there")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_whole(path) as whole, zipfile.ZipFile(whole, "w") as archive:
            for (sheet, page), file in files.items():
                if file is None:
                    print(f"{source / sheet}: page {page} is not there, left out")
                    continue
                for (row, column), cell in cut_table(read_page(file), len(SHEETS[sheet])):
                    if (page, column) in LEFT_OUT:
                        continue
                    name = f"U+{ord(SHEETS[sheet][row]):04X}/{sheet}_p{page:02d}_c{column:02d}.png"
                    content = io.BytesIO()
                    Image.fromarray(cell).save(content, "PNG")
                    archive.writestr(zipfile.ZipInfo(name), content.getvalue())


def find_page(folder: Path, page: int) -> Path | None:
    """Find the picture of a page, straightened by its author or as it was scanned."""
    names = [folder / f"file-page{page}{end}.jpg" for end in ("-crop", "")]
    return next((name for name in names if name.is_file()), None)


def read_page(path: Path) -> np.ndarray:
    """Read a page, uint8 (H, W); a damaged one ends the program with one line."""
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("L"))
    except OSError as error:
        sys.exit(f"{path} cannot be read as a picture ({error}); fetch it again")


def cut_table(gray: np.ndarray, num_rows: int) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
    """Cut the handwritten cells of a page, uint8 (H, W).

    Gives ((row from 0, column from 1), uint8 (h, w)); the model in column 0 is left out.
    """
    darkness = measure_darkness(gray)
    xs, ys = find_grid(darkness, num_rows)
    for row in range(num_rows):
        for column in range(1, NUM_COLUMNS):
            rows, columns = slice(ys[row], ys[row + 1]), slice(xs[column], xs[column + 1])
            left, right = find_gap(darkness, xs[column], xs[column + 1], rows)
            top, bottom = find_gap(darkness.T, ys[row], ys[row + 1], columns)
            yield (row, column), np.ascontiguousarray(gray[top:bottom, left:right])


def measure_darkness(gray: np.ndarray) -> np.ndarray:
    """Return how much darker than the paper each px is, float64 (H, W), 0 to 1."""
    paper = np.percentile(gray, 90)
    return np.clip((paper - gray) / max(paper, 1.0), 0.0, 1.0)


def find_grid(darkness: np.ndarray, num_rows: int) -> Grid:
    """Find the rulings: `NUM_COLUMNS` + 1 upright ones, then the first `num_rows` + 1 across.

    Cells are about as high as wide. Of tables with more rows the upper part is taken.
    """
    peaks = sharpen(darkness.mean(axis=0))
    xs, pitch = find_even(peaks, NUM_COLUMNS, PITCHES * len(peaks) / NUM_COLUMNS)
    peaks = sharpen(darkness[:, xs[0] : xs[-1]].mean(axis=1))
    ys, pitch = find_even(peaks, num_rows, pitch * np.arange(0.9, 1.1, 0.005))
    reach = round(MAX_DRIFT * pitch)
    while (low := int(ys[0] - pitch) - reach) >= 0:  # rows above those found
        place = low + int(peaks[low : low + 2 * reach + 1].argmax())
        if peaks[place] < 0.5 * np.median(peaks[ys]):
            break
        ys = np.insert(ys, 0, place)
    return Grid(xs, ys[: num_rows + 1])


def sharpen(profile: np.ndarray) -> np.ndarray:
    """Leave of a profile, float64 (N,), its narrow peaks: rulings are narrow, writing and shadows broad."""
    around = np.convolve(np.pad(profile, 7, mode="edge"), np.full(15, 1 / 15), mode="valid")
    return np.maximum(profile - around, 0.0)


def find_even(peaks: np.ndarray, num_gaps: int, pitches: np.ndarray) -> tuple[np.ndarray, float]:
    """Find rulings that are nearly a pitch apart where peaks, float64 (N,), are highest.

    Returns:
        int64 (num_gaps + 1,), the places; the pitch, px.
    """
    best_score, best, best_pitch = -np.inf, np.zeros(num_gaps + 1, np.int64), 0.0
    for pitch in pitches:
        drift = max(1, round(MAX_DRIFT * pitch))
        shifts = np.arange(round(pitch) - drift, round(pitch) + drift + 1)
        costs = 0.02 * peaks.max() * np.abs(shifts - pitch)
        if num_gaps * shifts[0] >= len(peaks):
            continue
        scores, back = peaks.copy(), []
        for _ in range(num_gaps):
            before = np.full((len(shifts), len(peaks)), -np.inf)
            for place, (shift, cost) in enumerate(zip(shifts, costs, strict=True)):
                before[place, shift:] = scores[:-shift] - cost
            chosen = before.argmax(axis=0)
            back.append(chosen)
            scores = np.take_along_axis(before, chosen[None], axis=0)[0] + peaks
        if scores.max() > best_score:
            best_score, place, best_pitch = float(scores.max()), int(scores.argmax()), float(pitch)
            places = [place]
            for chosen in reversed(back):
                place -= int(shifts[chosen[place]])
                places.append(place)
            best = np.array(places[::-1])
    return best, best_pitch


def find_gap(darkness: np.ndarray, first: int, last: int, along: slice) -> tuple[int, int]:
    """Find the columns where the paper between two upright rulings begins and ends, along some rows."""
    reach = round(0.08 * (last - first))
    low = max(first - reach, 0)
    band = darkness[along, low : last + reach]
    corner = len(band) // 10  # belongs to other rulings
    profile = band[corner : len(band) - corner].mean(axis=0)
    sides = profile[: 2 * reach + 1], profile[-2 * reach - 1 :][::-1]
    # Past the darkest column, to where half of its darkness is left.
    begins = [int(side.argmax()) for side in sides]
    ends = [
        place + int(np.argmax(side[place:] < 0.5 * side[place]))
        for side, place in zip(sides, begins, strict=True)
    ]
    return low + ends[0] + INSET_PX, low + len(profile) - ends[1] - INSET_PX


def measure_look(cell: np.ndarray) -> int:
    """Return where a cell, uint8 (h, w), has more ink than on average: 64 bits, the upper left one first."""
    height, width = cell.shape
    inner = measure_darkness(cell)[height // 12 : height - height // 12, width // 12 : width - width // 12]
    ink = Image.fromarray(np.where(inner > 0.12, inner, 0.0).astype(np.float32))
    places = np.asarray(ink.resize((LOOK_SIDE, LOOK_SIDE), Image.Resampling.BOX))
    return int("".join("01"[int(bit)] for bit in (places > places.mean()).ravel()), 2)


def read_looks(path: Path) -> dict[str, int]:
    """Return the look of each cell of a set."""
    return {
        name: measure_look(np.asarray(Image.open(io.BytesIO(content)).convert("L")))
        for name, content in sorted(open_files(path))
        if name.endswith(".png")
    }


def write_looks(data_root: Path) -> None:
    """List what the cells of dev and test look like, of a data folder whose sets are known to be good."""
    for title in list(PAGES)[1:]:
        looks = [f"{look:016x} {name}" for name, look in read_looks(data_root / title).items()]
        (LISTS / f"{title.replace('/', '-')}.looks").write_text("\n".join([*looks, ""]), encoding="utf-8")


def check(data_root: Path) -> bool:
    """Say of dev and test how many cells look as listed; return whether all do."""
    is_good = True
    for title in list(PAGES)[1:]:
        lines = (LISTS / f"{title.replace('/', '-')}.looks").read_text(encoding="utf-8").splitlines()
        listed = {name: int(digits, 16) for digits, _, name in (line.partition(" ") for line in lines)}
        path = data_root / title
        found = read_looks(path) if path.exists() else {}
        others = [
            name
            for name, look in listed.items()
            if name not in found or (found[name] ^ look).bit_count() > NUM_OTHER_BITS
        ]
        is_good &= not others
        print(f"{title}: {len(listed)} cells, {len(listed) - len(others)} look as listed")
        if others and found:
            print(f"  not these: {', '.join(others[:5])}{' ...' if others[5:] else ''}")
    return is_good


if __name__ == "__main__":
    main()
