"""Score any reader on any source: a table for people, plain data for programs, the confusions for pictures.

A reader is any callable from pictures to recognitions, so that released files, files under test and other
programs go through one function.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from yomite.charset import JAPANESE, Language
from yomite.data.samples import Sample, split_chunks, tell_unknown, tell_unread
from yomite.errors import DataError
from yomite.evaluation.answers import TOP, Answers, collect_answers, join_answers
from yomite.evaluation.latency import Latency
from yomite.evaluation.measures import (
    Bin,
    Share,
    divide_by_confidence,
    measure_calibration,
    measure_macro,
    measure_risk,
    measure_share,
    risk_at,
)
from yomite.evaluation.papers import PaperResult
from yomite.evaluation.robustness import Curve

REJECTED = (0.05, 0.10)
"""Shares of the answers that are turned down, least confident first, for the errors among the rest."""

WITHIN = "within the charset"

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
    """What one reader got right on one source, and what else was measured of it.

    Attributes:
        data: Name of the source.
        model: Name of the reader.
        prior: Its prior; "" where it has no choice.
        answers: To every sample, in the order of the source.
        confusions: Every sample read wrong, in the order of the source.
        curves: What the reader withstands; none if that was not asked for.
        papers: How it reads on each paper; none if that was not asked for.
        latency: None if it was not measured.
        rejected: Share turned down of each kind of what is no character; None if that was not asked for.
    """

    data: str
    model: str
    prior: str
    answers: Answers
    confusions: tuple[Confusion, ...]
    curves: Sequence[Curve] = ()
    papers: Sequence[PaperResult] = ()
    latency: Latency | None = None
    rejected: dict[str, float] | None = None

    @cached_property
    def shares(self) -> dict[str, Share]:
        """The shares of one line, with their intervals, by name."""
        answers = self.answers
        return {
            "strict_top1": measure_share(answers.is_strict),
            "lookalike_top1": measure_share(answers.is_right),
            "strict_top5": measure_share(answers.strict_ranks < TOP),
            "lookalike_top5": measure_share(answers.lookalike_ranks < TOP),
            "macro": measure_macro(answers),
            "rejected": measure_share(answers.is_rejected),
            "calibration_error": measure_calibration(answers),
        }

    @cached_property
    def errors(self) -> dict[float, float]:
        """The error, 0..1, among the answers left, by the share of REJECTED that is turned down."""
        return {share: risk_at(self.answers, share) for share in REJECTED}

    @cached_property
    def groups(self) -> dict[str, tuple[Share, Share]]:
        """Look-alike and strict top-1 by script ("script: kanji") and level ("level: jis1").

        Where the reader lacks characters, also those of the characters that it can answer (WITHIN).
        """
        language, rows = self.answers.language, {}
        for title, name_of, order in (
            ("script", language.script_of, language.script_names),
            ("level", language.level_of, language.level_names),
        ):
            names = np.array([name_of(character) for character in self.answers.characters], str)
            rows |= {f"{title}: {name}": names == name for name in order if name in names}
        if self.answers.is_outside.any():
            rows[WITHIN] = ~self.answers.is_outside
        return {
            name: (measure_share(self.answers.is_right[row]), measure_share(self.answers.is_strict[row]))
            for name, row in rows.items()
        }

    @property
    def notes(self) -> list[str]:
        """A line for each reason why samples count as wrong that no reader could have read right."""
        num_unknown, num_unread = int(self.answers.is_outside.sum()), int((~self.answers.is_read).sum())
        notes = tell_unknown(num_unknown, len(self.answers), fate="count as wrong")
        return notes + tell_unread(num_unread, len(self.answers), fate="count as wrong")

    @cached_property
    def bins(self) -> list[Bin]:
        """Those of the reliability figure."""
        return divide_by_confidence(self.answers)

    def to_json(self) -> dict[str, Any]:
        """Return plain data: counts, ratios 0..1 rounded to 5 decimals, and the ten worst confusions.

        intervals are those of the bootstrap over samples; error_at_5 is the error among what is left when the
        least confident 5 % of the answers are turned down.
        """
        ratios = {name: share.value for name, share in self.shares.items()}
        ratios |= {f"error_at_{100 * share:.0f}": error for share, error in self.errors.items()}
        return {
            "data": self.data,
            "model": self.model,
            "prior": self.prior,
            "num_samples": len(self.answers),
            "num_outside_charset": int(self.answers.is_outside.sum()),
            "num_unreadable": int((~self.answers.is_read).sum()),
            **{name: None if np.isnan(ratio) else round(ratio, 5) for name, ratio in ratios.items()},
            "intervals": {
                name: [round(share.low, 5), round(share.high, 5)]
                for name, share in self.shares.items()
                if not np.isnan(share.low) and name not in ("strict_top5", "rejected")
            },
            "confusions": [
                {"character": group[0].sample.character, "text": group[0].text, "num_samples": len(group)}
                for group in group_confusions(self.confusions)[:10]
            ],
        }

    def to_full_json(self) -> dict[str, Any]:
        """Return the same with everything that a line has no room for."""
        coverage, risk = measure_risk(self.answers)
        return {
            **self.to_json(),
            "notes": self.notes,
            "groups": {
                name: {"lookalike_top1": lookalike.to_json(), "strict_top1": strict.to_json()}
                for name, (lookalike, strict) in self.groups.items()
            },
            "reliability": [_round(one, 5) for one in self.bins],
            "risk_coverage": {"coverage": coverage.round(5).tolist(), "risk": risk.round(5).tolist()},
            "robustness": [curve.to_json() for curve in self.curves],
            "papers": [paper.to_json() for paper in self.papers],
            "latency": self.latency and _round(self.latency, 3),
            "no_characters_rejected": self.rejected,
        }


def evaluate(
    read: Reader,
    source: Iterable[Sample],
    *,
    data: str,
    model: str,
    prior: str = "",
    charset: Container[str] | None = None,
    language: Language = JAPANESE,
) -> Report:
    """Score a reader on a source.

    Args:
        read: Pictures to a Recognition each, or anything else (an error, None) for a picture not read.
        source: Samples; they are read once, in chunks.
        data: The source's name, for the report.
        model: The reader's name, for the report.
        prior: The reader's prior, for the report.
        charset: The characters that the reader can answer; a sample outside counts as wrong. None for all.
        language: The record of scripts, levels and look-alikes that the answers are judged by.

    Raises:
        DataError: The reader can answer the character of no sample.
    """
    parts: list[Answers] = []
    confusions: list[Confusion] = []
    for chunk in split_chunks(source, CHUNK_SIZE):
        part = collect_answers(
            (sample.character for sample in chunk),
            read([sample.picture for sample in chunk]),
            language=language,
        )
        parts.append(part)
        confusions += [
            Confusion(chunk[index], "".join(part.texts[index][:1]), float(part.confidences[index]))
            for index in np.flatnonzero(~part.is_right)
        ]
    answers = join_answers(parts, charset)
    if len(answers) and answers.is_outside.all():
        raise DataError(f"{data}: {model} knows the character of no sample; give another set or model")
    return Report(data, model, prior, answers, tuple(confusions))


def group_confusions(confusions: Iterable[Confusion]) -> list[list[Confusion]]:
    """Put confusions of two characters together: the most frequent first, then the most confident."""
    groups: dict[tuple[str, str], list[Confusion]] = {}
    for confusion in confusions:
        groups.setdefault((confusion.sample.character, confusion.text), []).append(confusion)
    for group in groups.values():
        group.sort(key=lambda confusion: -confusion.confidence)
    return sorted(groups.values(), key=lambda group: (-len(group), -group[0].confidence))


def summarize(report: Report) -> dict[str, str]:
    """Return the cells of a report's line by column: ratios in percent, half an interval's width behind ±."""
    shares = report.shares
    return {
        "data": report.data,
        "prior": report.prior or "-",
        "samples": f"{len(report.answers)}",
        "outside": f"{report.answers.is_outside.sum()}",
        "strict": f"{shares['strict_top1']}",
        "look-alike": f"{shares['lookalike_top1']}",
        "top-5": f"{100 * shares['lookalike_top5'].value:.2f} %",
        "macro": f"{shares['macro']}",
        "rejected": f"{100 * shares['rejected'].value:.2f} %",
        "ECE": f"{shares['calibration_error']}",
        **{f"error at {100 * share:.0f} %": f"{100 * error:.2f} %" for share, error in report.errors.items()},
    }


def format_table(reports: Iterable[Report]) -> str:
    """Format a table for people, a line a report."""
    lines = [summarize(report) for report in reports]
    return align_table([list(lines[0]), *(list(line.values()) for line in lines)], num_left=2)


def align_table(rows: Sequence[Sequence[str]], num_left: int) -> str:
    """Format rows of cells as lines; the first columns to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if column < num_left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _round(measured: Bin | Latency, num_decimals: int) -> dict[str, Any]:
    return {name: round(value, num_decimals) for name, value in vars(measured).items()}
