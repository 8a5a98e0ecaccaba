"""From readings of real writing to what a model file says of itself: prior weight, temperatures, thresholds.

A set is scored once; all that follows is arithmetic on its logits. What each set weighs, `thresholds` says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from yomite.charset import number_lookalikes
from yomite.evaluation.measures import expected_calibration_error
from yomite.evaluation.report import align_table
from yomite.evaluation.scores import ScoredSet, read_scores
from yomite.shipping.kept import Kept
from yomite.shipping.temperature import compute_nll, fit_temperature
from yomite.shipping.thresholds import ENOUGH, choose_threshold, round_down, shrink, weigh_samples

GRID = tuple(round(0.1 * step, 1) for step in range(11))
"""Prior weights to choose from."""

MAX_HARM = 0.002
"""The most that look-alike top-1 of any one set may lose to the prior, 0..1; one sample is always allowed."""

TIE = 0.001
"""Means of look-alike top-1 nearer than this are one sample or two: the likelihood decides."""

MAX_LOST = 0.01
"""Share of the right readings that rejection may cost."""


@dataclass(frozen=True)
class WeightScore:
    """What one weight of the prior gives; means are over the sets.

    Attributes:
        weight: The weight.
        temperature: The one that fits with it.
        nll: Mean negative log-likelihood at that temperature, in nats, look-alikes counted as right.
        strict: Top-1 of each set, 0..1.
        lookalike: Top-1 of each set with look-alikes counted as right, 0..1.
        mean_strict: Mean of strict.
        mean_lookalike: Mean of lookalike.
    """

    weight: float
    temperature: float
    nll: float
    strict: tuple[float, ...]
    lookalike: tuple[float, ...]
    mean_strict: float
    mean_lookalike: float


def score_prior_weights(
    sets: Sequence[ScoredSet],
    characters: Sequence[str],
    log_prior: np.ndarray,
    grid: Sequence[float] = GRID,
) -> list[WeightScore]:
    """Score each weight of the prior on all sets.

    Args:
        sets: Scored sets.
        characters: C characters in label order.
        log_prior: Float (C,), natural logarithm.
        grid: Weights.
    """
    groups = np.array(number_lookalikes(characters))
    logits, labels, weights = _pool(sets)
    ends = np.cumsum([len(one.labels) for one in sets])[:-1]
    scores = []
    for weight in grid:
        weighted = logits + np.float32(weight) * log_prior.astype(np.float32)
        temperature = fit_temperature(weighted, labels, weights=weights, groups=groups)
        nll = compute_nll(weighted, labels, temperature, weights=weights, groups=groups)
        best = weighted.argmax(axis=1)
        ratios, means = [], []
        for is_right in (best == labels, groups[best] == groups[labels]):
            ratios.append(tuple(float(part.mean()) for part in np.split(is_right, ends)))
            means.append(float(weights @ is_right / weights.sum()))
        scores.append(WeightScore(float(weight), temperature, nll, *ratios, *means))
    return scores


def choose_prior_weight(scores: Sequence[WeightScore], nums_samples: Sequence[int]) -> float:
    """Choose the one weight for everything.

    A weight that costs any set more than MAX_HARM against weight 0 is out: a set with each rare kanji once
    shows what too much prior does. Of the others the best mean of look-alike top-1 wins; among means within
    TIE of it, which are chance, the lowest negative log-likelihood.

    Args:
        scores: Of score_prior_weights, with weight 0 first.
        nums_samples: Of each set.
    """
    allowed = np.array([max(MAX_HARM, 1 / num) for num in nums_samples]) + 1e-9
    lowest = np.array(scores[0].lookalike) - allowed
    harmless = [score for score in scores if (np.array(score.lookalike) >= lowest).all()]
    best = max(score.mean_lookalike for score in harmless)
    tied = [score for score in harmless if score.mean_lookalike >= best - TIE]
    return min(tied, key=lambda score: score.nll).weight


def format_weight_scores(scores: Sequence[WeightScore], names: Sequence[str], chosen: float) -> str:
    """Format look-alike (strict) top-1 of each set in percent for people; `*` marks the chosen weight."""
    rows = [["weight", *names, "mean", "NLL", "temperature"]]
    for score in scores:
        cells = [
            f"{100 * alike:.2f} ({100 * strict:.2f})"
            for alike, strict in zip(score.lookalike, score.strict, strict=True)
        ]
        mean = f"{100 * score.mean_lookalike:.2f} ({100 * score.mean_strict:.2f})"
        mark = "*" if score.weight == chosen else " "
        rows.append(
            [f"{score.weight:.2f}{mark}", *cells, mean, f"{score.nll:.4f}", f"{score.temperature:.3f}"]
        )
    return align_table(rows, num_left=0)


@dataclass(frozen=True)
class Fit:
    """The calibration of one choice of prior, and how well it does on the sets it was fitted on.

    Attributes:
        temperature: Above 0, 4 decimals.
        rejection_threshold: 0..1, 4 decimals.
        calibration_error: Of the confidences on each set, 0..1.
        lost: Share of each set's right readings that are rejected, 0..1.
    """

    temperature: float
    rejection_threshold: float
    calibration_error: tuple[float, ...]
    lost: tuple[float, ...]


def fit_calibration(
    sets: Sequence[ScoredSet],
    characters: Sequence[str],
    weighted_log_prior: np.ndarray,
    before: tuple[float, float] | None = None,
) -> Fit:
    """Fit the temperature with the prior in place, then the threshold.

    Args:
        sets: Scored sets; may be empty where there is something from before.
        characters: C characters in label order.
        weighted_log_prior: Float (C,), zeros for the uniform prior.
        before: Temperature and threshold that were known before; they count as ENOUGH samples.
    """
    if before and not sets:
        return Fit(*before, (), ())
    groups = np.array(number_lookalikes(characters))
    logits, labels, weights = _pool(sets)
    weighted = logits + weighted_log_prior.astype(np.float32)
    counts = (before[0], weights.sum() * ENOUGH / len(labels)) if before else None
    temperature = fit_temperature(weighted, labels, weights=weights, groups=groups, before=counts)
    temperature = max(round(temperature, 4), 1e-3)
    best, confidences = read_scores(weighted, temperature, groups)
    is_right = groups[best] == groups[labels]
    threshold = 0.0
    if is_right.any():
        threshold = choose_threshold(confidences[is_right], MAX_LOST, weights[is_right])
    threshold = round_down(shrink(threshold, before and before[1], len(labels)))
    ends = np.cumsum([len(one.labels) for one in sets])[:-1]
    parts = list(zip(np.split(confidences, ends), np.split(is_right, ends), strict=True))
    errors = tuple(expected_calibration_error(*part) for part in parts)
    lost = tuple(float((part[right] < threshold).mean()) if right.any() else 0.0 for part, right in parts)
    return Fit(temperature, threshold, errors, lost)


@dataclass(frozen=True)
class Calibrated:
    """What calibration adds to a model file, and how it was found.

    Attributes:
        sets: Names of the sets, in order.
        prior_weight: Of the log-prior, for everything.
        fits: By prior, "text" and "uniform".
        weight_scores: The table that the weight was chosen from; empty where it was given.
        num_samples: In all sets.
        kept: What it keeps of the model that it began from; None where there is nothing to keep.
    """

    sets: tuple[str, ...]
    prior_weight: float
    fits: dict[str, Fit]
    weight_scores: list[WeightScore] = field(default_factory=list)
    num_samples: int = 0
    kept: Kept | None = None

    def to_metadata(self) -> dict[str, str]:
        """Return fields of the model file."""
        fields = {
            "prior_weight": json.dumps(self.prior_weight),
            "temperature": json.dumps({prior: fit.temperature for prior, fit in self.fits.items()}),
            "rejection_threshold": json.dumps(
                {prior: fit.rejection_threshold for prior, fit in self.fits.items()}
            ),
        }
        if self.kept:
            share = round(self.kept.share(self.num_samples), 4)
            kept = {"num_samples": self.num_samples, "kept_from": self.kept.name, "kept_share": share}
            fields["calibration"] = json.dumps(kept, ensure_ascii=False)
        return fields

    def format(self) -> Iterator[str]:
        """Yield lines for people."""
        if self.kept:
            yield self.kept.format(self.num_samples, self.prior_weight)
        elif self.num_samples < ENOUGH:
            yield (
                f"{self.num_samples} samples are few to calibrate on, {ENOUGH} are enough: "
                "probabilities may be off, and good writing may be rejected"
            )
        if self.weight_scores:
            yield "look-alike (strict) top-1 in percent for each weight of the prior:"
            yield format_weight_scores(self.weight_scores, self.sets, self.prior_weight)
        for prior, fit in self.fits.items():
            rejected = f", rejected below confidence {fit.rejection_threshold}"
            if self.kept and self.kept.known:
                rejected = ""  # its head rejects, whatever the confidence
            yield f"prior {prior}: temperature {fit.temperature}{rejected}"
            for name, error, lost in zip(self.sets, fit.calibration_error, fit.lost, strict=True):
                yield f"  {name}: ECE {100 * error:.2f} %, right readings rejected {100 * lost:.2f} %"


def calibrate(
    sets: Sequence[ScoredSet],
    characters: Sequence[str],
    log_prior: np.ndarray | None,
    prior_weight: float | None = None,
    kept: Kept | None = None,
) -> Calibrated:
    """Choose the prior's weight unless it is given, then fit temperature and threshold for each prior.

    Args:
        sets: Scored sets, at least one unless something is kept.
        characters: C characters in label order.
        log_prior: Float (C,), natural logarithm; None where there is none: its weight is 0.
        prior_weight: At least 0; None to choose.
        kept: What the model that it began from says; its temperatures and thresholds count as ENOUGH samples.
    """
    scores: list[WeightScore] = []
    if log_prior is None:
        log_prior, prior_weight = np.zeros(len(characters)), 0.0
    if prior_weight is None:
        scores = score_prior_weights(sets, characters, log_prior)
        prior_weight = choose_prior_weight(scores, [len(one.labels) for one in sets])
    fits = {}
    for prior, weight in (("text", prior_weight), ("uniform", 0.0)):
        before = (kept.temperature[prior], kept.rejection_threshold[prior]) if kept else None
        fits[prior] = fit_calibration(sets, characters, weight * log_prior, before)
    names, num_samples = tuple(one.name for one in sets), sum(len(one.labels) for one in sets)
    return Calibrated(names, prior_weight, fits, scores, num_samples, kept)


def _pool(sets: Sequence[ScoredSet]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return logits, labels, and what each sample counts."""
    return (
        np.concatenate([one.logits for one in sets]),
        np.concatenate([one.labels for one in sets]),
        weigh_samples([len(one.labels) for one in sets]),
    )
