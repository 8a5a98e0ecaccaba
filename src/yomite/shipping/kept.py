"""What a fine-tuned model keeps of the model that it began from: prior, calibration, rejection, canvas.

A few pictures of one writer teach a network his hand. They do not tell how often a character is written, and
hardly how sure the network may be or what is no character. So what the first model file says of that stays,
and counts as ENOUGH samples beside those of a calibration set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from yomite.charset import script_of
from yomite.checkpoint import Checkpoint
from yomite.reading.metadata import (
    Metadata,
    to_characters,
    to_number,
    to_numbers_by_prior,
    to_temperatures,
    to_vector,
    to_weight,
)
from yomite.shipping.draft import read_draft
from yomite.shipping.known import read_known
from yomite.shipping.thresholds import ENOUGH
from yomite.training.finetune import find_weights


@dataclass(frozen=True)
class Kept:
    """What the model file of the weights that a run began from says of itself.

    Attributes:
        name: Of that model.
        characters: Its C characters.
        temperature: By prior, above 0.
        rejection_threshold: By prior, 0..1.
        log_prior: Float32 (C,), natural logarithm.
        prior_weight: At least 0; 0 where it has no prior.
        canvas_version: Of its canvas.
        stroke_counts: As its metadata has them; None where it has none.
        known_threshold: Of its output `known`; None where it has none.
        known: What that output was built from, as for build_known; None where it has none.
    """

    name: str
    characters: tuple[str, ...]
    temperature: Mapping[str, float]
    rejection_threshold: Mapping[str, float]
    log_prior: np.ndarray = field(repr=False)
    prior_weight: float
    canvas_version: str
    stroke_counts: str | None = None
    known_threshold: float | None = None
    known: tuple[float, Mapping[str, np.ndarray]] | None = field(default=None, repr=False)

    def share(self, num_samples: int) -> float:
        """Return what it counts beside so many samples, above 0, at most 1."""
        return ENOUGH / (ENOUGH + num_samples)

    def has_known_for(self, characters: Sequence[str], num_features: int) -> bool:
        """Whether `known` is still what it was: with other characters the logits mean something else."""
        return (
            self.known is not None
            and self.characters == tuple(characters)
            and len(self.known[1]["weights"]) == 2 + 2 * num_features
        )

    def spread_prior(self, characters: Sequence[str]) -> np.ndarray:
        """Return its prior for other characters, float32 (N,).

        New ones are as frequent as those of their script are in the mean, or as all are where it has none.
        """
        if self.characters == tuple(characters):
            return self.log_prior
        known = dict(zip(self.characters, self.log_prior.tolist(), strict=True))
        scripts = np.array([script_of(character) for character in self.characters])
        means = {script: float(self.log_prior[scripts == script].mean()) for script in set(scripts.tolist())}
        mean = float(self.log_prior.mean())
        values = np.array([known.get(one, means.get(script_of(one), mean)) for one in characters])
        return (values - np.log(np.exp(values).sum())).astype(np.float32)

    def format(self, num_samples: int, prior_weight: float) -> str:
        """Return a line for people."""
        if not num_samples:
            return (
                f"kept from {self.name}: temperature, rejection, prior weight {prior_weight:g}; "
                "give --calibrate SET to move them towards real writing"
            )
        share = self.share(num_samples)
        return (
            f"temperature and rejection: {share:.0%} kept from {self.name}, {1 - share:.0%} from "
            f"{num_samples} samples (it counts as {ENOUGH}); prior weight {prior_weight:g}"
        )


def find_kept(checkpoint: Checkpoint, show: Callable[[str], object]) -> Kept | None:
    """Find the model file beside the weights that a run began from, its `init_from`.

    Args:
        checkpoint: Of a character model.
        show: Takes a line for people where there is no such file, or nothing to keep in it.

    Raises:
        ModelFileError: The file is there, and damaged.
    """
    if not (begun_from := checkpoint.config.get("init_from")):
        return None
    weights = find_weights(begun_from)
    path = weights.with_suffix(".onnx")
    if not path.is_file():
        show(
            f"nothing kept from {begun_from}: {path} is not there; to have it, type: yomite export {weights}"
        )
        return None
    draft = read_draft(path)
    metadata = Metadata(str(path), draft.metadata)
    if draft.metadata.get("task") != "character":
        return None  # of lines, whose network may have begun as one of characters
    temperature = metadata.read("temperature", to_temperatures)
    if set(temperature.values()) == {1.0}:
        show(f"nothing kept from {path}, which was not calibrated")
        return None
    known = read_known(draft.network)
    return Kept(
        name=draft.metadata.get("name", path.stem),
        characters=metadata.read("charset", to_characters),
        temperature=temperature,
        rejection_threshold=metadata.read("rejection_threshold", to_numbers_by_prior),
        log_prior=metadata.read("log_prior", to_vector),
        prior_weight=metadata.read("prior_weight", to_weight),
        canvas_version=draft.metadata.get("canvas_version", "1"),
        stroke_counts=draft.metadata.get("stroke_counts"),
        known_threshold=metadata.read("known_threshold", to_number) if known else None,
        known=known,
    )
