"""What a caller gave, checked at the call, so that a slip costs one clear line."""

import operator
import os
from collections.abc import Iterable, Sequence
from typing import Any, get_args

import numpy as np
from PIL import Image

from yomite.errors import CharsetError, PictureError, YomiteError
from yomite.reading.heat import Kind
from yomite.reading.metadata import PRIORS, Prior
from yomite.reading.results import Directions

MAX_THREADS = 256


def check_prior(prior: Prior) -> Prior:
    """Return the choice of prior if there is such a one."""
    if prior not in PRIORS:
        raise YomiteError(f'prior={prior!r}: type "text" or "uniform"')
    return prior


def check_kind(kind: Kind) -> None:
    """Refuse a kind of map that there is not."""
    if kind not in get_args(Kind):
        raise YomiteError(f'kind={kind!r}: type "evidence" or "attention"')


def check_top(top: int) -> int:
    """Return the number of candidates if it is one."""
    if not _is_whole(top) or top < 1:
        raise YomiteError(f"top={top!r}: type a whole number from 1")
    return top


def check_among(among: str | Iterable[str] | None) -> str | tuple[str, ...] | None:
    """Return a name or characters as they are, and any other iterable of characters as a tuple."""
    if among is None or isinstance(among, str):
        return among
    if not isinstance(among, Iterable):
        raise CharsetError(f'among={among!r}: type a name such as "kana", or characters such as "あいう"')
    characters = tuple(among)
    for character in characters:
        if not isinstance(character, str) or len(character) != 1:
            raise CharsetError(
                f"among: {character!r} is not one character (code point); give them one by one"
            )
    return characters


def check_num_threads(num_threads: int | None) -> int | None:
    """Return the number of threads if so many can be started."""
    if num_threads is not None and not (_is_whole(num_threads) and 1 <= num_threads <= MAX_THREADS):
        raise YomiteError(
            f"num_threads={num_threads!r}: type a whole number from 1 to {MAX_THREADS}, or None for all cores"
        )
    return num_threads


def check_direction(direction: Directions) -> None:
    """Refuse a direction that there is not."""
    if direction not in get_args(Directions):
        raise YomiteError(f'direction={direction!r}: type "auto", "horizontal" or "vertical"')


def check_errors(errors: str) -> bool:
    """Return whether errors are raised, not returned."""
    if errors not in ("raise", "return"):
        raise YomiteError(f'errors={errors!r}: type "raise" or "return"')
    return errors == "raise"


def check_one(picture: Any, instead: str) -> None:
    """Refuse a list of pictures where one picture is due.

    Args:
        picture: What came.
        instead: What to type for several.
    """
    if isinstance(picture, (list, tuple)) and picture and _is_one(picture[0]):
        raise PictureError(f"this reads one picture, and got a list of {len(picture)}; type {instead}")


def check_several(pictures: Iterable[Any], verb_for_one: str) -> None:
    """Refuse one picture where several are due.

    Args:
        pictures: What came.
        verb_for_one: The method that takes one.
    """
    if _is_one(pictures) or not isinstance(pictures, Iterable):
        came = f"{str(pictures)!r}" if isinstance(pictures, (str, os.PathLike)) else type(pictures).__name__
        raise YomiteError(
            f"{came} is not several pictures; for one type {verb_for_one}(...), or put it into a list"
        )


def _is_whole(number: object) -> bool:
    try:
        operator.index(number)  # type: ignore[arg-type]
    except TypeError:
        return False
    return True


def _is_one(value: Any) -> bool:
    """Whether it is one picture or one drawing by itself, and no list of them."""
    if isinstance(value, np.ndarray):
        return value.shape[2] in (1, 3, 4) if value.ndim == 3 else value.ndim == 2 and value.shape[1] > 3
    if isinstance(value, (list, tuple)):
        return bool(value) and _is_stroke(value[0])
    return isinstance(value, (str, bytes, bytearray, os.PathLike, Image.Image)) or hasattr(value, "read")


def _is_stroke(value: Any) -> bool:
    """Whether it is a list of points, (x, y) or (x, y, t)."""
    if not isinstance(value, (Sequence, np.ndarray)) or isinstance(value, (str, bytes, bytearray)):
        return False
    try:
        shape = np.shape(value[:1])
    except ValueError:  # lists of several lengths
        return False
    return len(shape) == 2 and shape[1] in (2, 3)
