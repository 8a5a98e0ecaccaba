"""What speaks for each character of a line that was read, and the chance that it is right."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from yomite.reading.decoding import Hypothesis, Weights, align, find_best
from yomite.reading.language_model import LanguageModel
from yomite.reading.results import Candidate

NUM_FEATURES = 5
"""Of a character; files of before 27 November 2026 weigh the first two."""

NUM_RIVALS = 16
"""Characters of a step that are compared with the one that was read."""

_LIMIT = 9.0


@dataclass(frozen=True)
class Evidence:
    """What speaks for the characters of a text.

    Attributes:
        spans: Int64 (L, 2), the first step of each character and the one after its last.
        features: Float64 (L, NUM_FEATURES), the log-odds of each character against its rivals at its
            strongest step, and of the texts that have it against those that do not; their product, in
            `_LIMIT`, for one alone proves little; and the means of both over the line: whoever writes one
            character badly writes the next one so too.
        rivals: For each character, itself and its rivals with their shares, best first.
    """

    spans: np.ndarray
    features: np.ndarray
    rivals: tuple[tuple[tuple[str, float], ...], ...]


def weigh_evidence(
    log_probabilities: np.ndarray,
    hypotheses: Sequence[Hypothesis],
    characters: Sequence[str],
    language_model: LanguageModel | None,
    weights: Weights,
) -> Evidence:
    """Weigh what speaks for each character of the first hypothesis.

    Args:
        log_probabilities: Float32 (T, C + 1), the blank last.
        hypotheses: As `decoding.search` gives them.
        characters: The character of each label.
        language_model: As it was searched with.
        weights: As it was searched with.
    """
    labels = hypotheses[0].labels
    spans = align(log_probabilities, labels)
    steps = [
        first + int(log_probabilities[first:last, label].argmax())
        for label, (first, last) in zip(labels, spans.tolist(), strict=True)
    ]
    rows = log_probabilities[steps, :-1]
    best = find_best(rows, NUM_RIVALS)[0].tolist()
    rivals, odds = [], []
    for index, (label, others) in enumerate(zip(labels, best, strict=True)):
        compared: list[int] = [label, *(other for other in others if other != label)]
        scores: list[float] = rows[index, compared].tolist()
        texts = [characters[one] for one in compared]
        if language_model:
            context = "".join(characters[one] for one in labels[max(0, index - language_model.order) : index])
            scores = [
                score + weights.language * language_model.score(context, text)
                for score, text in zip(scores, texts, strict=True)
            ]
        highest = max(scores)
        shares = [math.exp(score - highest) for score in scores]
        whole = math.fsum(shares)
        shares = [share / whole for share in shares]
        odds.append(to_log_odds(shares[0]))
        rivals.append(tuple(sorted(zip(texts, shares, strict=True), key=_weigh)))
    agreement = measure_agreement(hypotheses)
    own = np.array([odds, [to_log_odds(share) for share in agreement]]).T.reshape(-1, 2)
    of_line = np.broadcast_to(own.mean(axis=0), own.shape) if len(own) else own
    features = np.concatenate([own, own.prod(axis=1, keepdims=True) / _LIMIT, of_line], axis=1)
    return Evidence(spans, features, tuple(rivals))


def measure_agreement(hypotheses: Sequence[Hypothesis]) -> list[float]:
    """Return for each character of the first hypothesis the share of all that have it in its place."""
    labels = hypotheses[0].labels
    agreement = np.full(len(labels), hypotheses[0].probability)
    for other in hypotheses[1:]:
        for block in SequenceMatcher(None, labels, other.labels, autojunk=False).get_matching_blocks():
            agreement[block.a : block.a + block.size] += other.probability
    return np.minimum(agreement, 1.0).tolist()


def to_log_odds(share: float) -> float:
    """Return the logarithm of share / (1 - share), within bounds that a float can bear."""
    if share <= 0.0 or share >= 1.0:
        return _LIMIT if share >= 1.0 else -_LIMIT
    return min(max(math.log(share / (1.0 - share)), -_LIMIT), _LIMIT)


def to_chance(features: Sequence[float], weights: Sequence[float]) -> float:
    """Return the calibrated chance, 0..1, of evidence: a logistic function, the constant weight last.

    Features beyond the weights do not count.
    """
    value = weights[-1] + math.fsum(w * f for w, f in zip(weights[:-1], features, strict=False))
    return 1.0 / (1.0 + math.exp(-min(max(value, -30.0), 30.0)))


def share_out(
    rivals: Sequence[tuple[str, float]], text: str, confidence: float, top: int
) -> tuple[Candidate, ...]:
    """Give the character that was read its confidence, and its rivals the rest in proportion, best first."""
    rest = math.fsum(share for other, share in rivals if other != text)
    scale = (1.0 - confidence) / rest if rest > 0 else 0.0
    shared = [(other, confidence if other == text else share * scale) for other, share in rivals]
    chosen = sorted(shared, key=_weigh)[:top]
    if all(other != text for other, _ in chosen):
        chosen[-1] = (text, confidence)
    return tuple(Candidate(*pair) for pair in chosen)


def _weigh(pair: tuple[str, float]) -> float:
    return -pair[1]
