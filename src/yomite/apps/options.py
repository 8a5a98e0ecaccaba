"""Options that several verbs share, and the line for a package that is not installed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from yomite.errors import MissingExtraError

DataRoot = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="The data sets' folder; else YOMITE_DATA, else the user's cache folder."
    ),
]


@contextmanager
def needs_extra(verb: str, extra: str) -> Iterator[None]:
    """Turn a missing package of theirs into the line that says what to install.

    Raises:
        MissingExtraError: An import inside needed a package that is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "yomite":
            raise
        raise MissingExtraError(verb, extra) from error
