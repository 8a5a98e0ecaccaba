"""What `yomite evaluate` measured of a page model, as a page of HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from yomite.evaluation.judged_pages import JudgedPage
from yomite.evaluation.page_figures import format_errors, format_share
from yomite.evaluation.pages import PageReport
from yomite.evaluation.text_errors import Pair
from yomite.reports.html import write_page, write_pairs, write_section, write_table, write_text
from yomite.reports.line_pictures import read_picture
from yomite.reports.page_pictures import draw_page, name_found


def write_page_evaluation(reports: Sequence[PageReport], *, title: str, notes: Sequence[str] = ()) -> str:
    """Write the page.

    Args:
        reports: At least one.
        title: Of the page.
        notes: Lines below the title, such as the command and the date.
    """
    parts = [part for report in reports for part in _write_report(report)]
    return write_page(title, parts, notes)


def _write_report(report: PageReport) -> Iterator[str]:
    yield write_section(report.data, _write_figures(report), kind="plain")
    note = (
        "Green: written lines, numbered in reading order. Blue: found lines, f1 the one that was read first; "
        "red where they match no written line, which on a page that is not whole is no error. Point at a "
        "line for its text. The tables have what was written over what was read."
    )
    yield write_section(f"Pages of {report.data}", map(_write_page, report.pages), note, kind="plain")


def _write_figures(report: PageReport) -> Iterator[str]:
    rows = []
    for name, lines in report.lines.items():
        shares = map(format_share, (lines.recall, lines.covered, lines.directions))
        rows.append(
            [
                name,
                str(lines.recall.num_samples),
                *shares,
                str(lines.num_split),
                format_errors(lines.characters),
            ]
        )
    yield write_table(["", "lines", "found", "covered", "direction", "split", "CER of the found"], rows)
    yield write_text(
        "found: at an intersection over union of a half or more, one found line for each written one. "
        "covered: half of the line lies in found lines, however these are cut. direction: right among the "
        "found. split: two or more found lines lie in it. Two or more written lines lie in "
        f"{report.num_merged} of the found ones. {report.num_rejected} lines were rejected and count as not "
        f"found; {report.num_rejected_written} of them are written lines."
    )
    rows = []
    for name, whole in report.whole.items():
        errors = map(format_errors, (whole.end_to_end, whole.in_order))
        rows.append([name, str(whole.num_pages), format_share(whole.precision), *errors])
    if rows:
        yield write_table(["whole pages", "pages", "precision", "CER end to end", "CER in order"], rows)
    yield write_text(
        "Of pages where every line is written down. precision: share of the found lines that are written "
        "ones. CER end to end: edits in lines that match, all of a line that was not found, all that was "
        "read elsewhere. CER in order: edits of the whole text as it was read, one line after the other. In "
        "brackets 95 % bootstrap intervals over pages, of which there are few. "
        f"{report.num_unread} pages could not be read. {report.median_ms:.0f} ms a page, the slowest "
        f"{report.slowest_ms:.0f} ms."
    )


def _write_page(page: JudgedPage) -> str:
    sample = page.sample
    gray = read_picture(sample.picture)
    drawn = "" if gray is None else draw_page(page, gray)
    num_found = sum(match >= 0 for match in page.matches)
    facts = [f"{num_found} of {len(sample.lines)} lines found, {len(page.extra)} found beside them"]
    if sample.is_whole:
        pairs = page.align_lines()
        num_edits, num_written = sum(a != b for a, b in pairs), sum(bool(a) for a, _ in pairs)
        facts.append(f"{num_edits} edits in {num_written} characters")
    else:
        facts.append("not every line is written down")
    if page.result is None:
        facts.append("not read")
    if page.num_rejected:
        facts.append(f"{page.num_rejected} rejected")
    rows = "".join(_write_lines(page))
    return (
        f"<h3>{escape(sample.name)}</h3>{write_text(', '.join(facts))}"
        f'<div class="page-and-lines">{drawn}<table>{rows}</table></div>'
    )


def _write_lines(page: JudgedPage) -> Iterator[str]:
    for index in range(len(page.sample.lines)):
        match, names = page.matches[index], [str(index + 1)]
        facts = []
        if match >= 0:
            names.append(name_found(match))
            facts.append(f"IoU {page.ious[index]:.2f}")
            if page.found[match].direction != page.sample.lines[index].direction:
                facts.append(f"read as {page.found[match].direction}")
        else:
            facts.append("covered" if page.is_covered[index] else "not found")
        if page.num_pieces[index] > 1:
            facts.append(f"{page.num_pieces[index]} pieces")
        yield _write_row(names, page.align_line(index), facts, kind="" if match >= 0 else "is-wrong")
    for index in page.extra:
        merged = page.num_merged[index]
        facts = [f"over {merged} lines" if merged > 1 else "matches none"]
        pairs = [("", character) for character in page.found[index].text]
        yield _write_row([name_found(index)], pairs, facts, kind="is-wrong")


def _write_row(names: Sequence[str], pairs: Sequence[Pair], facts: Sequence[str], *, kind: str) -> str:
    return (
        f'<tr class="{kind}"><td>{" ".join(names)}</td><td>{write_pairs(pairs)}</td>'
        f"<td><small>{', '.join(facts)}</small></td></tr>"
    )
