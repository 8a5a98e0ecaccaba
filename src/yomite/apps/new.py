"""The verb new: a small project of one's own that works as it is."""

import re
import shlex
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from yomite.apps.next_steps import write_command
from yomite.errors import YomiteError

NAME = "my-project"
"""What the template calls itself."""


def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to create.")],
) -> None:
    """Start a project of your own: config, data adapter, model, and a README with the commands."""
    paths = write_template(folder)
    for path in paths:
        typer.echo(f"wrote {path}")
    typer.echo(f"next: cd {shlex.quote(str(folder))} && {write_command('train', 'config.yaml')}")


def write_template(folder: Path) -> list[Path]:
    """Copy the template, named for its folder.

    Raises:
        YomiteError: The folder holds something already, or cannot be made.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise YomiteError(f"{folder} is there already and not empty; give the name of a new folder")
    name = folder.resolve().name
    name = name if re.fullmatch(r"\w[\w.-]*", name) else NAME  # it stands in YAML and in commands
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for file in sorted((resources.files("yomite") / "template").iterdir(), key=lambda file: file.name):
        if file.is_file():
            path = folder / file.name
            path.write_text(file.read_text(encoding="utf-8").replace(NAME, name), encoding="utf-8")
            paths.append(path)
    return paths
