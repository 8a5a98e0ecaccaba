"""The verb models: which are released, and which can be trained."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from yomite.errors import YomiteError


def models(
    architectures: Annotated[
        bool,
        typer.Option("--architectures", help="Instead, list what can be trained: model.name in a config."),
    ] = False,
) -> None:
    """List the released models with size, characters and scores."""
    if architectures:
        _print_architectures()
        return
    from yomite.apps.demo.card import read_card
    from yomite.reading.model_file import released_models

    by_name = released_models()
    if not by_name:
        raise YomiteError(
            "this installation has no released model; type: pip install --force-reinstall yomite"
        )
    for name, path in by_name.items():
        card = read_card(path) or {}
        known = ""
        if "num_classes" in card:
            known = f", {card['num_classes']} characters, {card['input_size']} px"
        typer.echo(f"{name}: {path.stat().st_size / 1e6:.1f} MB{known}")
        for score in card.get("scores", ()):
            typer.echo(f"  {_format_score(score)}")


def _format_score(score: Mapping[str, Any]) -> str:
    if "papers" in score:
        return _format_papers(score)
    if "whole" in score:
        return _format_pages(score)
    return _format_lines(score) if "directions" in score else _format_characters(score)


def _format_papers(score: Mapping[str, Any]) -> str:
    shares = [paper["lookalike_top1"] for paper in score["papers"]]
    num_good = sum(share["value"] >= 0.95 for share in shares)
    return (
        f"{score['data']} on {len(shares)} papers: look-alike 95 % or more on {num_good}, "
        f"{shares[0]['num_samples']} samples"
    )


def _format_pages(score: Mapping[str, Any]) -> str:
    found, errors = score["lines"]["all"]["recall"], score["whole"]["all"]["end_to_end"]
    return (
        f"{score['data']}: {100 * found['value']:.0f} % of {found['num_samples']} lines found, CER "
        f"{100 * errors['rate']:.1f} % ({100 * errors['low']:.1f} to {100 * errors['high']:.1f})"
    )


def _format_characters(score: Mapping[str, Any]) -> str:
    return (
        f"{score['data']}, prior {score['prior']}: strict {100 * score['strict_top1']:.2f} %, "
        f"look-alike {100 * score['lookalike_top1']:.2f} %, {score['num_samples']} samples"
    )


def _format_lines(score: Mapping[str, Any]) -> str:
    errors = score["characters"]
    return (
        f"{score['data']}: CER {100 * errors['rate']:.1f} % ({100 * errors['low']:.1f} to "
        f"{100 * errors['high']:.1f}), {errors['num_lines']} lines"
    )


def _print_architectures() -> None:
    from yomite.models import ARCHITECTURES, LIBRARIES

    rows = [(name, family.summary) for name, family in ARCHITECTURES.items()]
    rows += [(f"{library}:NAME", family.summary) for library, family in LIBRARIES.items()]
    width = max(len(name) for name, _ in rows)
    for name, summary in rows:
        typer.echo(f"{name:<{width}}  {summary}")
