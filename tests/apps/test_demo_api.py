"""The running server: its named endpoints by HTTP and by gradio_client, wrong input, and what it keeps."""

import gc
import json
import os
import runpy
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import PROJECT_ROOT
from demo_page import call, get, post, run_page, to_base64, write_kanjivg
from tiny_model import STROKES, write_tiny_model

import yomite

pytest.importorskip("gradio", reason='the page needs Gradio: pip install ".[demo]"')


STYLE = [0, 0, 0, "felt", 0.5, "screen", 0]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("page")
    write_kanjivg(folder)
    with run_page(write_tiny_model(folder / "tiny.onnx"), folder) as page:
        yield page


@pytest.fixture(scope="module")
def url(page: Any) -> str:
    return page.local_url


def example_png() -> bytes:
    return (PROJECT_ROOT / "examples" / "ki.png").read_bytes()


def test_named_endpoints_answer_the_documented_http_call(url: str) -> None:
    read = call(url, "recognize_strokes", STROKES["十"], "text", 3, None)
    assert read["text"] == "十"
    assert len(read["candidates"]) == 3
    assert call(url, "recognize_pictures", [to_base64(example_png())], "text", 2, None)[0]["candidates"]
    explained = call(url, "explain", STROKES["十"], None, "十", "evidence")
    assert set(explained) == {"size", "canvas", "heat", "frame"}
    assert len(call(url, "stroke_order", "川", None)["strokes"]) == 3
    assert call(url, "write_text", "十", 0, 0, 0, "felt", 0.5, "screen", 0)[0]["picture"].startswith("data:")


def test_the_call_by_names_fills_in_what_is_left_out(url: str) -> None:
    body = json.dumps({"strokes": STROKES["く"]}).encode()
    status, text = post(f"{url}gradio_api/call/v2/recognize_strokes", body)
    assert status == 200
    _, stream = get(f"{url}gradio_api/call/v2/recognize_strokes/{json.loads(text)['event_id']}")
    assert json.loads(stream.partition("event: complete\ndata: ")[2])[0]["text"] == "く"


def test_gradio_client_finds_the_endpoints_and_their_parameters(url: str) -> None:
    from gradio_client import Client

    client = Client(url, verbose=False)
    named = client.view_api(return_format="dict")["named_endpoints"]
    assert set(named) == {
        "/recognize_strokes", "/recognize_pictures", "/recognize_line", "/explain_line", "/explain",
        "/stroke_order", "/look_up", "/write_text",
    }  # fmt: skip
    parameters = [one["parameter_name"] for one in named["/recognize_strokes"]["parameters"]]
    assert parameters == ["strokes", "prior", "top", "among"]
    assert client.predict(STROKES["人"], api_name="/recognize_strokes")["text"] == "人"
    with pytest.raises(Exception, match="strokes is of type str"):
        client.predict("人", api_name="/recognize_strokes")
    client.close()


def test_the_example_reads_over_the_network(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    example = runpy.run_path(str(PROJECT_ROOT / "examples" / "recognize_remotely.py"))
    example["main"](url)
    assert "candidates" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        (b"", (400, 422)),
        (b"not json", (400, 422)),
        (b"[]", (400, 422)),
        (b"null", (400, 422)),
        (b'{"data": 5}', (400, 422)),
        (b'{"nothing": []}', (400, 422)),
        (b"[" * 100_000, (400, 422, 500)),
        (b'{"data": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", (200, 400, 422, 500)),
        (b'{"data": ["' + b"a" * 5_000_000 + b'"]}', (413,)),
    ],
    ids=["empty", "text", "list", "null", "number", "no data", "open lists", "deep lists", "long"],
)
def test_a_malformed_request_is_refused_and_the_server_goes_on(
    url: str, body: bytes, allowed: tuple[int, ...]
) -> None:
    status, _ = post(f"{url}gradio_api/call/recognize_strokes", body)
    assert status in allowed
    assert call(url, "recognize_strokes", STROKES["十"], "text", 1, None)["text"] == "十"


@pytest.mark.parametrize(
    ("path", "body", "status", "complaint"),
    [
        ("call/v2/recognize_strokes", {"strokes": [[[0, 0]]], "nonsense": 1}, 422, "nonsense"),
        ("call/v2/recognize_strokes", {"top": 1}, 422, "strokes"),
        ("call/v2/nobody", {}, 404, "recognize_strokes"),
        ("call/nobody", {"data": []}, 404, "recognize_strokes"),
        ("call/nobody/", {"data": []}, 404, "recognize_strokes"),
        ("queue/join", {"data": [], "fn_index": 999, "session_hash": "x"}, 422, "999"),
        ("queue/join", {"data": [], "fn_index": -1, "session_hash": "x"}, 422, "-1"),
        ("queue/join", {"data": [], "fn_index": 0}, 400, ""),
    ],
)
def test_what_is_not_there_is_told_in_one_line(
    url: str, path: str, body: dict[str, Any], status: int, complaint: str
) -> None:
    answer = post(f"{url}gradio_api/{path}", json.dumps(body).encode())
    assert answer[0] == status
    assert complaint in answer[1]
    assert "\n" not in answer[1]


def test_the_description_of_routes_is_closed(url: str) -> None:
    assert [get(url + path)[0] for path in ("openapi.json", "docs", "redoc")] == [404, 404, 404]


@pytest.mark.parametrize("arguments", [[], [1], [1, 2, 3, 4, 5, 6], [None, None, None]])
def test_a_wrong_number_or_kind_of_arguments_is_told(url: str, arguments: list[Any]) -> None:
    with pytest.raises(RuntimeError) as caught:
        call(url, "recognize_strokes", *arguments)
    assert str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_unknown_endpoints_and_private_functions_are_not_there(url: str) -> None:
    assert post(f"{url}gradio_api/call/__import__", b'{"data": ["os"]}')[0] >= 400
    assert post(f"{url}gradio_api/run/recognize_strokes", b'{"data": [[[[0, 0]]], "text", 1]}')[0] == 404


@pytest.mark.parametrize(
    "path",
    ["gradio_api/file=/etc/passwd", "gradio_api/file=../../../../etc/passwd", "static/../../../../etc/passwd",
     "static/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "assets/..%2f..%2f..%2fetc%2fpasswd", "file=/etc/passwd",
     "gradio_api/proxy=https://example.com", "%2fetc%2fpasswd", "gradio_api/file=https://example.com"],
)  # fmt: skip
def test_no_path_leads_to_a_file_of_the_server(url: str, path: str) -> None:
    status, text = get(url + path)
    assert status >= 400
    assert "root:" not in text


def test_without_kanjivg_nobody_sees_a_path_of_the_server(tmp_path: Path) -> None:
    with run_page(write_tiny_model(tmp_path / "tiny.onnx"), tmp_path) as page:
        url = page.local_url
        text = get(url)[1] + get(f"{url}config")[1] + get(f"{url}gradio_api/info")[1]
        components = json.loads(get(f"{url}config")[1])["components"]
        tabs = [one["props"]["id"] for one in components if one["type"] == "tabitem"]
        reads_pages = yomite.load(tmp_path / "tiny.onnx").has_page_model
        assert tabs == ["draw", "line", *(["page"] if reads_pages else []), "upload", "card"]
        for name, arguments in (
            ("stroke_order", ["川", None]),
            ("write_text", ["川", *STYLE]),
            ("look_up", ["川"]),
        ):
            with pytest.raises(RuntimeError) as caught:
                call(url, name, *arguments)
            text += str(caught.value)
    assert "yomite data fetch kanjivg" in text
    assert str(tmp_path) not in text


def test_a_character_that_kanjivg_lacks_names_no_path(url: str) -> None:
    with pytest.raises(RuntimeError, match="does not draw '永'") as caught:
        call(url, "stroke_order", "永", None)
    assert "zip" not in str(caught.value)


def test_uploads_are_not_taken(url: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\nabc\r\n--x--\r\n'
    status, text = post(
        f"{url}gradio_api/upload", body, **{"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert status == 404
    assert "base64" in text


def test_nothing_is_kept_of_what_was_sent(page: Any, url: str) -> None:
    """No file, and no object of the server's process, holds the drawing or the picture after the answer."""
    # Numbers and bytes that nothing else holds: a comment in a PNG, coordinates beyond any page.
    marker = "keep" + "sake" * 8
    picture = to_base64(example_png() + marker.encode())
    strokes = [[[123457.5, 7.0], [123987.5, 9.0]]]
    before = list_files()
    call(url, "recognize_strokes", strokes, "text", 1, None)
    call(url, "explain", strokes, None, None, "evidence")
    call(url, "recognize_pictures", [picture], "text", 1, None)
    call(url, "explain", None, picture, None, "evidence")
    call(url, "recognize_line", strokes, None, "auto", 1)
    call(url, "recognize_line", None, picture, "auto", 1)
    call(url, "explain_line", None, picture, "auto")
    tail = picture[-60:]
    del picture, strokes
    for _ in range(100):  # the server clears up a moment after it has answered
        gc.collect()
        held = [item for item in walk_objects(page) if is_trace(item, tail)]
        if not held:
            break
        time.sleep(0.1)
    assert held == []
    assert list_files() == before


def is_trace(item: object, tail: str) -> bool:
    if isinstance(item, str):
        return len(item) > 500 and tail in item
    return isinstance(item, float) and item in (123457.5, 123987.5)


def walk_objects(page: Any) -> Iterator[object]:
    """What the server's long-lived objects hold, to any depth."""
    seen: set[int] = set()
    blocks = page.blocks
    queue = blocks._queue
    waiting: list[object] = [
        blocks.state_holder, queue.pending_messages_per_session, queue.pending_event_ids_session,
        queue.event_ids_to_events, queue.event_analytics, queue.active_jobs, queue.process_time_per_fn,
        queue.event_queue_per_concurrency_id, blocks.app.iterators, blocks.config,
    ]  # fmt: skip
    while waiting:
        item = waiting.pop()
        if id(item) in seen or callable(item) or isinstance(item, type):
            continue
        seen.add(id(item))
        yield item
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, (list, tuple, set)):
            waiting += item
        elif hasattr(item, "__dict__"):
            waiting += vars(item).values()


def list_files() -> set[str]:
    folder = Path(os.environ.get("GRADIO_TEMP_DIR") or Path(tempfile.gettempdir()) / "gradio")
    return {str(path) for path in folder.rglob("*") if path.is_file()}


def test_fifty_clients_at_once_get_their_own_answers(url: str) -> None:
    answers: dict[int, str] = {}
    wanted = [character for character in "十く人一" for _ in range(13)]

    def ask(number: int) -> None:
        answers[number] = call(url, "recognize_strokes", STROKES[wanted[number]], "uniform", 1, None)["text"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(wanted))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [answers.get(number) for number in range(len(wanted))] == wanted
