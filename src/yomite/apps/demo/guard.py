"""What stands between the network and the page: foreign names, bodies that are too large or never end.

It closes routes that nobody needs, and writes headers into every answer that forbid the page any other host.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_BYTES_AT_ONCE = 64 * 1024 * 1024
BODY_S = 60.0
"""The longest that one body may take."""

# Pictures come inside the body and are gone with it. So no route that takes, fetches or hands out a file is
# open, nor any that Gradio keeps for other kinds of applications.
_CLOSED = re.compile(
    r"/gradio_api/(upload|file|proxy|stream|component_server|process_recording|deep_link|custom_component"
    r"|run-history|runs|run/|api/|vibe|undo-vibe|dev|profiling)|/monitoring|/file/|/proxy"
)
_CALL = re.compile(r"/gradio_api/call/(?:v2/)?(?P<name>[^/]+)/?")

_MACHINE = socket.gethostname().lower()
_OWN_NAMES = ("localhost", _MACHINE, f"{_MACHINE}.local")

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
        hosts: Collection[str] = (),
        endpoints: Collection[str] = (),
        root_path: str = "",
        max_body_bytes: int = MAX_BODY_BYTES,
        max_bytes_at_once: int = MAX_BYTES_AT_ONCE,
        body_s: float = BODY_S,
    ) -> None:
        """Stand before an application.

        Args:
            app: The application.
            hosts: Further names that it answers to; see `is_own_name`.
            endpoints: The names that may be called; all where there is none.
            root_path: The path under which a proxy shows the application; requests may come with or without.
            max_body_bytes: The longest body that is read.
            max_bytes_at_once: The most that is read of all bodies at the same time.
            body_s: The longest that one body may take, in seconds.
        """
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._endpoints = frozenset(endpoints)
        self._root_path = root_path
        self._max_body_bytes = max_body_bytes
        self._max_bytes_at_once = max_bytes_at_once
        self._body_s = body_s
        self.num_bytes = 0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(self._root_path)
        # A proxy may take the root path off; ASGI wants it there.
        scope = {**scope, "root_path": self._root_path, "path": self._root_path + path}
        headers = dict(scope["headers"])
        host = read_host(headers.get(b"host", b"localhost"))
        call = _CALL.fullmatch(path) if scope.get("method") == "POST" else None
        length = headers.get(b"content-length", b"0")
        if not is_own_name(host, self._hosts):
            await refuse(send, 421, f"this page does not answer to {host!r}; start it with --allowed-host")
        elif _CLOSED.match(path):
            await refuse(send, 404, "this server takes and gives no files; send pictures as base64 text")
        elif call and self._endpoints and call["name"] not in self._endpoints:
            await refuse(send, 404, f"there is no such endpoint; call {', '.join(sorted(self._endpoints))}")
        elif not length.isdigit() or int(length) > self._max_body_bytes:
            await self._drain(receive)
            await refuse(send, 413, self._describe_limit())
        else:
            await self._pass_on(scope, path, receive, send)

    async def _pass_on(
        self, scope: MutableMapping[str, Any], path: str, receive: Receive, send: Send
    ) -> None:
        num_bytes, has_more, has_begun = 0, True, False
        refusal: tuple[int, str] | None = None
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._body_s

        async def receive_counted() -> Message:
            nonlocal num_bytes, has_more, refusal
            try:
                left_s = max(0.0, deadline - loop.time()) if has_more else None
                message = await asyncio.wait_for(receive(), left_s)
            except asyncio.TimeoutError:
                has_more = False  # nobody waits for the rest
                refusal = 408, f"the request did not end in {self._body_s:g} seconds; send it again"
                raise _Refusal from None
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
                await send(_dress(message, path))

        try:
            with suppress(_Refusal):
                await self._app(scope, receive_counted, send_noted)
        finally:
            self.num_bytes -= num_bytes
        if refusal and not has_begun:
            if has_more:
                await self._drain(receive)
            await refuse(send, *refusal)

    def _describe_limit(self) -> str:
        return f"the request is longer than {self._max_body_bytes:,} bytes; send less at once"

    async def _drain(self, receive: Receive) -> None:
        """Read the rest and drop it, up to a point: who is cut off while sending sees no answer."""

        async def read_on() -> None:
            num_bytes, has_more = 0, True
            while has_more and num_bytes < 16 * self._max_body_bytes:
                message = await receive()
                num_bytes += len(message.get("body", b""))
                has_more = message.get("more_body", False)

        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(read_on(), self._body_s)


def read_host(header: bytes) -> str:
    """Return the name in a Host header, in lower case, without port and brackets."""
    try:
        return (urlsplit(f"//{header.decode('ascii')}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_own_name(host: str, hosts: Collection[str] = ()) -> bool:
    """Tell whether a request for this host is meant for us.

    A page elsewhere can point a name of its own at this machine and then read what we answer (DNS
    rebinding). It cannot do so with an address, nor with a name that is not its own.

    Args:
        host: As `read_host` gives it.
        hosts: Names that are ours besides localhost and the machine's own.
    """
    with suppress(ValueError):
        ipaddress.ip_address(host)
        return True
    return host in hosts or host in _OWN_NAMES or host.endswith(".localhost")


def _dress(message: Message, path: str) -> Message:
    """Write the beginning of an answer with our headers; the application's own come before them."""
    if message["type"] != "http.response.start":
        return message
    given = {name.lower() for name, _ in message["headers"]}
    # Modules of one version belong together: the browser asks whether they are still the same.
    extra = {**_HEADERS, b"cache-control": b"no-cache"} if path.startswith("/web/") else _HEADERS
    ours = [pair for pair in extra.items() if pair[0] not in given]
    return {**message, "headers": [*message["headers"], *ours]}


async def refuse(send: Send, status: int, why: str) -> None:
    """Answer with a status and one line."""
    body = why.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
