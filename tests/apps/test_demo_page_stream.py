"""Pages by HTTP: how far the reading is, what it answers, that it stops when nobody waits, bad requests."""

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from demo_page import get, post, run_page, to_base64
from PIL import Image
from tiny_model import write_tiny_model
from written_page import LINES, PageReader, to_png, write_page

import yomite

pytest.importorskip("gradio", reason='the page needs Gradio: pip install ".[demo]"')


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.fixture(scope="module")
def reader(model: Path) -> PageReader:
    return PageReader(yomite.load(model, num_threads=1), write_page()[1])


@pytest.fixture(scope="module")
def url(reader: PageReader, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_page(reader, tmp_path_factory.mktemp("data")) as page:
        yield page.local_url


@pytest.fixture(scope="module")
def picture() -> str:
    return to_base64(to_png(write_page()[0]))


def read(url: str, **asked: Any) -> list[dict[str, Any]]:
    status, text = post(f"{url}read_page", json.dumps(asked).encode())
    assert status == 200, text
    return [json.loads(line) for line in text.splitlines()]


def test_a_page_comes_line_by_line_and_then_whole(url: str, reader: PageReader, picture: str) -> None:
    *progress, last = read(url, picture=picture)
    assert progress[0] == {"done": 0, "total": 0}
    assert progress[-1] == {"done": len(LINES), "total": len(LINES)}
    done = [one["done"] for one in progress]
    assert done == sorted(done)
    page = last["page"]
    assert page["text"] == "\n".join(LINES[:3])  # the fourth is rejected
    assert [line["text"] for line in page["lines"]] == list(LINES)
    for plain, line in zip(page["lines"], reader.page.lines, strict=True):
        assert [tuple(corner) for corner in plain["polygon"]] == list(line.polygon)
        for character in plain["characters"]:
            assert set(character["candidates"][0]) == {"text", "probability", "script", "lookalikes"}


def test_a_page_without_writing_has_no_lines(url: str) -> None:
    blank = to_base64(to_png(Image.new("L", (300, 400), 250)))
    assert read(url, picture=f"data:image/png;base64,{blank}")[-1]["page"]["lines"] == []


def test_what_goes_wrong_on_the_way_is_told_in_the_answer(
    url: str, reader: PageReader, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert "at least 4" in read(url, picture=to_base64(to_png(Image.new("L", (2, 2)))))[-1]["error"]
    monkeypatch.setattr(reader, "read", lambda *_, **__: 1 / 0)
    (_, *_, last) = read(url, picture=to_base64(to_png(Image.new("L", (9, 9)))))
    assert last == {"error": "the server could not answer; its log says why"}
    assert "ZeroDivisionError" in caplog.text


def test_who_hangs_up_stops_the_work(
    url: str, reader: PageReader, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "line_s", 0.3)
    monkeypatch.setattr(reader, "page", write_page(["日"] * 40)[1])
    before = reader.num_read
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request(
        "POST", "/read_page", json.dumps({"picture": picture}), {"Content-Type": "application/json"}
    )
    answer = connection.getresponse()
    lines = [json.loads(answer.readline()) for _ in range(4)]
    assert lines[-1]["total"] == 40
    answer.close()
    connection.close()
    time.sleep(1.5)  # until the line that was being read is read
    num_read = reader.num_read
    assert num_read - before < 10
    time.sleep(1.0)
    assert reader.num_read == num_read


def test_when_too_many_wait_the_next_is_refused_and_places_come_free(
    url: str, reader: PageReader, picture: str
) -> None:
    from yomite.apps.demo.page_stream import MAX_PAGES

    body = json.dumps({"picture": picture}).encode()

    reader.may_go_on.clear()  # so that all are there before the first is done
    try:
        with ThreadPoolExecutor(MAX_PAGES + 3) as pool:
            asked = [pool.submit(post, f"{url}read_page", body) for _ in range(MAX_PAGES + 3)]
            refused = [one.result()[1] for one in islice(as_completed(asked, timeout=60), 3)]
            assert sum(one.done() for one in asked) == 3
            reader.may_go_on.set()
            answers = [one.result() for one in asked]
    finally:
        reader.may_go_on.set()
    assert all("try again" in text for text in refused)
    assert sorted(status for status, _ in answers) == [200] * MAX_PAGES + [503] * 3
    for status, text in answers:
        assert status == 503 or len(json.loads(text.splitlines()[-1])["page"]["lines"]) == len(LINES)
    assert read(url, picture=picture)[-1]["page"]


def test_silence_is_broken_so_that_no_proxy_hangs_up(
    url: str, reader: PageReader, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yomite.apps.demo.page_stream.BEAT_S", 0.1)
    monkeypatch.setattr(reader, "line_s", 0.45)
    progress = read(url, picture=picture)[:-1]
    assert len(progress) >= 2 * len(LINES)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no picture"),
        (b"null", "no picture"),
        (b"{}", "no picture"),
        (b'{"picture": 5}', "of type int"),
        (b'{"picture": null}', "of type NoneType"),
        (b'{"picture": "!"}', "base64"),
        (b'{"picture": ""}', "empty"),
        (b'{"picture": "AAAA"}', "not a picture"),
        (b'{"picture": "", "topp": 5}', "no parameter 'topp'"),
    ],
)
def test_a_bad_request_is_told_in_one_line(url: str, body: bytes, complaint: str) -> None:
    status, text = post(f"{url}read_page", body)
    assert status == 422
    assert complaint in text
    assert "\n" not in text


@pytest.mark.parametrize("top", [0, 51, "5", True, None, 1.5])
def test_a_bad_top_is_told(url: str, picture: str, top: Any) -> None:
    status, text = post(f"{url}read_page", json.dumps({"picture": picture, "top": top}).encode())
    assert (status, "top is not a whole number" in text) == (422, True)


def test_large_foreign_and_other_requests_are_refused(url: str, picture: str) -> None:
    assert post(f"{url}read_page", b'{"picture": "' + b"A" * 5_000_000 + b'"}')[0] == 413
    # What a page elsewhere may send without asking:
    body = json.dumps({"picture": picture}).encode()
    assert post(f"{url}read_page", body, **{"Content-Type": "text/plain"})[0] == 415
    assert post(f"{url}read_page", body, Host="example.com")[0] == 421
    assert get(f"{url}read_page")[0] == 404


def test_without_a_page_model_the_line_says_so(model: Path, tmp_path: Path, picture: str) -> None:
    reader = PageReader(yomite.load(model), write_page()[1])
    reader.has_page_model = False
    with run_page(reader, tmp_path) as page:
        status, text = post(f"{page.local_url}read_page", json.dumps({"picture": picture}).encode())
        components = json.loads(get(f"{page.local_url}config")[1])["components"]
    assert (status, "no page model in this installation" in text) == (422, True)
    assert "page" not in [one["props"]["id"] for one in components if one["type"] == "tabitem"]


def test_who_has_not_signed_in_reads_no_page(model: Path, tmp_path: Path, picture: str) -> None:
    reader = PageReader(yomite.load(model), write_page()[1])
    with run_page(reader, tmp_path, auth=("friend", "sesame")) as page:
        assert post(f"{page.local_url}read_page", json.dumps({"picture": picture}).encode())[0] == 401
    assert reader.num_read == 0


def test_the_server_ends_while_a_page_is_being_read(model: Path, tmp_path: Path, picture: str) -> None:
    reader = PageReader(yomite.load(model), write_page(["日"] * 200)[1], line_s=0.1)
    with run_page(reader, tmp_path) as page:
        connection = http.client.HTTPConnection(urlsplit(page.local_url).netloc, timeout=30)
        connection.request(
            "POST", "/read_page", json.dumps({"picture": picture}), {"Content-Type": "application/json"}
        )
        connection.getresponse().readline()
        since = time.monotonic()
    assert time.monotonic() - since < 6
    assert reader.num_read < 100
    connection.close()
