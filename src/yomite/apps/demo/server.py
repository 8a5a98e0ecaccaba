"""The running application: the page and its modules, a guard and a gate before them, and its port."""

import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from errno import EADDRINUSE
from importlib import import_module
from threading import Thread
from urllib.parse import urlsplit

# Gradio sums up its last 10,000 events at every event, in a data frame, for a page that is closed here.
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")

import gradio as gr
import uvicorn
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from yomite.apps.demo.connections import BACKLOG, Connection
from yomite.apps.demo.endpoints import Endpoints
from yomite.apps.demo.forgetting import Forgetter
from yomite.apps.demo.gate import Gate
from yomite.apps.demo.guard import Guard
from yomite.apps.demo.labels import LANGUAGES, read_words
from yomite.apps.demo.page import ENDPOINTS, WEB, build_page
from yomite.apps.demo.page_stream import PageStream
from yomite.apps.demo.theme import build_theme
from yomite.errors import YomiteError

MAX_QUEUED = 64
WARM_UP_S = 3.0
"""How long the end waits for a model that is being opened."""

_PORTS = range(7860, 7960)

_ABOUT = "Reads handwritten Japanese: draw a character."
_HEAD = (
    f'<meta name="description" content="{_ABOUT}"><meta property="og:title" content="yomite 読み手">'
    f'<meta property="og:description" content="{_ABOUT}">'
)


@dataclass(frozen=True)
class Address:
    """Where the application answers, and to whom.

    Attributes:
        host: The interface to listen on.
        port: The port; None takes the first free one from 7860.
        root_path: The path, or the whole URL, under which a proxy shows it to the world.
        auth: User and password that are asked for.
        allowed_hosts: Names that it answers to besides addresses, localhost and the machine's own.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    root_path: str = ""
    auth: tuple[str, str] | None = None
    allowed_hosts: tuple[str, ...] = ()


class Server:
    """The application on its port, which is taken from the beginning.

    Attributes:
        blocks: Gradio's page.
        local_url: Where it is on this machine; ends in a slash.
    """

    def __init__(self, endpoints: Endpoints, address: Address) -> None:
        """Take the port and put the application together.

        Raises:
            YomiteError: The port is taken, or the host is not one of this machine.
        """
        self._endpoints = endpoints
        self._socket = _open_socket(address.host, address.port)
        host = "localhost" if address.host in ("0.0.0.0", "::") else address.host
        port = self._socket.getsockname()[1]
        self.local_url = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
        forgetter = Forgetter()
        self.blocks = build_page(endpoints, forgetter.soon)
        forgetter.app = mount_page(self.blocks, address.root_path, PageStream(endpoints.reader))
        gate = Gate(forgetter.app, *address.auth) if address.auth else forgetter.app
        root = urlsplit(address.root_path)
        guard = Guard(
            gate,
            hosts=[*address.allowed_hosts, *([root.hostname] if root.hostname else [])],
            endpoints=[*ENDPOINTS],
            root_path=root.path.rstrip("/"),
        )
        config = uvicorn.Config(
            guard,
            http=Connection,
            ws="none",
            backlog=BACKLOG,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)

    @property
    def is_running(self) -> bool:
        """Whether it answers."""
        return self._server.started and not self._server.should_exit

    def run(self) -> None:
        """Answer until Ctrl-C or close()."""
        warming = Thread(target=self._warm_up, daemon=True)
        warming.start()
        try:
            self._server.run(sockets=[self._socket])
        finally:
            # A process that ends while a model is being opened aborts with words of the C++ library.
            warming.join(WARM_UP_S)

    def close(self) -> None:
        """Make run() end; may be called from another thread."""
        self._server.should_exit = True

    def _warm_up(self) -> None:
        self._endpoints.warm_up()
        if self._server.should_exit:
            return
        # Gradio imports it, where it is installed, in the middle of the first answer.
        with suppress(ImportError):
            import_module("matplotlib.pyplot")


def mount_page(page: gr.Blocks, root_path: str, page_stream: PageStream) -> FastAPI:
    """Put the page and its modules into an application of ours; Gradio notes one session at a time."""
    app = FastAPI(openapi_url=None)
    app.add_route("/read_page", page_stream.answer, methods=["POST"])
    app.mount("/web", StaticFiles(directory=WEB))
    page.queue(max_size=MAX_QUEUED, api_open=False, default_concurrency_limit=2)
    page.state_session_capacity = 1  # launch() has a parameter of this name, mount_gradio_app() has none
    modules = "".join(
        f'<link rel="modulepreload" href="web/{path.name}">' for path in sorted(WEB.glob("*.js"))
    )
    return gr.mount_gradio_app(
        app,
        page,
        path="/",
        root_path=root_path or None,
        app_kwargs={"openapi_url": None, "exception_handlers": {TypeError: _refuse, KeyError: _refuse}},
        head=_HEAD + modules,
        css_paths=[WEB / "page.css", WEB / "page-tab.css"],
        theme=build_theme(),
        i18n=gr.I18n(**{language: read_words(language) for language in LANGUAGES}),
        favicon_path=str(WEB / "favicon.png"),
        footer_links=["api"],
        max_file_size=1,
        show_error=True,
        run_history=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        ssr_mode=False,
    )


def _refuse(request: Request, error: Exception) -> Response:
    """Refuse what Gradio's routes cannot make sense of: a parameter or a function that is not there."""
    line = str(error).partition(". ")[0]
    return PlainTextResponse(f"{line}; see docs/demo.md for the endpoints and their parameters", 422)


def _open_socket(host: str, port: int | None) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for one in _PORTS if port is None else (port,):
        try:
            return socket.create_server((host, one), family=family, backlog=BACKLOG)
        except OSError as error:
            if port is None and error.errno == EADDRINUSE:
                continue
            reason = error.strerror or str(error)
            raise YomiteError(
                f"cannot listen on {host}, port {one}: {reason}; type another --port or --host"
            ) from error
    raise YomiteError(f"no port from {_PORTS[0]} to {_PORTS[-1]} is free; type --port with another one")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    return host in ("127.0.0.1", "localhost", "::1")
