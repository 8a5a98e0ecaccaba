"""Every error that a user can cause, one clear line each.

YomiteError
├── PictureError      a picture or strokes that cannot be read
├── ModelFileError    a released model or checkpoint that is damaged, unknown or does not fit
├── CharsetError      an unknown character set or character
├── ConfigError       a value or key of a run's configuration
├── DataError         a data set that is missing or malformed
├── TrainingError     a run that cannot go on
└── MissingExtraError a part of yomite whose packages are not installed

A message says what came, what is allowed and what to type instead; `suggest` finds what was meant.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class YomiteError(Exception):
    """Base of every error that yomite raises on purpose."""


class PictureError(YomiteError):
    """The picture or the strokes cannot be read as one character."""


class ModelFileError(YomiteError):
    """The model file or checkpoint is missing, damaged, or of another version or charset."""


class CharsetError(YomiteError):
    """The character set or the character is unknown."""


class ConfigError(YomiteError):
    """The configuration of a run is not valid."""


class DataError(YomiteError):
    """A data set is missing or malformed."""


class TrainingError(YomiteError):
    """The run cannot go on: its loss is not finite."""


class MissingExtraError(YomiteError):
    """A verb needs packages that are not installed."""

    def __init__(self, verb: str, extra: str) -> None:
        super().__init__(f"`yomite {verb}` needs more packages; type: {write_install(extra)}")


def write_install(extra: str) -> str:
    """Write the command that installs an extra beside the yomite that runs.

    Its name asks the registry; who has a checkout installs from that instead, editable if it is now.
    """
    folder, is_editable = _find_checkout()
    if folder is None:
        return f'pip install "yomite[{extra}]"'
    place = "." if folder == Path.cwd() else folder
    return f'pip install {"-e " if is_editable else ""}"{place}[{extra}]"'


def _find_checkout() -> tuple[Path | None, bool]:
    """Find the folder that yomite runs or was installed from, if any, and whether it runs from there."""
    import json  # all of it only after something went wrong
    from importlib import metadata
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    beside = Path(__file__).resolve().parents[2]
    if _is_checkout(beside):
        return beside, True
    try:
        origin = json.loads(metadata.distribution("yomite").read_text("direct_url.json") or "{}")
        place = urlsplit(str(origin["url"]))
        folder = Path(url2pathname(place.path))
    except (metadata.PackageNotFoundError, KeyError, TypeError, ValueError):
        return None, False
    return (folder, False) if place.scheme == "file" and _is_checkout(folder) else (None, False)


def _is_checkout(folder: Path) -> bool:
    try:
        return 'name = "yomite"' in (folder / "pyproject.toml").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False


def find_nearest(came: str, choices: Iterable[str], num: int = 1, cutoff: float = 0.6) -> list[str]:
    """Return the choices most like what came, the nearest first.

    Args:
        came: What was typed.
        choices: What is allowed.
        num: The most to return.
        cutoff: How much alike they must be, 0..1.
    """
    from difflib import get_close_matches  # not before something went wrong

    return get_close_matches(came, list(choices), num, cutoff)


def suggest(came: str, choices: Iterable[str], cutoff: float = 0.6) -> str:
    """Return "did you mean 'vit'? ", with the space that follows, or nothing where no choice is near."""
    return "".join(f"did you mean {nearest!r}? " for nearest in find_nearest(came, choices, 1, cutoff))
