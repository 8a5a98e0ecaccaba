"""The tab of the ink synthesizer: Gradio's controls, and a text that is written anew at every change."""

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

import gradio as gr

from yomite.apps.demo.answers import Answers
from yomite.apps.demo.writing import MAX_CHARACTERS, PAPERS, Style, find_hand
from yomite.ink.hand import NAMED_HANDS
from yomite.ink.kanjivg import KANJIVG_FILE
from yomite.ink.pen import PEN_NAMES

_TRANSLATE = "yomite.translate(element); watch('value', () => yomite.translate(element))"
_WRITERS = 10_000

word = gr.I18n()


def build_ink_tab(tab: gr.Tab, answers: Answers, to_endpoint: Callable[..., Any]) -> None:
    """Put the tab's content where we are.

    Without KanjiVG there is a note that says where it belongs.

    Args:
        tab: The tab; the text is written when it is opened first.
        answers: Writes, and reads what it wrote.
        to_endpoint: Makes a function tell its errors on the page.
    """
    if not (answers.data_root / KANJIVG_FILE).is_file():
        _show(
            '<div class="y-note"><p data-word="ink_missing"></p>'
            "<p><code>yomite demo --data-root DIR</code></p>"
            f"<p><code>{escape(str(answers.data_root / KANJIVG_FILE))}</code></p></div>"
        )
        return
    start = Style()
    _show('<p class="y-note" data-word="ink_note"></p>')
    text = gr.Textbox("永あア猫", label=word("ink_text"), max_length=MAX_CHARACTERS)
    sheet = _show("")
    with gr.Row():
        with gr.Column(min_width=280):
            hand = gr.Radio(_name(NAMED_HANDS, "hand"), value="ordinary", label=word("ink_hand"))
            haste = gr.Slider(0, 1, start.haste, step=0.05, label=word("ink_haste"))
            unevenness = gr.Slider(0, 2, start.unevenness, step=0.05, label=word("ink_unevenness"))
            slant = gr.Slider(-1, 1, start.slant, step=0.1, label=word("ink_slant"))
            another = gr.Button(word("ink_another"))
        with gr.Column(min_width=280):
            pen = gr.Radio(_name(PEN_NAMES, "pen"), value=start.pen, label=word("ink_pen"))
            width = gr.Slider(0, 1, start.width, step=0.05, label=word("ink_width"))
            paper = gr.Radio(_name(PAPERS, "paper"), value=start.paper, label=word("ink_paper"))
            writer = gr.Slider(0, _WRITERS - 1, start.writer, step=1, label=word("ink_writer"))
    controls = [text, haste, unevenness, slant, pen, width, paper, writer]

    def write(text: str, *style: Any) -> str:
        return _format_sheet(answers.write_text(text, *style)) if text.strip() else ""

    hand.input(find_hand, hand, [haste, unevenness], show_progress="hidden", api_visibility="private")
    another.click(lambda number: (number + 1) % _WRITERS, writer, writer, api_visibility="private")
    gr.on(
        [tab.select, *(control.change for control in controls)],
        to_endpoint(write),
        controls,
        sheet,
        show_progress="minimal",
        trigger_mode="always_last",
        api_visibility="private",
        concurrency_id="write",
    )


def _show(content: str) -> gr.HTML:
    return gr.HTML(content, js_on_load=_TRANSLATE, apply_default_css=False)


def _name(values: Iterable[str], kind: str) -> list[Any]:
    """Choices of a radio: the word that is shown, and the value."""
    return [(word(f"{kind}_{value}"), value) for value in values]


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
