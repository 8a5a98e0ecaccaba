"""Pages of HTML that need nothing else: one style sheet, pictures and charts inside, no script.

They show samples of a data set, so they belong into a folder that is not committed, such as reports/.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources

import numpy as np
from PIL import Image

from yomite.reports.charts import BLUE, FONTS, GRID, PAPER, TEXT

_VARIABLES = {PAPER: "none", BLUE: "var(--blue)", TEXT: "var(--soft)", GRID: "var(--line)"}


def write_page(title: str, parts: Iterable[str], notes: Sequence[str] = ()) -> str:
    """Write a whole page.

    Args:
        title: Of the page.
        parts: HTML, one below the other; empty ones are left out.
        notes: Lines of text below the title.
    """
    style = resources.files("yomite.reports").joinpath("page.css").read_text(encoding="utf-8")
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>"
        f"<style>body {{ font-family: {FONTS}, sans-serif; }}\n{style}</style></head><body>"
    )
    body = [f"<h1>{escape(title)}</h1>", *map(write_text, notes), *filter(None, parts)]
    return "\n".join([head, *body, "</body></html>\n"])


def write_text(text: str) -> str:
    """Write a paragraph."""
    return f"<p>{escape(text)}</p>"


def write_listing(text: str) -> str:
    """Write lines of text as they are."""
    return f"<pre>{escape(text)}</pre>"


def write_section(title: str, figures: Iterable[str], note: str = "", *, kind: str = "sheet") -> str:
    """Write a heading, a note and figures; nothing where there are no figures.

    Args:
        title: The heading.
        figures: HTML.
        note: What they show.
        kind: How they are laid out, a class of page.css: sheet, cards, either of them wide, or plain.
    """
    shown = "".join(figures)
    return shown and (f'<h2>{escape(title)}</h2>{note and write_text(note)}<div class="{kind}">{shown}</div>')


def write_card(title: str, content: str, note: str = "") -> str:
    """Write a card: a chart or a table, and what it says."""
    return f'<div class="card"><h3>{escape(title)}</h3>{content}{note and write_text(note)}</div>'


def write_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table, which scrolls where the window is narrow."""
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    titles = "".join(f"<th>{escape(title)}</th>" for title in header)
    return f'<div class="scroll"><table><tr>{titles}</tr>{lines}</table></div>'


def write_figure(pictures: Iterable[np.ndarray], text: str, note: str = "", *, hint: str = "") -> str:
    """Write pictures side by side with a caption.

    Args:
        pictures: Uint8 (H, W) gray levels each.
        text: The characters below.
        note: Smaller, below these.
        hint: Shown when the pictures are pointed at.
    """
    shown = "".join(write_picture(picture, hint) for picture in pictures)
    small = note and f"<br><small>{escape(note)}</small>"
    return f"<figure>{shown}<figcaption>{escape(text)}{small}</figcaption></figure>"


def write_row(name: str, pictures: Iterable[str]) -> str:
    """Write pictures, as HTML, in a row behind a name."""
    return f'<div class="row"><b>{escape(name)}</b>{"".join(pictures)}</div>'


def write_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Write what was written over what was read, character by character, differences marked."""
    shown = "".join(
        f'<span class="{"pair" if one == other else "pair is-wrong"}">'
        f"<span>{escape(one) or '&nbsp;'}</span><span>{escape(other) or '&nbsp;'}</span></span>"
        for one, other in pairs
    )
    return f'<div class="pairs" lang="ja">{shown}</div>'


def write_picture(pixels: np.ndarray, hint: str = "") -> str:
    """Write a picture, uint8 (H, W) gray levels, with its content inside the page."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    content = base64.b64encode(file.getvalue()).decode("ascii")
    return f'<img alt="" title="{escape(hint)}" src="data:image/png;base64,{content}">'


def write_chart(svg: str) -> str:
    """Put a chart of `yomite.reports.charts` into a page, in the colors that the page has by day or night."""
    for color, variable in _VARIABLES.items():
        svg = svg.replace(color, variable)
    return f'<div class="chart">{svg}</div>'
