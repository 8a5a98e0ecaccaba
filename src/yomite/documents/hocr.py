"""hOCR 1.2: a page as HTML that says in `title` where everything stands.

Lines in reading order, each with its box, its polygon and its angle, in px of the picture as given; inside,
one `ocrx_word` (Japanese has no spaces to split at) and for every character an `ocrx_cinfo`. Vertical lines
say `writing-mode: vertical-rl`.
"""

from __future__ import annotations

from collections.abc import Iterator

from yomite.documents.markup import escape, quote, read_version
from yomite.documents.placing import frame, list_written, measure_angle, merge_boxes, outline, snap_box
from yomite.reading.results import Box, Line, Page

_CAPABILITIES = "ocr_page ocr_carea ocr_line ocrx_word ocrx_cinfo ocrp_lang ocrp_poly ocrp_wconf"


def to_hocr(page: Page, name: str) -> str:
    """Write a page as an hOCR document.

    Args:
        page: What was read; lines that are rejected are left out.
        name: Of the picture, as a program that opens the document shall look for it.

    Returns:
        XHTML in UTF-8.
    """
    width, height = page.size
    image = name.replace('"', "%22")  # hOCR has no other way to write one inside quotation marks
    title = f'image "{image}"; bbox 0 0 {width} {height}'
    body = "\n".join(_write_page(page))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="ja" xml:lang="ja">
<head>
<title>{escape(name)}</title>
<meta charset="utf-8"/>
<meta name="ocr-system" content="yomite {read_version()}"/>
<meta name="ocr-capabilities" content="{_CAPABILITIES}"/>
<meta name="ocr-number-of-pages" content="1"/>
<meta name="ocr-langs" content="ja"/>
<meta name="ocr-scripts" content="Jpan"/>
</head>
<body>
<div class="ocr_page" id="page_1" title={quote(title)}>
{body}
</div>
</body>
</html>
"""


def _write_page(page: Page) -> Iterator[str]:
    lines = list(list_written(page))
    if not lines:
        return
    area = merge_boxes(frame(outline(line)) for line in lines)
    yield f'<div class="ocr_carea" id="area_1" title="{_write_box("bbox", area, page)}">'
    for number, line in enumerate(lines, 1):
        yield from _write_line(line, number, page)
    yield "</div>"


def _write_line(line: Line, number: int, page: Page) -> Iterator[str]:
    corners = outline(line)
    box = _write_box("bbox", frame(corners), page)
    polygon = " ".join(f"{x:.0f} {y:.0f}" for x, y in corners)
    angle = round(measure_angle(line, page.turn), 2)
    turned = f"; textangle {angle:g}" if angle else ""
    style = ' style="writing-mode: vertical-rl"' if line.direction == "vertical" else ""
    yield f'<span class="ocr_line" id="line_{number}" title="{box}; poly {polygon}{turned}"{style}>'
    confidence = f"x_wconf {100 * line.confidence:.0f}"
    yield (
        f'<span class="ocrx_word" id="word_{number}" title="{box}; {confidence}">'
        + "".join(
            f'<span class="ocrx_cinfo" title="{_write_box("x_bboxes", character.box, page)}; '
            f'x_conf {100 * character.confidence:.1f}">{escape(character.text)}</span>'
            for character in line.characters
        )
        + "</span></span><br/>"
    )


def _write_box(name: str, box: Box, page: Page) -> str:
    return " ".join(map(str, (name, *snap_box(box, page.size))))
