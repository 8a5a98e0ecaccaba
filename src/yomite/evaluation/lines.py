"""A reader of lines on real lines: errors by direction, script and writer, confidence, rejection, time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from yomite.data.samples import Sample, tell_unknown
from yomite.errors import DataError, YomiteError
from yomite.evaluation.judged_lines import JudgedLine, judge_line, list_confidences, measure_line_risk
from yomite.evaluation.measures import Bin, Share, divide_evenly, measure_confidence, measure_share
from yomite.evaluation.text_errors import (
    TextErrors,
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
REJECTED = (0.1, 0.25)
"""Shares of the lines that are turned down, least confident first, for the errors among the rest."""

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
        num_unknown: Characters written that the reader cannot answer; they count as wrong.
        characters: Errors of characters, NFKC, white space left out.
        without_punctuation: The same without punctuation.
        words: Errors of words, with the name of what divides them.
        directions, scripts, writers: Errors of characters of each.
        rejected: Share of lines that were rejected.
        calibration: Expected calibration error of characters that were read, 0..1.
        median_ms: Half of the lines took less, in ms.
        slow_ms: 95 % of the lines took less, in ms.
        confusions: (written, read, how often), the most frequent first; MISSING where there is nothing.
        lines: Every line, in the order of the set.
    """

    data: str
    model: str
    language_model: bool
    num_unread: int
    num_unknown: int
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
    lines: tuple[JudgedLine, ...]

    def risk_at(self, rejected: float) -> float:
        """Return the error rate among the lines left when the least confident share is turned down."""
        coverage, risk = measure_line_risk(self.lines)
        return float(np.interp(1 - rejected, coverage, risk))

    @property
    def notes(self) -> list[str]:
        """A line where characters count as wrong that the reader could not have answered."""
        return tell_unknown(self.num_unknown, self.characters.num_units, "characters", "count as wrong")

    @property
    def bins(self) -> list[Bin]:
        """Characters by their confidence, for the reliability figure."""
        return divide_evenly(*list_confidences(self.lines))

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        plain: dict[str, Any] = {name: value for name, value in vars(self).items() if name != "lines"}
        for name in ("characters", "without_punctuation", "words", "rejected", "calibration"):
            plain[name] = plain[name].to_json()
        for name in ("directions", "scripts", "writers"):
            plain[name] = {key: errors.to_json() for key, errors in plain[name].items()}
        for name in ("median_ms", "slow_ms"):
            plain[name] = round(plain[name], 2)
        return plain

    def to_full_json(self) -> dict[str, Any]:
        """Return the same with risk and coverage, and what was read of each line."""
        coverage, risk = measure_line_risk(self.lines)
        return {
            **self.to_json(),
            "notes": self.notes,
            "risk_coverage": {"coverage": coverage.round(5).tolist(), "risk": risk.round(5).tolist()},
            "lines": [
                {
                    "name": line.sample.name,
                    "written": line.sample.character,
                    "read": line.result.text if line.result else None,
                    "confidence": round(line.result.confidence, 5) if line.result else None,
                    "num_edits": line.num_edits,
                }
                for line in self.lines
            ],
        }

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
        return "\n".join([*lines, *self.notes])


def evaluate_lines(
    read: ReadOne,
    source: Iterable[Sample],
    *,
    data: str,
    model: str,
    language_model: bool = True,
    segmenter: str = "scripts",
    charset: Iterable[str] | None = None,
) -> LineReport:
    """Read the lines of a set, one by one, and measure.

    Args:
        read: The reader.
        source: Lines; the part of a sample is its direction.
        data, model: Names for the report.
        language_model: Whether the reader has one; for the report.
        segmenter: What divides words, as for `measure_words`.
        charset: The characters that the reader can answer; None for all.

    Raises:
        ConfigError: No such segmenter.
        DataError: There is no line, or the reader can answer no character of any.
    """
    samples = list(source)
    if not samples:
        raise DataError(f"{data} has no lines; name a folder with lines.jsonl, such as dev/lines")
    written = [sample.character for sample in samples]
    units = normalize_text("".join(written))
    known = units if charset is None else normalize_text("".join(charset))
    num_unknown = len(units) - sum(map(set(known).__contains__, units))
    if units and num_unknown == len(units):
        raise DataError(f"{data}: {model} knows no character of its lines; give another set or model")
    results, seconds = _read_all(read, samples)
    texts = [result.text if result else "" for result in results]
    lines = tuple(map(judge_line, samples, results))
    ms = 1000 * np.array(seconds)
    return LineReport(
        data=data,
        model=model,
        language_model=language_model,
        num_unread=sum(result is None for result in results),
        num_unknown=num_unknown,
        characters=measure_characters(written, texts),
        without_punctuation=measure_characters(written, texts, with_punctuation=False),
        words=measure_words(written, texts, segmenter),
        directions=measure_groups(written, texts, [sample.part for sample in samples]),
        scripts=measure_scripts(written, texts),
        writers=measure_groups(written, texts, [sample.writer for sample in samples]),
        rejected=measure_share([result is None or result.is_rejected for result in results]),
        calibration=measure_confidence(*list_confidences(lines)),
        median_ms=float(np.median(ms)),
        slow_ms=float(np.quantile(ms, 0.95)),
        confusions=_count_confusions(lines),
        lines=lines,
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


def _count_confusions(lines: Sequence[JudgedLine]) -> tuple[tuple[str, str, int], ...]:
    counts = Counter(
        (one or MISSING, other or MISSING) for line in lines for one, other in line.pairs if one != other
    )
    return tuple((*pair, count) for pair, count in counts.most_common(NUM_CONFUSIONS))
