"""A browser and a running page for the tests that look at it as people do."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from demo_page import run_page, write_kanjidic, write_kanjivg

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_browser() -> str | None:
    """Path of a Chromium: the one that CHROMIUM names, or an installed one."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    return next(filter(None, map(shutil.which, BROWSERS)), None)


SETTLE = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await document.fonts.ready;
  let before = null;
  for (let calm = 0; calm < 5; ) {
    await frame();
    const now = JSON.stringify(document.querySelector(".y-pad").getBoundingClientRect());
    calm = now === before ? calm + 1 : 0;
    before = now;
  }
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window; skips where there is none.

    Not for the whole session: its driver keeps an event loop, beside which no test can run one of its own.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason='needs pip install ".[dev]"')
    path = find_browser()
    if path is None:
        pytest.skip(
            "no browser here: install Chromium (apt-get install chromium) or set CHROMIUM to its path"
        )
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        browser = driver.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo_url(released_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page on the released model, with a KanjiVG of 十, 人 and 川 and a KANJIDIC2 of 川 and 永."""
    pytest.importorskip("gradio", reason='the page needs Gradio: pip install ".[demo]"')
    data_root = tmp_path_factory.mktemp("data")
    write_kanjivg(data_root)
    write_kanjidic(data_root)
    with run_page(released_model, data_root) as page:
        yield page.local_url


@pytest.fixture
def open_page(browser: Any, demo_url: str) -> Iterator[Callable[..., Any]]:
    """Opens the page in a context of its own; at the end nothing may have gone wrong or out.

    A test that provokes complaints empties `page.complaints`.
    """
    contexts: list[Any] = []
    complaints: list[str] = []

    def open_page(*, width: int = 1280, height: int = 900, path: str = "", **options: Any) -> Any:
        options = {"locale": "en-US", "reduced_motion": "reduce", **options}
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: note(message.type, message.text))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("request", lambda request: note_request(request.url))
        page.complaints = complaints
        page.goto(demo_url + path)
        page.wait_for_selector(".y-pad")
        page.wait_for_selector(".y-slot")
        # Until the layout has been painted, the browser takes a finger on the pad for one that scrolls.
        page.evaluate(SETTLE)
        return page

    def note(kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            complaints.append(f"console {kind}: {text}")

    def note_request(url: str) -> None:
        if not url.startswith((demo_url, "data:", "blob:")):
            complaints.append(f"request to another host: {url}")

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
