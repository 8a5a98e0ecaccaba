"""The temperature that makes probabilities mean what they say.

Source: C. Guo et al., "On Calibration of Modern Neural Networks", 2017.
"""

import numpy as np
from scipy.optimize import root_scalar

# Between these an inverse temperature is looked for.
_LOWEST, _HIGHEST = 1e-3, 1e3
_NEVER = -1e30  # the score of what is no alternative
_CHUNK = 128  # rows whose C classes are looked at together: as much as a cache holds


def compute_nll(
    logits: np.ndarray,
    labels: np.ndarray,
    temperature: float = 1.0,
    *,
    weights: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> float:
    """Return the mean negative log-likelihood, in nats, of softmax(logits / temperature).

    Args:
        logits: Float (N, C), the weighted log-prior added where there is one.
        labels: Int (N,).
        temperature: Above 0.
        weights: Float (N,), what each sample counts; None for all the same.
        groups: Int (C,); labels that share a number are as right as the true one, and the likelihood is of
            their summed probability. None: only the true label is right.
    """
    return _measure(logits, labels, 1 / temperature, weights, _list_alike(groups, logits.shape[1]))[0]


def fit_temperature(
    logits: np.ndarray,
    labels: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    before: tuple[float, float] | None = None,
) -> float:
    """Find the temperature that minimizes the negative log-likelihood.

    The likelihood is convex in the inverse temperature (with groups nearly so): its slope has one root.

    A temperature that was known before is as many samples like these, each right as often as that temperature
    says: to the likelihood of the labels it adds their cross-entropy with its own probabilities.

    Args:
        logits: Float (N, C), N >= 1, the weighted log-prior added where there is one.
        labels: Int (N,).
        weights: As for compute_nll.
        groups: As for compute_nll.
        before: The temperature that was known before, and what it counts, in samples of weight 1.

    Returns:
        The temperature, 0.001..1000. Where every sample is right by itself, lower is ever better: Then the
        lowest.
    """
    alike = _list_alike(groups, logits.shape[1])

    kept, counts = before or (1.0, 0.0)
    counts /= len(labels) if weights is None else float(np.sum(weights))
    expected = _expect_score(logits, 1 / kept, weights) if counts else 0.0

    def slope(log_inverse: float) -> float:
        inverse = np.exp(log_inverse)
        by_labels = _measure(logits, labels, inverse, weights, alike)[1]
        return by_labels + (counts * (_expect_score(logits, inverse, weights) - expected) if counts else 0.0)

    low, high = np.log(_LOWEST), np.log(_HIGHEST)
    if slope(high) <= 0:
        return 1 / _HIGHEST
    if slope(low) >= 0:
        return 1 / _LOWEST
    return float(np.exp(-root_scalar(slope, bracket=(low, high), xtol=1e-9).root))


def _measure(
    logits: np.ndarray,
    labels: np.ndarray,
    inverse: float,
    weights: np.ndarray | None,
    alike: np.ndarray,
) -> tuple[float, float]:
    """Return the negative log-likelihood at an inverse temperature, and its slope."""
    shares = np.ones(len(labels)) if weights is None else np.asarray(weights, np.float64)
    total = np.zeros(2)
    for start in range(0, len(labels), _CHUNK):
        rows = slice(start, start + _CHUNK)
        scores = logits[rows] - logits[rows].max(axis=1, keepdims=True)
        right = alike[labels[rows]]
        right_scores = np.take_along_axis(scores, np.maximum(right, 0), axis=1).astype(np.float64)
        right_scores[right < 0] = _NEVER
        total += shares[rows] @ (_moments(scores, inverse) - _moments(right_scores, inverse))
    nll, slope = total / shares.sum()
    return float(nll), float(slope)


def _expect_score(logits: np.ndarray, inverse: float, weights: np.ndarray | None) -> float:
    """Return the mean score that is expected at an inverse temperature, the highest of each row taken off."""
    shares = np.ones(len(logits)) if weights is None else np.asarray(weights, np.float64)
    total = 0.0
    for start in range(0, len(logits), _CHUNK):
        rows = slice(start, start + _CHUNK)
        scores = logits[rows] - logits[rows].max(axis=1, keepdims=True)
        total += float(shares[rows] @ _moments(scores, inverse)[:, 1])
    return total / float(shares.sum())


def _list_alike(groups: np.ndarray | None, num_classes: int) -> np.ndarray:
    """Return int64 (C, M): the labels that are right where label c is, padded with -1."""
    members: dict[int, list[int]] = {}
    numbers = list(range(num_classes)) if groups is None else groups.tolist()
    for label, number in enumerate(numbers):
        members.setdefault(number, []).append(label)
    width = max(map(len, members.values()))
    return np.array([members[number] + [-1] * (width - len(members[number])) for number in numbers])


def _moments(scores: np.ndarray, inverse: float) -> np.ndarray:
    """Return float64 (N, 2): the log of the sum of exp(inverse * scores) along rows, and its slope."""
    highest = scores.max(axis=1, keepdims=True)
    scores = scores - highest
    powers = np.exp(scores.dtype.type(inverse) * scores)
    sums = powers.sum(axis=1, dtype=np.float64)
    powers *= scores
    mean = powers.sum(axis=1, dtype=np.float64) / sums
    return np.stack([np.log(sums) + inverse * highest[:, 0], mean + highest[:, 0]], axis=1)
