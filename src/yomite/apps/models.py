"""The verb models: which are released, and which can be trained."""

import json
from typing import Annotated

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
    from yomite.reading.model_file import released_models

    by_name = released_models()
    if not by_name:
        raise YomiteError(
            "this installation has no released model; type: pip install --force-reinstall yomite"
        )
    for name, path in by_name.items():
        card_path = path.with_name("card.json")
        card = json.loads(card_path.read_text(encoding="utf-8")) if card_path.is_file() else {}
        known = f", {card['num_classes']} characters, {card['input_size']} px" if card else ""
        typer.echo(f"{name}: {path.stat().st_size / 1e6:.1f} MB{known}")
        for score in card.get("scores", ()):
            typer.echo(
                f"  {score['data']}, prior {score['prior']}: strict {100 * score['strict_top1']:.2f} %, "
                f"look-alike {100 * score['lookalike_top1']:.2f} %, {score['num_samples']} samples"
            )


def _print_architectures() -> None:
    from yomite.models import ARCHITECTURES, LIBRARIES

    rows = [(name, family.summary) for name, family in ARCHITECTURES.items()]
    rows += [(f"{library}:NAME", family.summary) for library, family in LIBRARIES.items()]
    width = max(len(name) for name, _ in rows)
    for name, summary in rows:
        typer.echo(f"{name:<{width}}  {summary}")
