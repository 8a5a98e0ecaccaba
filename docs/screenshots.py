"""Take the README's pictures of the page, with drawings of our own.

    python docs/screenshots.py [--browser /usr/bin/chromium]

Needs pip install ".[dev]" and Chromium. Everything on the pictures was drawn for this project: the page runs
on an archive of stroke orders that is made from examples/drawings.json and takes KanjiVG's place.
"""

import argparse
import io
import json
import runpy
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
DRAWINGS: dict[str, Any] = json.loads((EXAMPLES / "drawings.json").read_text(encoding="utf-8"))
smooth = runpy.run_path(str(EXAMPLES / "draw_examples.py"))["smooth"]  # a polyline -> the curve of a hand
PICTURES = HERE / "screenshots"
NOTE = (
    ("hi", "hon", "go", "ka"),
    ("yama", "kawa", "mizu", "ki", "hi", "hon"),
    ("neko", "ka", "ei", "a-hiragana"),
    ("mizu", "ki", "yama", "kawa", "neko"),
)
"""What stands on the page, by the names of our drawings."""


def main() -> None:
    """Start the page, draw, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--browser", default=shutil.which("chromium") or shutil.which("google-chrome"))
    options = parser.parse_args()
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        write_strokes(Path(folder))
        browser = playwright.chromium.launch(executable_path=options.browser, args=["--no-sandbox"])
        with run_page(Path(folder)) as url:
            take_desktop(browser, url)
            take_phone(browser, url)
        browser.close()


def take_desktop(browser: Any, url: str) -> None:
    """Show a desktop in English and light colors: a drawing, its candidates and the reasons."""
    page = open_page(browser, url, 1160, 900, locale="en-US", color_scheme="light")
    for name in ("neko", "ki"):
        draw(page, name)
        page.locator(".y-candidate").first.click()
    draw(page, "ei", shear=0.12)
    page.locator(".y-draw .y-why summary").click()
    page.wait_for_function("document.querySelector('.y-notes').childElementCount > 0")
    page.wait_for_timeout(6000)  # the strokes are shown one after the other
    page.mouse.move(0, 0)
    page.screenshot(path=PICTURES / "draw-desktop.png", full_page=True)
    take_note(page)


def take_note(page: Any) -> None:
    """Show a page that was read; does nothing where there is no page model."""
    tab = page.get_by_role("tab", name="Page")
    if not tab.count():
        print("no page model in this installation: no picture of the tab Page")
        return
    tab.click()
    note = {"name": "note.png", "mimeType": "image/png", "buffer": draw_note(NOTE)}
    page.set_input_files(".y-page-file", note)
    page.wait_for_selector('.y-page[data-state="read"]')
    page.mouse.move(0, 0)
    page.wait_for_timeout(300)
    page.screenshot(path=PICTURES / "page-desktop.png", full_page=True)


def draw_note(rows: tuple[tuple[str, ...], ...], side: int = 72) -> bytes:
    """Our drawings in rows on white paper: a PNG."""
    width, height = side * (max(map(len, rows)) + 2), 2 * side * len(rows) + side
    paper = Image.new("L", (2 * width, 2 * height), 250)  # twice as large, for smooth edges
    pen = ImageDraw.Draw(paper)
    for row, names in enumerate(rows):
        for place, name in enumerate(names):
            left, top = side * (1 + place), side * (1 + 2 * row)
            for stroke in DRAWINGS[name]["strokes"]:
                points = [
                    (2 * (left + 0.008 * side * x), 2 * (top + 0.008 * side * y))
                    for x, y in smooth(stroke, 6)
                ]
                pen.line(points, fill=45, width=6, joint="curve")
    file = io.BytesIO()
    paper.resize((width, height), Image.Resampling.BOX).save(file, "PNG")
    return file.getvalue()


def take_phone(browser: Any, url: str) -> None:
    """Show a phone in Japanese and dark colors: look-alikes, and pictures that were read."""
    phone = {"locale": "ja-JP", "color_scheme": "dark", "device_scale_factor": 2, "has_touch": True}
    page = open_page(browser, url, 390, 844, **phone)
    draw(page, "go")
    page.locator(".y-candidate").first.click()
    draw(page, "ka")
    page.screenshot(path=PICTURES / "draw-phone.png")
    page.get_by_role("tab", name="画像").click()
    files = [EXAMPLES / f"{name}.png" for name in ("yama", "hi", "hon", "mizu", "neko", "ki")]
    page.set_input_files(".y-file-input", files)
    page.wait_for_function("document.querySelectorAll('.y-open').length === 6")
    page.wait_for_timeout(300)
    page.screenshot(path=PICTURES / "pictures-phone.png")


def open_page(browser: Any, url: str, width: int, height: int, **options: Any) -> Any:
    """Open the page in a window of this size."""
    page = browser.new_context(viewport={"width": width, "height": height}, **options).new_page()
    page.set_default_timeout(60_000)
    page.goto(url)
    page.wait_for_selector(".y-slot")
    return page


def draw(page: Any, name: str, shear: float = 0.0) -> None:
    """Draw one of our drawings with the mouse, rising to the right by a share, and wait until it is read."""
    box = page.locator(".y-pad").bounding_box()
    unit, margin = 0.0076 * box["width"], 0.12 * box["width"]
    for stroke in DRAWINGS[name]["strokes"]:
        points = [
            (box["x"] + margin + x * unit, box["y"] + margin + (y - shear * (x - 50)) * unit)
            for x, y in smooth(stroke, 6)
        ]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.mouse.up()
    page.wait_for_selector(".y-draw[data-latency-ms]")


def write_strokes(data_root: Path) -> None:
    """Our drawings in the place and the format of KanjiVG's archive, whose square has 109 units."""
    path = data_root / "strokes" / "kanjivg.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for drawing in DRAWINGS.values():
            strokes = [
                "L".join(f"{0.9 * x + 9:.1f},{0.9 * y + 9:.1f}" for x, y in smooth(stroke, 8))
                for stroke in drawing["strokes"]
            ]
            paths = "".join(f'<path d="M{stroke}"/>' for stroke in strokes)
            archive.writestr(
                f"kanji/{ord(drawing['character']):05x}.svg",
                f'<svg xmlns="http://www.w3.org/2000/svg"><g><g>{paths}</g></g></svg>',
            )


@contextmanager
def run_page(data_root: Path) -> Iterator[str]:
    """Serve the page on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "yomite", "demo", "--port", str(port), "--no-browser"]
    with subprocess.Popen([*command, "--data-root", str(data_root)]) as server:
        try:
            url = f"http://127.0.0.1:{port}/"
            for _ in range(300):
                try:
                    urllib.request.urlopen(url, timeout=10)
                    break
                except OSError:
                    time.sleep(0.5)
            time.sleep(3)
            yield url
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
