"""A reader of lines on real lines: errors by direction, script and writer, confidence, rejection, time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from yomite.data.samples import Sample
from yomite.errors import DataError, YomiteError
from yomite.evaluation.measures import Share, measure_confidence, measure_share
from yomite.evaluation.text_errors import (
    TextErrors,
    align_units,
    judge_characters,
    measure_characters,
    measure_groups,
    measure_scripts,
    measure_words,
    normalize_text,
)
from yomite.reading.results import Line

ReadOne = Callable[[Any], Line]
"""Reads one picture; raises YomiteError where it cannot."""

NUM_CONFUSIONS = 20
MISSING = "-"
"""Stands for no character where one is missing or too many."""


@dataclass(frozen=True)
class LineReport:
    """What a reader gets right on one set of lines.

    Attributes:
        data: The set.
        model: What read it.
        language_model: Whether a language model had a say.
        num_unread: Lines that gave an error; they count as read as nothing.
        characters: Errors of characters, NFKC, white space left out.
        without_punctuation: The same without punctuation.
        words: Errors of words, with the name of what divides them.
        directions, scripts, writers: Errors of characters of each.
        rejected: Share of lines that were rejected.
        calibration: Expected calibration error of characters that were read, 0..1.
        median_ms: Half of the lines took less, in ms.
        slow_ms: 95 % of the lines took less, in ms.
        confusions: (written, read, how often), the most frequent first; MISSING where there is nothing.
    """

    data: str
    model: str
    language_model: bool
    num_unread: int
    characters: TextErrors
    without_punctuation: TextErrors
    words: TextErrors
    directions: dict[str, TextErrors]
    scripts: dict[str, TextErrors]
    writers: dict[str, TextErrors]
    rejected: Share
    calibration: Share
    median_ms: float
    slow_ms: float
    confusions: tuple[tuple[str, str, int], ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        plain: dict[str, Any] = dict(vars(self))
        for name in ("characters", "without_punctuation", "words", "rejected", "calibration"):
            plain[name] = plain[name].to_json()
        for name in ("directions", "scripts", "writers"):
            plain[name] = {key: errors.to_json() for key, errors in plain[name].items()}
        for name in ("median_ms", "slow_ms"):
            plain[name] = round(plain[name], 2)
        return plain

    def format(self) -> str:
        """Return a table and a few lines for people."""
        rows = [("all", self.characters), ("without punctuation", self.without_punctuation)]
        rows += [*self.directions.items(), *self.scripts.items(), (self.words.unit, self.words)]
        lines = [f"{'':<22}lines  exact  error rate"]
        for name, errors in rows:
            interval = f"{100 * errors.low:.1f} to {100 * errors.high:.1f}"
            exact = f"{errors.num_exact:>5}" if name not in self.scripts else "     "
            lines.append(f"{name:<22}{errors.num_lines:>5}  {exact}  {100 * errors.rate:.2f} % ({interval})")
        lines.append(
            f"rejected {self.rejected}; ECE of characters {self.calibration}; not read {self.num_unread}; "
            f"{self.median_ms:.1f} ms a line, 95 % below {self.slow_ms:.1f} ms"
        )
        shown = ", ".join(f"{one} as {other} {count}" for one, other, count in self.confusions[:10])
        lines.append(f"most frequent errors: {shown or 'none'}")
        return "\n".join(lines)


def evaluate_lines(
    read: ReadOne, source: Iterable[Sample], *, data: str, model: str, language_model: bool = True
) -> LineReport:
    """Read the lines of a set, one by one, and measure.

    Args:
        read: The reader.
        source: Lines; the part of a sample is its direction.
        data, model: Names for the report.
        language_model: Whether the reader has one; for the report.

    Raises:
        DataError: There is no line.
    """
    samples = list(source)
    if not samples:
        raise DataError(f"{data} has no lines; name a folder with lines.jsonl, such as dev/lines")
    results, seconds = _read_all(read, samples)
    written = [sample.character for sample in samples]
    texts = [result.text if result else "" for result in results]
    confidences, is_right = _judge_characters(written, results)
    ms = 1000 * np.array(seconds)
    return LineReport(
        data=data,
        model=model,
        language_model=language_model,
        num_unread=sum(result is None for result in results),
        characters=measure_characters(written, texts),
        without_punctuation=measure_characters(written, texts, with_punctuation=False),
        words=measure_words(written, texts),
        directions=measure_groups(written, texts, [sample.part for sample in samples]),
        scripts=measure_scripts(written, texts),
        writers=measure_groups(written, texts, [sample.writer for sample in samples]),
        rejected=measure_share([result is None or result.is_rejected for result in results]),
        calibration=measure_confidence(confidences, is_right),
        median_ms=float(np.median(ms)),
        slow_ms=float(np.quantile(ms, 0.95)),
        confusions=_count_confusions(written, texts),
    )


def _read_all(read: ReadOne, samples: Sequence[Sample]) -> tuple[list[Line | None], list[float]]:
    results: list[Line | None] = []
    seconds = []
    for sample in samples:
        start = time.perf_counter()
        try:
            results.append(read(sample.picture))
        except YomiteError:
            results.append(None)
        seconds.append(time.perf_counter() - start)
    return results, seconds


def _judge_characters(
    written: Sequence[str], results: Sequence[Line | None]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the confidence of each character that was read, and whether it is right."""
    confidences, is_right = [], []
    for text, result in zip(written, results, strict=True):
        if result is None:
            continue
        is_right += judge_characters(text, [character.text for character in result.characters])
        confidences += [character.confidence for character in result.characters]
    return np.array(confidences, float), np.array(is_right, bool)


def _count_confusions(written: Sequence[str], read: Sequence[str]) -> tuple[tuple[str, str, int], ...]:
    counts = Counter(
        (one or MISSING, other or MISSING)
        for text, found in zip(written, read, strict=True)
        for one, other in align_units(normalize_text(text), normalize_text(found))
        if one != other
    )
    return tuple((*pair, count) for pair, count in counts.most_common(NUM_CONFUSIONS))
