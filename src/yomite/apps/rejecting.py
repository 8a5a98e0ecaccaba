"""Teach a model file to tell the characters that it knows from anything else, as the last step of an export.

The head learns on samples as the model learned them and on negatives that we draw; the threshold is set on
the sets of real writing; it is scored on kinds that neither has seen (`yomite.evaluation.outsiders`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from yomite.errors import PictureError, YomiteError
from yomite.evaluation.negatives import NEGATIVES, draw_negatives
from yomite.evaluation.outsiders import measure_rejected
from yomite.evaluation.rejection import apply_head, choose_known_threshold, fit_head, measure_lost
from yomite.evaluation.scores import ScoredSet
from yomite.evaluation.sketches import read_copybook
from yomite.ink.canvas import to_canvas

if TYPE_CHECKING:
    from yomite.checkpoint import Checkpoint

NUM_DRAWN = 24_000
NUM_REAL = 6_000
NUM_NEGATIVES = 1_000
"""Of each kind."""

_SEED_CHANGE = 7919  # other samples than those that the model learned


@dataclass(frozen=True)
class Rejection:
    """How a model file rejects.

    Attributes:
        threshold: Of the output `known`.
        lost: Share of each set of real writing that is rejected, 0..1.
        learned: Share of each kind of negatives that the head learned on, 0..1.
        rejected: Share of each kind of outsiders, 0..1.
    """

    threshold: float
    lost: tuple[float, ...]
    learned: dict[str, float]
    rejected: dict[str, float]

    def format(self, names: Sequence[str]) -> list[str]:
        """Lines for people.

        Args:
            names: Of the sets.
        """
        lines = [f"rejected where known is below {self.threshold}:"]
        for title, shares in (
            ("real characters", dict(zip(names, self.lost, strict=True))),
            ("learned on", self.learned),
            ("never seen", self.rejected),
        ):
            lines.append(f"  {title}: {', '.join(f'{name} {share:.1%}' for name, share in shares.items())}")
        return lines


def add_rejection(
    path: Path,
    sets: Sequence[ScoredSet],
    *,
    temperature: float,
    checkpoint: Checkpoint,
    data_root: Path,
    show: Callable[[str], object],
) -> Rejection | None:
    """Fit the output `known` and its threshold, and write both into the file.

    Args:
        path: The ONNX file, calibrated.
        sets: Scored sets of real writing.
        temperature: Of the uniform prior.
        checkpoint: Of the same weights: its config says what they learned from.
        data_root: The data folder, with KanjiVG.
        show: Takes lines for people.

    Returns:
        None, the file unchanged, where there is nothing to draw with: then low confidence alone rejects.
    """
    from yomite.known import open_evidence, write_known
    from yomite.reading.characters import load

    try:
        copybook = read_copybook(data_root)
        characters = _draw_characters(checkpoint, data_root)
    except YomiteError as error:
        show(f"what is no character is told by low confidence alone: {error}")
        return None
    size = sets[0].images.shape[-1]
    weigh = open_evidence(path, temperature)
    evidence = [
        weigh(_to_canvases(draw_negatives(kind, NUM_NEGATIVES, copybook), size)) for kind in NEGATIVES
    ]
    head = fit_head([weigh(images) for images in characters], evidence)
    known_by_set = [apply_head(head, weigh(one.images)) for one in sets]
    threshold = choose_known_threshold(known_by_set)
    write_known(path, temperature, head, threshold)
    reader = load(path)
    learned = {
        kind: float((apply_head(head, one) < threshold).mean())
        for kind, one in zip(NEGATIVES, evidence, strict=True)
    }
    rejected = measure_rejected(lambda pictures: reader.recognize_many(pictures, errors="return"), copybook)
    return Rejection(threshold, measure_lost(known_by_set, threshold), learned, rejected)


def _draw_characters(checkpoint: Checkpoint, data_root: Path) -> list[np.ndarray]:
    """uint8 (N, 1, S, S): samples as training draws them; those from real pictures again, if there are."""
    from yomite.charset import Charset
    from yomite.config import parse_config
    from yomite.streams import build_stream
    from yomite.streams.loader import draw_batch

    config = parse_config(checkpoint.config)
    charset = Charset("exported", checkpoint.characters)
    configs = [(config, NUM_DRAWN)]
    if config.data.stream == "drawn" and config.data.real_sources:
        values = config.model_dump(mode="json")
        values["data"]["ink"]["share"] = values["data"]["fonts"]["share"] = 0
        values["data"]["allow_missing"] = True
        configs.append((parse_config(values), NUM_REAL))
    kinds = []
    for one, num in configs:
        one = one.model_copy(update={"seed": one.seed + _SEED_CHANGE})
        stream = build_stream(one, charset, data_root)
        batch = draw_batch(stream, [(0, index % stream.num_samples) for index in range(num)])
        kinds.append(batch.images.numpy())
    return kinds


def _to_canvases(pictures: Sequence[Any], size: int) -> np.ndarray:
    """uint8 (N, 1, S, S) of those that have ink; blank paper is turned down before any model sees it."""
    canvases = []
    for picture in pictures:
        try:
            canvases.append(to_canvas(picture, size))
        except PictureError:
            continue
    return np.stack(canvases)[:, None]
