"""The verb recognize: pictures of one character each -> candidates."""

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
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per line for each picture.")
    ] = False,
    prior: Annotated[
        Prior,
        typer.Option(help="text: weight characters by how often they are written; uniform: all alike."),
    ] = Prior.TEXT,
    model: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="A released model (the default) or an ONNX file.")
    ] = None,
) -> None:
    """Read pictures of one character each.

    If a picture cannot be read, its error is printed, the others are read, and the exit code is 2.
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
                print_json({"path": file, "error": str(result)})
            else:
                typer.echo(f"{file}: error: {result}", err=True)
        elif as_json:
            print_json({"path": file, **result.to_dict()})
        else:
            typer.echo(f"{file}: {_to_line(result)}")
    if num_failed:
        raise typer.Exit(2)


def print_json(value: dict[str, Any]) -> None:
    """Print one line of JSON, its characters unescaped."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def _to_line(result: "Recognition") -> str:
    shown = ", ".join(f"{candidate.text} {candidate.probability:.1%}" for candidate in result.candidates)
    return f"{shown} (rejected: probably no character that the model knows)" if result.is_rejected else shown
