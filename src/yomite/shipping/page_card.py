"""The model card of a page model; every figure stands in the release's JSON."""

from collections.abc import Iterator
from typing import Any

from yomite.shipping.card import Card
from yomite.shipping.line_card import tell_training
from yomite.shipping.markdown import list_items, tabulate, wrap


def format_page_card(card: Card) -> str:
    """Format the page of a page model as Markdown."""
    sections = (_introduce(card), tell_training(card, "composed pages"), _list_scores(card), _tell_limits())
    return "\n\n".join(block for section in sections for block in section) + "\n"


def _introduce(card: Card) -> Iterator[str]:
    yield f"# {card['name']}"
    yield f"Written by the release command from `{card['name']}.json`; do not edit."
    yield wrap("Finds the lines of a handwritten Japanese page, horizontal and vertical.")
    yield list_items(
        f"Network: `{card['model']['name']}`, {card['parameters']:,} parameters.",
        *(f"`{file}`: {size / 1e6:.1f} MB." for file, size in card["sizes"].items()),
        "License: [CC BY-SA 4.0](LICENSE). Sources and their licenses: [NOTICE](NOTICE).",
    )


def _list_scores(card: Card) -> Iterator[str]:
    yield "## Scores"
    yield wrap(
        f"`yomite evaluate {card['name']} --data dev/pages`, read with {card['line_model']}. A line is found "
        "where the overlap is half of the union or more. Precision and CER end to end are of the pages that "
        "are transcribed as a whole. Weights and thresholds were chosen on these pages, so the figures "
        "flatter."
    )
    rows = []
    for score in card["scores"]:
        for name, lines in score["lines"].items():
            whole = score["whole"].get(name)
            rows.append(
                (
                    f"{score['data']}, {name}",
                    _share(lines["recall"]),
                    _share(whole["precision"]) if whole else "",
                    _errors(whole["end_to_end"]) if whole else "",
                )
            )
    yield tabulate(("set", "lines found", "precision", "CER end to end"), *rows)


def _share(figure: dict[str, Any]) -> str:
    return f"{round(figure['value'] * figure['num_samples'])} of {figure['num_samples']}"


def _errors(figure: dict[str, Any]) -> str:
    return f"{figure['rate']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def _tell_limits() -> Iterator[str]:
    yield "## Limits"
    yield list_items(
        "It learned from composed pages alone. Print, and patterns that look like writing, may be found.",
        "Furigana are passed over, not read.",
        "Measured on nine pages of few writers.",
    )
