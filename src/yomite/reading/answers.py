"""Drawings -> logits -> probabilities -> the best characters and how sure they are."""

from collections.abc import Iterator, Sequence

import numpy as np

from yomite.errors import ModelFileError
from yomite.reading.among import MIN_SHARE, Choice
from yomite.reading.model_file import Calibration, ModelFile
from yomite.reading.results import Candidate, Recognition
from yomite.reading.several import seems_several
from yomite.reading.stroke_counts import MAX_COUNT, Drawing


def answer(
    model: ModelFile, drawings: Sequence[Drawing], calibration: Calibration, choice: Choice, top: int
) -> list[Recognition]:
    """Read drawings with a model file, as docs/model-file.md says.

    Args:
        model: The open file.
        drawings: At least one.
        calibration: Of the model, for one choice of prior.
        choice: Of its characters.
        top: How many candidates, at least 1.
    """
    logits, is_unknown = model.compute_answers(np.stack([one.canvas for one in drawings])[:, None])
    log_prior = calibration.log_prior
    if choice.is_covered is not None:
        without_prior = model.calibrations["uniform"]
        shares = weigh(logits, without_prior.log_prior, without_prior.temperature, model.where)
        is_unknown |= shares[:, choice.is_covered].sum(axis=1) < MIN_SHARE
    counts = np.minimum([one.num_strokes for one in drawings], MAX_COUNT)
    if counts.any() and model.stroke_evidence is not None:
        logits = logits + np.float32(calibration.temperature) * model.stroke_evidence[counts]
    if choice.is_covered is not None:
        logits, log_prior = logits[:, choice.labels], log_prior[choice.labels]
    probabilities = weigh(logits, log_prior, calibration.temperature, model.where)
    results = []
    for drawing, (candidates, confidence), unknown in zip(
        drawings, rank(probabilities, choice, top), is_unknown.tolist(), strict=True
    ):
        is_rejected = unknown or confidence < calibration.rejection_threshold
        is_several = is_rejected and seems_several(drawing.canvas)
        results.append(Recognition(candidates, confidence, is_rejected, is_several))
    return results


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
