"""The model card of an ink finder; every figure stands in the release's JSON."""

from collections.abc import Iterator

from yomite.shipping.card import Card
from yomite.shipping.line_card import tell_training
from yomite.shipping.markdown import list_items, tabulate, wrap


def format_ink_card(card: Card) -> str:
    """Format the page of an ink finder as Markdown."""
    sections = (_introduce(card), tell_training(card, "drawn papers"), _list_scores(card), _tell_limits())
    return "\n\n".join(block for section in sections for block in section) + "\n"


def _introduce(card: Card) -> Iterator[str]:
    yield f"# {card['name']}"
    yield f"Written by the release command from `{card['name']}.json`; do not edit."
    yield wrap(
        "Tells the ink of one handwritten Japanese character from what is printed on the paper: rulings, "
        "frames, practice boxes, squared and dotted paper. Part of the canvas, versions 3 and 4 "
        "([docs/canvas.md](../../../docs/canvas.md))."
    )
    yield list_items(
        f"Network: `{card['model']['name']}`, {card['parameters']:,} parameters, {card['macs']:,} "
        "multiply-accumulates a picture; all but its last convolution computes with 8 bits.",
        *(f"`{file}`: {size / 1e6:.1f} MB." for file, size in card["sizes"].items()),
        "License: [CC BY-SA 4.0](LICENSE). Sources and their licenses: [NOTICE](NOTICE).",
    )


def _list_scores(card: Card) -> Iterator[str]:
    (scores,) = card["scores"]
    num_samples = scores["papers"][0]["lookalike_top1"]["num_samples"]
    yield "## Scores"
    yield wrap(
        f"The {num_samples} drawings of {scores['data']} laid on each paper, read by "
        f"{card['character_model']}: `yomite evaluate --data {scores['data']} --robustness {num_samples}`. "
        "Weights and limits were chosen on these drawings, so the figures flatter; the papers share nothing "
        "with those that it learned from."
    )
    rows = (
        (paper["name"], f"{paper['lookalike_top1']['value']:.1%}", f"{paper['rejected']['value']:.1%}")
        for paper in scores["papers"]
    )
    yield tabulate(("paper", "look-alike top-1", "rejected"), *rows)


def _tell_limits() -> Iterator[str]:
    yield "## Limits"
    yield list_items(
        "It learned from drawn papers alone, with straight rulings, and from Japanese characters alone.",
        "Strokes that lie where a frame would lie, as in 国, are sometimes erased.",
        "Of a neighbor, scraps at the rim go, but half of it is read as if it belonged to the character.",
    )
