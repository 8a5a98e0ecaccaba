"""A stream of six characters whose strokes are our own."""

from typing import Any

import numpy as np
from drawings import DRAWINGS

from yomite.ink.strokes import Glyph
from yomite.ink.writing import flatten_glyph
from yomite.streams.drawn import DrawnStream


def draw(stream: DrawnStream, epoch: int, indices: Any) -> tuple[np.ndarray, np.ndarray]:
    """Canvases (N, S, S) and labels as arrays."""
    batch = stream.draw(epoch, np.asarray(indices))
    return batch.images[:, 0].numpy(), batch.targets.numpy()


NAMES = ["ei", "hi", "ki", "yama", "kawa", "a-hiragana"]


def flatten(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    strokes = tuple(np.array(stroke, np.float32) / 100 for stroke in DRAWINGS[name])
    return flatten_glyph(Glyph("?", strokes, (0,) * len(strokes)))


def make_stream(**changes: Any) -> DrawnStream:
    """Six classes from strokes, all alike."""
    arguments: dict[str, Any] = {
        "glyphs": [[flatten(name)] for name in NAMES],
        "masks": [[] for _ in NAMES],
        "pictures": [],
        "shares": (1.0, 0.0, 0.0, 0.0),
        "class_weights": np.ones(len(NAMES)),
        "haste": 0.0,
        "num_samples": 1000,
        "seed": 0,
        "size": 48,
    }
    return DrawnStream(**(arguments | changes))
