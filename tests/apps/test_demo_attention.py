"""The page of a model that has attention: a choice of what the warm colors show; without, there is none."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from demo_page import run_page, write_kanjivg
from demo_pen import draw
from tiny_model import STROKES, build_attention, write_tiny_model

CROSS = [[(10 * x, 10 * y) for x, y in stroke] for stroke in STROKES["十"]]
PIXELS = "() => document.querySelector('.y-draw .y-heat canvas').toDataURL()"


@pytest.fixture(scope="module")
def demo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """In the place of the released model's page."""
    pytest.importorskip("gradio", reason='the page needs Gradio: pip install ".[demo]"')
    folder = tmp_path_factory.mktemp("page")
    write_kanjivg(folder)
    with run_page(write_tiny_model(folder / "tiny.onnx", attention=build_attention()), folder) as page:
        yield page.local_url


def test_the_warm_colors_show_evidence_or_attention(open_page: Callable[..., Any]) -> None:
    page = open_page()
    draw(page, CROSS)
    page.wait_for_selector(".y-draw[data-latency-ms]")
    page.locator(".y-draw .y-why summary").click()
    page.wait_for_function("document.querySelector('.y-draw .y-notes').childElementCount > 0")
    caption, kinds = page.locator(".y-draw .y-heat figcaption"), page.locator(".y-draw .y-kinds button")
    assert kinds.all_inner_texts() == ["Evidence", "Attention"]
    assert [button.get_attribute("aria-pressed") for button in kinds.all()] == ["true", "false"]
    assert caption.inner_text() == "What speaks for 十"
    evidence = page.evaluate(PIXELS)

    kinds.nth(1).click()
    page.wait_for_function(f"before => ({PIXELS})() !== before", arg=evidence)
    assert caption.inner_text() == "Where the model looked for 十"
    assert [button.get_attribute("aria-pressed") for button in kinds.all()] == ["false", "true"]
    assert "where the model looked" in page.locator(".y-draw .y-heat canvas").get_attribute("aria-label")
    attention = page.evaluate(PIXELS)

    # The choice stays for another candidate.
    page.locator(".y-draw .y-bar-row").nth(1).click()
    page.wait_for_function(f"before => ({PIXELS})() !== before", arg=attention)
    assert caption.inner_text().startswith("Where the model looked for ")

    page.locator(".y-draw .y-bar-row").first.click()
    kinds.first.click()
    page.wait_for_function(f"before => ({PIXELS})() === before", arg=evidence)


def test_the_page_of_pictures_has_the_choice_as_well(demo_url: str, open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.get_by_role("tab", name="Pictures").click()
    page.wait_for_selector(".y-zone")
    assert page.locator(".y-upload .y-kinds button").count() == 2


def test_a_model_without_attention_offers_no_choice() -> None:
    pytest.importorskip("gradio", reason='the page needs Gradio: pip install ".[demo]"')
    from yomite.apps.demo.page import _read_part

    for part in ("draw", "upload"):
        assert "y-kinds" in _read_part(part, True)
        html = _read_part(part, False)
        assert "y-kinds" not in html and "@" not in html and "y-heat" in html
