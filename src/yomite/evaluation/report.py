"""Score any reader on any source: a table, a line of JSON, the confusions for a picture.

A reader is any callable from pictures to recognitions, so that released files, files under test and other
programs go through one function.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from yomite.charset import lookalikes_of
from yomite.data.sources import Sample
from yomite.evaluation.answers import (
    Answer,
    Share,
    measure_calibration,
    measure_macro,
    measure_share,
    risk_at,
    to_answer,
)
from yomite.evaluation.metrics import TOP, Counts, count, to_ratios

REJECTED = (0.05, 0.10)
"""Shares of the answers that are turned down, least confident first, for the errors among the rest."""

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
        answers: To every sample, in the order of the source.
        confusions: Every sample read wrong, in the order of the source.
        charset: The characters that the reader can answer; None for all.
    """

    data: str
    model: str
    prior: str
    counts: Counts
    answers: tuple[Answer, ...]
    confusions: tuple[Confusion, ...]
    charset: Container[str] | None = None

    @property
    def calibration_error(self) -> float:
        """Of the confidences, 0..1; NaN without readings."""
        return self.shares["calibration_error"].value

    @cached_property
    def shares(self) -> dict[str, Share]:
        """strict_top1, lookalike_top1, lookalike_top5, macro and calibration_error, with their intervals."""
        lookalike_top5 = [lookalikes_of(one.character) & {*one.texts[:TOP]} for one in self.answers]
        return {
            "strict_top1": measure_share([one.is_strict for one in self.answers]),
            "lookalike_top1": measure_share([one.is_right for one in self.answers]),
            "lookalike_top5": measure_share(list(map(bool, lookalike_top5))),
            "macro": measure_macro(self.answers),
            "calibration_error": measure_calibration(self.answers)[0],
        }

    def to_json(self) -> dict[str, Any]:
        """Plain data: counts, ratios 0..1 rounded to 5 decimals, and the ten worst confusions.

        intervals are those of the bootstrap over samples; error_at_5 is the error among what is left when the
        least confident 5 % of the answers are turned down.
        """
        ratios = to_ratios(self.counts) | {"calibration_error": self.calibration_error}
        ratios |= {f"error_at_{100 * share:.0f}": risk_at(self.answers, share) for share in REJECTED}
        return {
            "data": self.data,
            "model": self.model,
            "prior": self.prior,
            "num_samples": self.counts.num_samples,
            "num_outside_charset": self.counts.num_outside_charset,
            "num_unreadable": self.counts.num_unreadable,
            **{name: None if np.isnan(ratio) else round(ratio, 5) for name, ratio in ratios.items()},
            "intervals": {
                name: [round(share.low, 5), round(share.high, 5)]
                for name, share in self.shares.items()
                if not np.isnan(share.low)
            },
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
    answers: list[Answer] = []
    confusions: list[Confusion] = []
    for chunk in _split(source, CHUNK_SIZE):
        recognitions = read([sample.picture for sample in chunk])
        counts += count([sample.character for sample in chunk], recognitions, charset)
        for sample, recognition in zip(chunk, recognitions, strict=True):
            answer = to_answer(sample.character, recognition)
            answers.append(answer)
            if not answer.is_right:
                text = answer.texts[0] if answer.texts else ""
                confusions.append(Confusion(sample, text, answer.confidence))
    return Report(data, model, prior, counts, tuple(answers), tuple(confusions), charset)


def group_confusions(confusions: Iterable[Confusion]) -> list[list[Confusion]]:
    """Confusions of the same two characters together: the most frequent first, then the most confident."""
    groups: dict[tuple[str, str], list[Confusion]] = {}
    for confusion in confusions:
        groups.setdefault((confusion.sample.character, confusion.text), []).append(confusion)
    for group in groups.values():
        group.sort(key=lambda confusion: -confusion.confidence)
    return sorted(groups.values(), key=lambda group: (-len(group), -group[0].confidence))


def format_table(reports: Iterable[Report]) -> str:
    """A table for people: a line a report, ratios in percent, half of an interval's width behind ±."""
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
        *(f"error at {100 * share:.0f} %" for share in REJECTED),
    )
    return align_table([header, *(_format_row(report) for report in reports)], num_left=2)


def align_table(rows: Sequence[Sequence[str]], num_left: int) -> str:
    """Rows of cells as lines; the first columns to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if column < num_left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def format_share(share: Share) -> str:
    """`97.62 ±0.9 %`."""
    if np.isnan(share.value):
        return "-"
    return f"{100 * share.value:.2f} ±{50 * (share.high - share.low):.1f} %"


def _format_row(report: Report) -> tuple[str, ...]:
    shares, ratios = report.shares, to_ratios(report.counts)
    return (
        report.data,
        report.prior or "-",
        f"{report.counts.num_samples}",
        f"{report.counts.num_outside_charset}",
        format_share(shares["strict_top1"]),
        format_share(shares["lookalike_top1"]),
        f"{100 * ratios['lookalike_top5']:.2f} %",
        format_share(shares["macro"]),
        f"{100 * ratios['rejected']:.2f} %",
        format_share(shares["calibration_error"]),
        *(f"{100 * risk_at(report.answers, share):.2f} %" for share in REJECTED),
    )


def _split(samples: Iterable[Sample], size: int) -> Iterator[list[Sample]]:
    iterator = iter(samples)
    while chunk := list(islice(iterator, size)):
        yield chunk
