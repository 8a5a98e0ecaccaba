"""The tab of pages in a real browser: a picture is read, its lines are corrected, and taken away as files."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import PROJECT_ROOT
from demo_page import run_page, write_kanjivg
from PIL import Image
from written_page import LINES, PAPER, SIDE, PageReader, to_png, write_page

import yomite
from yomite.data.sources import open_source

PHONE = {"width": 390, "height": 844, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def reader(released_model: Path) -> PageReader:
    return PageReader(yomite.load(released_model, num_threads=1), write_page()[1])


@pytest.fixture(scope="module")
def demo_url(reader: PageReader, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page on a reader of pages; `open_page` opens it."""
    pytest.importorskip("gradio", reason='the page needs Gradio: pip install ".[demo]"')
    data_root = tmp_path_factory.mktemp("data")
    write_kanjivg(data_root)
    with run_page(reader, data_root) as page:
        yield page.local_url


def open_tab(open_page: Open, **options: Any) -> Any:
    page = open_page(**options)
    page.get_by_role("tab").nth(2).click()
    page.locator(".y-page-choose").wait_for()
    return page


def send(page: Any, content: bytes, name: str = "page.png") -> None:
    page.set_input_files(".y-page-file", {"name": name, "mimeType": "image/png", "buffer": content})


def wait_for(page: Any, state: str) -> str:
    page.wait_for_selector(f'.y-page[data-state="{state}"]')
    return page.locator(".y-page-status .y-state").inner_text()


def open_read(open_page: Open, reader: PageReader, *written: Any, **options: Any) -> Any:
    """Open the tab and read the page that `write_page(*written)` gives."""
    picture, reader.page = write_page(*written)
    page = open_tab(open_page, **options)
    send(page, to_png(picture))
    wait_for(page, "read")
    return page


def list_lines(page: Any) -> list[str]:
    return page.locator(".y-page-line").all_inner_texts()


def download(page: Any, button: str) -> bytes:
    with page.expect_download() as waiting:
        page.locator(button).click()
    return Path(waiting.value.path()).read_bytes()


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desktop", "phone"])
def test_a_page_is_read_looked_at_and_corrected(
    open_page: Open, reader: PageReader, screen: dict[str, Any]
) -> None:
    page = open_read(open_page, reader, **screen)
    assert list_lines(page) == list(LINES)
    assert page.locator(".y-page-number").all_inner_texts() == ["1", "2", "3", "4"]
    picture = page.locator(".y-page-picture").bounding_box()
    scale = picture["width"] / reader.page.size[0]
    for shape, line in zip(page.locator(".y-page-polygons polygon").all(), reader.page.lines, strict=True):
        box, (left, top) = shape.bounding_box(), line.polygon[0]
        assert box["x"] - picture["x"] == pytest.approx(left * scale, abs=2)
        assert box["y"] - picture["y"] == pytest.approx(top * scale, abs=2)
    # The doubtful character is marked, and chosen with its line; so is all of the line that is rejected.
    marked = page.locator(".y-page-lines mark").all_inner_texts()
    assert marked == ["本", *LINES[3]]
    assert page.locator(".y-page-which").inner_text() == "Line 1 of 4"
    assert page.locator('.y-line-character[aria-pressed="true"]').inner_text() == "本"
    page.locator(".y-page .y-candidate").nth(1).click()
    other = list_lines(page)[0][1]
    assert other != "本" and list_lines(page)[0] == f"日{other}語"
    assert page.locator(".y-page-field").input_value() == f"日{other}語"
    # Another line, by its place on the picture; its text, typed anew.
    page.locator(".y-page-polygons polygon").nth(1).click()
    assert page.locator(".y-page-which").inner_text() == "Line 2 of 4"
    assert page.locator(".y-page-crop polygon").count() == 4
    page.locator(".y-page-field").fill("山の川水木")
    assert list_lines(page)[1] == "山の川水木"
    assert "".join(page.locator(".y-line-character").all_inner_texts()) == "山の川水木"
    page.locator(".y-line-character").nth(4).click()  # what was put in before it does not move its box
    assert page.locator(".y-page-crop polygon.is-chosen").count() == 1
    assert page.locator(".y-page-crop polygon").nth(3).get_attribute("class") == "is-chosen"
    page.locator(".y-page-restore").click()
    assert list_lines(page)[1] == LINES[1]
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_the_keyboard_reaches_everything(open_page: Open, reader: PageReader) -> None:
    page = open_read(open_page, reader)
    page.locator(".y-page-choose").focus()
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.className || document.activeElement.tagName"))
    reached = " ".join(reached)
    for name in ("y-camera", "y-page-next", "y-line-character", "y-candidate", "y-page-field", "y-page-right",
                 "y-page-copy", "y-page-txt", "y-page-json", "SUMMARY"):  # fmt: skip
        assert name in reached
    page.locator(".y-page-field").focus()
    page.keyboard.press("Enter")
    assert page.locator(".y-page-which").inner_text() == "Line 2 of 4"
    assert page.evaluate("document.activeElement.value") == LINES[1]
    page.keyboard.type("川")  # the text was chosen as a whole
    assert list_lines(page)[1] == "川"
    page.locator(".y-page-lines button").nth(2).focus()
    page.keyboard.press("Enter")
    assert page.locator(".y-page-which").inner_text() == "Line 3 of 4"
    page.locator(".y-page .y-candidate").nth(2).focus()
    page.keyboard.press("Enter")
    assert list_lines(page)[2] != LINES[2]
    assert page.evaluate("document.activeElement.classList.contains('y-candidate')")


def test_the_text_is_copied_and_saved(open_page: Open, reader: PageReader) -> None:
    page = open_read(open_page, reader, permissions=["clipboard-read", "clipboard-write"])
    page.locator(".y-page-next").click()
    page.locator(".y-page-field").fill("山川")
    text = "\n".join([LINES[0], "山川", LINES[2]])  # the fourth is rejected
    page.locator(".y-page-copy").click()
    page.wait_for_function("document.querySelector('.y-page .y-state').textContent === 'Copied.'")
    assert page.evaluate("navigator.clipboard.readText()") == text
    assert download(page, ".y-page-txt").decode() == text + "\n"
    page.locator(".y-page-lines button").nth(3).click()
    page.locator(".y-page-right").check()  # what nobody believed to be writing is
    assert download(page, ".y-page-txt").decode() == f"{text}\n{LINES[3]}\n"
    record = json.loads(download(page, ".y-page-json"))
    expected = json.loads(reader.page.to_json())
    assert record["text"] == f"{text}\n{LINES[3]}" and record["size"] == expected["size"]
    assert [line["is_corrected"] for line in record["lines"]] == [False, True, False, False]
    assert [line["is_checked"] for line in record["lines"]] == [False, True, False, True]
    for line, plain in zip(record["lines"], expected["lines"], strict=True):
        assert line["characters"] == plain["characters"] and line["polygon"] == plain["polygon"]


def test_a_line_without_text_is_left_out(open_page: Open, reader: PageReader) -> None:
    page = open_read(open_page, reader)
    page.locator(".y-page-field").fill("")
    assert download(page, ".y-page-txt").decode() == f"{LINES[1]}\n{LINES[2]}\n"
    assert page.locator(".is-left-out").count() == 2
    page.locator(".y-page-field").fill(LINES[0])
    assert page.locator(".is-left-out").count() == 1


@pytest.mark.parametrize("written", [(), (LINES, "vertical"), (LINES, "horizontal", 90)], ids=str)
def test_corrected_lines_are_samples_to_learn_from(
    open_page: Open, reader: PageReader, tmp_path: Path, written: Any
) -> None:
    page = open_read(open_page, reader, *written)
    page.locator(".y-page-samples summary").click()
    assert page.locator(".y-page-zip").is_disabled()
    page.locator(".y-page-field").fill("日本誤")
    page.locator(".y-page-lines button").nth(2).click()
    page.locator(".y-page-right").check()
    assert page.locator(".y-page-zip").inner_text() == "Save 2 lines (ZIP)"
    with zipfile.ZipFile(io.BytesIO(download(page, ".y-page-zip"))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["lines.jsonl", "line-001.png", "line-003.png"]
        archive.extractall(tmp_path / "lines")
    source = open_source(str(tmp_path / "lines"), strict=True)
    samples = list(source)
    assert [sample.character for sample in samples] == ["日本誤", LINES[2]]
    direction = written[1] if written else "horizontal"
    assert {sample.part for sample in samples} == {direction}
    # Each crop is the line as it was written, laid straight, with a little paper around.
    upright = np.asarray(write_page(LINES, direction)[0])
    _, straight = write_page(LINES, direction)
    for sample, index in zip(samples, (0, 2), strict=True):
        with Image.open(sample.picture) as image:
            crop = np.asarray(image.convert("L"))
        (left, top), (right, bottom) = straight.lines[index].polygon[0], straight.lines[index].polygon[2]
        wanted = upright[int(top) : int(bottom), int(left) : int(right)]
        across, along = 0.15 * SIDE, 0.35 * SIDE
        x, y = (across, along) if direction == "vertical" else (along, across)
        assert crop.shape == pytest.approx((wanted.shape[0] + 2 * y, wanted.shape[1] + 2 * x), abs=2)
        y, x = int(np.ceil(y)), int(np.ceil(x))
        found = crop[y : y + wanted.shape[0], x : x + wanted.shape[1]]
        assert np.abs(found.astype(float) - wanted).max() <= 2  # of 255
        assert np.median(crop) == pytest.approx(PAPER, abs=2)
    page.locator(".y-page-all-right").click()
    assert page.locator(".y-page-zip").inner_text() == "Save 3 lines (ZIP)"


def test_the_reading_shows_how_far_it_is_and_can_be_canceled(
    open_page: Open, reader: PageReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture, page_read = write_page(["日"] * 30)
    monkeypatch.setattr(reader, "page", page_read)
    monkeypatch.setattr(reader, "line_s", 0.25)
    page = open_tab(open_page)
    before = reader.num_read
    send(page, to_png(picture))
    page.wait_for_function("document.querySelector('.y-page progress').value >= 3 / 30")
    assert "of 30 lines read" in wait_for(page, "reading")
    page.locator(".y-page-cancel").click()
    assert wait_for(page, "stopped") == "Stopped."
    page.wait_for_timeout(1000)
    num_read = reader.num_read
    page.wait_for_timeout(800)
    assert num_read - before < 20 and reader.num_read == num_read
    monkeypatch.setattr(reader, "line_s", 0.0)
    page.locator(".y-page-again").click()
    wait_for(page, "read")
    assert page.locator(".y-page-line").count() == 30


def test_what_cannot_be_read_is_told(open_page: Open, reader: PageReader) -> None:
    page = open_tab(open_page)
    send(page, to_png(Image.new("L", (300, 400), 250)))
    assert "No handwriting found" in wait_for(page, "problem")
    send(page, b"")
    page.wait_for_function("document.querySelector('.y-page .y-state').textContent.includes('an empty file')")
    send(page, b"no picture", "notes.png")
    page.wait_for_function("document.querySelector('.y-page .y-state').textContent.includes('not a picture')")
    page.complaints.clear()  # the browser's, about status 422
    send(page, to_png(Image.new("L", (2, 2))))
    page.wait_for_function("document.querySelector('.y-page .y-state').textContent.includes('too small')")
    send(page, to_png(Image.new("1", (5000, 4000))))  # the browser makes it smaller
    page.wait_for_function("document.querySelector('.y-page .y-state').textContent.startsWith('No hand')")
    assert page.locator(".y-page-editor").is_hidden()


def test_a_full_server_is_told_and_the_picture_kept(open_page: Open, reader: PageReader) -> None:
    picture, reader.page = write_page()
    page = open_tab(open_page)
    page.route("**/read_page", lambda route: route.fulfill(status=503, body="too many"))
    send(page, to_png(picture))
    assert wait_for(page, "problem").startswith("The server is busy.")
    page.unroute("**/read_page")
    page.route("**/read_page", lambda route: route.abort())
    page.locator(".y-page-again").click()
    page.wait_for_function("document.querySelector('.y-page .y-state').textContent.includes('not answer')")
    page.unroute("**/read_page")
    page.locator(".y-page-again").click()
    wait_for(page, "read")
    page.complaints.clear()  # the browser's, about both


def test_a_picture_that_the_browser_cannot_show_is_read_all_the_same(
    open_page: Open, reader: PageReader
) -> None:
    picture, reader.page = write_page()
    file = io.BytesIO()
    picture.save(file, "TIFF")
    page = open_tab(open_page)
    send(page, file.getvalue(), "page.tif")
    wait_for(page, "read")
    assert list_lines(page) == list(LINES)
    frame = page.locator(".y-page-frame").bounding_box()
    assert frame["width"] / frame["height"] == pytest.approx(picture.width / picture.height, rel=0.02)
    assert page.locator(".y-page-crop").is_hidden()
    page.locator(".y-page-right").check()
    page.locator(".y-page-samples summary").click()
    assert page.locator(".y-page-zip").is_disabled()


def test_a_page_comes_from_the_clipboard_by_dropping_and_from_the_camera(
    open_page: Open, reader: PageReader
) -> None:
    picture, reader.page = write_page()
    page = open_tab(open_page)
    for kind in ("paste", "drop"):
        page.evaluate(
            """([kind, bytes]) => {
                const data = new DataTransfer();
                data.items.add(new File([new Uint8Array(bytes)], 'page.png', { type: 'image/png' }));
                const root = document.querySelector('.y-page');
                root.dispatchEvent(kind === 'paste'
                    ? new ClipboardEvent(kind, { clipboardData: data, bubbles: true })
                    : new DragEvent(kind, { dataTransfer: data, bubbles: true }));
            }""",
            [kind, list(to_png(picture))],
        )
        wait_for(page, "read")
        assert list_lines(page) == list(LINES)
    page.locator(".y-page .y-camera").click()
    page.wait_for_selector(".y-page dialog[open] video")
    page.wait_for_function("document.querySelector('.y-page video').videoWidth > 0")
    size = page.evaluate(
        "(video => [video.videoWidth, video.videoHeight])(document.querySelector('.y-page video'))"
    )
    page.locator(".y-page .y-snap").click()
    # All that the camera sees, not the square that a single character needs; reduced like any other picture.
    width, height = (min(1.0, 3200 / max(size)) * side for side in size)
    assert width != height
    page.wait_for_function(
        "([w, h]) => (i => Math.abs(i.naturalWidth - w) < 2 && Math.abs(i.naturalHeight - h) < 2)"
        "(document.querySelector('.y-page-picture'))",
        arg=[width, height],
    )
    wait_for(page, "read")


def test_a_large_photograph_stays_sharp_enough_and_small_enough(
    open_page: Open, reader: PageReader, tmp_path: Path
) -> None:
    picture, reader.page = write_page()
    large = np.asarray(picture.resize((3000, 4200)))
    noise = np.random.default_rng(0).integers(0, 12, large.shape, dtype=np.uint8)
    Image.fromarray(np.minimum(large, 240) + noise).save(tmp_path / "photo.jpg", quality=95)
    page = open_tab(open_page)
    sizes: list[int] = []
    page.on("request", lambda request: sizes.append(len(request.post_data or "")))
    page.set_input_files(".y-page-file", tmp_path / "photo.jpg")
    wait_for(page, "read")
    assert max(sizes) < 4 * 1024 * 1024
    assert page.evaluate("document.querySelector('.y-page-picture').naturalHeight") == 3200


def test_every_word_of_the_tab_is_there_in_both_languages() -> None:
    web = PROJECT_ROOT / "src" / "yomite" / "apps" / "demo" / "web"
    keys = [
        {key for key in json.loads((web / f"words-{one}.json").read_text("utf-8")) if key.startswith("page_")}
        for one in ("en", "ja")
    ]
    assert keys[0] == keys[1]
    used = "".join(path.read_text("utf-8") for path in (*web.glob("p*.js"), web / "page.html"))
    spoken = {f"page_{kind}" for kind in ("offline", "busy")}  # by the kind of the problem
    assert all(f'"{key}"' in used for key in keys[0] - spoken)
