"""What `yomite evaluate` measured, as a page of HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from yomite.evaluation.measures import Bin, Share, measure_risk
from yomite.evaluation.report import Report, group_confusions, summarize
from yomite.reports.charts import draw_shares
from yomite.reports.confusions import describe_confusions, draw_canvas
from yomite.reports.html import write_card, write_chart, write_figure, write_page, write_section, write_table

MAX_CONFUSIONS = 60
"""Kinds of confusions shown for each report."""


def write_evaluation(reports: Sequence[Report], *, title: str, notes: Sequence[str] = ()) -> str:
    """Write the page.

    Args:
        reports: At least one.
        title: Of the page.
        notes: Lines below the title, such as the command and the date.
    """
    parts = [_write_summary(reports)]
    for report in reports:
        if len(report.answers):
            parts += _write_report(report)
    return write_page(title, parts, notes)


def _write_summary(reports: Sequence[Report]) -> str:
    lines = [summarize(report) | {"top-5": str(report.shares["lookalike_top5"])} for report in reports]
    for line in lines:
        del line["outside"]  # stands below, where there are any
    rows = [[cell.removesuffix(" %") for cell in line.values()] for line in lines]
    return (
        write_table(list(lines[0]), rows)
        + "<p>In percent. strict: the first candidate is the character. look-alike: or one of the same "
        "shape. macro: every character has the same weight. ±: half the width of the 95 % bootstrap "
        "interval over samples; samples of one writer are not independent, so another writer may lie "
        "outside. ECE: how far the confidence is from the share of right answers, 15 bins of equal mass. "
        "error at 5 %: among the answers that remain when the least confident 5 % are rejected.</p>"
    )


def _write_report(report: Report) -> Iterator[str]:
    note = " ".join(f"{line}." for line in report.notes)
    title = f"{report.data}, prior {report.prior}" if report.prior else report.data
    yield write_section(title, _write_cards(report), note, kind="cards")
    groups = group_confusions(report.confusions)
    total = len(report.answers)
    kinds = f"; the first {MAX_CONFUSIONS} of {len(groups)} kinds" if len(groups) > MAX_CONFUSIONS else ""
    yield f"<h3>{len(report.confusions)} of {total:,} read wrong{kinds}</h3>"
    figures = [
        write_figure(
            [255 - draw_canvas(group)],
            describe_confusions(group, "→"),
            f"{100 * group[0].confidence:.0f} %",
        )
        for group in groups[:MAX_CONFUSIONS]
    ]
    yield f'<div class="sheet large">{"".join(figures)}</div>'


def _write_cards(report: Report) -> Iterator[str]:
    rows = [
        [name, f"{alike.num_samples:,}", _to_cell(alike), _to_cell(strict)]
        for name, (alike, strict) in report.groups.items()
    ]
    yield write_card("By script and level", write_table(["", "samples", "look-alike", "strict"], rows))
    yield draw_reliability(report.bins, report.shares["calibration_error"])
    coverage, risk = measure_risk(report.answers)
    chart = draw_shares(
        coverage.tolist(),
        risk.tolist(),
        x_label="share answered, most confident first",
        y_label="error among the answers",
        x_range=(0, 1),
        y_range=(0, max(0.01, 1.1 * float(risk.max()))),
    )
    errors = ", ".join(
        f"{100 * error:.2f} % when {100 * share:.0f} % are rejected" for share, error in report.errors.items()
    )
    yield write_card("Risk and coverage", write_chart(chart), f"Error {errors}.")
    if report.latency:
        note = (
            f"{report.latency.median_ms:.2f} ms per picture, 95 % below {report.latency.slow_ms:.2f} ms "
            f"({report.latency.num_pictures} pictures one after the other, canvas included)."
        )
        yield write_card("Latency", "", note)
    if report.rejected:
        rows = [[kind, f"{100 * share:.1f} %"] for kind, share in report.rejected.items()]
        yield write_card("Non-characters rejected", write_table(["kind", "rejected"], rows))
    if report.papers:
        rows = [
            [one.name, _to_cell(one.lookalike_top1), f"{100 * one.rejected.value:.1f}"]
            for one in report.papers
        ]
        note = f"{report.papers[0].rejected.num_samples} samples, in percent."
        yield write_card("On paper", write_table(["paper", "look-alike", "rejected"], rows), note)
    lowest = min((share.low for curve in report.curves for share in curve.shares), default=0)
    for curve in report.curves:
        chart = draw_shares(
            curve.disturbance.steps,
            [share.value for share in curve.shares],
            x_label=curve.disturbance.unit,
            y_label="look-alike top-1",
            y_range=(0.0 if lowest < 0.5 else 0.5, 1.02),
            band=([share.low for share in curve.shares], [share.high for share in curve.shares]),
            are_steps=True,
        )
        note = f"{curve.shares[0].num_samples} samples."
        yield write_card(curve.disturbance.name.capitalize(), write_chart(chart), note)


def draw_reliability(bins: Sequence[Bin], error: Share) -> str:
    """Draw the card of how right confidences are.

    Args:
        bins: Of like confidence.
        error: The calibration error.
    """
    if not bins:
        return write_card("Reliability", "", "Nothing was read.")
    confidences, rights = [one.confidence for one in bins], [one.right for one in bins]
    lowest = max(0.0, float(np.floor(20 * min(confidences + rights)) / 20) - 0.02)
    chart = draw_shares(
        confidences,
        rights,
        x_label="mean confidence of a bin",
        y_label="share that was right",
        x_range=(lowest, 1.02),
        y_range=(lowest, 1.02),
        is_reliability=True,
    )
    value, low, high = (f"{100 * share:.2f}" for share in (error.value, error.low, error.high))
    note = (
        f"ECE {value} % ({low} to {high} %); {len(bins)} bins of equal mass. Above the line: more often "
        "right than it says."
    )
    return write_card("Reliability", write_chart(chart), note)


def _to_cell(share: Share) -> str:
    return str(share).removesuffix(" %")
