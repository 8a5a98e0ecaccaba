"""ALTO 4.4: a page as the XML in which libraries and archives keep what was read.

Lines in reading order in one TextBlock, each with its polygon; a String for the line, a Glyph for every
character and a Variant for what else it may be. Places are in px of the picture as given; `ROTATION` says how
the text is turned in it.
"""

from __future__ import annotations

from collections.abc import Iterator

from yomite.documents.markup import escape, quote, read_version
from yomite.documents.placing import frame, list_written, merge_boxes, outline
from yomite.reading.results import Box, Line, LineCharacter, Page

_NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"


def to_alto(page: Page, name: str) -> str:
    """Write a page as an ALTO document.

    Args:
        page: What was read; lines that are rejected are left out.
        name: Of the picture.

    Returns:
        XML in UTF-8.
    """
    width, height = page.size
    rotation = f' ROTATION="{page.turn}"' if page.turn else ""
    body = "\n".join(_write_block(page))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="{_NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="{_NAMESPACE} http://www.loc.gov/standards/alto/v4/alto-4-4.xsd" SCHEMAVERSION="4.4">
<Description>
<MeasurementUnit>pixel</MeasurementUnit>
<sourceImageInformation><fileName>{escape(name)}</fileName></sourceImageInformation>
<Processing ID="processing_1">
<processingCategory>contentGeneration</processingCategory>
<processingSoftware>
<softwareName>yomite</softwareName>
<softwareVersion>{escape(read_version())}</softwareVersion>
</processingSoftware>
</Processing>
</Description>
<Layout>
<Page ID="page_1" PHYSICAL_IMG_NR="1" PROCESSINGREFS="processing_1" \
WIDTH="{width}" HEIGHT="{height}"{rotation} LANG="ja">
<PrintSpace HPOS="0" VPOS="0" WIDTH="{width}" HEIGHT="{height}">
{body}
</PrintSpace>
</Page>
</Layout>
</alto>
"""


def _write_block(page: Page) -> Iterator[str]:
    lines = list(list_written(page))
    if not lines:
        return
    area = merge_boxes(frame(outline(line)) for line in lines)
    yield f'<TextBlock ID="block_1" {_write_box(area)} LANG="ja">'
    for number, line in enumerate(lines, 1):
        yield from _write_line(line, number)
    yield "</TextBlock>"


def _write_line(line: Line, number: int) -> Iterator[str]:
    corners = outline(line)
    box = _write_box(frame(corners))
    direction = "ttb" if line.direction == "vertical" else "ltr"
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    yield f'<TextLine ID="line_{number}" {box} BASEDIRECTION="{direction}">'
    yield f'<Shape><Polygon POINTS="{points}"/></Shape>'
    yield (
        f'<String ID="string_{number}" {box} CONTENT={quote(line.text)} WC="{_write_share(line.confidence)}">'
    )
    for index, character in enumerate(line.characters, 1):
        yield _write_glyph(character, f"glyph_{number}_{index}")
    yield "</String>"
    yield "</TextLine>"


def _write_glyph(character: LineCharacter, name: str) -> str:
    variants = "".join(
        f'<Variant CONTENT={quote(one.text)} VC="{_write_share(one.probability)}"/>'
        for one in character.candidates
        if one.text != character.text
    )
    return (
        f'<Glyph ID="{name}" {_write_box(character.box)} CONTENT={quote(character.text)} '
        f'GC="{_write_share(character.confidence)}">{variants}</Glyph>'
    )


def _write_box(box: Box) -> str:
    left, top, right, bottom = box
    return f'HPOS="{left:.1f}" VPOS="{top:.1f}" WIDTH="{right - left:.1f}" HEIGHT="{bottom - top:.1f}"'


def _write_share(number: float) -> str:
    return f"{number:.4f}"
