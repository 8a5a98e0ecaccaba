"""The page: tabs of our own HTML and of Gradio's components, and the named endpoints.

Words of both languages stand in web/words.json, for Gradio and for our scripts alike. The scripts and styles
of web/ are written into the page's head; nothing is fetched from another host.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import api
from gradio.themes import Base

from yomite.apps.demo.answers import Answers
from yomite.apps.demo.card import format_card, read_card
from yomite.apps.demo.ink_tab import build_ink_tab
from yomite.errors import YomiteError

_WEB = Path(__file__).with_name("web")
_SCRIPTS = ("core.js", "pad.js", "why.js", "draw.js", "camera.js", "upload.js")
_FONTS = ("system-ui", "Hiragino Sans", "Yu Gothic UI", "Meiryo", "Noto Sans CJK JP", "sans-serif")

word = gr.I18n()  # word("key") is put into the reader's language by the browser


def read_words() -> dict[str, dict[str, str]]:
    """Word by key, by language."""
    return json.loads((_WEB / "words.json").read_text(encoding="utf-8"))


def format_head() -> str:
    """What the head of every page begins with: the words, the scripts and the styles."""
    words = json.dumps(read_words(), ensure_ascii=False).replace("</", "<\\/")
    scripts = "\n".join((_WEB / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    styles = (_WEB / "page.css").read_text(encoding="utf-8")
    told = '<meta name="description" content="Reads handwritten Japanese: draw a character.">'
    told += '<meta property="og:title" content="yomite 読み手">'
    told += '<meta property="og:description" content="Reads handwritten Japanese: draw a character.">'
    return f"{told}<script>window.yomite = {{words: {words}}};\n{scripts}</script><style>{styles}</style>"


def build_theme() -> Base:
    """Gradio's components in the page's colors and the system's fonts."""
    ink, paper, line = ("#2d4a86", "#8fb1ee"), ("#ffffff", "#1e2126"), ("#e2dfd7", "#363a42")
    wash, page, words = ("#eef1f8", "#252c3a"), ("#f7f6f2", "#15171b"), ("#1b2333", "#eceae4")
    colors = {
        "color_accent": ink,
        "slider_color": ink,
        "checkbox_background_color_selected": ink,
        "button_primary_background_fill": ink,
        "button_primary_background_fill_hover": ink,
        "button_primary_text_color": (paper[0], page[1]),
        "checkbox_border_color_selected": ink,
        "input_border_color_focus": ink,
        "body_background_fill": page,
        "input_background_fill": page,
        "block_background_fill": paper,
        "button_secondary_background_fill": paper,
        "checkbox_label_background_fill": paper,
        "button_secondary_background_fill_hover": wash,
        "checkbox_label_background_fill_hover": wash,
        "checkbox_label_background_fill_selected": wash,
        "block_border_color": line,
        "input_border_color": line,
        "button_secondary_border_color": line,
        "checkbox_label_border_color": line,
        "checkbox_label_border_color_selected": ink,
        "body_text_color": words,
        "button_secondary_text_color": ink,
        "checkbox_label_text_color_selected": words,
    }
    by_name = {name: light for name, (light, _) in colors.items() if name != "color_accent"}
    by_name |= {f"{name}_dark": dark for name, (_, dark) in colors.items() if name != "color_accent"}
    widths = {"button_border_width": "1px", "checkbox_label_border_width": "1px", "input_border_width": "1px"}
    widths |= {f"{name}_dark": width for name, width in widths.items()}
    theme = Base(radius_size="lg", font=_FONTS, font_mono=("ui-monospace", "monospace"))
    return theme.set(color_accent=ink[0], **by_name, **widths)


def build_page(answers: Answers) -> gr.Blocks:
    """Build the page around one reader's answers."""
    with gr.Blocks(title="yomite 読み手", analytics_enabled=False, fill_width=True) as page:
        _show("header.html", "header")
        with gr.Tabs(elem_id="y-tabs"):
            with gr.Tab(word("tab_draw"), id="draw"):
                _show("draw.html", "draw")
            with gr.Tab(word("tab_upload"), id="upload"):
                _show("upload.html", "upload")
            with gr.Tab(word("tab_ink"), id="ink") as tab:
                build_ink_tab(tab, answers, _to_endpoint)
            with gr.Tab(word("tab_card"), id="card"):
                gr.HTML(
                    format_card(read_card(answers.reader.path)),
                    js_on_load="yomite.translate(element)",
                    apply_default_css=False,
                )
        api(_to_endpoint(answers.recognize_strokes), api_name="recognize_strokes", concurrency_limit=64)
        api(_to_endpoint(answers.recognize_pictures), api_name="recognize_pictures", concurrency_limit=4)
        api(_to_endpoint(answers.explain), api_name="explain", concurrency_limit=2)
        api(_to_endpoint(answers.show_stroke_order), api_name="stroke_order", concurrency_limit=2)
        api(_to_endpoint(answers.write_text), api_name="write_text", concurrency_id="write")
    return page


def _show(file: str, part: str) -> None:
    """Put one of our own parts on the page; its script starts when it is there."""
    why = (_WEB / "why.html").read_text(encoding="utf-8")
    gr.HTML(
        (_WEB / file).read_text(encoding="utf-8").replace("@why", why),
        js_on_load=f"yomite.start.{part}(element)",
        apply_default_css=False,
        elem_id=f"y-{part}",
    )


def _to_endpoint(answer: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint that tells what went wrong in one line; what nobody foresaw goes to the log.

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
            line = "the server could not answer; its log says why"
        # Out here it has no context, which would hold what came in until the garbage collector comes round.
        raise gr.Error(line, print_exception=False)

    return endpoint
