"""What speaks for each character of a line that was read, and the chance that it is right."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from yomite.reading.decoding import Hypothesis, Weights, align
from yomite.reading.language_model import LanguageModel
from yomite.reading.results import Candidate

NUM_RIVALS = 16
"""Characters of a step that are compared with the one that was read."""

_LIMIT = 9.0


@dataclass(frozen=True)
class Evidence:
    """What speaks for the characters of a text.

    Attributes:
        spans: Int64 (L, 2), the first step of each character and the one after its last.
        features: Float64 (L, 2), the log-odds of each character against its rivals at its strongest step,
            and of the texts that have it against those that do not.
        rivals: For each character, itself and its rivals with their shares, best first.
    """

    spans: np.ndarray
    features: np.ndarray
    rivals: tuple[tuple[Candidate, ...], ...]


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
    blank = log_probabilities.shape[1] - 1
    num_rivals = min(NUM_RIVALS, blank)
    rivals, odds = [], []
    for index, (label, (first, last)) in enumerate(zip(labels, spans.tolist(), strict=True)):
        step = first + int(log_probabilities[first:last, label].argmax())
        scores = log_probabilities[step, :blank]
        best: list[int] = np.argpartition(-scores, num_rivals - 1)[:num_rivals].tolist()
        best = [label, *(other for other in best if other != label)]
        values = scores[best].astype(np.float64)
        if language_model:
            context = "".join(characters[one] for one in labels[max(0, index - language_model.order) : index])
            language = [language_model.score(context, characters[other]) for other in best]
            values = values + weights.language * np.array(language)
        shares = np.exp(values - values.max())
        shares /= shares.sum()
        odds.append(to_log_odds(float(shares[0])))
        order = np.argsort(-shares, kind="stable")
        rivals.append(tuple(Candidate(characters[best[k]], float(shares[k])) for k in map(int, order)))
    agreement = measure_agreement(hypotheses)
    features = np.array([odds, [to_log_odds(share) for share in agreement]]).T.reshape(-1, 2)
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
    """Return the calibrated chance, 0..1, of evidence: a logistic function, the constant weight last."""
    value = weights[-1] + math.fsum(w * f for w, f in zip(weights[:-1], features, strict=True))
    return 1.0 / (1.0 + math.exp(-min(max(value, -30.0), 30.0)))


def share_out(rivals: Sequence[Candidate], text: str, confidence: float, top: int) -> tuple[Candidate, ...]:
    """Give the character that was read its confidence, and its rivals the rest in proportion, best first."""
    rest = math.fsum(one.probability for one in rivals if one.text != text)
    scale = (1.0 - confidence) / rest if rest > 0 else 0.0
    shared = [
        Candidate(one.text, confidence if one.text == text else one.probability * scale) for one in rivals
    ]
    chosen = sorted(shared, key=lambda one: -one.probability)[:top]
    if all(one.text != text for one in chosen):
        chosen[-1] = next(one for one in shared if one.text == text)
    return tuple(chosen)
