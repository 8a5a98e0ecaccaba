"""The tab of drawing in a real browser: strokes, candidates, text, reasons; phone and desktop."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from demo_pen import DRAWINGS, HOOK, MOUNTAIN, SCRIBBLE, draw, read_state, wait_for_reading

from yomite.charset import are_lookalikes

PHONE = {"width": 390, "height": 844, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
Open = Callable[..., Any]


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desktop", "phone"])
def test_characters_drawn_stroke_by_stroke_are_read(open_page: Open, screen: dict[str, Any]) -> None:
    page = open_page(**screen)
    for name, character in (("ei", "永"), ("neko", "猫"), ("a-hiragana", "あ"), ("kawa", "川")):
        draw(page, DRAWINGS[name])
        assert are_lookalikes(wait_for_reading(page), character)
        assert page.locator(".y-candidate").count() == 10
        page.locator(".y-clear").click()
        page.wait_for_selector('.y-draw[data-state="empty"]')
        assert page.locator(".y-candidate").count() == 0


def test_reading_waits_for_a_pause_and_asks_once(open_page: Open) -> None:
    """Pointer events from inside the page, so that no slow machine stretches the pauses between strokes."""
    page = open_page()
    page.evaluate(
        """() => {
            const pad = document.querySelector('.y-pad'), box = pad.getBoundingClientRect();
            const send = (type, x, y) => pad.dispatchEvent(new PointerEvent(type, {
                pointerId: 1, button: 0, bubbles: true,
                clientX: box.left + x * box.width, clientY: box.top + y * box.height }));
            window.asked = [];
            const { fetch } = window;
            window.fetch = (url, ...rest) => {
                if (/call.recognize_strokes$/.test(url)) asked.push(performance.now());
                return fetch(url, ...rest);
            };
            window.lift = (x) => send('pointerup', x, 0.8);
            for (const x of [0.2, 0.5, 0.8]) {
                send('pointerdown', x, 0.2);
                send('pointermove', x, 0.8);
                if (x < 0.8) lift(x);
            }
        }"""
    )
    page.wait_for_timeout(700)
    assert page.evaluate("asked") == []  # the pen is still down
    lifted = page.evaluate("() => { const now = performance.now(); lift(0.8); return now; }")
    wait_for_reading(page)
    (moment,) = page.evaluate("asked")
    assert moment - lifted >= 299


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desktop", "phone"])
def test_a_choice_of_characters_reads_the_drawing_again(open_page: Open, screen: dict[str, Any]) -> None:
    page = open_page(**screen)
    draw(page, DRAWINGS["kawa"])
    assert wait_for_reading(page) == "川"
    page.locator(".y-among").select_option("katakana")
    page.wait_for_function("document.querySelector('.y-character')?.textContent !== '川'")
    wait_for_reading(page)
    names = page.locator(".y-candidate").evaluate_all("all => all.map((one) => one.ariaLabel)")
    assert len(names) == 10 and all("katakana" in name for name in names)
    assert page.locator(".y-draw .y-state").inner_text().startswith("This looks like none of the chosen")
    page.locator(".y-among").select_option("")
    page.wait_for_function("document.querySelector('.y-character')?.textContent === '川'")


def test_place_size_and_width_do_not_change_the_answer(open_page: Open) -> None:
    page = open_page()
    readings = []
    for left, top, side, width in (
        (0.1, 0.1, 0.8, 35),
        (0.01, 0.01, 0.15, 12),
        (0.8, 0.75, 0.18, 35),
        (0, 0, 1, 80),
    ):
        page.locator(".y-width").fill(str(width))
        draw(page, DRAWINGS["ei"], left, top, side)
        text = wait_for_reading(page)
        shares = page.locator(".y-candidate .y-share").all_inner_texts()
        readings.append((text, float(shares[0].rstrip("%"))))
        page.locator(".y-clear").click()
        page.wait_for_selector('.y-draw[data-state="empty"]')
    assert {text for text, _ in readings} == {"永"}
    assert max(share for _, share in readings) - min(share for _, share in readings) < 5


def test_a_tap_writes_another_corrects_and_the_next_stroke_begins_anew(open_page: Open) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    text = page.locator(".y-text textarea")
    draw(page, DRAWINGS["ki"])
    wait_for_reading(page)
    candidates = page.locator(".y-candidate")
    second = candidates.nth(1).locator(".y-character").inner_text()
    candidates.nth(1).click()
    assert text.input_value() == second
    candidates.first.click()
    assert text.input_value() == "木"
    candidates.first.click()
    assert text.input_value() == "木木"
    draw(page, DRAWINGS["kawa"])  # on top of what was there, which is gone
    assert wait_for_reading(page) == "川"
    candidates.first.click()
    assert text.input_value() == "木木川"
    page.locator(".y-delete").click()
    text.press("End")
    text.type("!")
    assert text.input_value() == "木木!"
    page.locator(".y-copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == "木木!"
    assert "Copied" in read_state(page)


def test_undo_eraser_and_clear(open_page: Open) -> None:
    page = open_page()
    draw(page, DRAWINGS["ki"])
    assert wait_for_reading(page) == "木"
    for _ in range(2):  # 木 without its last two strokes is 十
        page.locator(".y-undo").click()
    assert wait_for_reading(page) == "十"
    page.locator(".y-clear").click()
    page.wait_for_selector('.y-draw[data-state="empty"]')
    assert "Nothing drawn yet" in read_state(page)
    page.locator(".y-undo").click()  # also what was cleared comes back
    assert wait_for_reading(page) == "十"

    page.locator(".y-eraser").click()
    assert page.locator(".y-eraser").get_attribute("aria-pressed") == "true"
    draw(page, [[[5, 33], [95, 33]]])  # along the bar of 十: the post remains, in two pieces
    assert wait_for_reading(page) != "十"
    assert measure_ink(page, 0.1, 0.3, 0.35, 0.4) == 0  # where the bar was, left of the post
    assert measure_ink(page, 0.4, 0.6, 0.6, 0.8) > 0
    page.locator(".y-undo").click()
    assert wait_for_reading(page) == "十"


def measure_ink(page: Any, left: float, top: float, right: float, bottom: float) -> int:
    """How many pixels of a part of the pad are inked; the part in shares of its side."""
    return page.evaluate(
        """([left, top, right, bottom]) => {
            const pad = document.querySelector('.y-pad'), side = pad.width;
            const copy = Object.assign(document.createElement('canvas'), { width: side, height: side });
            const context = copy.getContext('2d', { willReadFrequently: true });
            context.drawImage(pad, 0, 0);
            const { data } = context.getImageData(
                left * side, top * side, (right - left) * side, (bottom - top) * side);
            return data.filter((value, index) => index % 4 === 3 && value > 0).length;
        }""",
        [left, top, right, bottom],
    )


def test_what_is_no_character_is_a_state_of_its_own(open_page: Open) -> None:
    page = open_page()
    assert "Nothing drawn yet" in read_state(page)
    draw(page, SCRIBBLE)
    wait_for_reading(page, "rejected")
    assert "does not look like a character" in read_state(page)
    assert page.locator(".y-candidate").count() == 10  # the nearest are still there to tap


def test_several_characters_are_sent_to_the_tab_for_lines(open_page: Open) -> None:
    page = open_page()
    for number, name in enumerate(("hi", "hon", "go")):
        draw(page, DRAWINGS[name], left=0.06 + 0.3 * number, top=0.35, side=0.27)
    page.wait_for_function(
        "document.querySelector('.y-draw .y-state').innerText.includes('several characters')"
    )
    assert "the tab Line" in read_state(page)


def test_lookalikes_stand_together_with_their_scripts(open_page: Open) -> None:
    page = open_page()
    draw(page, MOUNTAIN)
    wait_for_reading(page, "alike")
    twins = page.locator(".y-twins").first
    assert sorted(twins.locator(".y-character").all_inner_texts()) == ["へ", "ヘ"]
    assert "hiragana" in twins.inner_text()
    assert "katakana" in twins.inner_text()
    assert "Look alike" in read_state(page)


def test_a_server_that_is_gone_loses_no_drawing(open_page: Open) -> None:
    page = open_page()
    page.context.set_offline(True)
    draw(page, DRAWINGS["kawa"])
    page.wait_for_selector('.y-draw[data-state="problem"]')
    assert "does not answer" in read_state(page)
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    assert wait_for_reading(page) == "川"
    assert all("ERR_INTERNET_DISCONNECTED" in line for line in page.complaints)
    page.complaints.clear()


def test_reasons_are_shown_for_the_candidate_that_one_taps(open_page: Open) -> None:
    page = open_page()
    draw(page, DRAWINGS["kawa"])
    wait_for_reading(page)
    why = page.locator(".y-draw .y-why")
    why.locator("summary").click()
    page.wait_for_function("document.querySelector('.y-heat figcaption').textContent.includes('川')")
    page.wait_for_function("document.querySelector('.y-notes').childElementCount > 0")
    warm = (
        "(c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;"
        " for (let i = 0; i < d.length; i += 4) n += d[i] - d[i + 2] > 40; return n / (d.length / 4); })"
    )
    share = page.evaluate(f"{warm}(document.querySelector('.y-heat canvas'))")
    assert 0.01 < share < 0.9  # some of the square is warm, not all of it
    assert page.evaluate("document.querySelector('.y-seen canvas').width") == 48
    assert why.locator(".y-bar-row").count() == 10
    assert why.locator(".y-order-shown .y-stroke").count() == 3
    assert "Order and direction are right." in why.locator(".y-notes").inner_text()

    # Another candidate, which our small KanjiVG does not draw: its reasons, and what is missing.
    page.locator(".y-candidate").nth(1).click()
    other = page.locator(".y-candidate.is-taken .y-character").inner_text()
    page.wait_for_function(f"document.querySelector('.y-heat figcaption').textContent.includes('{other}')")
    page.wait_for_selector(".y-draw .y-order.is-missing")
    assert "KanjiVG" in why.locator(".y-order-missing").inner_text()


def test_faults_of_stroke_order_are_told(open_page: Open) -> None:
    page = open_page()
    left, middle, right = DRAWINGS["kawa"]
    draw(page, [right, left, middle[::-1]])
    assert wait_for_reading(page) == "川"
    page.locator(".y-draw .y-why summary").click()
    page.wait_for_function("document.querySelector('.y-notes').childElementCount > 0")
    notes = page.locator(".y-draw .y-notes").inner_text()
    assert "Your stroke 1 is stroke 3" in notes
    assert "Your stroke 3 runs the other way" in notes


def test_everything_works_with_keys_alone(open_page: Open) -> None:
    page = open_page()
    pad = page.locator(".y-pad")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('y-pad')"):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    # 十: to the left, pen down, to the right, pen up; then from the top down.
    for key, times in (("ArrowLeft", 8), (" ", 1), ("ArrowRight", 16), (" ", 1), ("ArrowLeft", 8),
                       ("ArrowUp", 9), (" ", 1), ("ArrowDown", 18), (" ", 1)):  # fmt: skip
        for _ in range(times):
            page.keyboard.press(key)
    assert wait_for_reading(page) == "十"
    page.keyboard.press("1")
    assert page.locator(".y-text textarea").input_value() == "十"
    pad.press("Backspace")
    assert wait_for_reading(page, "read", "alike", "rejected") != "十"
    pad.press("Delete")
    page.wait_for_selector('.y-draw[data-state="empty"]')


def test_a_finger_draws_and_the_page_stays_where_it_is(open_page: Open) -> None:
    page = open_page(**PHONE)
    touch = page.context.new_cdp_session(page)
    box = page.locator(".y-pad").bounding_box()
    before = page.evaluate("scrollY")
    for stroke in DRAWINGS["kawa"]:
        points = [(box["x"] + x / 100 * box["width"], box["y"] + y / 100 * box["height"]) for x, y in stroke]
        for index, (x, y) in enumerate(points):
            kind = "touchMove" if index else "touchStart"
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert wait_for_reading(page) == "川"
    assert page.evaluate("scrollY") == before
    page.locator(".y-candidate").first.tap()
    assert page.locator(".y-text textarea").input_value() == "川"


def test_the_drawing_survives_turning_the_phone(open_page: Open) -> None:
    page = open_page(**PHONE)
    draw(page, DRAWINGS["ei"])
    assert wait_for_reading(page) == "永"
    page.set_viewport_size({"width": 844, "height": 390})
    page.wait_for_function("document.querySelector('.y-pad').getBoundingClientRect().width > 400")
    page.wait_for_timeout(100)
    assert measure_ink(page, 0, 0, 1, 1) > 1000


@pytest.mark.parametrize(
    ("locale", "empty", "tab"), [("ja-JP", "まだ何も", "手書き"), ("de-DE", "Nothing", "Draw")]
)
def test_the_language_is_the_browsers(open_page: Open, locale: str, empty: str, tab: str) -> None:
    page = open_page(locale=locale)
    assert empty in read_state(page)
    assert page.get_by_role("tab", name=tab).is_visible()
    assert page.locator("html").get_attribute("lang") == ("ja" if locale == "ja-JP" else "en")


def test_the_language_can_be_changed_and_is_remembered(open_page: Open) -> None:
    page = open_page()
    # Gradio's components follow the page by a moment, and it complains of what is on its way when one leaves.
    page.get_by_role("tab", name="Pictures").wait_for()
    page.locator(".y-language").click()
    page.wait_for_selector("html[lang=ja] .y-slot")
    assert "まだ何も" in read_state(page)
    page.get_by_role("tab", name="画像").wait_for()
    page.reload()
    page.wait_for_selector("html[lang=ja] .y-slot")
    page.get_by_role("tab", name="画像").wait_for()
    page.locator(".y-language").click()
    page.wait_for_selector("html[lang=en] .y-slot")
    assert page.get_by_role("tab", name="Pictures").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_and_the_pad_is_white(open_page: Open, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    draw(page, HOOK)
    wait_for_reading(page)
    is_dark = "document.body.classList.contains('dark')"
    assert page.evaluate(is_dark) == (scheme == "dark")
    for selector in (
        ".y-state",
        ".y-character",
        ".y-share",
        ".y-tool span",
        ".y-header h1",
        ".y-language",
        "summary",
    ):
        assert measure_contrast(page, selector) >= 4.5, selector
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.y-frame')).backgroundColor")
        == "rgb(255, 255, 255)"
    )
    page.locator(".y-theme").click()
    assert page.evaluate(is_dark) != (scheme == "dark")
    page.reload()
    page.wait_for_selector(".y-slot")
    assert page.evaluate(is_dark) != (scheme == "dark")


def measure_contrast(page: Any, selector: str) -> float:
    """WCAG 2's contrast of an element's text and what lies behind it."""
    words, behind = page.evaluate(
        """selector => {
            let element = document.querySelector(selector);
            const words = getComputedStyle(element).color;
            let color = 'rgba(0, 0, 0, 0)';
            for (; element && /, 0\\)$|transparent/.test(color); element = element.parentElement) {
                color = getComputedStyle(element).backgroundColor;
            }
            return [words, color];
        }""",
        selector,
    )

    def measure_luminance(color: str) -> float:
        channels = [int(number) / 255 for number in re.findall(r"\d+", color)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((measure_luminance(words), measure_luminance(behind)))
    return (high + 0.05) / (low + 0.05)


def test_a_phone_shows_every_tab_without_scrolling_sideways(open_page: Open) -> None:
    page = open_page(**PHONE, locale="ja-JP")
    for tab, content in enumerate((".y-draw", ".y-line", ".y-page", ".y-zone", ".y-note", ".y-card table")):
        page.get_by_role("tab").nth(tab).click()
        page.locator(content).filter(visible=True).first.wait_for()  # two tabs have a zone
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, content


def test_every_control_has_a_name_for_screen_readers(open_page: Open) -> None:
    page = open_page()
    draw(page, DRAWINGS["ei"])
    wait_for_reading(page)
    page.locator(".y-draw .y-why summary").click()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('.y-header *, .y-draw *')]
            .filter(e => e.matches('button, input, textarea, canvas, [role=toolbar], [role=group]'))
            .filter(e => e.checkVisibility())
            .filter(e => !(e.getAttribute('aria-label') || e.textContent.trim()))
            .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    assert page.locator(".y-draw .y-state").get_attribute("aria-live") == "polite"
    label = page.locator(".y-candidate").first.get_attribute("aria-label")
    assert re.fullmatch("永 kanji (9\\d(\\.\\d)?|100)%.*", label)
