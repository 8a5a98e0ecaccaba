"""What a line gains from fragments in its language model and from a broader search.

    OMP_NUM_THREADS=1 python benchmarks/line_decoding.py --data-root DIR [--line FILE.onnx] [--composed 200]

The network sees dev/lines and composed lines of the stream's validation once. Language models are counted in
sentences and in so many generated fragments for each; their perplexities are those of a character. Then the
same steps are searched with one of them: how many texts are followed, how many characters may go on at a
step, and the least share of the best one that they must have. Prints CER at three weights of the language
model, and the search's processor time for a line of dev/lines.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import numpy as np
from line_papers import Crop, compose_lines, parse_options, read_lines
from machine import describe_machine

from yomite.errors import PictureError
from yomite.evaluation.text_errors import measure_characters
from yomite.reading import decoding
from yomite.reading.decoding import Weights, search
from yomite.reading.language_model import LanguageModel, read_language_model
from yomite.reading.lines import LineReader
from yomite.shipping.language_model import build_language_model
from yomite.texts import pool
from yomite.texts.fragments import write_fragment

SHARES = (0.0, 0.1, pool.FRAGMENTS_A_SENTENCE, 1.0)
BEFORE = (12, 6, 1e-2)
NOW = (decoding.BEAM, decoding.CHOICES, decoding.LEAST)
SEARCHES = (BEFORE, NOW, (24, 10, 2e-3), (48, 16, 5e-4))
WEIGHTS = (Weights(0.4, 2.0), Weights(0.5, 2.5), Weights(0.6, 3.0))
NUM_JUDGED = 1500
"""Texts of each kind that perplexities are measured on."""


class Seen(NamedTuple):
    """What the network saw of a line, float32 (T, C + 1), T = 0 where nothing; and what is written there."""

    log_probabilities: np.ndarray
    text: str


def main() -> None:
    """Count the language models, then search every set with each of them."""
    data_root, reader, num_composed = parse_options(__doc__, num_composed=200)
    print(f"{describe_machine()}, {reader.file.name}\n")
    dev = see(reader, read_lines(data_root))
    composed = see(reader, compose_lines(data_root, num_composed))
    judged = draw_judged(data_root)
    models = {}
    print("| fragments a sentence | MB |", *(f"{name} |" for name in judged))
    print("|---|---|", "---|" * len(judged), sep="")
    for share in SHARES:
        model, num_bytes = count(data_root, share, reader.file.characters)
        models[share] = model
        rates = (f"{measure_perplexity(model, texts):.1f} |" for texts in judged.values())
        print(f"| {share:g} | {num_bytes / 1e6:.2f} |", *rates, flush=True)
    print(
        "\n| fragments | texts, characters, least |",
        *(f"{w.language}, {w.length} |" for w in WEIGHTS),
        "ms |",
    )
    print("|---|---|", "---|" * (len(WEIGHTS) + 1), sep="")
    for share, breadth in [*((share, BEFORE) for share in SHARES), *((SHARES[2], b) for b in SEARCHES[1:])]:
        cells, spent = [], math.inf
        for weights in WEIGHTS:
            begin = time.process_time()
            rates = [rate_search(dev, reader, models[share], weights, breadth)]
            spent = min(spent, time.process_time() - begin)
            rates.append(rate_search(composed, reader, models[share], weights, breadth))
            cells.append(" / ".join(f"{rate:.3f}" for rate in rates) + " |")
        print(f"| {share:g} | {breadth} |", *cells, f"{1e3 * spent / len(dev):.1f} |", flush=True)


def see(reader: LineReader, crops: Iterable[Crop]) -> list[Seen]:
    """Let the network see each crop."""
    seen = []
    for crop in crops:
        try:
            (strip,) = reader.prepare(crop.gray, "vertical" if crop.is_vertical else "horizontal")
            rows = reader.file.compute(strip.image, strip.direction)
        except PictureError:
            rows = np.zeros((0, len(reader.file.characters) + 1), np.float32)
        seen.append(Seen(rows, crop.text))
    return seen


def draw_judged(data_root: Path) -> dict[str, list[str]]:
    """Draw texts that no language model is counted in: real lines, sentences held back, other fragments."""
    modern, old, lines = pool.read_parts(data_root, validation=True)
    rng = np.random.default_rng(1)
    fragments = [write_fragment(rng) for _ in range(NUM_JUDGED)]
    judged = {"dev/lines": lines, "modern": modern, "old": old, "fragments": fragments}
    return {kind: [unify(text) for text in texts[:NUM_JUDGED]] for kind, texts in judged.items()}


def unify(text: str) -> str:
    """Return a text with one code point for each mark, without white space."""
    return "".join(pool.unify_marks(text).split())


def count(data_root: Path, share: float, characters: Sequence[str]) -> tuple[LanguageModel, int]:
    """Count a language model as `yomite export` does, with another share of fragments; and its bytes."""
    with mock.patch.object(pool, "FRAGMENTS_A_SENTENCE", share):
        content = build_language_model(pool.read_counted_texts(data_root), "".join(characters))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "language.npz"
        path.write_bytes(content)
        return read_language_model(path), len(content)


def measure_perplexity(model: LanguageModel, texts: Sequence[str]) -> float:
    """Return how many characters a language model hesitates between, in the geometric mean."""
    costs = [
        -model.score(text[max(0, place - model.order + 1) : place], character)
        for text in texts
        for place, character in enumerate(text)
    ]
    return math.exp(math.fsum(costs) / len(costs))


def rate_search(
    lines: Sequence[Seen], reader: LineReader, model: LanguageModel, weights: Weights, breadth: tuple
) -> float:
    """Return the character error rate of a search: texts, characters of a step, least share."""
    beam, choices, least = breadth
    characters, read = reader.file.characters, []
    with mock.patch.multiple(decoding, CHOICES=choices, LEAST=least):
        for line in lines:
            found = ()
            if len(line.log_probabilities):
                found = search(line.log_probabilities, characters, model, weights, beam=beam)[0].labels
            read.append("".join(characters[label] for label in found))
    return measure_characters([line.text for line in lines], read).rate


if __name__ == "__main__":
    main()
