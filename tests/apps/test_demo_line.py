"""The tab of lines in a real browser: written or from a picture, corrected, explained; phone and desktop."""

import io
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from conftest import PROJECT_ROOT
from demo_pen import DRAWINGS
from PIL import Image

PHONE = {"width": 390, "height": 844, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
LINE = PROJECT_ROOT / "examples" / "line.png"
Open = Callable[..., Any]


def open_tab(open_page: Open, **options: Any) -> Any:
    page = open_page(**options)
    page.get_by_role("tab", name="Line").click()
    page.locator(".y-line-pad").wait_for()
    return page


def write(page: Any, *names: str) -> None:
    """Write drawings side by side with the mouse."""
    page.locator(".y-line-pad").scroll_into_view_if_needed()
    box = page.locator(".y-line-pad").bounding_box()
    side = min(0.75 * box["height"], box["width"] / (len(names) + 0.5))
    for index, name in enumerate(names):
        left, top = box["x"] + 10 + 1.08 * index * side, box["y"] + 0.12 * box["height"]
        for stroke in DRAWINGS[name]:
            points = [(left + 0.0085 * x * side, top + 0.0085 * y * side) for x, y in stroke]
            page.mouse.move(*points[0])
            page.mouse.down()
            for point in points[1:]:
                page.mouse.move(*point, steps=3)
            page.mouse.up()


def wait_for_line(page: Any, state: str = "read") -> str:
    page.wait_for_selector(f'.y-line[data-latency-ms][data-state="{state}"]')
    return "".join(page.locator(".y-line-character").all_inner_texts())


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desktop", "phone"])
def test_a_line_is_written_read_corrected_and_explained(open_page: Open, screen: dict[str, Any]) -> None:
    page = open_tab(open_page, **screen)
    write(page, "neko", "ki", "kawa")
    assert wait_for_line(page) == "猫木川"
    assert page.locator(".y-line-boxes rect").count() == 3
    pad = page.locator(".y-line-pad").bounding_box()
    places = [rect.bounding_box() for rect in page.locator(".y-line-boxes rect").all()]
    for before, after in pairwise(places):
        assert pad["x"] <= before["x"] < before["x"] + before["width"] <= after["x"] + 3
    page.locator(".y-line-character").nth(1).click()
    assert page.locator(".y-line-boxes rect.is-chosen").count() == 1
    candidates = page.locator(".y-line .y-candidate .y-character")
    assert candidates.first.inner_text() == "木"
    other = candidates.nth(1).inner_text()
    page.locator(".y-line .y-candidate").nth(1).click()
    assert "".join(page.locator(".y-line-character").all_inner_texts()) == f"猫{other}川"
    page.locator(".y-line-why summary").click()
    page.wait_for_function("document.querySelector('.y-line-map img').naturalWidth > 60")
    assert page.locator(".y-line-legend").inner_text() == "猫木川"
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_undo_and_clear_read_again(open_page: Open) -> None:
    page = open_tab(open_page)
    write(page, "ki", "kawa")
    assert wait_for_line(page) == "木川"
    for _ in DRAWINGS["kawa"]:
        page.locator(".y-line-undo").click()
    assert wait_for_line(page) == "木"
    page.locator(".y-line-clear").click()
    page.wait_for_selector('.y-line[data-state="empty"]')
    assert page.locator(".y-line-character").count() == page.locator(".y-line-boxes rect").count() == 0


def test_a_picture_is_read_in_place_of_the_drawing(open_page: Open) -> None:
    page = open_tab(open_page, permissions=["clipboard-read", "clipboard-write"])
    write(page, "ki")
    wait_for_line(page)
    page.set_input_files(".y-line-file", LINE)
    page.wait_for_selector(".has-picture[data-latency-ms]")
    assert wait_for_line(page) == "日本語"
    picture = page.locator(".y-line-picture").bounding_box()
    last = page.locator(".y-line-boxes rect").last
    box = last.bounding_box()
    assert picture["x"] < box["x"] < box["x"] + box["width"] <= picture["x"] + picture["width"] + 1
    last.click()
    assert page.locator(".y-line-character").nth(2).get_attribute("aria-pressed") == "true"
    page.locator(".y-line-copy").click()
    page.wait_for_selector('.y-line[data-state="copied"]')
    assert page.evaluate("navigator.clipboard.readText()") == "日本語"
    page.locator(".y-line-clear").click()
    page.wait_for_selector('.y-line[data-state="empty"]')
    assert page.locator(".y-line-pad").is_visible()


def test_what_cannot_be_read_is_told(open_page: Open) -> None:
    page = open_tab(open_page)
    file = io.BytesIO()
    Image.fromarray(np.full((40, 300), 250, np.uint8)).save(file, "PNG")
    blank = {"name": "blank.png", "mimeType": "image/png", "buffer": file.getvalue()}
    page.set_input_files(".y-line-file", blank)
    page.wait_for_selector('.y-line[data-state="problem"]')
    assert "blank" in page.locator(".y-line .y-state").inner_text()
    empty = {"name": "empty.png", "mimeType": "image/png", "buffer": b""}
    page.set_input_files(".y-line-file", empty)
    page.wait_for_function("document.querySelector('.y-line .y-state').textContent.includes('empty')")
