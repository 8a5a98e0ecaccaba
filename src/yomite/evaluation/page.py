"""The report as one HTML file that needs nothing else: figures as SVG, pictures inside.

It shows samples of a data set, so it belongs into a folder that is not committed, such as reports/.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from yomite.errors import PictureError
from yomite.evaluation.charts import Series, draw_chart
from yomite.evaluation.measures import Share, measure_risk
from yomite.evaluation.report import REJECTED, Confusion, Report, group_confusions
from yomite.ink.canvas import to_canvas

MAX_CONFUSIONS = 60
"""Kinds of confusions shown for each report."""


def write_page(path: Path, reports: Sequence[Report], *, title: str, notes: Sequence[str] = ()) -> None:
    """Write the report.

    Args:
        path: The HTML file; its folder is made.
        reports: At least one.
        title: Of the page.
        notes: Lines below the title, such as the command and the date.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head><body>"
    )
    parts = [head, f"<h1>{escape(title)}</h1>", *(f"<p>{escape(note)}</p>" for note in notes)]
    parts += _write_summary(reports)
    for report in reports:
        parts += _write_section(report)
    parts.append("</body></html>\n")
    path.write_text("\n".join(parts), encoding="utf-8")


def _write_summary(reports: Sequence[Report]) -> Iterator[str]:
    header = ["set", "prior", "samples", "strict", "look-alike", "top-5", "macro", "rejected", "ECE"]
    header += [f"error at {100 * share:.0f} %" for share in REJECTED]
    names = ("strict_top1", "lookalike_top1", "lookalike_top5", "macro")
    rows = []
    for report in reports:
        shares = report.shares
        rows.append(
            [
                report.data,
                report.prior or "-",
                f"{len(report.answers):,}",
                *map(_write_share, (shares[name] for name in names)),
                f"{100 * shares['rejected'].value:.2f}",
                _write_share(shares["calibration_error"]),
                *(f"{100 * error:.2f}" for error in report.errors.values()),
            ]
        )
    yield _tabulate(header, rows)
    yield (
        "<p>In percent. strict: the first candidate is the character. look-alike: or shares its shape when "
        "it stands alone. macro: every character weighs the same. ±: half the width of the 95 % bootstrap "
        "interval over samples; samples of one writer hang together, so another writer may lie outside. "
        "ECE: how far the confidence is from the share of right answers, 15 bins of equal mass. error "
        "at 5 %: among the answers that are left when the least confident 5 % are turned down.</p>"
    )


def _write_section(report: Report) -> Iterator[str]:
    if not len(report.answers):
        return
    yield f"<h2>{escape(report.data)}{f', prior {escape(report.prior)}' if report.prior else ''}</h2>"
    num_outside, num_unread = report.answers.is_outside.sum(), (~report.answers.is_read).sum()
    if num_outside or num_unread:
        yield (
            f"<p>{num_outside} samples of characters that the model does not have, and "
            f"{num_unread} that could not be read, count as wrong.</p>"
        )
    cards = [_write_groups(report), _draw_reliability(report), _draw_risk(report)]
    if report.latency or report.rejected:
        cards.append(_write_measured(report))
    cards += _draw_robustness(report)
    yield f'<div class="cards">{"".join(f"<div class=card>{card}</div>" for card in cards)}</div>'
    groups = group_confusions(report.confusions)
    total = len(report.answers)
    kinds = f"; the first {MAX_CONFUSIONS} of {len(groups)} kinds" if len(groups) > MAX_CONFUSIONS else ""
    yield f"<h3>{len(report.confusions)} of {total:,} read wrong{kinds}</h3>"
    yield '<div class="wrong">' + "".join(map(_show_confusions, groups[:MAX_CONFUSIONS])) + "</div>"


def _write_groups(report: Report) -> str:
    rows = [
        [name, f"{alike.num_samples:,}", _write_share(alike), _write_share(strict)]
        for name, (alike, strict) in report.groups.items()
    ]
    return "<h3>By script and level</h3>" + _tabulate(["", "samples", "look-alike", "strict"], rows)


def _draw_reliability(report: Report) -> str:
    bins = report.bins
    if not bins:
        return "<h3>Reliability</h3><p>Nothing was read.</p>"
    chart = draw_chart(
        [Series("", [one.confidence for one in bins], [one.right for one in bins], sizes=[4.5] * len(bins))],
        x_label="mean confidence of a bin",
        y_label="share that was right",
        x_range=_reach_one([one.confidence for one in bins] + [one.right for one in bins]),
        y_range=_reach_one([one.confidence for one in bins] + [one.right for one in bins]),
        has_diagonal=True,
    )
    error = report.shares["calibration_error"]
    text = f"ECE {100 * error.value:.2f} % ({100 * error.low:.2f} to {100 * error.high:.2f} %)"
    return (
        f"<h3>Reliability</h3>{chart}<p>{text}; {len(bins)} bins of equal mass. Above the line: more often "
        "right than it says.</p>"
    )


def _reach_one(values: Sequence[float]) -> tuple[float, float]:
    return max(0.0, float(np.floor(20 * min(values)) / 20) - 0.02), 1.02


def _draw_risk(report: Report) -> str:
    coverage, risk = (values.tolist() for values in measure_risk(report.answers))
    chart = draw_chart(
        [Series("", coverage, risk)],
        x_label="share answered, most confident first",
        y_label="error among the answers",
        x_range=(0, 1),
        y_range=(0, max(0.01, 1.1 * max(risk))),
    )
    text = ", ".join(
        f"{100 * error:.2f} % when {100 * share:.0f} % are turned down"
        for share, error in report.errors.items()
    )
    return f"<h3>Risk and coverage</h3>{chart}<p>Error {text}.</p>"


def _write_measured(report: Report) -> str:
    parts = []
    if report.latency:
        latency = report.latency
        parts.append(
            f"<h3>Latency</h3><p>{latency.median_ms:.2f} ms a picture, 95 % below {latency.slow_ms:.2f} ms "
            f"({latency.num_pictures} pictures one after the other, canvas included).</p>"
        )
    if report.rejected:
        rows = [[kind, f"{100 * share:.1f} %"] for kind, share in report.rejected.items()]
        parts.append("<h3>What is no character, turned down</h3>" + _tabulate(["kind", "rejected"], rows))
    return "".join(parts)


def _draw_robustness(report: Report) -> Iterator[str]:
    lowest = min((share.low for curve in report.curves for share in curve.shares), default=0)
    for curve in report.curves:
        chart = draw_chart(
            [
                Series(
                    "",
                    curve.disturbance.steps,
                    [share.value for share in curve.shares],
                    [share.low for share in curve.shares],
                    [share.high for share in curve.shares],
                )
            ],
            x_label=curve.disturbance.unit,
            y_label="look-alike top-1",
            y_range=(0.0 if lowest < 0.5 else 0.5, 1.0),
            is_evenly_spaced=True,
        )
        num = curve.shares[0].num_samples
        yield f"<h3>{escape(curve.disturbance.name.capitalize())}</h3>{chart}<p>{num} samples.</p>"


def _show_confusions(group: Sequence[Confusion]) -> str:
    first = group[0]
    times = f" ×{len(group)}" if len(group) > 1 else ""
    caption = f"{escape(first.sample.character)} → {escape(first.text) or 'none'}{times}"
    return (
        f'<figure><img alt="" src="{_encode(first)}"><figcaption>{caption}'
        f"<br><small>{100 * first.confidence:.0f} %</small></figcaption></figure>"
    )


def _encode(confusion: Confusion) -> str:
    """The canvas as a data address; a cross where there is none."""
    try:
        canvas = to_canvas(confusion.sample.picture)
    except PictureError:
        canvas = 255 * np.maximum(np.eye(48), np.eye(48)[::-1]).astype(np.uint8)
    content = io.BytesIO()
    Image.fromarray(255 - canvas).save(content, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode("ascii")


def _write_share(share: Share) -> str:
    return str(share).removesuffix(" %")


def _tabulate(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    titles = "".join(f"<th>{escape(title)}</th>" for title in header)
    return f'<div class="scroll"><table><tr>{titles}</tr>{lines}</table></div>'
