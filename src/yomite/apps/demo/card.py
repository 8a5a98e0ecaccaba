"""The model card's measured tables as HTML; every figure stands in card.json."""

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

_RATIOS = ("lookalike_top1", "strict_top1", "lookalike_top5", "rejected", "calibration_error")


def read_card(model_path: Path) -> dict[str, Any] | None:
    """Return the card beside a model file: its NAME.json, or a card.json that names it; None without one."""
    for path in (model_path.with_suffix(".json"), model_path.with_name("card.json")):
        card = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        if model_path.name in card.get("sizes", {}):
            return card
    return None


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
    scores = (
        (
            escape(score["data"]),
            f"{score['num_samples']:,}",
            *(_format_ratio(score, name) for name in _RATIOS),
        )
        for score in card["scores"]
        if score["prior"] == "text"
    )
    return f"""<div class="y-card">
<dl class="y-facts">{fact_list}</dl>
<h2 data-word="card_scores"></h2>
<p data-word="card_scores_note"></p>
{_tabulate(("card_set", "card_samples", *(f"card_{name}" for name in _RATIOS)), scores, "card_scores")}
{_list_rejection(card.get("rejection"))}
<h2 data-word="card_limits"></h2>
<ul><li data-word="card_limit_cursive"></li><li data-word="card_limit_lookalikes"></li>
<li data-word="card_limit_rejection"></li><li data-word="card_limit_writers"></li></ul>
<p class="y-source"><code>{escape(card["release"]["command"])}</code>, {escape(card["release"]["date"])},
<code>{escape(str(card["release"]["commit"])[:7])}</code></p>
</div>"""


def _format_ratio(score: Mapping[str, Any], name: str) -> str:
    if score[name] is None:
        return "–"
    low, high = score.get("intervals", {}).get(name, (None, None))
    interval = "" if low is None else f"<small>{100 * low:.1f}–{100 * high:.1f}</small>"
    return f"<span>{100 * score[name]:.2f} %{interval}</span>"


def _list_rejection(rejection: Mapping[str, Any] | None) -> str:
    """How much of what is no character is turned down, by kind; kinds that were not learned from first."""
    if rejection is None:
        return ""
    rows = (
        (
            f'<span data-word="kind_{escape(kind.replace(" ", "_"))}">{escape(kind)}</span>',
            f"{100 * share:.1f} %",
            f'<span data-word="card_{was_learned}"></span>',
        )
        for group, was_learned in (("rejected", "no"), ("learned", "yes"))
        for kind, share in rejection[group].items()
    )
    table = _tabulate(("card_kind", "card_turned_down", "card_learned"), rows, "card_rejection")
    return f'<h2 data-word="card_rejection"></h2><p data-word="card_rejection_note"></p>{table}'


def _tabulate(head: Sequence[str], rows: Iterable[tuple[str, ...]], caption: str) -> str:
    """Format a table; each cell names its column as well, for phones, which show a wide row as a list."""
    columns = "".join(f'<th scope="col" data-word="{word}"></th>' for word in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>'
        + "".join(
            f'<td><span class="y-label" data-word="{word}"></span>{cell}</td>'
            for word, cell in zip(head[1:], rest, strict=True)
        )
        + "</tr>"
        for first, *rest in rows
    )
    kind = "y-scroll is-wide" if len(head) > 3 else "y-scroll"
    return (
        f'<div class="{kind}" tabindex="0" role="region" data-word-label="{caption}">'
        f"<table><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )
