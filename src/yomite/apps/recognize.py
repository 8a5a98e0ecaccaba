"""The verb recognize: pictures of one character each -> candidates."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
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
    among: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|CHARACTERS",
            help="Answer only these: kana, hiragana, katakana, kanji, digits, latin, or the characters "
            "themselves, such as 0123456789.",
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="A released model (the default) or an ONNX file.")
    ] = None,
    ink_model: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The ONNX file of an ink finder, instead of the released one."),
    ] = None,
) -> None:
    """Read pictures of one character each.

    If a picture cannot be read, its error is printed, the others are read, and the exit code is 2.
    """
    import yomite

    reader = yomite.load(model, prior=prior.value, ink=ink_model)
    pictures = open_files(files)
    results = reader.recognize_iter(pictures, top=top, among=among, errors="return")
    stranger = "none of the characters allowed" if among else "no character that the model knows"
    print_results(files, results, lambda result: _to_line(result, stranger), as_json)


def open_files(files: list[str]) -> Iterator[str | bytes]:
    """Return what to read for each name; standard input is read when its turn comes.

    Raises:
        YomiteError: Standard input is named and closed.
    """
    if "-" in files and sys.stdin is None:
        raise YomiteError("standard input is closed; pipe a picture into it, or name a file")
    return (sys.stdin.buffer.read() if file == "-" else file for file in files)


def print_results(
    files: Iterable[str], results: Iterable[Any], to_line: Callable[[Any], str], as_json: bool
) -> None:
    """Print what each file was read as; ends with exit code 2 if any could not be read.

    Args:
        files: The names, one for each result.
        results: With to_dict(), or the error that stands in the result's place.
        to_line: Says a result to people.
        as_json: One JSON object a line instead, characters unescaped.
    """
    num_failed = 0
    for file, result in zip(files, results, strict=True):
        is_error = isinstance(result, YomiteError)
        num_failed += is_error
        if as_json:
            shown = {"error": str(result)} if is_error else result.to_dict()
            typer.echo(json.dumps({"path": file, **shown}, ensure_ascii=False))
        elif is_error:
            typer.echo(f"{file}: error: {result}", err=True)
        else:
            typer.echo(f"{file}: {to_line(result)}")
    if num_failed:
        raise typer.Exit(2)


def _to_line(result: "Recognition", stranger: str) -> str:
    shown = ", ".join(f"{candidate.text} {candidate.probability:.1%}" for candidate in result.candidates)
    if result.seems_several:
        stranger = "several characters; type yomite read --line FILE"
    return f"{shown} (rejected: probably {stranger})" if result.is_rejected else shown
