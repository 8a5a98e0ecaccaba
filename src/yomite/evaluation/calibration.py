"""Make probabilities mean what they say: temperature and rejection threshold.

Source of the temperature: C. Guo et al., "On Calibration of Modern Neural Networks", 2017.
"""

import numpy as np

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
    """Mean negative log-likelihood, in nats, of softmax(logits / temperature).

    Args:
        logits: float (N, C), the weighted log-prior added where there is one.
        labels: int (N,).
        temperature: Above 0.
        weights: float (N,), what each sample counts; None for all the same.
        groups: int (C,); labels that share a number are as right as the true one, and the likelihood is of
            their summed probability. None: only the true label is right.
    """
    alike = _list_alike(groups, logits.shape[1])
    return _slopes(logits, labels, 1 / temperature, _normalize(weights, len(labels)), alike)[0]


def fit_temperature(
    logits: np.ndarray,
    labels: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> float:
    """Temperature that minimizes the negative log-likelihood.

    The likelihood is convex in the inverse temperature (with groups nearly so), so Newton's steps, kept
    inside a bracket that shrinks, find the minimum.

    Args:
        logits: float (N, C), N >= 1, the weighted log-prior added where there is one.
        labels: int (N,).
        weights: As for compute_nll.
        groups: As for compute_nll.

    Returns:
        The temperature, 0.001..1000. Where every sample is right by itself, lower is ever better: then one
        that is low enough to make the likelihood 1.
    """
    shares, alike = _normalize(weights, len(labels)), _list_alike(groups, logits.shape[1])
    low, high, inverse = _LOWEST, _HIGHEST, 1.0
    for _ in range(60):
        _, slope, curvature = _slopes(logits, labels, inverse, shares, alike)
        low, high = (inverse, high) if slope < 0 else (low, inverse)
        step = inverse - slope / curvature if curvature > 0 else low
        following = step if low < step < high else float(np.sqrt(low * high))
        if abs(following - inverse) < 1e-5 * inverse:
            break
        inverse = following
    return 1 / inverse


def choose_rejection_threshold(
    confidences: np.ndarray, is_right: np.ndarray, max_lost: float, *, weights: np.ndarray | None = None
) -> float:
    """Highest threshold that rejects at most a stated share of the right readings.

    Args:
        confidences: float (N,), 0..1.
        is_right: bool (N,).
        max_lost: Highest share of the right readings with confidence < threshold, 0..1 (1 excluded).
        weights: float (N,), what each sample counts; None for all the same.

    Returns:
        The confidence of a right reading, which is not itself rejected; 0.0 without right readings.
    """
    is_right = np.asarray(is_right, bool)
    if not is_right.any():
        return 0.0
    shares = _normalize(None if weights is None else np.asarray(weights)[is_right], int(is_right.sum()))
    order = np.argsort(np.asarray(confidences)[is_right], kind="stable")
    lost = np.cumsum(shares[order])  # what a threshold just above each reading would lose
    num_lost = int(np.searchsorted(lost, max_lost + 1e-12, side="right"))
    return float(np.asarray(confidences)[is_right][order[min(num_lost, len(order) - 1)]])


def _normalize(weights: np.ndarray | None, num_samples: int) -> np.ndarray:
    """float64 (N,) that sums to 1."""
    shares = np.ones(num_samples) if weights is None else np.asarray(weights, np.float64)
    return shares / shares.sum()


def _list_alike(groups: np.ndarray | None, num_classes: int) -> np.ndarray:
    """int64 (C, M): the labels that are right where label c is, padded with -1."""
    if groups is None:
        return np.arange(num_classes)[:, None]
    members: dict[int, list[int]] = {}
    for label, group in enumerate(groups.tolist()):
        members.setdefault(group, []).append(label)
    alike = np.full((num_classes, max(map(len, members.values()))), -1)
    for label, group in enumerate(groups.tolist()):
        alike[label, : len(members[group])] = members[group]
    return alike


def _slopes(
    logits: np.ndarray, labels: np.ndarray, inverse: float, shares: np.ndarray, alike: np.ndarray
) -> tuple[float, float, float]:
    """Negative log-likelihood at an inverse temperature, its first and its second derivative."""
    total = np.zeros(3)
    for start in range(0, len(labels), _CHUNK):
        rows = slice(start, start + _CHUNK)
        scores = logits[rows] - logits[rows].max(axis=1, keepdims=True)
        right = alike[labels[rows]]
        right_scores = np.take_along_axis(scores, np.maximum(right, 0), axis=1).astype(np.float64)
        right_scores[right < 0] = _NEVER
        log_all, mean_all, variance_all = _moments(scores, inverse)
        log_right, mean_right, variance_right = _moments(right_scores, inverse)
        values = (log_all - log_right, mean_all - mean_right, variance_all - variance_right)
        total += [shares[rows] @ value for value in values]
    return float(total[0]), float(total[1]), float(total[2])


def _moments(scores: np.ndarray, inverse: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log of the sum of exp(inverse * scores) along rows, and its first and second derivative."""
    highest = scores.max(axis=1, keepdims=True)
    scores = scores - highest
    powers = np.exp(scores.dtype.type(inverse) * scores)
    sums = powers.sum(axis=1, dtype=np.float64)
    powers *= scores
    mean = powers.sum(axis=1, dtype=np.float64) / sums
    powers *= scores
    variance = np.maximum(powers.sum(axis=1, dtype=np.float64) / sums - mean**2, 0)
    return np.log(sums) + inverse * highest[:, 0], mean + highest[:, 0], variance
