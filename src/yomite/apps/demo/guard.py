"""What stands between the network and the page: bodies that are too large, routes that nobody needs.

It also writes two things into every answer: headers that forbid the page any other host, and the page's own
scripts and styles into its head.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_BYTES_AT_ONCE = 64 * 1024 * 1024

# Pictures come inside the body and are gone with it. So no route that takes, fetches or hands out a file is
# open, nor any that Gradio keeps for other kinds of applications.
_CLOSED = re.compile(
    r"/gradio_api/(upload|file|proxy|stream|component_server|process_recording|deep_link|custom_component"
    r"|run-history|runs|vibe|undo-vibe|dev|profiling)|/monitoring|/file/|/proxy"
)

# Gradio's page needs its inline scripts and builds functions from text; other hosts it does not need.
_HEADERS = {
    b"content-security-policy": (
        b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
        b"style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        b"media-src 'self' blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
        b"form-action 'self'"
    ),
    b"referrer-policy": b"same-origin",
    b"x-content-type-options": b"nosniff",
}


class _Refusal(Exception):
    """The body is not read to its end."""


class Guard:
    """ASGI middleware around the whole application.

    Attributes:
        num_bytes: Of all bodies that are being read just now.
    """

    def __init__(
        self,
        app: App,
        head: str = "",
        max_body_bytes: int = MAX_BODY_BYTES,
        max_bytes_at_once: int = MAX_BYTES_AT_ONCE,
    ) -> None:
        """Stand before an application.

        Args:
            app: The application.
            head: HTML for the beginning of the head of every page.
            max_body_bytes: The longest body that is read.
            max_bytes_at_once: The most that is read of all bodies at the same time.
        """
        self._app = app
        self._head = b"<head>" + head.encode()
        self._max_body_bytes = max_body_bytes
        self._max_bytes_at_once = max_bytes_at_once
        self.num_bytes = 0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if _CLOSED.match(path):
            await _refuse(send, 404, "this server takes and gives no files; send pictures as base64 text")
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > self._max_body_bytes:
            await self._drain(receive)
            await _refuse(send, 413, self._describe_limit())
            return
        num_bytes, has_more, has_begun = 0, True, False
        refusal: tuple[int, str] | None = None

        async def receive_counted() -> Message:
            nonlocal num_bytes, has_more, refusal
            message = await receive()
            has_more = message.get("more_body", False)
            size = len(message.get("body", b""))
            if num_bytes + size > self._max_body_bytes:
                refusal = 413, self._describe_limit()
            elif size and self.num_bytes + size > self._max_bytes_at_once:
                refusal = 503, "too much is being sent just now; try again in a moment"
            if refusal:
                raise _Refusal
            num_bytes += size
            self.num_bytes += size
            return message

        async def send_noted(message: Message) -> None:
            nonlocal has_begun
            if refusal is None or has_begun:  # else it is the application's own complaint about the body
                has_begun = True
                await send(message)

        try:
            with suppress(_Refusal):
                await self._app(scope, receive_counted, _Dresser(send_noted, self._head))
        finally:
            self.num_bytes -= num_bytes
        if refusal and not has_begun:
            if has_more:
                await self._drain(receive)
            await _refuse(send, *refusal)

    def _describe_limit(self) -> str:
        return f"the request is longer than {self._max_body_bytes:,} bytes; send less at once"

    async def _drain(self, receive: Receive) -> None:
        """Read the rest and drop it, up to a point: who is cut off while sending sees no answer."""
        num_bytes, has_more = 0, True
        while has_more and num_bytes < 16 * self._max_body_bytes:
            message = await receive()
            num_bytes += len(message.get("body", b""))
            has_more = message.get("more_body", False)


class _Dresser:
    """Sends an answer on, with our headers, and pages with our head."""

    def __init__(self, send: Send, head: bytes) -> None:
        self._send = send
        self._head = head
        self._start: Message | None = None  # held back while a page is put together
        self._page = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = {**_HEADERS, **{name.lower(): value for name, value in message["headers"]}}
            cookies = [pair for pair in message["headers"] if pair[0].lower() == b"set-cookie"]
            headers.pop(b"set-cookie", None)
            message = {**message, "headers": [*headers.items(), *cookies]}
            if headers.get(b"content-type", b"").startswith(b"text/html"):
                self._start = message
                return
        elif self._start is not None and message["type"] == "http.response.body":
            self._page += message.get("body", b"")
            if message.get("more_body"):
                return
            page = self._page.replace(b"<head>", self._head, 1)
            headers = [pair for pair in self._start["headers"] if pair[0] != b"content-length"]
            headers.append((b"content-length", str(len(page)).encode()))
            await self._send({**self._start, "headers": headers})
            message = {"type": "http.response.body", "body": page}
            self._start = None
        await self._send(message)


async def _refuse(send: Send, status: int, why: str) -> None:
    body = why.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
