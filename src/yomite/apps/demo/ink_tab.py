"""The tab of the ink synthesizer: Gradio's controls, and a text that is written anew at every change."""

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

import gradio as gr

from yomite.apps.demo.labels import Labels
from yomite.apps.demo.writing import MAX_CHARACTERS, PAPERS, Style, find_hand
from yomite.ink.hand import NAMED_HANDS
from yomite.ink.pen import PEN_NAMES

_WRITERS = 10_000


def build_ink_tab(tab: gr.Tab, labels: Labels, write_text: Callable[..., Any]) -> None:
    """Put the tab's content where we are.

    Args:
        tab: The tab; the text is written when it is opened first.
        labels: Puts what has words.
        write_text: The endpoint that writes a text and reads what it wrote.
    """
    start, put = Style(), labels.put
    text = put(gr.Textbox, {"label": "ink_text"}, "永あア猫", max_length=MAX_CHARACTERS)
    sheet = gr.HTML(apply_default_css=False)
    with gr.Row():
        with gr.Column(min_width=280):
            hand = put(gr.Radio, _name(NAMED_HANDS, "hand"), value="ordinary")
            haste = put(gr.Slider, {"label": "ink_haste"}, 0, 1, start.haste, step=0.05)
            unevenness = put(gr.Slider, {"label": "ink_unevenness"}, 0, 2, start.unevenness, step=0.05)
            slant = put(gr.Slider, {"label": "ink_slant"}, -1, 1, start.slant, step=0.1)
            another = put(gr.Button, {"value": "ink_another"})
        with gr.Column(min_width=280):
            pen = put(gr.Radio, _name(PEN_NAMES, "pen"), value=start.pen)
            width = put(gr.Slider, {"label": "ink_width"}, 0, 1, start.width, step=0.05)
            paper = put(gr.Radio, _name(PAPERS, "paper"), value=start.paper)
            writer = put(gr.Slider, {"label": "ink_writer"}, 0, _WRITERS - 1, start.writer, step=1)
    controls = [text, haste, unevenness, slant, pen, width, paper, writer]

    async def write(text: str, *style: Any) -> str:
        return _format_sheet(await write_text(text, *style)) if text.strip() else ""

    hand.input(find_hand, hand, [haste, unevenness], show_progress="hidden", api_visibility="private")
    another.click(lambda number: (number + 1) % _WRITERS, writer, writer, api_visibility="private")
    gr.on(
        [tab.select, *(control.change for control in controls)],
        write,
        controls,
        sheet,
        show_progress="minimal",
        trigger_mode="always_last",
        api_visibility="private",
        concurrency_id="write",
    )


def _name(values: Iterable[str], kind: str) -> dict[str, Any]:
    """Return the keys of a radio's words: of its label, and of each choice."""
    return {"label": f"ink_{kind}", "choices": [(f"{kind}_{value}", value) for value in values]}


def _format_sheet(characters: list[dict[str, Any]]) -> str:
    figures = []
    for character in characters:
        reading = character["reading"]
        is_right = reading["text"] == character["text"] or character["text"] in reading["lookalikes"]
        figures.append(
            f'<figure><img src="{character["picture"]}" alt="{escape(character["text"])}">'
            f'<figcaption class="{"" if is_right else "is-off"}" lang="ja">{escape(reading["text"])} '
            f"{100 * reading['confidence']:.0f} %</figcaption></figure>"
        )
    return f'<div class="y-ink-sheet">{"".join(figures)}</div>'
