"""Fit what tells a known character from anything else, and where the line is drawn.

The head learns on drawn characters and on the kinds of `negatives`; the threshold is then the strictest one
that rejects no more of the real writing than it may. Real writing is never learned from, so what it loses is
what new writing of its kinds would lose.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from yomite.evaluation.fitting import ENOUGH

MAX_REJECTED = 0.015
"""Share of real characters that may be rejected, every set of real writing weighing the same."""

MAX_REJECTED_OF_A_SET = 0.02
"""The same for any one set of ENOUGH samples."""

NUM_HIDDEN = 64
NUM_EPOCHS = 8
BATCH_SIZE = 256
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-2
DROPOUT = 0.3
"""Of the evidence: what shows on drawn characters alone must not decide about real ones."""


def fit_head(
    characters: Sequence[np.ndarray], negatives: Sequence[np.ndarray], seed: int = 0
) -> dict[str, np.ndarray]:
    """Learn to tell characters from negatives: logistic regression with one hidden layer, by Adam.

    Both sides weigh the same, and so does every kind on a side.

    Args:
        characters: float32 (N, F) for each kind (drawn, real), the evidence on pictures of characters.
        negatives: float32 (M, F) for each kind.
        seed: Of the first weights, of dropout and of the order.

    Returns:
        The head as `yomite.known.add_known` takes it: weights (F, H), biases (H,), out_weights (H, 1),
        out_bias (1,), float32.
    """
    rng = np.random.default_rng(seed)
    evidence = np.concatenate([*characters, *negatives]).astype(np.float32)
    is_character = np.arange(len(evidence)) < sum(map(len, characters))
    shares = np.concatenate(
        [np.full(len(kind), 0.5 / len(side) / len(kind)) for side in (characters, negatives) for kind in side]
    )
    weights = (shares * len(shares)).astype(np.float32)
    middle, deviation = evidence.mean(axis=0), evidence.std(axis=0) + 1e-6
    evidence = (evidence - middle) / deviation

    num_evidence = evidence.shape[1]
    parameters = [
        rng.normal(0, num_evidence**-0.5, (num_evidence, NUM_HIDDEN)),
        np.zeros(NUM_HIDDEN),
        rng.normal(0, NUM_HIDDEN**-0.5, (NUM_HIDDEN, 1)),
        np.zeros(1),
    ]
    parameters = [values.astype(np.float32) for values in parameters]
    means, squares = ([np.zeros_like(values) for values in parameters] for _ in range(2))
    num_steps = NUM_EPOCHS * -(-len(evidence) // BATCH_SIZE)
    step = 0
    for _ in range(NUM_EPOCHS):
        order = rng.permutation(len(evidence))
        for start in range(0, len(order), BATCH_SIZE):
            rows = order[start : start + BATCH_SIZE]
            kept = rng.random((len(rows), num_evidence), dtype=np.float32) >= DROPOUT
            batch = evidence[rows] * kept / np.float32(1 - DROPOUT)
            gradients = _differentiate(parameters, batch, is_character[rows], weights[rows])
            step += 1
            rate = LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * step / num_steps))
            for index, gradient in enumerate(gradients):
                means[index] += 0.1 * (gradient - means[index])
                squares[index] += 0.001 * (gradient**2 - squares[index])
                mean, square = means[index] / (1 - 0.9**step), squares[index] / (1 - 0.999**step)
                change = rate * mean / (np.sqrt(square) + 1e-8)
                if parameters[index].ndim == 2:
                    change = change + rate * WEIGHT_DECAY * parameters[index]
                parameters[index] -= change.astype(np.float32)
    folded = parameters[0] / deviation[:, None]
    return {
        "weights": folded,
        "biases": parameters[1] - middle @ folded,
        "out_weights": parameters[2],
        "out_bias": parameters[3],
    }


def _differentiate(
    parameters: Sequence[np.ndarray], batch: np.ndarray, is_character: np.ndarray, weights: np.ndarray
) -> list[np.ndarray]:
    """Gradients of the mean weighted cross-entropy."""
    hidden = batch @ parameters[0] + parameters[1]
    active = np.maximum(hidden, 0)
    known = active @ parameters[2] + parameters[3]
    error = ((_sigmoid(known[:, 0]) - is_character) * weights / len(batch))[:, None].astype(np.float32)
    back = error @ parameters[2].T * (hidden > 0)
    return [batch.T @ back, back.sum(axis=0), active.T @ error, error.sum(axis=0)]


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * values)


def apply_head(head: dict[str, np.ndarray], evidence: np.ndarray) -> np.ndarray:
    """float32 (N,): the log-odds of one known character, as the model file computes them."""
    active = np.maximum(evidence @ head["weights"] + head["biases"], 0)
    return (active @ head["out_weights"] + head["out_bias"])[:, 0]


def choose_known_threshold(known_by_set: Sequence[np.ndarray]) -> float:
    """The highest threshold that rejects at most MAX_REJECTED of real writing, right or wrong.

    Args:
        known_by_set: float (N,) for each set of real writing. Sets weigh the same; one of fewer than ENOUGH
            samples weighs by its number. No set of ENOUGH samples may lose more than
            MAX_REJECTED_OF_A_SET.

    Returns:
        4 decimals, rounded down; what is below it is rejected.
    """
    weights = np.concatenate([np.full(len(one), 1 / max(len(one), ENOUGH)) for one in known_by_set])
    known = np.concatenate(known_by_set)
    order = np.argsort(known, kind="stable")
    lost = np.cumsum(weights[order]) / weights.sum()  # with a threshold just above each value
    highest = known[order[np.searchsorted(lost, MAX_REJECTED + 1e-12, side="right")]]
    for one in known_by_set:
        if len(one) >= ENOUGH:
            highest = min(highest, np.sort(one)[int(MAX_REJECTED_OF_A_SET * len(one))])
    return float(np.floor(float(highest) * 1e4) / 1e4)


def measure_lost(known_by_set: Sequence[np.ndarray], threshold: float) -> tuple[float, ...]:
    """Share of each set that a threshold rejects, 0..1."""
    return tuple(float((known < threshold).mean()) for known in known_by_set)
