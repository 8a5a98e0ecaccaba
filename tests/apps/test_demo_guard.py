"""What the guard lets through, what it turns away, and what it writes into pages."""

import asyncio
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
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    messages: list[dict[str, Any]] = []
    waiting = list(chunks)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {"type": "http", "path": path, "root_path": root_path, "headers": list(headers)}
    asyncio.run(Guard(app, head="<script>ours</script>", max_body_bytes=100)(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return messages[0]["status"], messages[0]["headers"], body


def test_a_page_gets_our_head_and_its_length() -> None:
    status, headers, body = ask("/")
    assert status == 200
    assert body == b"<html><head><script>ours</script><title>x</title></head></html>"
    assert dict(headers)[b"content-length"] == str(len(body)).encode()


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

            await guard({"type": "http", "path": "/x", "headers": []}, receive, send)

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
     "runs", "component_server", "component_server/", "dev/reload"],
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
