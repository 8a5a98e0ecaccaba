"""Text that is found, marked and copied on a page of a PDF, and never seen.

Each character of a page is a glyph of its own, as long as its cell: so the text of a line has no gaps, which
viewers would take for spaces or line breaks, and what is marked is where the writing is. Viewers find a
character by the box of its glyph, and some pass over glyphs without one. So a glyph is a diagonal there and
back: it has a box and no area. It is drawn in rendering mode 3 besides, which shows nothing.

PDFium, with which Chrome opens PDFs, sorts what begins at one height from left to right, and would turn the
order of vertical lines round. So a vertical line ends in a space that stands apart, at another height.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import pikepdf
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from pikepdf import Array, Dictionary, Name, Stream, String

from yomite.documents.placing import Cells
from yomite.errors import YomiteError

Affine = tuple[float, float, float, float, float, float]
"""As in PDF: x, y -> a x + c y + e, b x + d y + f."""

_EM = 1000
_ASCENT, _DESCENT = 880, -120
_MAX_CHARACTERS = 65_535
_SPACE = (_EM, 20)
_MAX_MAPPINGS = 100
"""Of one block of a ToUnicode map."""

_MAP_HEAD = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
"""
_MAP_END = """endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


@dataclass
class HiddenText:
    """The text of one page: lines are added, then it is written into the page.

    Attributes:
        texts: What each glyph stands for; the first has code 1.
        sizes: Width and height of each glyph, in thousandths of its line's thickness.
        operators: What draws the lines.
    """

    texts: list[str] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    operators: list[str] = field(default_factory=list)

    def add_line(self, texts: list[str], cells: Cells, is_vertical: bool, to_page: Affine) -> None:
        """Lay the characters of a line into its cells.

        Args:
            texts: One for each cell.
            cells: In px of the picture as given.
            is_vertical: Whether they stand one below the other.
            to_page: From px of the picture to the points of the PDF's page.
        """
        edges = cells.edges
        lengths = (max(1, round(_EM * (end - start) / cells.thickness)) for start, end in pairwise(edges))
        sizes = [(_EM, length) if is_vertical else (length, _EM) for length in lengths]
        codes = self._add_glyphs(texts, sizes)
        x, y = cells.along
        across = (-y, x)  # to the reader's right, turned a quarter clockwise
        if is_vertical:  # a glyph hangs from the middle of its upper edge
            share, right, up = 0.5, (-across[0], -across[1]), (-x, -y)
        else:
            share, right, up = _ASCENT / _EM, (x, y), (-across[0], -across[1])
        low = cells.low + share * cells.thickness
        origin = (edges[0] * x + low * across[0], edges[0] * y + low * across[1])
        matrix = (*_turn(right, to_page), *_turn(up, to_page), *_map(origin, to_page))
        name = "/V" if is_vertical else "/H"
        numbers = " ".join(f"{number:.5f}" for number in matrix)
        self.operators.append(f"{name} {cells.thickness:.3f} Tf {numbers} Tm <{codes}> Tj")
        if is_vertical:
            self.operators.append(f"<{self._add_glyphs([' '], [_SPACE])}> Tj")

    def _add_glyphs(self, texts: list[str], sizes: list[tuple[int, int]]) -> str:
        """Add glyphs and return their codes, as the text of a PDF's operator."""
        first = len(self.texts) + 1
        self.texts += texts
        self.sizes += sizes
        if len(self.texts) > _MAX_CHARACTERS:
            raise YomiteError(f"a page of a PDF can hold {_MAX_CHARACTERS:,} characters; this one has more")
        return "".join(f"{code:04X}" for code in range(first, len(self.texts) + 1))

    def write_operators(self) -> bytes:
        """Return the part of the page's content that draws the lines."""
        return "\n".join(["BT 3 Tr", *self.operators, "ET"]).encode() if self.operators else b""

    def build_fonts(self, pdf: pikepdf.Pdf) -> Dictionary:
        """Build the page's fonts: H, whose lines run to the right, and V, whose lines run down."""
        glyphs = sorted(set(self.sizes))
        index_by_size = {size: index for index, size in enumerate(glyphs, 1)}
        glyph_indices = [0, *(index_by_size[size] for size in self.sizes)]
        descriptor = Dictionary(
            Type=Name.FontDescriptor,
            FontName=Name.Invisible,
            Flags=4,
            FontBBox=Array([0, _DESCENT, _EM, _ASCENT]),
            ItalicAngle=0,
            Ascent=_ASCENT,
            Descent=_DESCENT,
            CapHeight=_ASCENT,
            StemV=80,
            FontFile2=Stream(pdf, _build_font_file(glyphs)),
        )
        font = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=Name.Invisible,
            CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
            FontDescriptor=pdf.make_indirect(descriptor),
            DW=_EM,
            W=Array([1, Array([width for width, _ in self.sizes])]),
            W2=Array([1, Array([n for width, height in self.sizes for n in (-height, width / 2, _ASCENT)])]),
            CIDToGIDMap=Stream(pdf, b"".join(index.to_bytes(2, "big") for index in glyph_indices)),
        )
        descendants = Array([pdf.make_indirect(font)])
        to_unicode = Stream(pdf, "".join(self._write_map()).encode())
        return Dictionary(
            {
                f"/{direction}": pdf.make_indirect(
                    Dictionary(
                        Type=Name.Font,
                        Subtype=Name.Type0,
                        BaseFont=Name.Invisible,
                        Encoding=Name(f"/Identity-{direction}"),
                        DescendantFonts=descendants,
                        ToUnicode=to_unicode,
                    )
                )
                for direction in "HV"
            }
        )

    def _write_map(self) -> Iterator[str]:
        yield _MAP_HEAD
        for first in range(0, len(self.texts), _MAX_MAPPINGS):
            texts = self.texts[first : first + _MAX_MAPPINGS]
            yield f"{len(texts)} beginbfchar\n"
            for code, text in enumerate(texts, first + 1):
                yield f"<{code:04X}> <{text.encode('utf-16-be', 'replace').hex().upper()}>\n"
            yield "endbfchar\n"
        yield _MAP_END


def _build_font_file(sizes: list[tuple[int, int]]) -> bytes:
    """Build a TrueType font with a glyph of each width and height, all hanging from the ascent."""
    names = [".notdef", *(f"cell{index}" for index in range(1, len(sizes) + 1))]
    outlines = {".notdef": TTGlyphPen(None).glyph()}
    for name, (width, height) in zip(names[1:], sizes, strict=True):
        pen = TTGlyphPen(None)
        pen.moveTo((0, _ASCENT - height))
        pen.lineTo((width, _ASCENT))
        pen.closePath()
        outlines[name] = pen.glyph()
    widths = [_EM, *(width for width, _ in sizes)]
    builder = FontBuilder(_EM, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({})
    builder.setupGlyf(outlines)
    builder.setupHorizontalMetrics(dict(zip(names, ((width, 0) for width in widths), strict=True)))
    builder.setupHorizontalHeader(ascent=_ASCENT, descent=_DESCENT)
    builder.setupNameTable({"familyName": "Invisible", "styleName": "Regular"})
    builder.setupOS2(
        sTypoAscender=_ASCENT, sTypoDescender=_DESCENT, usWinAscent=_ASCENT, usWinDescent=-_DESCENT
    )
    builder.setupPost()
    builder.updateHead(created=0, modified=0)  # the same page gives the same bytes
    builder.font.recalcTimestamp = False
    file = io.BytesIO()
    builder.save(file)
    return file.getvalue()


def _turn(vector: tuple[float, float], affine: Affine) -> tuple[float, float]:
    (x, y), (a, b, c, d, _, _) = vector, affine
    return a * x + c * y, b * x + d * y


def _map(point: tuple[float, float], affine: Affine) -> tuple[float, float]:
    x, y = _turn(point, affine)
    return x + affine[4], y + affine[5]
