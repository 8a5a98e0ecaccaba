"""Options that several verbs share, and the line for a package that is not installed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yomite.errors import MissingExtraError

if TYPE_CHECKING:
    from yomite.config import RunConfig

DataRoot = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="The data folder; by default YOMITE_DATA, else the user's cache folder."
    ),
]

AllowCustom = Annotated[
    bool,
    typer.Option(
        "--allow-custom", help="Run the code of a model that is not built in. Only if you trust it."
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


def find_data_root(config: "RunConfig", option: Path | None) -> Path:
    """Return a run's data folder; the current one where there is none, and the run names no data set.

    Raises:
        DataError: The run names a data set, and there is no data folder.
    """
    from yomite.data import sources
    from yomite.extensions import is_custom

    data, auxiliary = config.data, config.objective.auxiliary
    root = sources.find_data_root(option)
    needs = [auxiliary.strokes, auxiliary.components]
    if data.stream in ("drawn", "hands"):
        needs += [data.ink.share, data.fonts.share, data.cells.share]
    names = (*data.sources, *config.validation.sources)
    named = [name for name in names if not (is_custom(name) or Path(name).exists())]
    if option or any(needs) or named:
        return sources.resolve_data_root(option)
    return root if root.is_dir() else Path()
