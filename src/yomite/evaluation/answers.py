"""What a reader answered to each sample, and every question that can be put to that without reading again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from yomite.charset import build_charset, lookalikes_of, script_of
from yomite.evaluation.calibration import expected_calibration_error
from yomite.reading.results import Recognition

NUM_RESAMPLED = 1_000
"""Bootstrap samples of an interval."""

INTERVAL = 0.95
"""Share of the bootstrap's values within an interval."""

NUM_BINS = 15
_SEED = 0

_LEVELS = ("kyoiku", "joyo", "jis1", "jis2")
_level_by_character: dict[str, str] = {}


@dataclass(frozen=True)
class Answer:
    """What was answered to one sample.

    Attributes:
        character: What was to be read.
        texts: The candidates, best first; none where the picture was not read.
        confidence: Of the first, 0..1.
        is_rejected: Whether the reader turned the picture down.
    """

    character: str
    texts: tuple[str, ...]
    confidence: float
    is_rejected: bool

    @property
    def is_strict(self) -> bool:
        """Whether the first candidate is the character."""
        return bool(self.texts) and self.texts[0] == self.character

    @property
    def is_right(self) -> bool:
        """Whether the first candidate is the character or a look-alike of it."""
        return bool(self.texts) and self.texts[0] in lookalikes_of(self.character)


@dataclass(frozen=True)
class Share:
    """A share, 0..1, of a number of samples, with its bootstrap interval."""

    num_samples: int
    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float | int]:
        """Plain data, shares rounded to 5 decimals."""
        rounded = {name: round(getattr(self, name), 5) for name in ("value", "low", "high")}
        return {"num_samples": self.num_samples, **rounded}


@dataclass(frozen=True)
class Bin:
    """One bar of the reliability figure: samples of like confidence.

    Attributes:
        num_samples: In the bin.
        confidence: Their mean, 0..1.
        right: The share that was right, 0..1.
    """

    num_samples: int
    confidence: float
    right: float


def to_answer(character: str, recognition: object) -> Answer:
    """The answer in a Recognition; anything else, such as an error, is none."""
    if not isinstance(recognition, Recognition):
        return Answer(character, (), 0.0, False)
    texts = tuple(candidate.text for candidate in recognition.candidates)
    return Answer(character, texts, recognition.confidence, recognition.is_rejected)


def resample(
    values: Sequence[np.ndarray], measure: Callable[..., float], num: int = NUM_RESAMPLED
) -> tuple[float, float]:
    """The interval of a measure by bootstrap over samples: the middle INTERVAL of its values.

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
    low, high = np.quantile(drawn, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2])
    return float(low), float(high)


def measure_share(is_right: Sequence[bool] | np.ndarray) -> Share:
    """Share of the true ones.

    The bootstrap of a share is binomial, so it is drawn at once.
    """
    hits = np.asarray(is_right, bool)
    if not len(hits):
        return Share(0, float("nan"), float("nan"), float("nan"))
    drawn = np.random.default_rng(_SEED).binomial(len(hits), hits.mean(), NUM_RESAMPLED) / len(hits)
    low, high = np.quantile(drawn, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2])
    return Share(len(hits), float(hits.mean()), float(low), float(high))


def measure_macro(answers: Sequence[Answer]) -> Share:
    """Mean over characters of the share that was read right, look-alikes counted; samples are resampled."""
    labels = {character: label for label, character in enumerate({one.character: 0 for one in answers})}
    codes = np.array([labels[one.character] for one in answers], np.int64)
    hits = np.array([one.is_right for one in answers], np.float64)

    def measure(codes: np.ndarray, hits: np.ndarray) -> float:
        counts = np.bincount(codes, minlength=len(labels))
        right = np.bincount(codes, hits, minlength=len(labels))
        return float((right[counts > 0] / counts[counts > 0]).mean())

    low, high = resample((codes, hits), measure)
    return Share(len(answers), measure(codes, hits) if len(answers) else float("nan"), low, high)


def group_answers(answers: Sequence[Answer], name_of: Callable[[str], str]) -> dict[str, list[Answer]]:
    """Answers by a name of the character that was to be read, such as its script."""
    groups: dict[str, list[Answer]] = {}
    for answer in answers:
        groups.setdefault(name_of(answer.character), []).append(answer)
    return groups


def level_of(character: str) -> str:
    """When a character is learned: kana, kyoiku, the rest of joyo, of JIS 1, of JIS 2, or other.

    Each character has one level, the first that has it.
    """
    if not _level_by_character:
        for level in reversed(_LEVELS):
            _level_by_character.update(dict.fromkeys(build_charset(level).characters, level))
    if script_of(character) in ("hiragana", "katakana"):
        return "kana"
    return _level_by_character.get(character, "other")


LEVELS = ("kana", *_LEVELS, "other")


def measure_calibration(answers: Sequence[Answer]) -> tuple[Share, list[Bin]]:
    """Expected calibration error of the confidences of what was read, and the bins behind it."""
    read = [one for one in answers if one.texts]
    confidences = np.array([one.confidence for one in read], np.float64)
    rights = np.array([one.is_right for one in read], np.float64)
    error = expected_calibration_error(confidences, rights, NUM_BINS)
    low, high = resample((confidences, rights), lambda c, r: expected_calibration_error(c, r, NUM_BINS))
    order = np.argsort(confidences, kind="stable")
    parts = np.array_split(order, min(NUM_BINS, max(len(read), 1)))
    bins = [
        Bin(len(part), float(confidences[part].mean()), float(rights[part].mean()))
        for part in parts
        if len(part)
    ]
    return Share(len(read), error, low, high), bins


def measure_risk(answers: Sequence[Answer], num_points: int = 101) -> tuple[np.ndarray, np.ndarray]:
    """Risk-coverage curve: the error among the most confident answers.

    Samples that were not read are the least confident, and wrong. Answers of equal confidence are answered
    together or not at all in expectation: their errors are spread evenly.

    Returns:
        coverage: float (P,), 0..1 rising, without 0.
        risk: float (P,), 0..1.
    """
    if not answers:
        return np.zeros(0), np.zeros(0)
    confidences = np.array([one.confidence if one.texts else -1.0 for one in answers])
    wrong = np.array([not one.is_right for one in answers], np.float64)
    _, places = np.unique(-confidences, return_inverse=True)
    wrong = (np.bincount(places, wrong) / np.bincount(places))[places]  # spread over equal confidences
    order = np.argsort(-confidences, kind="stable")
    risk = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)
    coverage = np.linspace(0, 1, num_points)[1:]
    nums = np.maximum(np.round(coverage * len(order)).astype(int), 1)
    return nums / len(order), risk[nums - 1]


def risk_at(answers: Sequence[Answer], rejected: float) -> float:
    """Error, 0..1, among what is left when the least confident share of the answers is turned down."""
    coverage, risk = measure_risk(answers, num_points=1001)
    return float(np.interp(1 - rejected, coverage, risk)) if len(coverage) else float("nan")
