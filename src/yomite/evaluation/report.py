"""Score any reader on any source: a table, a line of JSON, the confusions for a picture.

A reader is any callable from pictures to recognitions, so that released files, files under test and other
programs go through one function.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from yomite.data.sources import Sample
from yomite.evaluation.calibration import expected_calibration_error
from yomite.evaluation.metrics import Counts, count, is_right, to_ratios
from yomite.recognizer import Recognition

# Pictures handed to the reader at once: enough to fill its batches, little enough to stay in memory.
CHUNK_SIZE = 512

Reader = Callable[[list[Any]], Sequence[object]]


@dataclass(frozen=True)
class Confusion:
    """One sample that was read wrong, look-alikes aside.

    Attributes:
        sample: What was to be read.
        text: What was answered; "" where there was no answer.
        confidence: Of the answer, 0..1.
    """

    sample: Sample
    text: str
    confidence: float


@dataclass(frozen=True)
class Report:
    """What one reader got right on one source.

    Attributes:
        data: Name of the source.
        model: Name of the reader.
        prior: Its prior; "" where it has no choice.
        counts: See :class:`~yomite.evaluation.metrics.Counts`.
        calibration_error: Of the confidences, 0..1; NaN without readings.
        confusions: Every sample read wrong, in the order of the source.
    """

    data: str
    model: str
    prior: str
    counts: Counts
    calibration_error: float
    confusions: tuple[Confusion, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data: counts, ratios 0..1 rounded to 5 decimals, and the ten worst confusions."""
        ratios = to_ratios(self.counts) | {"calibration_error": self.calibration_error}
        return {
            "data": self.data,
            "model": self.model,
            "prior": self.prior,
            "num_samples": self.counts.num_samples,
            "num_outside_charset": self.counts.num_outside_charset,
            "num_unreadable": self.counts.num_unreadable,
            **{name: None if np.isnan(ratio) else round(ratio, 5) for name, ratio in ratios.items()},
            "confusions": [
                {"character": group[0].sample.character, "text": group[0].text, "num_samples": len(group)}
                for group in group_confusions(self.confusions)[:10]
            ],
        }


def evaluate(
    read: Reader,
    source: Iterable[Sample],
    *,
    data: str,
    model: str,
    prior: str = "",
    charset: Container[str] | None = None,
) -> Report:
    """Score a reader on a source.

    Args:
        read: Pictures to a Recognition each, or anything else (an error, None) for a picture not read.
        source: Samples; they are read once, in chunks.
        data: The source's name, for the report.
        model: The reader's name, for the report.
        prior: The reader's prior, for the report.
        charset: The characters that the reader can answer; a sample outside counts as wrong. None for all.
    """
    counts = Counts()
    confidences: list[float] = []
    rights: list[bool] = []
    confusions: list[Confusion] = []
    for chunk in _split(source, CHUNK_SIZE):
        recognitions = read([sample.picture for sample in chunk])
        counts += count([sample.character for sample in chunk], recognitions, charset)
        for sample, recognition in zip(chunk, recognitions, strict=True):
            right = is_right(sample.character, recognition)
            text, confidence = "", 0.0
            if isinstance(recognition, Recognition):
                text, confidence = recognition.text, recognition.confidence
                confidences.append(confidence)
                rights.append(right)
            if not right:
                confusions.append(Confusion(sample, text, confidence))
    error = expected_calibration_error(np.array(confidences), np.array(rights, bool))
    return Report(data, model, prior, counts, error, tuple(confusions))


def group_confusions(confusions: Iterable[Confusion]) -> list[list[Confusion]]:
    """Confusions of the same two characters together: the most frequent first, then the most confident."""
    groups: dict[tuple[str, str], list[Confusion]] = {}
    for confusion in confusions:
        groups.setdefault((confusion.sample.character, confusion.text), []).append(confusion)
    for group in groups.values():
        group.sort(key=lambda confusion: -confusion.confidence)
    return sorted(groups.values(), key=lambda group: (-len(group), -group[0].confidence))


def format_table(reports: Iterable[Report]) -> str:
    """A table for people: a line a report, ratios in percent."""
    header = (
        "data",
        "prior",
        "samples",
        "outside",
        "strict",
        "look-alike",
        "top-5",
        "macro",
        "rejected",
        "ECE",
    )
    rows = [header, *(_format_row(report) for report in reports)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _format_row(report: Report) -> tuple[str, ...]:
    ratios = to_ratios(report.counts)
    names = ("strict_top1", "lookalike_top1", "lookalike_top5", "macro", "rejected")
    return (
        report.data,
        report.prior or "-",
        f"{report.counts.num_samples}",
        f"{report.counts.num_outside_charset}",
        *(f"{100 * ratios[name]:.2f} %" for name in names),
        f"{100 * report.calibration_error:.2f} %",
    )


def _split(samples: Iterable[Sample], size: int) -> Iterator[list[Sample]]:
    iterator = iter(samples)
    while chunk := list(islice(iterator, size)):
        yield chunk
