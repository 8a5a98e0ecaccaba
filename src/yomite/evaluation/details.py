"""What a report says beyond its one line: by script and level, calibration, risk, what it withstands."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from yomite.charset import script_of
from yomite.evaluation.answers import (
    LEVELS,
    Answer,
    Bin,
    Share,
    group_answers,
    level_of,
    measure_calibration,
    measure_risk,
    measure_share,
)
from yomite.evaluation.report import Report
from yomite.evaluation.robustness import Curve

SCRIPTS = ("hiragana", "katakana", "kanji", "latin", "digit", "punctuation")
WITHIN = "within the charset"
NUM_TIMED = 100
_NUM_WARM_UP = 5


@dataclass(frozen=True)
class Latency:
    """Time from a picture in memory to its candidates, one picture after the other."""

    num_pictures: int
    median_ms: float
    slow_ms: float
    """What 95 % stay below."""


@dataclass(frozen=True)
class Details:
    """A report and everything that was measured beside it.

    Attributes:
        report: The one line.
        groups: Look-alike and strict top-1 by script ("script: kanji"), by level ("level: jis1") and,
            where the reader lacks characters, of those that it can answer (WITHIN).
        bins: Of the reliability figure.
        coverage: float (P,), 0..1.
        risk: float (P,), the error at that coverage.
        curves: What it withstands; none if that was not asked for.
        latency: None if it was not measured.
        rejected: Share turned down of each kind of what is no character; none if that was not asked for.
    """

    report: Report
    groups: dict[str, tuple[Share, Share]]
    bins: list[Bin]
    coverage: np.ndarray
    risk: np.ndarray
    curves: tuple[Curve, ...] = ()
    latency: Latency | None = None
    rejected: dict[str, float] | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data: that of the report, and the rest."""
        return {
            **self.report.to_json(),
            "groups": {
                name: {"lookalike_top1": lookalike.to_json(), "strict_top1": strict.to_json()}
                for name, (lookalike, strict) in self.groups.items()
            },
            "reliability": [
                {
                    "num_samples": one.num_samples,
                    "confidence": round(one.confidence, 5),
                    "right": round(one.right, 5),
                }
                for one in self.bins
            ],
            "risk_coverage": {
                "coverage": self.coverage.round(5).tolist(),
                "risk": self.risk.round(5).tolist(),
            },
            "robustness": [curve.to_json() for curve in self.curves],
            "latency": None
            if self.latency is None
            else {
                "num_pictures": self.latency.num_pictures,
                "median_ms": round(self.latency.median_ms, 3),
                "slow_ms": round(self.latency.slow_ms, 3),
            },
            "no_characters_rejected": self.rejected,
        }


def describe(
    report: Report,
    *,
    curves: Sequence[Curve] = (),
    latency: Latency | None = None,
    rejected: dict[str, float] | None = None,
) -> Details:
    """Answer every question that the report's answers can answer."""
    groups = {}
    for title, name_of, order in (("script", script_of, SCRIPTS), ("level", level_of, LEVELS)):
        found = group_answers(report.answers, name_of)
        for name in order:
            if name in found:
                groups[f"{title}: {name}"] = _measure_group(found[name])
    if report.counts.num_outside_charset and report.charset is not None:
        within = [one for one in report.answers if one.character in report.charset]
        groups[WITHIN] = _measure_group(within)
    bins = measure_calibration(report.answers)[1] if report.answers else []
    coverage, risk = measure_risk(report.answers)
    return Details(report, groups, bins, coverage, risk, tuple(curves), latency, rejected)


def _measure_group(answers: Sequence[Answer]) -> tuple[Share, Share]:
    return (
        measure_share([one.is_right for one in answers]),
        measure_share([one.is_strict for one in answers]),
    )


def measure_latency(read: Callable[[list[Any]], Sequence[object]], pictures: Sequence[Any]) -> Latency | None:
    """Read pictures one by one; None without pictures. The first few are read before the clock runs."""
    if not pictures:
        return None
    for picture in pictures[:_NUM_WARM_UP]:
        read([picture])
    times_ms = []
    for picture in pictures:
        start = time.perf_counter()
        read([picture])
        times_ms.append(1000 * (time.perf_counter() - start))
    return Latency(len(times_ms), float(np.median(times_ms)), float(np.percentile(times_ms, 95)))
