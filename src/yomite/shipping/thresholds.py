"""Where the line is drawn: the strictest threshold that costs no more of real writing than it may."""

from collections.abc import Sequence

import numpy as np

ENOUGH = 400
"""Samples from which on a set has its full weight; what was known before a set counts as so many."""


def weigh_samples(nums_samples: Sequence[int]) -> np.ndarray:
    """Return what each sample counts, float64 (N,): the sets one after the other weigh the same.

    For sets stand for ways of writing, not for how often they are met; but a set of fewer than ENOUGH samples
    weighs by their number, or one sample of it would decide.
    """
    return np.concatenate([np.full(num, 1 / max(num, ENOUGH)) for num in nums_samples])


def choose_threshold(values: np.ndarray, max_lost: float, weights: np.ndarray | None = None) -> float:
    """Return the highest threshold below which at most a stated share lies.

    Args:
        values: Float (N,), N >= 1.
        max_lost: Highest share of them that is below the threshold, 0..1.
        weights: Float (N,), what each value counts; None for all the same.

    Returns:
        One of the values, which is not below itself.
    """
    shares = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    order = np.argsort(values, kind="stable")
    lost = np.cumsum(shares[order]) / shares.sum()  # what a threshold just above each value would lose
    num_lost = int(np.searchsorted(lost, max_lost + 1e-12, side="right"))
    return float(values[order[min(num_lost, len(values) - 1)]])


def shrink(fitted: float, before: float | None, num_samples: int) -> float:
    """Return what samples say, drawn towards what was known before, which counts as ENOUGH of them."""
    return fitted if before is None else before + (fitted - before) * num_samples / (num_samples + ENOUGH)


def round_down(threshold: float) -> float:
    """Return it with 4 decimals; rounded up, it might cost more than it may."""
    return float(np.floor(threshold * 1e4) / 1e4)
