"""How the page is laid out in a real browser: one width, likely candidates first, tables that fit a phone."""

from collections.abc import Callable
from typing import Any

from demo_pen import DRAWINGS, draw, wait_for_reading

PHONE = {"width": 390, "height": 844, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
Open = Callable[..., Any]


def test_every_tab_is_as_wide_as_the_others(open_page: Open) -> None:
    page = open_page()
    boxes = []
    for tab in range(
        page.get_by_role("tab").count()
    ):  # the last is longer than the window and has a scroll bar
        page.get_by_role("tab").nth(tab).click()
        page.wait_for_timeout(300)
        box = page.locator("#y-tabs").bounding_box()
        boxes.append((box["x"], box["width"]))
    assert len(set(boxes)) == 1
    assert boxes[0][1] > 900


def test_unlikely_candidates_are_shown_on_request(open_page: Open) -> None:
    page = open_page()
    draw(page, DRAWINGS["kawa"])
    wait_for_reading(page)
    candidates = page.locator(".y-candidate")
    num_visible = candidates.filter(visible=True).count()
    assert 3 <= num_visible < candidates.count() == 10
    hidden = page.locator(".y-candidates > [hidden] .y-share").all_text_contents()
    assert all(float(share.split()[-1].strip("<%")) < 0.5 for share in hidden)
    page.get_by_role("button", name="More").click()
    assert candidates.filter(visible=True).count() == 10
    assert page.evaluate("document.activeElement.classList.contains('y-candidate')")
    assert page.locator(".y-more").count() == 0


def test_a_kanji_has_its_readings_and_a_link(open_page: Open) -> None:
    page = open_page()
    draw(page, DRAWINGS["kawa"])
    wait_for_reading(page)
    page.locator(".y-draw .y-why summary").click()
    entry = page.locator(".y-draw .y-entry")
    entry.get_by_text("stream, river").wait_for()
    assert "セン" in entry.inner_text()
    assert "かわ" in entry.inner_text()
    link = entry.get_by_role("link").get_attribute("href")
    assert link == "https://jisho.org/search/%E5%B7%9D%20%23kanji"


def test_a_phone_shows_every_column_of_the_scores(open_page: Open) -> None:
    page = open_page(**PHONE)
    page.get_by_role("tab", name="Model").click()
    row = page.locator(".y-card .is-wide tbody tr").first
    row.scroll_into_view_if_needed()
    cells = row.locator("td")
    assert cells.count() == 6
    for index in range(6):
        assert cells.nth(index).locator(".y-label").is_visible()
        box = cells.nth(index).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
