"""The running application: Gradio's server around the page, with a guard before it and nothing kept."""

import os
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Thread

# Gradio sums up its last 10,000 events at every event, in a data frame, for a page that is closed here.
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")

import gradio as gr
from gradio.state_holder import SessionState, StateHolder
from starlette.middleware import Middleware

from yomite.apps.demo.answers import Answers
from yomite.apps.demo.guard import Guard
from yomite.apps.demo.page import build_page, build_theme, format_head, read_words

MAX_QUEUED = 64
_MAX_AT_ONCE = 64


@dataclass(frozen=True)
class Address:
    """Where the application answers.

    Attributes:
        host: The interface to listen on.
        port: The port; None takes the first free one from 7860.
        root_path: The path, or the whole URL, under which a proxy shows it to the world.
        auth: User and password that are asked for.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    root_path: str = ""
    auth: tuple[str, str] | None = None


def start_server(answers: Answers, address: Address) -> gr.Blocks:
    """Start the application in threads of its own.

    Returns:
        The running page: `local_url` is its address, `close()` ends it, `block_thread()` waits for Ctrl-C.

    Raises:
        OSError: The port is taken.
    """
    Thread(target=_warm_up, args=(answers,), daemon=True).start()
    page = build_page(answers)
    page.queue(max_size=MAX_QUEUED, api_open=False, default_concurrency_limit=2)
    app, _, _ = page.launch(
        server_name=address.host,
        server_port=address.port,
        root_path=address.root_path,
        auth=address.auth,
        theme=build_theme(),
        i18n=gr.I18n(**read_words()),
        favicon_path=str(Path(__file__).with_name("web") / "favicon.png"),
        footer_links=["api"],
        app_kwargs={"middleware": [Middleware(Guard, head=format_head())]},
        max_threads=_MAX_AT_ONCE,
        max_file_size=1,
        show_error=True,
        run_history=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        ssr_mode=False,
        share=False,
        inbrowser=False,
        quiet=True,
        prevent_thread_lock=True,
    )
    app.state_holder = page.state_holder = _Forgetful(page)
    return page


def _warm_up(answers: Answers) -> None:
    answers.warm_up()
    # Gradio imports it, where it is installed, in the middle of the first answer.
    with suppress(ImportError):
        import_module("matplotlib.pyplot")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    return host in ("127.0.0.1", "localhost", "::1")


class _Forgetful(StateHolder):
    """One state for all sessions, in which nothing is noted.

    Gradio notes what every session last sent and was last answered, for links that bring it back. This page
    has no such links and no state: what was drawn or uploaded is to be gone with the answer.
    """

    def __init__(self, blocks: gr.Blocks) -> None:
        super().__init__()
        self.set_blocks(blocks)
        self._state = _Blank(blocks)

    def __getitem__(self, session_id: str) -> SessionState:
        return self._state

    def __contains__(self, session_id: object) -> bool:
        return True


class _Blank(SessionState):
    def _update_value_in_config(self, key: int, value: object) -> None:
        pass
