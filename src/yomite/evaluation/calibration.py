"""Make probabilities mean what they say: temperature, rejection threshold, weight of the prior.

Sources: C. Guo et al., "On Calibration of Modern Neural Networks", 2017 (temperature);
Y. Geifman and R. El-Yaniv, "Selective Classification for Deep Neural Networks", 2017 (risk at a threshold);
K. Nguyen and B. O'Connor, "Posterior calibration and exploratory analysis", 2015 (bins of equal mass).
"""

from collections.abc import Sequence

import numpy as np

# Between these an inverse temperature is looked for.
_LOWEST, _HIGHEST = 1e-3, 1e3
_CHUNK = 512  # rows whose C classes are held in float64 at a time


def compute_nll(
    logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0, *, weights: np.ndarray | None = None
) -> float:
    """Mean negative log-likelihood, in nats, of softmax(logits / temperature).

    Args:
        logits: float (N, C), the weighted log-prior added where there is one.
        labels: int (N,).
        temperature: Above 0.
        weights: float (N,), what each sample counts; None for all the same.
    """
    return _slopes(logits, labels, 1 / temperature, _normalize(weights, len(labels)))[0]


def fit_temperature(logits: np.ndarray, labels: np.ndarray, *, weights: np.ndarray | None = None) -> float:
    """Temperature that minimizes the negative log-likelihood.

    The likelihood is convex in the inverse temperature, so Newton's steps, kept inside a bracket that
    shrinks, find the one minimum.

    Args:
        logits: float (N, C), N >= 1, the weighted log-prior added where there is one.
        labels: int (N,).
        weights: float (N,), what each sample counts; None for all the same.

    Returns:
        The temperature, 0.001..1000. Where every sample is right by itself, lower is ever better: then one
        that is low enough to make the likelihood 1.
    """
    shares = _normalize(weights, len(labels))
    low, high, inverse = _LOWEST, _HIGHEST, 1.0
    for _ in range(60):
        _, slope, curvature = _slopes(logits, labels, inverse, shares)
        low, high = (inverse, high) if slope < 0 else (low, inverse)
        step = inverse - slope / curvature if curvature > 0 else low
        following = step if low < step < high else float(np.sqrt(low * high))
        if abs(following - inverse) < 1e-6 * inverse:
            break
        inverse = following
    return 1 / inverse


def fit_prior_weight(
    logits: np.ndarray,
    labels: np.ndarray,
    log_prior: np.ndarray,
    *,
    grid: Sequence[float] = tuple(np.arange(0, 1.01, 0.1).round(2)),
    weights: np.ndarray | None = None,
) -> tuple[float, float]:
    """Weight of the log-prior and temperature that together minimize the negative log-likelihood.

    Args:
        logits: float (N, C), without prior.
        labels: int (N,).
        log_prior: float (C,), natural logarithm.
        grid: Weights to try.
        weights: float (N,), what each sample counts. A set with each character once says nothing of how often
            it is written: count a sample as often as its character is met in what will be read.

    Returns:
        The weight, one of the grid, and the temperature that fits with it.
    """
    fits = []
    for weight in grid:
        scores = logits + weight * log_prior
        temperature = fit_temperature(scores, labels, weights=weights)
        fits.append((compute_nll(scores, labels, temperature, weights=weights), float(weight), temperature))
    _, weight, temperature = min(fits)
    return weight, temperature


def expected_calibration_error(confidences: np.ndarray, is_right: np.ndarray, num_bins: int = 15) -> float:
    """Mean distance between confidence and share of right answers over bins of equal mass, 0..1.

    Args:
        confidences: float (N,), 0..1.
        is_right: bool (N,).
        num_bins: Bins, each with the same number of samples (up to one).
    """
    confidences = np.asarray(confidences, np.float64)
    is_right = np.asarray(is_right, np.float64)
    if not len(confidences):
        return float("nan")
    order = np.argsort(confidences, kind="stable")
    gaps = (confidences - is_right)[order]
    bins = np.array_split(gaps, min(num_bins, len(gaps)))
    return float(sum(abs(bin_gaps.sum()) for bin_gaps in bins) / len(gaps))


def choose_rejection_threshold(confidences: np.ndarray, is_right: np.ndarray, max_risk: float) -> float:
    """Lowest threshold at which the readings kept are wrong in at most a stated share.

    Args:
        confidences: float (N,), 0..1.
        is_right: bool (N,).
        max_risk: Highest share of wrong answers among the readings with confidence >= threshold, 0..1.

    Returns:
        0.0 where nothing need be rejected; just above the highest confidence where no threshold will do.
    """
    confidences = np.asarray(confidences, np.float64)
    order = np.argsort(-confidences, kind="stable")
    ordered = confidences[order]
    num_wrong = np.cumsum(~np.asarray(is_right, bool)[order])
    risks = num_wrong / np.arange(1, len(ordered) + 1)
    is_last_of_ties = np.append(ordered[1:] < ordered[:-1], True) if len(ordered) else np.zeros(0, bool)
    allowed = np.flatnonzero((risks <= max_risk) & is_last_of_ties)
    if not len(ordered) or (len(allowed) and allowed[-1] == len(ordered) - 1):
        return 0.0
    if not len(allowed):
        return float(np.nextafter(ordered[0], 2.0))
    return float(ordered[allowed[-1]])


def _normalize(weights: np.ndarray | None, num_samples: int) -> np.ndarray:
    """float64 (N,) that sums to 1."""
    shares = np.ones(num_samples) if weights is None else np.asarray(weights, np.float64)
    return shares / shares.sum()


def _slopes(
    logits: np.ndarray, labels: np.ndarray, inverse: float, shares: np.ndarray
) -> tuple[float, float, float]:
    """Negative log-likelihood at an inverse temperature, its first and its second derivative."""
    total = np.zeros(3)
    for start in range(0, len(labels), _CHUNK):
        rows = slice(start, start + _CHUNK)
        scores = logits[rows].astype(np.float64)
        scores -= scores.max(axis=1, keepdims=True)
        truth = scores[np.arange(len(scores)), labels[rows]]
        powers = np.exp(inverse * scores)
        normalizer = powers.sum(axis=1)
        mean = (powers * scores).sum(axis=1) / normalizer
        variance = (powers * (scores - mean[:, None]) ** 2).sum(axis=1) / normalizer
        values = (np.log(normalizer) - inverse * truth, mean - truth, variance)
        total += [shares[rows] @ value for value in values]
    return float(total[0]), float(total[1]), float(total[2])
