"""Pages stand alone, and what came from outside is text in them."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("matplotlib", reason='needs the extra: pip install "yomite[reports]"')

from yomite.reports import charts
from yomite.reports.html import (
    write_card,
    write_chart,
    write_figure,
    write_listing,
    write_page,
    write_picture,
    write_row,
    write_section,
    write_table,
)

PIXELS = np.arange(36, dtype=np.uint8).reshape(6, 6)


def test_a_page_is_whole() -> None:
    page = write_page("<title>", ["<p>one</p>", "", "<p>two</p>"], ["a & b"])
    assert page.startswith("<!doctype html>") and page.endswith("</body></html>\n")
    assert "&lt;title&gt;" in page and "<title><title>" not in page and "<p>a &amp; b</p>" in page
    assert page.index("<p>one</p>") < page.index("<p>two</p>") and "\n\n" not in page
    assert "prefers-color-scheme: dark" in page and "viewport" in page
    assert not re.findall(r"https?:|@import|url\(|<script", page)


def test_what_comes_from_outside_is_text() -> None:
    bad = "<b>\"'&"
    written = [
        write_card(bad, "", bad),
        write_figure([PIXELS], bad, bad, hint=bad),
        write_listing(bad),
        write_row(bad, []),
        write_section(bad, ["x"], bad),
        write_table([bad], [[bad]]),
    ]
    for text in written:
        assert "<b>" not in text.replace("<b>&lt;b&gt;", "") and text.count("&lt;b&gt;&quot;&#x27;&amp;") >= 1


def test_a_section_without_figures_is_nothing() -> None:
    assert write_section("title", [], "note") == ""
    assert write_section("title", ["x"], kind="cards") == '<h2>title</h2><div class="cards">x</div>'


def test_pictures_are_inside() -> None:
    (content,) = re.findall(r"data:image/png;base64,([^\"]*)", write_picture(PIXELS))
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(content)))), PIXELS)
    assert write_figure([PIXELS, PIXELS], "永").count("<img") == 2


def test_charts_take_the_colors_of_the_page() -> None:
    svg = charts.draw_bars("samples", {"kanji": 4})
    chart = write_chart(svg)
    for color in (charts.PAPER, charts.TEXT, charts.BLUE):
        assert color in svg and color not in chart
    style = write_page("", [])
    for name in re.findall(r"var\((--\w+)\)", chart + style):
        assert style.count(f"{name}: #") >= 2, name  # by day and by night
