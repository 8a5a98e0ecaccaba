"""What the guard lets through, what it turns away, and what it writes into answers."""

import asyncio
import socket
from collections.abc import Iterable
from typing import Any

import pytest

from yomite.apps.demo.guard import Guard


async def complain(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers every trouble with the body by a status of its own."""
    try:
        await echo(scope, receive, send)
    except Exception:
        await send({"type": "http.response.start", "status": 400, "headers": []})
        await send({"type": "http.response.body", "body": b"what?"})


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers with the length of the body, or with a page."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    page = scope["path"] == "/"
    kind = b"text/html; charset=utf-8" if page else b"text/plain"
    body = b"<html><head><title>x</title></head></html>" if page else str(size).encode()
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    headers += [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body[:5], "more_body": True})
    await send({"type": "http.response.body", "body": body[5:]})


def ask(
    path: str,
    chunks: Iterable[bytes] = (b"",),
    headers: Iterable[tuple[bytes, bytes]] = (),
    root_path: str = "",
    app: Any = echo,
    method: str = "POST",
    **options: Any,
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    messages: list[dict[str, Any]] = []
    waiting = list(chunks)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
    guard = Guard(app, max_body_bytes=100, root_path=root_path, **options)
    asyncio.run(guard(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return messages[0]["status"], messages[0]["headers"], body


def test_a_page_passes_as_it_is() -> None:
    status, headers, body = ask("/")
    assert status == 200
    assert body == b"<html><head><title>x</title></head></html>"
    assert dict(headers)[b"content-length"] == str(len(body)).encode()
    assert b"cache-control" not in dict(headers)
    assert dict(ask("/web/pad.js")[1])[b"cache-control"] == b"no-cache"


def test_every_answer_forbids_other_hosts_and_keeps_its_cookies() -> None:
    _, headers, body = ask("/assets/x.js")
    assert body == b"0"
    assert [value for name, value in headers if name == b"set-cookie"] == [b"a=1", b"b=2"]
    policy = dict(headers)[b"content-security-policy"].decode()
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert "*" not in policy


def test_a_body_at_the_limit_passes_and_one_byte_more_does_not() -> None:
    assert ask("/x", [b"a" * 100], [(b"content-length", b"100")])[::2] == (200, b"100")
    assert ask("/x", [b"a" * 101], [(b"content-length", b"101")])[0] == 413
    assert ask("/x", [b"a" * 60, b"a" * 41])[0] == 413  # one that does not say how long it is
    assert ask("/x", [b"a"], [(b"content-length", b"-5")])[0] == 413
    assert ask("/x", [b"a" * 60, b"a" * 41, b"a"], app=complain)[0] == 413


def test_bodies_that_are_too_much_together_are_turned_away_and_forgotten() -> None:
    statuses: list[int] = []

    async def run() -> int:
        gate = asyncio.Event()
        guard = Guard(echo, max_body_bytes=100, max_bytes_at_once=250)

        async def send_slowly() -> None:
            waiting = [b"a" * 90, b""]

            async def receive() -> dict[str, Any]:
                if len(waiting) == 1:
                    await gate.wait()
                body = waiting.pop(0)
                return {"type": "http.request", "body": body, "more_body": bool(waiting)}

            async def send(message: Any) -> None:
                if message["type"] == "http.response.start":
                    statuses.append(message["status"])

            await guard({"type": "http", "method": "POST", "path": "/x", "headers": []}, receive, send)

        tasks = [asyncio.create_task(send_slowly()) for _ in range(3)]
        await asyncio.sleep(0.01)
        gate.set()
        await asyncio.gather(*tasks)
        return guard.num_bytes

    assert asyncio.run(run()) == 0
    assert sorted(statuses) == [200, 200, 503]


@pytest.mark.parametrize(
    "path",
    ["upload", "file=/etc/passwd", "file=https://example.com", "proxy=https://example.com", "stream/x",
     "runs", "component_server", "component_server/", "dev/reload", "run/forget", "api/forget"],
)  # fmt: skip
def test_routes_that_take_or_give_files_are_closed(path: str) -> None:
    status, _, body = ask(f"/gradio_api/{path}")
    assert status == 404
    assert b"base64" in body
    assert ask(f"/yomite/gradio_api/{path}", root_path="/yomite")[0] == 404


@pytest.mark.parametrize(
    "path", ["call/recognize_strokes", "queue/join", "queue/data", "heartbeat/x", "info"]
)
def test_routes_that_the_page_needs_are_open(path: str) -> None:
    assert ask(f"/gradio_api/{path}")[0] == 200


@pytest.mark.parametrize(
    ("host", "allowed", "status"),
    [
        ("127.0.0.1:7860", [], 200),
        ("localhost:7860", [], 200),
        ("LOCALHOST", [], 200),
        ("yomite.localhost", [], 200),
        ("[::1]:7860", [], 200),
        ("192.168.1.20:7860", [], 200),
        ("[fe80::1]", [], 200),
        (socket.gethostname(), [], 200),
        ("evil.example:7860", [], 421),
        ("127.0.0.1.evil.example", [], 421),
        ("localhost.evil.example", [], 421),
        ("evil.example", ["example"], 421),
        ("", [], 421),
        ("[::1", [], 421),
        ("\xff", [], 421),
        ("read.example:443", ["read.example"], 200),
        ("Read.Example.", ["READ.example"], 200),
    ],
)
def test_only_names_that_are_ours_are_answered(host: str, allowed: list[str], status: int) -> None:
    """A foreign page can let a name of its own point here; the browser then tells that name."""
    headers = [(b"host", host.encode("latin-1"))]
    answer = ask("/", headers=headers, hosts=allowed)
    assert answer[0] == status
    if status == 421:
        assert b"--allowed-host" in answer[2]


@pytest.mark.parametrize("app", [echo, complain])
def test_a_body_that_does_not_end_is_given_up(app: Any) -> None:
    statuses: list[int] = []

    async def run() -> float:
        waiting: list[dict[str, Any]] = [{"type": "http.request", "body": b"half", "more_body": True}]

        async def receive() -> dict[str, Any]:
            return waiting.pop() if waiting else await asyncio.Event().wait()  # type: ignore[return-value]

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        guard = Guard(app, body_s=0.05)
        scope = {"type": "http", "method": "POST", "path": "/x", "headers": []}
        await asyncio.wait_for(guard(scope, receive, send), 10)
        return guard.num_bytes

    assert asyncio.run(run()) == 0
    assert statuses == [408]


def test_who_sent_the_whole_body_may_wait_for_the_answer() -> None:
    async def answer_late(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        late = asyncio.create_task(receive())  # as a stream does, to hear when its reader has gone
        await asyncio.sleep(0.2)
        assert not late.done()
        late.cancel()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"late"})

    async def run() -> bytes:
        waiting = [{"type": "http.request", "body": b"", "more_body": False}]
        answer: list[bytes] = []

        async def receive() -> Any:
            return waiting.pop() if waiting else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            answer.append(message.get("body", b""))

        scope = {"type": "http", "method": "POST", "path": "/x", "headers": []}
        await Guard(answer_late, body_s=0.05)(scope, receive, send)
        return b"".join(answer)

    assert asyncio.run(run()) == b"late"


@pytest.mark.parametrize("version", ["", "v2/"])
def test_an_unknown_endpoint_is_told_which_ones_there_are(version: str) -> None:
    endpoints = ["explain", "stroke_order"]
    status, _, body = ask(f"/gradio_api/call/{version}nobody", endpoints=endpoints)
    assert status == 404
    assert b"explain, stroke_order" in body
    assert ask(f"/gradio_api/call/{version}explain", endpoints=endpoints)[0] == 200
    assert ask(f"/gradio_api/call/{version}explain/1234", endpoints=endpoints, method="GET")[0] == 200
