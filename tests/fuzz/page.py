"""Requests to a running page: bodies, paths and headers that are nearly right."""

from __future__ import annotations

import base64
import http.client
import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from tests.demo_page import run_page
from tests.fuzz.kinds import ROOT
from tests.fuzz.mutation import choose, draw_value, mutate
from tests.tiny_model import STROKES, write_tiny_model

_PATHS = (
    "/", "/config", "/gradio_api/info", "/gradio_api/upload", "/gradio_api/queue/join",
    "/gradio_api/file=/etc/hosts",
)  # fmt: skip
_HEADERS = ("Content-Type", "Host", "Cookie", "Range", "Accept-Language", "Origin")
_METHODS = ("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH")


class Requests:
    """What anybody may send to a page; a status of 500 or more, or none, is a fault."""

    def __init__(self) -> None:
        from yomite.apps.demo.page import ENDPOINTS

        self._stack, self._names = ExitStack(), sorted(ENDPOINTS)
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        page = self._stack.enter_context(run_page(write_tiny_model(folder / "tiny.onnx"), folder))
        self._port = int(page.local_url.rstrip("/").rpartition(":")[2])
        picture = base64.b64encode((ROOT / "examples" / "ki.png").read_bytes()).decode()
        self._picture = f"data:image/png;base64,{picture}"
        strokes = list(STROKES["十"])
        arguments = ([strokes], [[self._picture]], [self._picture, None], [strokes, None, "一"])
        self._bodies = [json.dumps({"data": data}).encode() for data in arguments]
        self._bodies.append(json.dumps({"picture": self._picture, "top": 3}).encode())

    def close(self) -> None:
        """End the page."""
        self._stack.close()

    def draw(self, rng: np.random.Generator) -> tuple[str, str, bytes, dict[str, str]]:
        body = choose(self._bodies, rng)
        path = "/read_page" if rng.random() < 0.1 else f"/gradio_api/call/{choose(self._names, rng)}"
        headers = {"Content-Type": "application/json", "Host": f"127.0.0.1:{self._port}"}
        which = rng.random()
        if which < 0.45:
            body = mutate(body, self._bodies, rng)
        elif which < 0.75:
            value: Any = [draw_value(rng) for _ in range(int(rng.integers(5)))]
            body = json.dumps({"data": value}, default=str).encode()
        elif which < 0.9:
            changed = mutate(choose(_PATHS, rng).encode(), [b"/../%00?&=#;"], rng).decode("latin1")
            path = "/" + "".join(c for c in changed if "!" <= c <= "~")
        else:
            name = choose(_HEADERS, rng)
            value = mutate(headers.get(name, "a=b; c").encode(), [b"\x7f,;=*/"], rng).decode("latin1")
            headers[name] = "".join(c for c in value if " " <= c <= "~")
        method = "POST" if rng.random() < 0.85 else choose(_METHODS, rng)
        return method, path, body, headers

    def attempt(self, drawn: tuple[str, str, bytes, dict[str, str]]) -> None:
        method, path, body, headers = drawn
        status, content = self._ask(method, path, body, headers)
        assert status < 500, f"HTTP {status}: {method} {path}"
        if method != "POST" or status != 200 or not path.startswith("/gradio_api/call/"):
            return
        event = json.loads(content)["event_id"]
        status, stream = self._ask("GET", f"{path}/{event}", b"", {})
        kind, _, answer = stream.decode().strip().rpartition("\n\n")[2].partition("\ndata: ")
        assert status == 200 and kind in ("event: complete", "event: error"), f"HTTP {status}: {kind!r}"
        # An error that we did not foresee comes without words.
        assert kind == "event: complete" or json.loads(answer), f"no words for {body[:500]!r}"

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            # The queue's own stream never ends.
            return answer.status, b"" if path.startswith("/gradio_api/queue") else answer.read()
        finally:
            connection.close()
