"""Logits -> probabilities -> the best characters and how sure they are."""

from collections.abc import Iterator

import numpy as np

from yomite.errors import ModelFileError
from yomite.reading.among import Choice
from yomite.reading.results import Candidate


def weigh(logits: np.ndarray, log_prior: np.ndarray, temperature: float, where: str) -> np.ndarray:
    """Return softmax((logits + log_prior) / temperature), float32 (N, K).

    Args:
        logits: Float32 (N, K); left as they are.
        log_prior: Float32 (K,).
        temperature: Above 0.
        where: The model file, for the message.

    Raises:
        ModelFileError: A sum is out of range.
    """
    with np.errstate(over="ignore"):
        scores = logits + log_prior
        highest = scores.max(axis=1, keepdims=True)
        if not np.isfinite(highest).all():
            raise ModelFileError(f"{where}: its logits are out of range; export it again")
        scores -= highest
        scores /= np.float32(temperature)
    probabilities = np.exp(scores, out=scores)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return probabilities


def rank(
    probabilities: np.ndarray, choice: Choice, top: int
) -> Iterator[tuple[tuple[Candidate, ...], float]]:
    """Yield for each picture the best candidates and the confidence in the first.

    Args:
        probabilities: Float32 (N, K), by position in the choice.
        choice: Of K characters.
        top: How many candidates, at least 1.
    """
    top = min(top, len(choice.characters))
    best = np.argpartition(probabilities, -top, axis=1)[:, -top:]  # far cheaper than sorting all classes
    order = np.argsort(-np.take_along_axis(probabilities, best, axis=1), axis=1)
    best = np.take_along_axis(best, order, axis=1)
    for positions, row in zip(best, probabilities, strict=True):
        alike = choice.alike_by_position.get(int(positions[0]), positions[:1])
        candidates = tuple(
            Candidate(choice.characters[position], probability)
            for position, probability in zip(positions.tolist(), row[positions].tolist(), strict=True)
        )
        yield candidates, min(1.0, float(row[alike].sum()))
