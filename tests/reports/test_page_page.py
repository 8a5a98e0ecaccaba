"""The page of a page model: every figure, and every line in its color."""

import re

import numpy as np
from fake_pages import FOUND, SAMPLES, draw_box, find_line, write_page

from yomite.errors import PictureError
from yomite.evaluation.pages import evaluate_pages
from yomite.reading.results import Page
from yomite.reports.page_page import write_page_evaluation

PAPER = np.full((120, 100), 255, np.uint8)


def evaluate_drawn(page: Page | None) -> str:
    """Write the page on the three rows of SAMPLES."""

    def read(picture: np.ndarray) -> Page:
        if page is None:
            raise PictureError("the picture is blank")
        return page

    sample = write_page(PAPER, *((line.text, line.polygon) for line in SAMPLES[0].lines))
    report = evaluate_pages(read, [sample], data="one & only", model="fake")
    return write_page_evaluation([report], title="pages", notes=["a command"])


def test_lines_have_the_color_of_what_they_are() -> None:
    page = evaluate_drawn(Page(tuple(FOUND[0]), (100, 120)))
    outlines = re.findall(r'<polygon class="([a-z-]+)" points="([^"]*)"', page)
    assert [kind for kind, _ in outlines] == ["is-written"] * 3 + ["is-found", "is-extra", "is-extra"]
    assert outlines[4][1] == "0.0,20.0 100.0,20.0 100.0,50.0 0.0,50.0"
    assert 'viewBox="0 0 100 120"' in page and page.count("data:image/jpeg") == 1


def test_texts_stand_beside_the_picture() -> None:
    page = evaluate_drawn(Page(tuple(FOUND[0]), (100, 120)))
    assert '<span class="pair is-wrong"><span>は</span><span>わ</span></span>' in page
    for text in ("IoU 1.00", "covered", "over 2 lines", "matches none", "one &amp; only", "a command"):
        assert text in page
    assert "1 of 3 lines found, 2 found beside them, 10 edits in 7 characters" in page
    assert "142.9 % (142.9 to 142.9)" in page


def test_what_stands_in_texts_is_no_html() -> None:
    page = evaluate_drawn(Page((find_line("<b>", draw_box(0, 90, 50, 99)),), (100, 120)))
    assert "<b>" not in page and "f1 &lt;b&gt;" in page


def test_a_page_that_was_not_read_is_shown() -> None:
    page = evaluate_drawn(None)
    assert "not read" in page and "is-found" not in re.sub("<style>.*?</style>", "", page, flags=re.DOTALL)
