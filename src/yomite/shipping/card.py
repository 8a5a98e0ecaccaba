"""A release's JSON -> its model card: every figure stands in the JSON, none is written by hand."""

from collections.abc import Iterator, Mapping
from typing import Any

from yomite.shipping.markdown import list_items, or_unknown, tabulate, wrap

Card = Mapping[str, Any]

_PURPOSE_BY_SUFFIX = {
    "onnx": "to read with, on ONNX Runtime without torch; characters, look-alikes, calibration and prior are "
    "inside",
    "safetensors": "the same numbers, to fine-tune from",
}


def format_model_card(card: Card) -> str:
    """Format the page as Markdown."""
    sections = (_introduce, _list_data, _tell_training, _list_scores, _tell_calibration, _tell_limits)
    return "\n\n".join(block for section in sections for block in section(card)) + "\n"


def _introduce(card: Card) -> Iterator[str]:
    yield f"# {card['name']}"
    yield "Written by the release command from `card.json`; do not edit."
    kinds = (
        ": the kanji of JIS X 0208 and of the Joyo list, kana, digits, Latin letters and common punctuation"
        if card["charset"] == "full"
        else f" (charset `{card['charset']}`)"
    )
    yield wrap(
        "Reads one handwritten character, from a picture or from strokes in any order, as one of "
        f"{card['num_classes']:,}{kinds}."
    )
    size = card["input_size"]
    yield list_items(
        f"Network: `{card['model']['name']}`, {card['parameters']:,} parameters, {card['macs']:,} "
        f"multiply-accumulates a character; its canvas has {size} x {size} px.",
        *(
            f"`{file}`, {num_bytes:,} bytes: {_PURPOSE_BY_SUFFIX[file.rpartition('.')[2]]}."
            for file, num_bytes in card["sizes"].items()
        ),
        "License of the weights: [CC BY-SA 4.0](LICENSE). Sources and their licenses: [NOTICE](NOTICE).",
    )
    yield "## Intended use"
    yield wrap(
        "Entering single characters by pen, mouse or finger; looking up a character that one cannot type; "
        "reading the cells of forms and practice sheets. Where a mistake matters, a person should see the "
        "candidates. Not for lines, pages or print, not for telling who wrote, not for grading by itself."
    )


def _list_data(card: Card) -> Iterator[str]:
    data = card["training"]["config"]["data"]
    described = {
        "ink": (
            "KanjiVG strokes, rewritten by simulated hands (running hand: "
            f"{100 * data['ink']['haste']:.0f} % of them) and drawn with simulated pens",
            "CC BY-SA 3.0",
        ),
        "fonts": (f"{len(data['fonts']['files'])} handwriting fonts", "see [NOTICE](NOTICE)"),
        "cells": (f"scanned hiragana cells, pages {', '.join(data['cells']['pages'])}", "MIT"),
        "folder": ("a folder of pictures of its trainer", "not recorded"),
    }
    total = sum(data[name]["share"] for name in described)
    yield "## What it learned from"
    yield tabulate(
        ("source", "share of samples", "license"),
        *(
            (text, f"{100 * data[name]['share'] / total:.0f} %", license)
            for name, (text, license) in described.items()
            if data[name]["share"]
        ),
    )
    yield wrap(
        "The prior, how often a character is written, is counted in sentences of Aozora Bunko (public "
        "domain) with shares of the scripts set by hand. Characters to learn from were drawn in proportion "
        f"to it to the power {data['frequency_power']:g}."
    )


def _tell_training(card: Card) -> Iterator[str]:
    training, release = card["training"], card["release"]
    yield "## How it was made"
    yield tabulate(
        ("training", ""),
        ("command", f"`{training['command']}`"),
        ("commit", or_unknown(training["commit"])),
        ("device", or_unknown(training["device"])),
        ("hours", or_unknown(training["hours"])),
        ("steps", f"{training['steps']:,}, {training['samples']:,} samples"),
        *([("begun from", training["init_from"])] if training["init_from"] else []),
    )
    yield from tell_kept(training)
    if training.get("adjustment"):
        yield wrap(
            f"Training drew frequent kanji more often; {training['adjustment']:.0%} of what that taught of "
            "their frequency was then taken off the classifier's bias (logit adjustment, arXiv:2007.07314)."
        )
    if training["note"]:
        yield wrap(training["note"])
    if training["changed"]:
        yield "What differed from that file, as it is now:"
        yield list_items(*(f"`{line}`" for line in training["changed"]))
    yield wrap(
        f"Export, calibration and scores: `{release['command']}`, commit {or_unknown(release['commit'])}, "
        f"{release['date']}."
    )


def tell_kept(training: Mapping[str, Any]) -> Iterator[str]:
    """Say how much of the weights that a run began from is in what is released; nothing where none is."""
    if training.get("keep"):
        yield wrap(
            f"What is released is a mean: {training['keep']:.0%} of the weights that it began from, "
            f"{1 - training['keep']:.0%} of those that it ended with (arXiv:2109.01903)."
        )


def _list_scores(card: Card) -> Iterator[str]:
    yield "## Scores"
    yield wrap(
        f"All {card['num_classes']:,} characters are candidates. Look-alike and top-5 count characters that "
        "share a shape when they stand alone (へ and ヘ, つ and っ) as right. Rejected: turned down as "
        "probably no known character. ECE: distance of the confidence from the truth. In brackets: 95 % "
        "intervals of a bootstrap over samples."
    )
    names = ("strict_top1", "lookalike_top1", "lookalike_top5", "rejected", "calibration_error")
    yield tabulate(
        ("set", "samples", "prior", "strict top-1", "look-alike top-1", "top-5", "rejected", "ECE"),
        *(
            (
                score["data"],
                f"{score['num_samples']:,}",
                score["prior"],
                *(_format_score(score, name) for name in names),
            )
            for score in card["scores"]
        ),
    )
    has_test = any("test/" in score["data"] for score in card["scores"])
    yield wrap(
        "The weight of the prior and the calibration were chosen on dev/, so its figures flatter. "
        + (
            "test/ was read once for each release; but two recipes were once chosen between by it "
            "(docs/experiments.md, 19), so it is not blind."
            if has_test
            else "test/ has not been read for this model."
        )
    )
    parity = card["parity"]
    yield wrap(
        f"The two files give another first candidate on {parity['num_disagreements']:,} of "
        f"{parity['num_images']:,} samples of dev/; their logits differ by at most "
        f"{parity['max_difference']:.1g}."
    )


def _format_score(score: Mapping[str, Any], name: str) -> str:
    """Percent, with the interval in brackets for look-alike top-1 and for the calibration error."""
    if score[name] is None:
        return "-"
    interval = (
        score.get("intervals", {}).get(name) if name in ("lookalike_top1", "calibration_error") else None
    )
    digits = 2 if name == "calibration_error" else 1
    brackets = f" ({100 * interval[0]:.{digits}f} to {100 * interval[1]:.{digits}f})" if interval else ""
    return f"{100 * score[name]:.2f} %{brackets}"


def _tell_calibration(card: Card) -> Iterator[str]:
    calibration, rejection = card["calibration"], card.get("rejection")
    yield "## Confidence and rejection"
    yield wrap(
        f"The prior's weight is {calibration['prior_weight']:g}, one for everything. The temperature is "
        "fitted with the prior in place, for each choice of prior, on dev/."
    )
    thresholds = ("rejection_threshold",) if rejection is None else ()
    yield tabulate(
        ("prior", "temperature", *("rejected below confidence" for _ in thresholds)),
        *(
            (prior, *(f"{fit[name]:g}" for name in ("temperature", *thresholds)))
            for prior, fit in calibration["fits"].items()
        ),
    )
    if rejection is None:
        return
    yield wrap(
        "What is probably no character that it knows is told by the file's output `known`, whatever the "
        "prior. It learned from drawn characters and from negatives of the kinds in the second row; its "
        f"threshold, {rejection['known_threshold']:g}, was then set on the real characters of the first row, "
        "which it did not learn from. The kinds in the third row were seen by neither."
    )
    titles = {
        "lost": "real characters, turned down by mistake",
        "learned": "no characters, learned from",
        "rejected": "no characters, never seen",
    }
    yield tabulate(
        ("", "turned down"),
        *(
            (title, ", ".join(f"{kind} {100 * share:.1f} %" for kind, share in rejection[name].items()))
            for name, title in titles.items()
        ),
    )


def _tell_limits(card: Card) -> Iterator[str]:
    yield "## Limits"
    yield list_items(
        "Running hand and fluent cursive: learned from simulated joined strokes and from fonts. Of the sets "
        "above only hasty-kanji, by one writer, goes that way; expect more mistakes than in the table.",
        "Look-alikes: nobody can tell へ from ヘ or つ from っ when it stands alone; the prior decides, or "
        "chance.",
        "Rejection: a part of what is no character passes. A character outside the set may be read as a "
        "similar one, with confidence.",
        "Confidence was fitted on few writers; on other pens, papers and hands it may be off.",
        'The texts behind the prior are old literature; `prior="uniform"` switches it off.',
    )
