"""What `yomite evaluate` measured of a line model, as a page of HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from yomite.evaluation.judged_lines import JudgedLine, measure_line_risk
from yomite.evaluation.lines import MISSING, REJECTED, LineReport
from yomite.evaluation.text_errors import TextErrors
from yomite.reports.charts import draw_shares
from yomite.reports.evaluation_page import draw_reliability
from yomite.reports.html import (
    write_card,
    write_chart,
    write_page,
    write_pairs,
    write_picture,
    write_section,
    write_table,
    write_text,
)
from yomite.reports.line_pictures import cut_out, draw_boxes, read_picture

MAX_KINDS, MAX_PLACES = 24, 8
"""Confusions shown, and places of each of them."""

MAX_LINES = 100
"""Lines shown of each set, the worst first."""


def write_line_evaluation(reports: Sequence[LineReport], *, title: str, notes: Sequence[str] = ()) -> str:
    """Write the page.

    Args:
        reports: At least one.
        title: Of the page.
        notes: Lines below the title, such as the command and the date.
    """
    parts = [_write_summary(reports)]
    for report in reports:
        parts += [
            write_section(
                report.data, _write_cards(report), " ".join(f"{note}." for note in report.notes), kind="cards"
            ),
            _write_confusions(report),
            _write_lines(report),
        ]
    return write_page(title, parts, notes)


def _write_summary(reports: Sequence[LineReport]) -> str:
    rows = []
    for report in reports:
        rows.append(
            [
                report.data,
                "yes" if report.language_model else "no",
                f"{report.characters.num_lines:,}",
                _to_cell(report.characters),
                _to_cell(report.without_punctuation),
                _to_cell(report.words),
                f"{report.characters.num_exact:,}",
                f"{100 * report.rejected.value:.2f}",
                str(report.calibration).removesuffix(" %"),
                *(f"{100 * report.risk_at(share):.2f}" for share in REJECTED),
                f"{report.median_ms:.1f}",
            ]
        )
    header = ["data", "language model", "lines", "CER", "no punctuation", "WER", "exact", "rejected", "ECE"]
    header += [f"CER at {100 * share:.0f} %" for share in REJECTED]
    return write_table([*header, "ms a line"], rows) + write_text(
        "In percent, but for lines, exact ones and ms. CER: edits from what was written to what was read, by "
        f"characters written; NFKC, white space left out. WER: the same of {reports[0].words.unit}. ±: half "
        "the width of the 95 % bootstrap interval over lines; lines of one writer are not independent, so "
        "another writer may lie outside. ECE: how far the confidence of characters is from the share of "
        "right ones. CER at 10 %: in the lines that remain when the least confident 10 % are rejected."
    )


def _write_cards(report: LineReport) -> Iterator[str]:
    yield _write_groups("By direction", report.directions)
    yield _write_groups("By script", report.scripts, has_exact=False)
    yield _write_groups("By writer", report.writers)
    yield draw_reliability(report.bins, report.calibration)
    coverage, risk = measure_line_risk(report.lines)
    chart = draw_shares(
        coverage.tolist(),
        risk.tolist(),
        x_label="share of the lines, most confident first",
        y_label="CER in these",
        x_range=(0, 1),
        y_range=(0, max(0.01, 1.1 * float(risk.max()))),
    )
    errors = ", ".join(
        f"{100 * report.risk_at(share):.2f} % when {100 * share:.0f} % are rejected" for share in REJECTED
    )
    yield write_card("Risk and coverage", write_chart(chart), f"CER {errors}.")
    characters = report.characters
    rows = [
        [name, f"{count:,}", f"{100 * count / max(characters.num_units, 1):.2f}"]
        for name, count in (
            ("read as another", characters.num_substituted),
            ("missed", characters.num_deleted),
            ("too many", characters.num_inserted),
        )
    ]
    note = (
        f"Of {characters.num_units:,} characters, in percent; {report.num_unread} lines could not be read. "
        f"{report.median_ms:.1f} ms a line, 95 % below {report.slow_ms:.1f} ms."
    )
    yield write_card("Kinds of error", write_table(["", "characters", "of all"], rows), note)


def _write_groups(title: str, groups: Mapping[str, TextErrors], *, has_exact: bool = True) -> str:
    rows = [
        [name or "unknown", f"{errors.num_lines:,}", f"{errors.num_units:,}"]
        + ([f"{errors.num_exact:,}"] if has_exact else [])
        + [_to_cell(errors)]
        for name, errors in sorted(groups.items(), key=lambda item: -item[1].num_units)
    ]
    header = ["", "lines", "characters", *(["exact"] if has_exact else []), "CER"]
    return write_card(title, write_table(header, rows))


def _write_confusions(report: LineReport) -> str:
    places: dict[tuple[str, str], list[tuple[JudgedLine, int]]] = {}
    for line in report.lines:
        for index, (one, other) in enumerate(line.pairs):
            if one != other:
                places.setdefault((one or MISSING, other or MISSING), []).append((line, index))
    kinds = sorted(places.items(), key=lambda item: -len(item[1]))
    shown = [_write_confusion(*pair, where) for pair, where in kinds[:MAX_KINDS]]
    more = f"; the first {MAX_KINDS} of {len(kinds):,} kinds" if len(kinds) > MAX_KINDS else ""
    note = (
        f"Written → read, {MISSING} where there is nothing, and each place cut out of its line{more}. "
        "Where a character was missed, what lies between its neighbors."
    )
    return write_section(f"Worst confusions on {report.data}", shown, note, kind="confusions")


def _write_confusion(one: str, other: str, where: Sequence[tuple[JudgedLine, int]]) -> str:
    pictures = []
    for line, index in where[:MAX_PLACES]:
        box = line.find_box(index)
        picture = read_picture(line.sample.picture)
        if box is not None and picture is not None:
            hint = f"{line.sample.name}: {line.sample.character}"
            pictures.append(write_picture(cut_out(picture, box), hint))
    title = f"{escape(one)} → {escape(other)}"
    return f'<div class="row"><b>{title} <small>×{len(where)}</small></b>{"".join(pictures)}</div>'


def _write_lines(report: LineReport) -> str:
    ordered = sorted(report.lines, key=lambda line: (-line.num_edits, line.confidence))
    wrong = [line for line in ordered if line.num_edits]
    cards = [_write_line(line) for line in wrong[:MAX_LINES]]
    more = f"; the worst {MAX_LINES}" if len(wrong) > MAX_LINES else ""
    note = (
        "The line, with the box of each character that was read: red where it is wrong. Below, what was "
        "written, and under it what was read."
    )
    title = f"{len(wrong):,} of {len(ordered):,} lines of {report.data} with an error{more}"
    return write_section(title, cards, note, kind="lines")


def _write_line(line: JudgedLine) -> str:
    is_vertical = line.sample.part == "vertical"
    picture = read_picture(line.sample.picture)
    shown = "" if picture is None else write_picture(draw_boxes(picture, line, is_vertical=is_vertical))
    facts = [line.sample.name, line.sample.writer and f"writer {line.sample.writer}"]
    facts.append(f"{line.num_edits} edits in {line.num_written} characters")
    if line.result is None:
        facts.append("not read")
    else:
        facts.append(f"confidence {100 * line.confidence:.0f} %")
        facts.append("rejected" if line.result.is_rejected else "")
    return (
        f'<div class="card line{" is-vertical" if is_vertical else ""}">{shown}'
        f"<div>{write_pairs(line.pairs)}"
        f"<p>{escape(', '.join(filter(None, facts)))}</p></div></div>"
    )


def _to_cell(errors: TextErrors) -> str:
    interval = f" ±{50 * (errors.high - errors.low):.1f}" if errors.num_lines > 1 else ""
    return f"{100 * errors.rate:.2f}{interval}"
