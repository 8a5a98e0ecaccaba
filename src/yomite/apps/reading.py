"""The verbs of reading: recognize, models."""

import json
import sys
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yomite.errors import YomiteError

if TYPE_CHECKING:
    from yomite.reading.results import Recognition


class Prior(str, Enum):
    """The choices of --prior."""

    TEXT = "text"
    UNIFORM = "uniform"


def recognize(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Pictures; - reads one from standard input.")
    ],
    top: Annotated[int, typer.Option(min=1, help="How many candidates to show.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line for each picture.")] = False,
    prior: Annotated[
        Prior,
        typer.Option(
            help="text: a character counts as likely as it is often written; uniform: all the same."
        ),
    ] = Prior.TEXT,
    model: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="A released model (the default) or an ONNX file.")
    ] = None,
) -> None:
    """Read pictures of one character each.

    A picture that cannot be read gets a line of its own, the others are read, and the exit code is 2.
    """
    import yomite

    reader = yomite.load(model, prior=prior.value)
    pictures = (sys.stdin.buffer.read() if file == "-" else file for file in files)
    results = reader.recognize_iter(pictures, top=top, errors="return")
    num_failed = 0
    for file, result in zip(files, results, strict=True):
        if isinstance(result, YomiteError):
            num_failed += 1
            if as_json:
                _print_json({"path": file, "error": str(result)})
            else:
                typer.echo(f"{file}: error: {result}", err=True)
        elif as_json:
            _print_json({"path": file, **result.to_dict()})
        else:
            typer.echo(f"{file}: {_to_line(result)}")
    if num_failed:
        raise typer.Exit(2)


def models(
    architectures: Annotated[
        bool,
        typer.Option("--architectures", help="List what can be trained instead: model.name of a config."),
    ] = False,
) -> None:
    """List the released models: size, characters, scores."""
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


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))


def _to_line(result: "Recognition") -> str:
    shown = ", ".join(f"{candidate.text} {candidate.probability:.1%}" for candidate in result.candidates)
    return f"{shown} (rejected: probably no character that the model knows)" if result.is_rejected else shown
