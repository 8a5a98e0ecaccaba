"""The verb read: pictures of lines -> text."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from yomite.apps.recognize import open_files, print_results
from yomite.errors import YomiteError

if TYPE_CHECKING:
    from yomite.reading.results import Line


class Direction(str, Enum):
    """The choices of --direction."""

    AUTO = "auto"
    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"


def read(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Pictures; - reads one from standard input.")
    ],
    line: Annotated[bool, typer.Option("--line", help="Each picture shows one line of writing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line for each picture.")] = False,
    direction: Annotated[
        Direction, typer.Option(help="How the lines run; auto goes by the shape of each picture.")
    ] = Direction.AUTO,
    language_model: Annotated[
        bool, typer.Option(help="Weigh what is read by how Japanese is written.")
    ] = True,
    model: Annotated[str | None, typer.Option(metavar="FILE", help="The ONNX file of a line model.")] = None,
) -> None:
    """Read pictures of one line each.

    A picture that cannot be read gets a line of its own, the others are read, and the exit code is 2.
    """
    import yomite

    if not line:
        raise YomiteError(
            "whole pages cannot be read yet; crop the lines and type yomite read --line FILE..."
        )
    reader = yomite.load(line=model)
    pictures = open_files(files)
    results = (
        result
        for picture in pictures  # one at a time, so that each is printed as soon as it is read
        for result in reader.read_lines(
            [picture], direction=direction.value, language_model=language_model, errors="return"
        )
    )
    print_results(files, results, _to_line, as_json)


def _to_line(line: "Line") -> str:
    return f"{line} (rejected: probably no line of Japanese handwriting)" if line.is_rejected else str(line)
