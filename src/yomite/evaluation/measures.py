"""Shares of samples with their intervals, and the other figures that follow from Answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from yomite.evaluation.answers import Answers

NUM_RESAMPLED = 1_000
"""Bootstrap samples of an interval."""

INTERVAL = 0.95
"""Share of the bootstrap's values within an interval."""

NUM_BINS = 15
_SEED = 0


@dataclass(frozen=True)
class Share:
    """A share, 0..1, of a number of samples, with its bootstrap interval; NaN without samples."""

    num_samples: int
    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float | int]:
        """Return plain data, shares rounded to 5 decimals."""
        rounded = {name: round(getattr(self, name), 5) for name in ("value", "low", "high")}
        return {"num_samples": self.num_samples, **rounded}

    def __str__(self) -> str:
        """`97.62 ±0.9 %`: the value, and half the width of its interval."""
        if np.isnan(self.value):
            return "-"
        return f"{100 * self.value:.2f} ±{50 * (self.high - self.low):.1f} %"


@dataclass(frozen=True)
class Bin:
    """One bar of the reliability figure: samples of like confidence.

    Attributes:
        num_samples: Samples in the bin.
        confidence: Their mean confidence, 0..1.
        right: The share of them that was right, 0..1.
    """

    num_samples: int
    confidence: float
    right: float


def resample(
    values: Sequence[np.ndarray], measure: Callable[..., float], num: int = NUM_RESAMPLED
) -> tuple[float, float]:
    """Return the interval of a measure by bootstrap over samples: the middle INTERVAL of its values.

    Args:
        values: Arrays of one length N, of which the same samples are drawn, N of N with repetition.
        measure: Takes the arrays drawn.
        num: How often.

    Returns:
        Low and high end; NaN without samples. From a fixed seed.
    """
    num_samples = len(values[0])
    if not num_samples:
        return float("nan"), float("nan")
    rng = np.random.default_rng(_SEED)
    drawn = []
    for _ in range(num):
        rows = rng.integers(0, num_samples, num_samples)
        drawn.append(measure(*(array[rows] for array in values)))
    return _find_interval(drawn)


def measure_share(is_right: Sequence[bool] | np.ndarray) -> Share:
    """Measure the share of the true ones.

    The bootstrap of a share is binomial, so it is drawn at once.
    """
    hits = np.asarray(is_right, bool)
    if not len(hits):
        return Share(0, float("nan"), float("nan"), float("nan"))
    drawn = np.random.default_rng(_SEED).binomial(len(hits), hits.mean(), NUM_RESAMPLED) / len(hits)
    return Share(len(hits), float(hits.mean()), *_find_interval(drawn))


def measure_grouped_share(hits: Sequence[int], totals: Sequence[int]) -> Share:
    """Measure a share of things that come in groups, such as lines on pages; groups are resampled.

    Args:
        hits: Of each group how many are true.
        totals: Of each group how many there are.
    """
    counts = np.array([pair for pair in zip(hits, totals, strict=True) if pair[1]], float).reshape(-1, 2)
    if not len(counts):
        return Share(0, float("nan"), float("nan"), float("nan"))
    value = float(counts[:, 0].sum() / counts[:, 1].sum())
    interval = resample(tuple(counts.T), lambda hits, totals: float(hits.sum() / totals.sum()))
    return Share(int(counts[:, 1].sum()), value, *interval)


def measure_macro(answers: Answers) -> Share:
    """Measure the mean over characters of the share read right; look-alikes count, samples are resampled."""
    names, codes = np.unique(answers.characters, return_inverse=True)

    def measure(codes: np.ndarray, hits: np.ndarray) -> float:
        counts = np.bincount(codes, minlength=len(names))
        right = np.bincount(codes, hits, minlength=len(names))
        return float((right[counts > 0] / counts[counts > 0]).mean())

    return _measure(measure, codes, answers.is_right.astype(np.float64))


def expected_calibration_error(
    confidences: np.ndarray, is_right: np.ndarray, num_bins: int = NUM_BINS
) -> float:
    """Return the mean distance between confidence and share of right answers over bins of equal mass, 0..1.

    K. Nguyen and B. O'Connor, "Posterior calibration and exploratory analysis", 2015.

    Args:
        confidences: Float (N,), 0..1.
        is_right: Bool (N,).
        num_bins: Bins, each with the same number of samples (up to one).

    Returns:
        The error; NaN without samples.
    """
    bins = _divide(np.asarray(confidences, np.float64), num_bins)
    gaps = np.asarray(confidences, np.float64) - np.asarray(is_right, np.float64)
    return float(sum(abs(gaps[rows].sum()) for rows in bins) / len(gaps)) if len(gaps) else float("nan")


def measure_calibration(answers: Answers) -> Share:
    """Measure the expected calibration error of the confidences of what was read."""
    is_read = answers.is_read
    return measure_confidence(answers.confidences[is_read], answers.is_right[is_read])


def measure_confidence(confidences: np.ndarray, is_right: np.ndarray) -> Share:
    """Measure the expected calibration error of confidences, float (N,), with its interval."""
    return _measure(expected_calibration_error, confidences, is_right.astype(np.float64))


def divide_by_confidence(answers: Answers) -> list[Bin]:
    """Divide what was read into the bins that the calibration error is the mean over."""
    return divide_evenly(answers.confidences[answers.is_read], answers.is_right[answers.is_read])


def divide_evenly(confidences: np.ndarray, is_right: np.ndarray) -> list[Bin]:
    """Divide confidences, float (N,), into bins of equal mass, with the share of each that is right."""
    bins = _divide(confidences, NUM_BINS)
    return [Bin(len(rows), float(confidences[rows].mean()), float(is_right[rows].mean())) for rows in bins]


def measure_risk(answers: Answers, num_points: int = 101) -> tuple[np.ndarray, np.ndarray]:
    """Measure the risk-coverage curve: the error among the most confident answers.

    Samples that were not read are the least confident, and wrong. Answers of equal confidence are answered
    together or not at all in expectation: their errors are spread evenly.

    Args:
        answers: The answers.
        num_points: Points of the curve; the one of coverage 0 is left out.

    Returns:
        coverage: Float (P,), 0..1 rising, without 0.
        risk: Float (P,), 0..1.
    """
    if not len(answers):
        return np.zeros(0), np.zeros(0)
    confidences = np.where(answers.is_read, answers.confidences, -1.0)
    wrong = (~answers.is_right).astype(np.float64)
    _, places = np.unique(-confidences, return_inverse=True)
    wrong = (np.bincount(places, wrong) / np.bincount(places))[places]  # spread over equal confidences
    order = np.argsort(-confidences, kind="stable")
    risk = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)
    coverage = np.linspace(0, 1, num_points)[1:]
    nums = np.maximum(np.round(coverage * len(order)).astype(int), 1)
    return nums / len(order), risk[nums - 1]


def risk_at(answers: Answers, rejected: float) -> float:
    """Return the error, 0..1, among the answers left when the least confident share is turned down."""
    coverage, risk = measure_risk(answers, num_points=1001)
    return float(np.interp(1 - rejected, coverage, risk)) if len(coverage) else float("nan")


def _measure(measure: Callable[..., float], *values: np.ndarray) -> Share:
    """Return a measure of all samples, and its interval."""
    num_samples = len(values[0])
    value = measure(*values) if num_samples else float("nan")
    return Share(num_samples, value, *resample(values, measure))


def _find_interval(drawn: Sequence[float] | np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(drawn, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2])
    return float(low), float(high)


def _divide(confidences: np.ndarray, num_bins: int) -> list[np.ndarray]:
    """Rows of bins of equal mass, by rising confidence; no bin is empty."""
    order = np.argsort(confidences, kind="stable")
    return np.array_split(order, min(num_bins, len(order))) if len(order) else []
