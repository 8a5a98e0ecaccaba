"""The page: tabs of our own HTML and of Gradio's components, and the named endpoints.

Each part of web/ is an HTML component whose script, when it is there, starts the module of its name
(web/gradio.js). Nothing is fetched from another host.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import api

from yomite.apps.demo.card import format_card, read_card
from yomite.apps.demo.endpoints import Endpoints
from yomite.apps.demo.ink_tab import build_ink_tab
from yomite.apps.demo.labels import Labels
from yomite.apps.demo.page_stream import can_read_pages
from yomite.apps.demo.readings import FAILED
from yomite.errors import YomiteError

WEB = Path(__file__).with_name("web")

ENDPOINTS: dict[str, tuple[str, dict[str, Any]]] = {
    "recognize_strokes": ("recognize_strokes", {"concurrency_limit": 64}),
    "recognize_pictures": ("recognize_pictures", {"concurrency_limit": 4}),
    "recognize_line": ("recognize_line", {"concurrency_limit": 2}),
    "explain_line": ("explain_line", {"concurrency_limit": 2}),
    "explain": ("explain", {"concurrency_limit": 2}),
    "stroke_order": ("show_stroke_order", {"concurrency_limit": 2}),
    "look_up": ("look_up", {"concurrency_limit": 2}),
    "write_text": ("write_text", {"concurrency_id": "write"}),
}
"""Name of an endpoint -> the method of `Endpoints`, and how much of it Gradio does at a time."""

_START = """import(new URL("web/gradio.js", document.baseURI)).then(({{ start }}) =>
  start("{part}", element, (language) => trigger("language", {{ language }})))"""


def build_page(endpoints: Endpoints, on_answer: Callable[[], None]) -> gr.Blocks:
    """Build the page around one reader's answers.

    Args:
        endpoints: What the page and its API answer.
        on_answer: Called when one of them has answered.
    """

    labels, has_attention = Labels(), endpoints.reader.has_attention
    with gr.Blocks(title="yomite 読み手", analytics_enabled=False, fill_width=True) as page:
        header = _show("header")
        with gr.Tabs(elem_id="y-tabs"):
            with labels.put(gr.Tab, {"label": "tab_draw"}, id="draw"):
                _show("draw", has_attention=has_attention)
            if endpoints.reader.has_line_model:
                with labels.put(gr.Tab, {"label": "tab_line"}, id="line"):
                    _show("line")
            if can_read_pages(endpoints.reader):
                with labels.put(gr.Tab, {"label": "tab_page"}, id="page"):
                    _show("page")
            with labels.put(gr.Tab, {"label": "tab_upload"}, id="upload"):
                _show("upload", has_attention=has_attention)
            if endpoints.has_kanjivg:
                with labels.put(gr.Tab, {"label": "tab_ink"}, id="ink") as tab:
                    _show("ink")
                    build_ink_tab(tab, labels, _to_endpoint(endpoints.write_text, on_answer))
            with labels.put(gr.Tab, {"label": "tab_card"}, id="card"):
                _show("card", format_card(read_card(endpoints.reader.path)))
        header.language(
            labels.tell, None, labels.components, show_progress="hidden", api_visibility="private"
        )
        for name, (method, limits) in ENDPOINTS.items():
            api(_to_endpoint(getattr(endpoints, method), on_answer), api_name=name, **limits)
        api(forget, api_name="forget", queue=False, api_visibility="undocumented")
    return page


def forget() -> None:
    """Do nothing; as an endpoint it takes the place of the session before (forgetting.py)."""


def _show(part: str, value: str | None = None, *, has_attention: bool = False) -> gr.HTML:
    """Put one of our own parts on the page: a value, or the file of its name; its script starts with it."""
    look: dict[str, Any] = {} if value is not None else {"html_template": _read_part(part, has_attention)}
    return gr.HTML(
        value, js_on_load=_START.format(part=part), apply_default_css=False, elem_id=f"y-{part}", **look
    )


def _read_part(part: str, has_attention: bool) -> str:
    html, why, kinds = ((WEB / f"{name}.html").read_text(encoding="utf-8") for name in (part, "why", "kinds"))
    return html.replace("@why", why).replace("@kinds", kinds if has_attention else "")


def _to_endpoint(answer: Callable[..., Any], on_answer: Callable[[], None]) -> Callable[..., Any]:
    """Make the endpoint that tells what went wrong in one line; what nobody foresaw goes to the log.

    What is not asynchronous runs in a thread.
    """

    @wraps(answer)
    async def endpoint(*arguments: Any) -> Any:
        try:
            if iscoroutinefunction(answer):
                return await answer(*arguments)
            return await asyncio.to_thread(answer, *arguments)
        except YomiteError as error:
            line = str(error)
        except Exception:
            logging.getLogger("yomite").exception("an endpoint failed")
            line = FAILED
        finally:
            on_answer()
        # Out here it has no context, which would hold what came in until the garbage collector comes round.
        raise gr.Error(line, print_exception=False)

    return endpoint
