"""The tabs of pictures, of ink and of the model in a real browser."""

import contextlib
import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import PROJECT_ROOT
from PIL import Image

from yomite.charset import are_lookalikes

Open = Callable[..., Any]
EXAMPLES = PROJECT_ROOT / "examples"
DRAWINGS = json.loads((EXAMPLES / "drawings.json").read_text(encoding="utf-8"))


def open_tab(open_page: Open, name: str, **options: Any) -> Any:
    page = open_page(**options)
    page.get_by_role("tab", name=name).click()
    return page


def upload(page: Any, *files: Any) -> None:
    page.set_input_files(".y-file-input", list(files))


def wait_until_read(page: Any, num_rows: int) -> None:
    page.wait_for_function(
        "n => document.querySelectorAll('.y-upload tbody tr:not(.is-waiting)').length === n"
        " && !document.querySelector('.y-upload.is-running')",
        arg=num_rows,
    )


def download(page: Any, button: str) -> str:
    with page.expect_download() as waiting:
        page.locator(button).click()
    return Path(waiting.value.path()).read_text(encoding="utf-8-sig")


def test_pictures_of_any_kind_are_read_into_a_table(open_page: Open, tmp_path: Path) -> None:
    page = open_tab(open_page, "Pictures")
    names = list(DRAWINGS)
    upload(page, *(EXAMPLES / f"{name}.png" for name in names))
    wait_until_read(page, len(names))
    read = page.locator(".y-upload .y-open").all_inner_texts()
    for name, text in zip(names, read, strict=True):
        assert are_lookalikes(text, DRAWINGS[name]["character"]), name
    assert page.locator(".y-upload .y-thumbnail canvas").count() == len(names)
    assert f"{len(names)} read, 0 not readable" in page.locator(".y-upload .y-state").inner_text()

    records = json.loads(download(page, ".y-json"))
    assert [record["path"] for record in records] == [f"{name}.png" for name in names]
    assert [record["text"] for record in records] == read
    assert set(records[0]) == {"path", "text", "confidence", "is_rejected", "candidates"}
    rows = list(csv.DictReader(io.StringIO(download(page, ".y-csv"))))
    assert [row["text"] for row in rows] == read
    assert float(rows[0]["probability_1"]) == pytest.approx(records[0]["candidates"][0]["probability"])


def test_what_cannot_be_read_says_why_and_spoils_nothing(open_page: Open, tmp_path: Path) -> None:
    page = open_tab(open_page, "Pictures")
    whole = (EXAMPLES / "ei.png").read_bytes()
    Image.new("L", (60, 60), 255).save(tmp_path / "blank.png")
    Image.new("L", (2, 2), 0).save(tmp_path / "tiny.png")
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "=1+1.png").write_bytes(whole)  # a name that a spreadsheet would compute
    names = ["blank.png", "tiny.png", "text.png", "empty.png", "cut.png", "=1+1.png"]
    upload(page, *(tmp_path / name for name in names))
    wait_until_read(page, len(names))
    lines = dict(zip(names, page.locator(".y-upload .y-others").all_inner_texts(), strict=True))
    assert "blank" in lines["blank.png"]
    assert lines["tiny.png"] == "too small"
    assert lines["text.png"] == "not a picture"
    assert lines["empty.png"] == "an empty file"
    assert "damaged" in lines["cut.png"]
    assert page.locator(".y-upload .y-open").all_inner_texts() == ["永"]
    rows = list(csv.DictReader(io.StringIO(download(page, ".y-csv"))))
    assert rows[-1]["path"] == "'=1+1.png"
    assert rows[0]["text"] == ""
    assert rows[0]["error"]


def test_a_large_photograph_is_made_smaller_before_it_is_sent(open_page: Open, tmp_path: Path) -> None:
    page = open_tab(open_page, "Pictures")
    sizes: list[int] = []
    page.on("request", lambda request: sizes.append(len(request.post_data or "")))
    with Image.open(EXAMPLES / "yama.png") as small:
        picture = small.convert("L").resize((4000, 4000))
    noise = np.random.default_rng(0).integers(0, 12, (4000, 4000), dtype=np.uint8)
    Image.fromarray(np.asarray(picture) // 2 + 100 + noise).save(tmp_path / "photo.jpg", quality=92)
    assert (tmp_path / "photo.jpg").stat().st_size > 3_000_000
    upload(page, tmp_path / "photo.jpg")
    wait_until_read(page, 1)
    assert page.locator(".y-upload .y-open").inner_text() == "山"
    assert max(sizes) < 2_500_000


def test_many_pictures_show_progress_and_can_be_stopped(open_page: Open) -> None:
    page = open_tab(open_page, "Pictures")
    upload(page, *([EXAMPLES / "kawa.png"] * 60))
    page.locator(".y-cancel").click()
    wait_until_read(page, 60)
    lines = page.locator(".y-upload .y-others").all_inner_texts()
    num_stopped = sum("stopped" in line for line in lines)
    assert 0 < num_stopped < 60
    assert set(page.locator(".y-upload .y-open").all_inner_texts()) == {"川"}
    page.locator(".y-empty").click()
    assert page.locator(".y-upload tbody tr").count() == 0


def test_a_picture_from_the_clipboard_and_one_from_the_camera(open_page: Open) -> None:
    page = open_tab(open_page, "Pictures")
    page.wait_for_selector(".y-zone")
    content = list((EXAMPLES / "mizu.png").read_bytes())
    page.evaluate(
        """bytes => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], 'pasted.png', { type: 'image/png' }));
            document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
        }""",
        content,
    )
    wait_until_read(page, 1)
    assert page.locator(".y-upload .y-open").inner_text() == "水"
    page.locator(".y-camera").click()
    page.wait_for_selector("dialog[open] video")
    page.wait_for_function("document.querySelector('.y-dialog video').videoWidth > 0")
    page.locator(".y-snap").click()
    wait_until_read(page, 2)
    assert page.locator(".y-upload .y-file").last.inner_text() == "camera.png"


def test_reasons_for_a_picture(open_page: Open) -> None:
    page = open_tab(open_page, "Pictures")
    upload(page, EXAMPLES / "kawa.png")
    wait_until_read(page, 1)
    page.locator(".y-upload .y-open").click()
    page.wait_for_function(
        "document.querySelector('.y-upload .y-heat figcaption').textContent.includes('川')"
        " && document.querySelector('.y-upload .y-seen canvas').width === 48"
    )
    page.wait_for_selector(".y-upload .y-order-shown .y-stroke")
    assert page.locator(".y-upload .y-compared").is_hidden()  # a picture has no strokes to compare


def test_the_ink_tab_writes_and_reads_what_it_wrote(open_page: Open) -> None:
    import playwright.sync_api as playwright  # where it is missing, open_page has skipped the test

    page = open_tab(open_page, "Ink")
    # The first time, on this machine, the ink is compiled. And Gradio shows a box a moment before it listens:
    # who saw nothing happen types once more.
    for _ in range(6):
        page.get_by_test_id("textbox").fill("")
        page.get_by_test_id("textbox").fill("川人")
        with contextlib.suppress(playwright.TimeoutError):
            page.wait_for_selector('.y-ink-sheet img[alt="人"]', timeout=40_000)
            break
    pictures = page.locator(".y-ink-sheet img")
    assert pictures.count() == 2
    before = pictures.first.get_attribute("src")
    page.get_by_label("brush").check()
    page.wait_for_function("src => document.querySelector('.y-ink-sheet img').src !== src", arg=before)
    assert re.match(r"\S \d+ %", page.locator(".y-ink-sheet figcaption").first.inner_text())


def test_the_model_tab_shows_the_figures_of_the_card(open_page: Open, released_model: Path) -> None:
    page = open_tab(open_page, "Model")
    page.wait_for_selector(".y-card table")
    card = json.loads(released_model.with_name("card.json").read_text(encoding="utf-8"))
    text = page.locator(".y-card").inner_text()
    assert f"{card['parameters']:,}" in text
    for score in card["scores"]:
        if score["prior"] == "text":
            row = page.locator(".y-card tr", has=page.get_by_text(score["data"], exact=True)).inner_text()
            assert f"{100 * score['lookalike_top1']:.2f} %" in row
            assert f"{score['num_samples']:,}" in row
    for kind in (*card["rejection"]["rejected"], *card["rejection"]["learned"]):
        assert page.locator(".y-card tr", has=page.get_by_text(kind, exact=True)).count() == 1
