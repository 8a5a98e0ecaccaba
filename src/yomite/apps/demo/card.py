"""The model card's measured tables as HTML; every figure stands in card.json."""

import json
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

_RATIOS = ("lookalike_top1", "strict_top1", "lookalike_top5", "rejected", "calibration_error")


def read_card(model_path: Path) -> dict[str, Any] | None:
    """The card beside a model file, or None for a model without one."""
    path = model_path.with_name("card.json")
    card = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    return card if card and model_path.name in card.get("sizes", {}) else None


def format_card(card: Mapping[str, Any] | None) -> str:
    """HTML of the card; `data-word` marks what the page puts into the reader's language."""
    if card is None:
        return '<div class="y-card"><p data-word="card_missing"></p></div>'
    facts = (
        ("card_model", card["name"]),
        ("card_characters", f"{card['num_classes']:,}"),
        ("card_parameters", f"{card['parameters']:,}"),
        ("card_size", f"{max(card['sizes'].values()) / 1e6:.1f} MB"),
        ("card_steps", f"{card['training']['steps']:,}"),
        ("card_license", card["license"]),
    )
    fact_list = "".join(
        f'<div><dt data-word="{word}"></dt><dd>{escape(str(value))}</dd></div>' for word, value in facts
    )
    scores = [score for score in card["scores"] if score["prior"] == "text"]
    score_rows = (
        (
            escape(score["data"]),
            f"{score['num_samples']:,}",
            *("–" if score[name] is None else f"{100 * score[name]:.2f} %" for name in _RATIOS),
        )
        for score in scores
    )
    negatives = card["negatives"]["text"]
    return f"""<div class="y-card">
<dl class="y-facts">{fact_list}</dl>
<h2 data-word="card_scores"></h2>
<p data-word="card_scores_note"></p>
{_tabulate(("card_set", "card_samples", *(f"card_{name}" for name in _RATIOS)), score_rows, "card_scores")}
<h2 data-word="card_rejection"></h2>
<p data-word="card_rejection_note"></p>
{
        _tabulate(
            ("card_kind", "card_turned_down"),
            ((escape(kind), f"{100 * share:.0f} %") for kind, share in negatives.items()),
            "card_rejection",
        )
    }
<h2 data-word="card_limits"></h2>
<ul><li data-word="card_limit_cursive"></li><li data-word="card_limit_lookalikes"></li>
<li data-word="card_limit_rejection"></li><li data-word="card_limit_writers"></li></ul>
<p class="y-source"><code>{escape(card["release"]["command"])}</code>, {escape(card["release"]["date"])},
<code>{escape(str(card["release"]["commit"])[:7])}</code></p>
</div>"""


def _tabulate(head: Iterable[str], rows: Iterable[tuple[str, ...]], caption: str) -> str:
    cells = "".join(f'<th scope="col" data-word="{word}"></th>' for word in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return (
        f'<div class="y-scroll" tabindex="0" role="region" data-word-label="{caption}">'
        f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>"
    )
