"""Connections that keep the server waiting, on a server of its own with short patience."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason='the page needs Gradio: pip install ".[demo]"')

import uvicorn

from yomite.apps.demo import connections
from yomite.apps.demo.connections import Connection

HEADERS = b"GET /%s HTTP/1.1\r\nHost: localhost\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers at once; /stream goes on for a second, /large is more than any buffer holds."""
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/stream":
        for _ in range(10):
            await asyncio.sleep(0.1)
            await send({"type": "http.response.body", "body": b"more", "more_body": True})
    elif scope["path"] == "/large":
        for _ in range(400):
            await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": True})
    await send({"type": "http.response.body", "body": b"end"})


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_S", 0.4)
    monkeypatch.setattr(connections, "TAKE_S", 0.4)


@contextmanager
def run_server(max_connections: int = 100) -> Iterator[int]:
    """The port of a running server."""

    class Limited(Connection):
        pass

    Limited.max_connections = max_connections
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=Limited, lifespan="off", ws="none", log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.settimeout(30)
    return connection


def read_to_end(connection: socket.socket) -> bytes:
    """What comes until the server closes, in any way."""
    content = b""
    try:
        while part := connection.recv(1 << 16):
            content += part
    except ConnectionResetError:
        pass
    return content


@pytest.mark.parametrize("sent", [b"", b"G", HEADERS % b"", HEADERS % b"" + b"X-Long: "])
def test_half_a_request_is_given_up(patience: None, sent: bytes) -> None:
    with run_server() as port, connect(port) as connection:
        connection.sendall(sent)
        assert read_to_end(connection) == b""


def test_bytes_that_trickle_in_do_not_prolong_the_wait(patience: None) -> None:
    with run_server() as port, connect(port) as connection:
        begin = time.monotonic()
        with pytest.raises(OSError):  # closed on us while we were at it
            while time.monotonic() - begin < 20:
                connection.sendall(b"A")
                time.sleep(0.05)
        assert time.monotonic() - begin < 10


def test_half_a_second_request_is_given_up(patience: None) -> None:
    with run_server() as port, connect(port) as connection:
        connection.sendall(HEADERS % b"" + b"\r\n")
        while b"end" not in connection.recv(1 << 16):
            pass
        connection.sendall(HEADERS % b"again")
        assert read_to_end(connection) in (b"", b"0\r\n\r\n")


def test_an_answer_that_streams_is_not_cut(patience: None) -> None:
    with run_server() as port, connect(port) as connection:
        connection.sendall(HEADERS % b"stream" + b"Connection: close\r\n\r\n")
        assert read_to_end(connection).count(b"more") == 10


def test_an_answer_that_nobody_takes_is_given_up(patience: None) -> None:
    with run_server() as port, connect(port) as connection:
        connection.sendall(HEADERS % b"large" + b"\r\n")
        time.sleep(2)
        assert len(read_to_end(connection)) < 200 << 20


def test_where_all_places_are_taken_the_slowest_makes_room() -> None:
    with run_server(max_connections=8) as port:
        idle = [connect(port) for _ in range(8)]
        for one in idle:
            one.sendall(HEADERS % b"")
            time.sleep(0.02)
        with connect(port) as guest:
            guest.sendall(HEADERS % b"" + b"Connection: close\r\n\r\n")
            assert read_to_end(guest).endswith(b"end\r\n0\r\n\r\n")
        assert read_to_end(idle[0]) == b""  # who waited longest
        idle[-1].setblocking(False)
        with pytest.raises(BlockingIOError):  # who came last is still there
            idle[-1].recv(1)
        for one in idle:
            one.close()


def test_who_is_being_answered_does_not_make_room() -> None:
    with run_server(max_connections=2) as port:
        busy = [connect(port) for _ in range(2)]
        for one in busy:
            one.sendall(HEADERS % b"stream" + b"Connection: close\r\n\r\n")
            assert one.recv(1 << 16)
        with connect(port) as guest:
            assert read_to_end(guest) == b""
        assert all(read_to_end(one).endswith(b"end\r\n0\r\n\r\n") for one in busy)
