"""The logits of a set of real writing, read once, and what is read from logits: labels and confidences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from yomite.data.samples import tell_unknown, tell_unread
from yomite.data.sources import open_source
from yomite.errors import DataError, PictureError
from yomite.reading.batches import BATCH_SIZE
from yomite.reading.characters import Recognizer

_ROWS = 256  # of logits that are turned into probabilities at a time


@dataclass(frozen=True)
class ScoredSet:
    """The logits of a set of real writing.

    Attributes:
        name: The source's name.
        images: Uint8 (N, 1, S, S), the canvases.
        logits: Float32 (N, C), without prior.
        labels: Int64 (N,).
        num_unknown: Samples left out because the model does not know their character.
        num_unread: Samples left out because their picture could not be read.
    """

    name: str
    images: np.ndarray
    logits: np.ndarray
    labels: np.ndarray
    num_unknown: int = 0
    num_unread: int = 0

    @property
    def notes(self) -> list[str]:
        """A line for each reason why samples were left out."""
        num_samples = len(self.labels) + self.num_unknown + self.num_unread
        return tell_unknown(self.num_unknown, num_samples) + tell_unread(self.num_unread, num_samples)


def score_set(name: str, reader: Recognizer, data_root: str | Path | None = None) -> ScoredSet:
    """Read a source once.

    Raises:
        DataError: There is no such source, or none of its samples can be used.
    """
    label_by_character = {character: label for label, character in enumerate(reader.characters)}
    canvases, labels, num_unknown, num_unread = [], [], 0, 0
    for sample in open_source(name, data_root):
        if sample.character not in label_by_character:
            num_unknown += 1
            continue
        try:
            canvases.append(reader.to_canvas(sample.picture))
        except PictureError:
            num_unread += 1
            continue
        labels.append(label_by_character[sample.character])
    if not canvases:
        raise DataError(f"{name}: no sample of the model's {len(reader.characters)} characters; give another")
    images = np.stack(canvases)[:, None]
    logits = _compute_logits(reader, images)
    return ScoredSet(name, images, logits, np.array(labels, np.int64), num_unknown, num_unread)


def score_again(scored: ScoredSet, reader: Recognizer) -> ScoredSet:
    """Read the same canvases with another model of the same characters."""
    return replace(scored, logits=_compute_logits(reader, scored.images))


def _compute_logits(reader: Recognizer, images: np.ndarray) -> np.ndarray:
    batches = range(0, len(images), BATCH_SIZE)
    return np.concatenate([reader.compute_logits(images[start : start + BATCH_SIZE]) for start in batches])


def read_scores(scores: np.ndarray, temperature: float, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the label read from each row, and its confidence as Recognition defines it.

    Args:
        scores: Float32 (N, C), logits with the weighted log-prior added.
        temperature: Above 0.
        groups: Int64 (C,), of charset.number_lookalikes.

    Returns:
        Labels int64 (N,); confidences float64 (N,), the summed probability of the label's look-alikes.
    """
    best = scores.argmax(axis=1)
    members = {int(group): np.flatnonzero(groups == group) for group in np.unique(groups[best])}
    confidences = np.empty(len(scores))
    for start in range(0, len(scores), _ROWS):
        rows = scores[start : start + _ROWS].astype(np.float64)
        rows = np.exp((rows - rows.max(axis=1, keepdims=True)) / temperature)
        for index, row in enumerate(rows, start=start):
            confidences[index] = row[members[int(groups[best[index]])]].sum() / row.sum()
    return best, np.minimum(confidences, 1.0)
