"""What a line model's file says of its reading: how much the language model counts, confidence, rejection.

All of it is fitted on real lines. The fits of confidence are logistic functions of a few numbers
(`reading/evidence.py`); their calibration error is also measured on writers that a fit has not seen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.optimize import minimize

from yomite.data.samples import Sample
from yomite.errors import DataError, PictureError
from yomite.evaluation.measures import expected_calibration_error
from yomite.evaluation.text_errors import judge_characters, measure_characters, normalize_text
from yomite.ink.line_canvas import to_line_canvas
from yomite.reading.decoding import Hypothesis, Weights, search
from yomite.reading.evidence import NUM_FEATURES, to_chance, to_log_odds, weigh_evidence
from yomite.reading.language_model import LanguageModel
from yomite.reading.line_file import LineCalibration, LineFile, write_calibration

LANGUAGE_WEIGHTS = (0.2, 0.3, 0.4, 0.5, 0.65, 0.8)
LENGTH_WEIGHTS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
CHANCE = 0.005
"""Error rates that differ by less are not told apart by some dozens of lines."""

MAX_REJECTED = 0.02
"""Share of real lines that may be rejected."""

HIGHEST_THRESHOLD = 0.5
_PENALTY = 0.05
"""Of the squared weights of a fit: a writer or two more must not turn it around."""


@dataclass(frozen=True)
class ReadLine:
    """A real line and what the network sees in it.

    Attributes:
        log_probabilities: Float32 (T, C + 1), the blank last.
        text: What is written.
        writer: Who wrote it.
    """

    log_probabilities: np.ndarray
    text: str
    writer: str


@dataclass(frozen=True)
class CalibratedLines:
    """The fits, and how good they are.

    Attributes:
        weights: Of the language model.
        calibration: Of the confidence.
        num_lines: Lines that were fitted on.
        greedy_rate: Character error rate without a language model, along the best path.
        rate: Character error rate with it.
        error: Expected calibration error of characters, 0..1, each by a fit without its writer.
    """

    weights: Weights
    calibration: LineCalibration
    num_lines: int
    greedy_rate: float
    rate: float
    error: float

    def to_metadata(self) -> dict[str, str]:
        """Return the fields of the model file (docs/lines.md)."""
        return {
            "language_weights": json.dumps([self.weights.language, self.weights.length]),
            "line_calibration": write_calibration(self.calibration),
        }

    def format(self) -> str:
        """Return one line for people."""
        return (
            f"{self.num_lines} lines: CER {self.rate:.4f} with language weights {self.weights.language:g}, "
            f"{self.weights.length:g}; {self.greedy_rate:.4f} without; ECE of characters {self.error:.2%} on "
            f"writers held out; rejected below {self.calibration.rejection_threshold:.3f}"
        )


def compute_lines(file: LineFile, samples: Sequence[Sample]) -> list[ReadLine]:
    """Run the network on real lines; what is blank is left out.

    Raises:
        DataError: No line is left.
    """
    lines = []
    for sample in samples:
        is_vertical = sample.part == "vertical"
        try:
            strip = to_line_canvas(
                sample.picture, is_vertical=is_vertical, height=file.height, version=file.canvas_version
            )
        except PictureError:
            continue
        steps = file.compute(strip, "vertical" if is_vertical else "horizontal")
        lines.append(ReadLine(steps, sample.character, sample.writer))
    if not lines:
        raise DataError("there is no line to calibrate on; give a folder with lines.jsonl, such as dev/lines")
    return lines


def calibrate_lines(
    file: LineFile, lines: Sequence[ReadLine], language_model: LanguageModel | None
) -> CalibratedLines:
    """Choose the weights of the language model, then fit the confidence that goes with them.

    Args:
        file: The open line model.
        lines: Real lines.
        language_model: None where there is none; then its weights are 0.
    """
    greedy_rate = _measure(file, lines, None, Weights(0.0, 0.0))
    tried = [Weights(*pair) for pair in product(LANGUAGE_WEIGHTS, LENGTH_WEIGHTS)]
    rates = [_measure(file, lines, language_model, weights) for weights in tried] if language_model else []
    # Of those that are as good but for chance, the one in which the language model counts least.
    best = next((n for n, rate in enumerate(rates) if rate <= min(rates) + CHANCE), 0)
    weights = tried[best] if rates else Weights(0.0, 0.0)
    features, is_right, owners, line_features, is_exact = _collect(file, lines, language_model, weights)
    writers = np.array([line.writer for line in lines])[owners]
    held_out = np.zeros(len(is_right))
    for writer in np.unique(writers):
        rows = writers == writer
        fit = fit_logistic(features[~rows], is_right[~rows])
        held_out[rows] = [to_chance(row, fit.tolist()) for row in features[rows]]
    fit = fit_logistic(features, is_right)
    chances = np.array([to_chance(row, fit.tolist()) for row in features])
    confidences = np.array(
        [chances[owners == n].mean() if (owners == n).any() else 0.0 for n in range(len(lines))]
    )
    threshold = min(float(np.quantile(confidences, MAX_REJECTED, method="lower")), HIGHEST_THRESHOLD)
    calibration = LineCalibration(
        _round(fit), _round(fit_logistic(line_features, is_exact)), math.floor(threshold * 1000) / 1000
    )
    error = expected_calibration_error(held_out, is_right)
    return CalibratedLines(
        weights, calibration, len(lines), greedy_rate, rates[best] if rates else greedy_rate, error
    )


def fit_logistic(features: np.ndarray, is_right: np.ndarray) -> np.ndarray:
    """Fit the weights of `to_chance`: float (N, F) and bool (N,) -> float (F + 1,), the constant last."""
    if not len(features):
        return np.array([1.0, *np.zeros(features.shape[1])])
    inputs = np.concatenate([features, np.ones((len(features), 1))], axis=1)
    signs = np.where(is_right, 1.0, -1.0)

    def lose(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margins = signs * (inputs @ weights)
        slopes = -signs / (1.0 + np.exp(np.clip(margins, -30.0, 30.0)))
        loss = np.logaddexp(0.0, -margins).sum() + _PENALTY * (weights @ weights)
        return float(loss), slopes @ inputs + 2.0 * _PENALTY * weights

    return minimize(lose, np.zeros(inputs.shape[1]), jac=True, method="L-BFGS-B").x


def _search(
    file: LineFile, line: ReadLine, language_model: LanguageModel | None, weights: Weights
) -> list[Hypothesis]:
    return list(search(line.log_probabilities, file.characters, language_model, weights))


def _spell(file: LineFile, hypothesis: Hypothesis) -> str:
    return "".join(file.characters[label] for label in hypothesis.labels)


def _measure(
    file: LineFile, lines: Sequence[ReadLine], language_model: LanguageModel | None, weights: Weights
) -> float:
    read = [_spell(file, _search(file, line, language_model, weights)[0]) for line in lines]
    return measure_characters([line.text for line in lines], read).rate


def _collect(
    file: LineFile, lines: Sequence[ReadLine], language_model: LanguageModel | None, weights: Weights
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the evidence of each character that was read, whether it is right, and in which line it stands.

    Then the evidence of each line, and whether all of it is right.
    """
    features, is_right, owners, line_features, is_exact = [], [], [], [], []
    for number, line in enumerate(lines):
        hypotheses = _search(file, line, language_model, weights)
        evidence = weigh_evidence(
            line.log_probabilities, hypotheses, file.characters, language_model, weights
        )
        read = [file.characters[label] for label in hypotheses[0].labels]
        features.extend(evidence.features)
        is_right.extend(judge_characters(line.text, read))
        owners.extend([number] * len(read))
        line_features.append([to_log_odds(hypotheses[0].probability), len(read)])
        is_exact.append(normalize_text(line.text) == normalize_text("".join(read)))
    return (
        np.array(features).reshape(-1, NUM_FEATURES), np.array(is_right, bool), np.array(owners, int),
        np.array(line_features, float), np.array(is_exact, bool),
    )  # fmt: skip


def _round(weights: np.ndarray) -> tuple[float, ...]:
    return tuple(round(float(weight), 5) for weight in weights)
