"""Other readers beside ours on the same samples, each with its own characters respected.

    python benchmarks/peers.py --data-root DIR --data dev/touchscreen-100 --data dev/freehand-jis-kanji
    python benchmarks/peers.py --data-root DIR --data NAME --onnx peer.onnx --labels peer.txt

Prints a table for each set, for docs/benchmark.md. zinnia reads strokes, tesseract pictures; any ONNX
classifier of pictures joins with its label file. Readers that are not installed are left out, and said to be.
For sets of lines (`--data dev/lines`, always all of them) the readers are those of line_peers.py, for sets of
pages (`--data dev/pages`) those of page_peers.py.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from line_peers import are_lines, build_line_peers, compare_lines
from machine import describe_machine
from page_peers import are_pages, compare_pages, list_page_peers

import yomite
from yomite.data.sources import Sample, open_source
from yomite.errors import DataError, PictureError
from yomite.evaluation.measures import measure_share
from yomite.evaluation.report import evaluate
from yomite.evaluation.robustness import choose_samples, to_picture
from yomite.ink.canvas import to_canvas
from yomite.ink.strokes import is_strokes, to_strokes

ZINNIA_MODEL = Path("/usr/share/tegaki/models/zinnia/handwriting-ja.model")
TESSERACT_MODEL = Path("/usr/share/tesseract-ocr/5/tessdata/jpn.traineddata")
TOP = 10


@dataclass(frozen=True)
class Peer:
    """A reader to compare.

    Attributes:
        name: Of the program.
        read: Pictures to a Recognition each, or None.
        characters: With which it may answer.
        learned_from: As far as is known.
        seen: Part of the names of sets that it likely learned from; its score there is marked and not ranked.
        needs_strokes: It reads no pictures.
    """

    name: str
    read: Callable[[list[Any]], Sequence[object]]
    characters: frozenset[str]
    learned_from: str
    seen: str = ""
    needs_strokes: bool = False


def main() -> None:
    """Run the comparison that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="released name or ONNX file of ours")
    parser.add_argument("--line-model", type=Path, help="a line model of ours; by default the released one")
    parser.add_argument("--page-model", type=Path, help="a page model of ours; by default the released one")
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--data", action="append", required=True, help="a set; may be repeated")
    parser.add_argument("--samples", type=int, default=200, help="of each set, spread evenly; 0 for all")
    parser.add_argument("--onnx", type=Path, help="a classifier of pictures (N, 1, S, S) or (N, S, S, 1)")
    parser.add_argument("--labels", type=Path, help="its characters: a JSON list, or one a line")
    parser.add_argument("--dark-ink", action="store_true", help="it wants dark ink on light, not bright on 0")
    parser.add_argument("--levels", type=float, default=1.0, help="what full ink is, if it takes floats")
    parser.add_argument("--learned-from", default="not stated", help="what it learned from")
    options = parser.parse_args()
    print(describe_machine())
    samples_by_name = {name: list(open_source(name, options.data_root)) for name in options.data}
    pages = {name: samples for name, samples in samples_by_name.items() if are_pages(samples)}
    for name, samples in pages.items():
        del samples_by_name[name]
        print()
        compare_pages(list_page_peers(options.page_model), samples, name)
    if not samples_by_name:
        return
    ours = yomite.load(options.model, line=options.line_model)
    lines = {name: samples for name, samples in samples_by_name.items() if are_lines(samples)}
    if lines:
        line_name = options.line_model.stem if options.line_model else "yomite-line"
        line_peers = build_line_peers(ours, line_name)
        for name, samples in lines.items():
            print()
            compare_lines(line_peers, samples, name)
    if len(lines) == len(samples_by_name):
        return
    peers = build_peers(ours, options)
    for name, samples in samples_by_name.items():
        if name not in lines:
            print()
            compare(peers, choose_samples(samples, options.samples) if options.samples else samples, name)
    print("\nseen: likely learned from these very samples, and not ranked. Learned from:")
    for peer in peers:
        print(f"- {peer.name}: {peer.learned_from}")


def build_peers(ours: yomite.Recognizer, options: argparse.Namespace) -> list[Peer]:
    """Build what is installed here, ours first; what is not is said to be left out."""
    peers = [build_ours(ours, prior) for prior in ("text", "uniform")]
    for name, build in (("zinnia", build_zinnia), ("tesseract", build_tesseract)):
        peer = build()
        if peer is None:
            print(f"{name}, or its Japanese model, is not installed here: left out")
        else:
            peers.append(peer)
    if options.onnx:
        peers.append(build_onnx(options))
    return peers


def compare(peers: Sequence[Peer], samples: Sequence[Sample], name: str) -> None:
    """Print one table: every peer on the samples that it can answer, and what that is of all."""
    print(f"{name}, {len(samples)} samples\n")
    print(
        "| rank | reader | can answer | look-alike of these | strict of these | look-alike of all | ms each |"
    )
    print("|---|---|---|---|---|---|---|")
    rows = []
    for peer in peers:
        known = [sample for sample in samples if sample.character in peer.characters]
        if peer.needs_strokes and not all(is_strokes(sample.picture) for sample in known):
            print(f"| | {peer.name} | reads strokes only | | | | |")
            continue
        start = time.perf_counter()
        report = evaluate(peer.read, known, data=name, model=peer.name)
        each_ms = 1000 * (time.perf_counter() - start) / max(len(known), 1)
        hits = report.answers.is_right
        of_all = measure_share([*hits, *([False] * (len(samples) - len(known)))])
        rows.append((peer, len(known), report.shares, of_all, each_ms))
    ranked = sorted(
        (row for row in rows if not is_seen(row[0], name)), key=lambda row: -row[3].value
    )  # of all samples: what a reader lacks is a fault too
    rank_by_name = {row[0].name: str(rank) for rank, row in enumerate(ranked, start=1)}
    for peer, num_known, shares, of_all, each_ms in rows:
        cells = (
            rank_by_name.get(peer.name, "seen"),
            peer.name,
            f"{num_known} ({num_known / len(samples):.0%})",
            str(shares["lookalike_top1"]),
            str(shares["strict_top1"]),
            str(of_all),
            f"{each_ms:.1f}",
        )
        print(f"| {' | '.join(cells)} |")


def is_seen(peer: Peer, name: str) -> bool:
    """Whether a peer likely learned from a set."""
    return bool(peer.seen) and peer.seen in name


def build_ours(model: yomite.Recognizer, prior: str) -> Peer:
    """The model under test, with one of its priors."""
    return Peer(
        f"{model.name}, prior {prior}",
        lambda pictures: model.recognize_many(pictures, top=TOP, prior=prior, errors="return"),
        frozenset(model.characters),
        "ink drawn from KanjiVG, fonts, scanned hiragana pages p01 to p08; nothing of dev/ or test/",
    )


def build_zinnia() -> Peer | None:
    """zinnia reads strokes: lines of s-expressions in, blocks of `character score` out."""
    if not shutil.which("zinnia") or not ZINNIA_MODEL.is_file():
        return None

    def run(drawings: list[Any], num_best: int) -> list[list[str]]:
        command = ["zinnia", "-m", str(ZINNIA_MODEL), "-n", str(num_best)]
        lines = "\n".join(_to_expression(to_strokes(drawing)) for drawing in drawings) + "\n"
        done = subprocess.run(command, input=lines, capture_output=True, encoding="utf-8", check=True)
        blocks = done.stdout.split("Answer:")[1:]
        return [[line.split()[0] for line in block.splitlines() if line.strip()] for block in blocks]

    every = run([[[(0.1, 0.5), (0.9, 0.5)]]], 100_000)[0]
    return Peer(
        "zinnia (strokes)",
        lambda drawings: [_to_recognition(texts) for texts in run(drawings, TOP)] if drawings else [],
        frozenset(every),
        "most likely the Tomoe drawings that freehand-jis-kanji are (its authors do not say)",
        seen="freehand-jis",
        needs_strokes=True,
    )


def _to_expression(strokes: Sequence[np.ndarray]) -> str:
    written = "".join(
        "(" + "".join(f"({round(1000 * float(x))} {round(1000 * float(y))})" for x, y in stroke) + ")"
        for stroke in strokes
    )
    return f"(character (width 1000)(height 1000)(strokes {written}))"


def build_tesseract() -> Peer | None:
    """tesseract reads pictures, as one raw line (--psm 13); the first character of its answer counts."""
    if not shutil.which("tesseract") or not TESSERACT_MODEL.is_file():
        return None

    def read(pictures: list[Any]) -> list[yomite.Recognition | None]:
        if not pictures:
            return []
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / f"{index}.png" for index in range(len(pictures))]
            for path, picture in zip(paths, pictures, strict=True):
                to_picture(picture).save(path, dpi=(300, 300))
            listing = Path(folder) / "listing.txt"
            listing.write_text("\n".join(map(str, paths)), encoding="utf-8")
            command = ["tesseract", str(listing), "stdout", "-l", "jpn", "--psm", "13"]
            done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
        pages = done.stdout.split("\f")[: len(pictures)]
        return [_to_recognition(list("".join(page.split()))[:1]) for page in pages]

    return Peer(
        "tesseract --psm 13 (pictures)",
        read,
        _list_tesseract_characters(),
        "text lines rendered with fonts (tessdata's own description); no handwriting as far as known",
    )


def _list_tesseract_characters() -> frozenset[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "jpn.lstm-unicharset"
        command = ["combine_tessdata", "-e", str(TESSERACT_MODEL), str(path)]
        subprocess.run(command, capture_output=True, check=True)
        lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return frozenset(line.split()[0] for line in lines if line.split())


def build_onnx(options: argparse.Namespace) -> Peer:
    """Any classifier of square gray pictures: its logits or probabilities, and its labels."""
    if not options.labels:
        raise SystemExit("--onnx needs --labels: a JSON list of characters, or a text file with one a line")
    text = options.labels.read_text(encoding="utf-8")
    labels = (
        json.loads(text) if text.lstrip().startswith("[") else [line.strip("\r") for line in text.split("\n")]
    )
    while labels and not labels[-1]:
        labels.pop()
    session = onnxruntime.InferenceSession(str(options.onnx), providers=["CPUExecutionProvider"])
    tensor = session.get_inputs()[0]
    has_channel_first = tensor.shape[1] == 1
    size = tensor.shape[2]
    if len(tensor.shape) != 4 or not isinstance(size, int) or 1 not in (tensor.shape[1], tensor.shape[3]):
        raise SystemExit(f"{options.onnx}: input {tensor.shape}; (N, 1, S, S) or (N, S, S, 1) can be run")

    def read_one(picture: Any) -> yomite.Recognition | None:
        try:
            ink = to_canvas(picture, size)
        except PictureError:
            return None
        ink = 255 - ink if options.dark_ink else ink
        images = ink[None, None] if has_channel_first else ink[None, :, :, None]
        if "uint8" not in tensor.type:
            images = (images * np.float32(options.levels / 255)).astype(np.float32)
        scores = np.asarray(session.run(None, {tensor.name: images})[0]).ravel()
        if len(scores) != len(labels):
            raise DataError(
                f"{options.onnx} has {len(scores)} classes, {options.labels} {len(labels)} labels"
            )
        return _to_recognition([labels[index] for index in np.argsort(-scores, kind="stable")[:TOP]])

    name = f"{options.onnx.stem} (pictures)"
    return Peer(name, lambda pictures: list(map(read_one, pictures)), frozenset(labels), options.learned_from)


def _to_recognition(texts: Sequence[str]) -> yomite.Recognition | None:
    """An answer without probabilities."""
    candidates = tuple(yomite.Candidate(text, 0.0) for text in texts)
    return yomite.Recognition(candidates, 0.0, False) if candidates else None


if __name__ == "__main__":
    main()
