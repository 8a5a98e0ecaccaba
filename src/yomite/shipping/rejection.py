"""Teach a draft to tell the characters that it knows from anything else.

The head learns on samples as the model learned them and on negatives that we draw; the threshold is then the
strictest one that rejects no more of the real writing than it may; it is scored on kinds that neither has
seen (`yomite.evaluation.outsiders`). Real writing is never learned from, so what it loses is what new writing
of its kinds would lose.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from yomite.charset import Charset
from yomite.checkpoint import Checkpoint
from yomite.config import parse_config
from yomite.errors import PictureError, YomiteError
from yomite.evaluation.outsiders import measure_rejected
from yomite.evaluation.scores import ScoredSet
from yomite.ink.canvas import to_canvas
from yomite.ink.fonts import find_font
from yomite.ink.negatives import NEGATIVES, draw_negatives
from yomite.ink.sketches import read_copybook
from yomite.shipping.draft import Draft
from yomite.shipping.kept import Kept
from yomite.shipping.known import apply_head, build_known, fit_head, open_evidence
from yomite.shipping.thresholds import ENOUGH, choose_threshold, round_down, shrink, weigh_samples
from yomite.streams import build_stream
from yomite.streams.loader import draw_batch

MAX_REJECTED = 0.025
"""Share of real characters that may be rejected, every set of real writing weighing the same."""

MAX_REJECTED_OF_A_SET = 0.1
"""The same for any one set of ENOUGH samples: hasty hands are further from what was learned."""

NUM_DRAWN = 24_000
NUM_HASTY = 8_000
NUM_REAL = 6_000
NUM_NEGATIVES = 4_000
"""Of each kind."""

HASTE = 0.8
"""Of the hasty ones; what nobody would call neat is still a character."""

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
    lost: Mapping[str, float]
    learned: Mapping[str, float]
    rejected: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, shares with 5 decimals."""
        shares = {"lost": self.lost, "learned": self.learned, "rejected": self.rejected}
        rounded = {name: {kind: round(share, 5) for kind, share in by.items()} for name, by in shares.items()}
        return {"known_threshold": self.threshold, **rounded}

    def format(self) -> list[str]:
        """Return lines for people."""
        lines = [f"rejected where known is below {self.threshold}:"]
        for title, shares in (
            ("real characters", self.lost),
            ("learned on", self.learned),
            ("never seen", self.rejected),
        ):
            if shares:
                lines.append(
                    f"  {title}: {', '.join(f'{name} {share:.1%}' for name, share in shares.items())}"
                )
        return lines


def add_rejection(
    draft: Draft,
    sets: Sequence[ScoredSet],
    *,
    temperature: float,
    checkpoint: Checkpoint,
    data_root: Path,
    show: Callable[[str], object],
    before: float | None = None,
) -> tuple[Draft, Rejection | None]:
    """Fit the output `known` and its threshold.

    Args:
        draft: Calibrated.
        sets: Scored sets of real writing; may be empty where a threshold was known before.
        temperature: Of the uniform prior.
        checkpoint: Of the same weights: its config says what they learned from.
        data_root: The data folder, with KanjiVG.
        show: Takes lines for people.
        before: The threshold that was known before; see choose_known_threshold.

    Returns:
        The draft, which then rejects by `known` alone: Low confidence means a doubtful reading, no stranger.
        Where there is nothing to draw with, the draft as it came and None: Low confidence alone rejects.
    """
    try:
        copybook = read_copybook(data_root)
        characters = _draw_characters(checkpoint, data_root)
    except YomiteError as error:
        show(f"what is no character is told by low confidence alone: {error}")
        return draft, None
    size = checkpoint.model["input_size"]
    weigh = open_evidence(draft.network, temperature)
    negatives = {
        kind: weigh(_to_canvases(draw_negatives(kind, NUM_NEGATIVES, copybook), size)) for kind in NEGATIVES
    }
    head = fit_head([weigh(images) for images in characters], list(negatives.values()))
    known_by_set = {one.name: apply_head(head, weigh(one.images)) for one in sets}
    threshold = choose_known_threshold(list(known_by_set.values()), before)
    known_by_kind = {kind: apply_head(head, evidence) for kind, evidence in negatives.items()}
    draft = _describe_known(replace(draft, known=build_known(temperature, head)), threshold)
    reader = draft.open()
    rejected = measure_rejected(lambda pictures: reader.recognize_many(pictures, errors="return"), copybook)
    lost, learned = (measure_lost(known, threshold) for known in (known_by_set, known_by_kind))
    return draft, Rejection(threshold, lost, learned, rejected)


def keep_rejection(draft: Draft, sets: Sequence[ScoredSet], kept: Kept) -> tuple[Draft, Rejection]:
    """Reject as the model did that a run began from: by its head, the threshold moved as the sets say.

    Args:
        draft: Calibrated, of the same characters and as many features.
        sets: Scored sets of real writing; may be empty.
        kept: Of that model, with `known` for these characters.
    """
    assert kept.known and kept.known_threshold is not None
    draft = replace(draft, known=build_known(*kept.known))
    reader = draft.describe({"known_threshold": json.dumps(kept.known_threshold)}).open()
    known_by_set = {one.name: reader.compute_known(one.images) for one in sets}
    threshold = choose_known_threshold(list(known_by_set.values()), kept.known_threshold)
    return _describe_known(draft, threshold), Rejection(
        threshold, measure_lost(known_by_set, threshold), {}, {}
    )


def _describe_known(draft: Draft, threshold: float) -> Draft:
    never = json.dumps({"text": 0.0, "uniform": 0.0})
    return draft.describe({"known_threshold": json.dumps(threshold), "rejection_threshold": never})


def choose_known_threshold(known_by_set: Sequence[np.ndarray], before: float | None = None) -> float:
    """Choose the highest threshold that rejects at most MAX_REJECTED of real writing, right or wrong.

    Args:
        known_by_set: Float (N,) for each set of real writing. No set of ENOUGH samples may lose more than
            MAX_REJECTED_OF_A_SET.
        before: The threshold that was known before; it counts as ENOUGH samples.

    Returns:
        4 decimals, rounded down; what is below it is rejected.
    """
    if before is not None and not known_by_set:
        return before
    weights = weigh_samples([len(one) for one in known_by_set])
    limits = [choose_threshold(np.concatenate(known_by_set), MAX_REJECTED, weights)]
    limits += [choose_threshold(one, MAX_REJECTED_OF_A_SET) for one in known_by_set if len(one) >= ENOUGH]
    return round_down(shrink(min(limits), before, len(weights)))


def measure_lost(known_by_name: Mapping[str, np.ndarray], threshold: float) -> dict[str, float]:
    """Return the share of each set that a threshold rejects, 0..1."""
    return {name: float((known < threshold).mean()) for name, known in known_by_name.items()}


def _draw_characters(checkpoint: Checkpoint, data_root: Path) -> list[np.ndarray]:
    """Return samples, uint8 (N, 1, S, S), as training draws them; hasty ones and real pictures once more."""
    config = parse_config(checkpoint.config)
    charset = Charset("exported", checkpoint.characters)
    values = config.model_dump(mode="json")
    values["seed"] += _SEED_CHANGE
    data = values["data"]
    data["allow_missing"], data["negatives"] = True, {"share": 0}
    data["fonts"]["files"] = [name for name in data["fonts"]["files"] if find_font(name, data_root)]
    if not data["fonts"]["files"]:
        data["fonts"]["share"] = 0
    kinds = [(data, NUM_DRAWN)]
    if config.data.stream == "drawn":
        ink, fonts = data["ink"], data["fonts"] | {"share": 0}
        others = {name: data[name] | {"share": 0} for name in ("cells", "folder", "generated")}
        if ink["share"]:
            kinds.append((data | {"ink": ink | {"haste": HASTE}, "fonts": fonts} | others, NUM_HASTY))
        if config.data.real_sources:
            kinds.append((data | {"ink": ink | {"share": 0}, "fonts": fonts}, NUM_REAL))
    samples = []
    for kind, num in kinds:
        stream = build_stream(parse_config(values | {"data": kind}), charset, data_root)
        batch = draw_batch(stream, [(0, index % stream.num_samples) for index in range(num)])
        samples.append(batch.images.numpy())
    return samples


def _to_canvases(pictures: Sequence[Any], size: int) -> np.ndarray:
    """Return uint8 (N, 1, S, S) of those that have ink; a reader turns blank paper down by itself."""
    canvases = []
    for picture in pictures:
        with suppress(PictureError):
            canvases.append(to_canvas(picture, size))
    return np.stack(canvases)[:, None]
