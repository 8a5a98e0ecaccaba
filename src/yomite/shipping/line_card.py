"""The model cards of line and page models; every figure stands in the release's JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

from yomite.shipping.card import Card, tell_kept
from yomite.shipping.markdown import list_items, or_unknown, tabulate, wrap


def format_line_card(card: Card) -> str:
    """Format the page of a line model as Markdown."""
    sections = (
        _introduce(card),
        tell_training(card, "composed lines"),
        _list_scores(card),
        _tell_limits(card),
    )
    return "\n\n".join(block for section in sections for block in section) + "\n"


def _introduce(card: Card) -> Iterator[str]:
    yield f"# {card['name']}"
    yield f"Written by the release command from `{card['name']}.json`; do not edit."
    yield wrap("Reads a handwritten Japanese line, horizontal or vertical, from a crop of it.")
    sizes = [f"`{file}`: {size / 1e6:.1f} MB" for file, size in card["sizes"].items()]
    sizes[0] += f", {card['language_model_size'] / 1e6:.1f} MB of it the language model"
    yield list_items(
        f"Network: `{card['model']['name']}`, {card['parameters']:,} parameters, {card['num_classes']:,} "
        f"characters, strips {card['input_size']} px high.",
        *(f"{size}." for size in sizes),
        "License: [CC BY-SA 4.0](LICENSE). Sources and their licenses: [NOTICE](NOTICE).",
    )


def _list_scores(card: Card) -> Iterator[str]:
    yield "## Scores"
    yield wrap(
        f"`yomite evaluate {card['name']} --data dev/lines`. The weights of the language model and the "
        "calibration were fitted on the same lines, so these figures flatter. CER: NFKC, white space left "
        "out; in brackets: 95 % intervals of a bootstrap over lines."
    )
    labeled = []
    for score in card["scores"]:
        labeled += [(score["data"], score["characters"])]
        labeled += [(f"{score['data']}, {way}", errors) for way, errors in score["directions"].items()]
        labeled += [(f"{score['data']}, without punctuation", score["without_punctuation"])]
    yield tabulate(
        ("set", "lines", "CER"),
        *(
            (
                label,
                f"{errors['num_lines']:,}",
                f"{errors['rate']:.3f} ({errors['low']:.3f} to {errors['high']:.3f})",
            )
            for label, errors in labeled
        ),
    )


def _tell_limits(card: Card) -> Iterator[str]:
    yield "## Limits"
    yield list_items(
        "Latin words, very hasty hands and heavy shadow: expect many more mistakes.",
        "It reads a crop of one line, not pages.",
        "Confidence is calibrated on ten writers only.",
    )


def tell_training(card: Mapping[str, Any], samples: str) -> Iterator[str]:
    """Say how weights were made; `samples` is what they learned from, as "composed lines"."""
    training, release = card["training"], card["release"]
    yield "## How it was made"
    yield tabulate(
        ("training", ""),
        ("command", f"`{training['command']}`"),
        ("commit", or_unknown(training["commit"])),
        ("device", or_unknown(training["device"])),
        ("hours", or_unknown(training["hours"])),
        ("steps", f"{training['steps']:,}, {training['samples']:,} {samples}"),
    )
    yield from tell_kept(training)
    if training["note"]:
        yield wrap(training["note"])
    yield wrap(f"Exported at commit {or_unknown(release['commit'])}, {release['date']}.")
