"""Readings as the endpoints ask for them and send them."""

import base64
import io
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from yomite.charset import lookalikes_of, script_of
from yomite.errors import CharsetError, YomiteError
from yomite.reading.characters import Recognizer
from yomite.reading.metadata import Prior
from yomite.reading.results import Recognition

MAX_TOP = 50

FAILED = "the server could not answer; its log says why"

Item = tuple[Any, str | None]
"""A picture, and the characters among which it is read."""


def read_many(reader: Recognizer, prior: Prior, items: list[Item]) -> list[Recognition | YomiteError]:
    """Read what waits, in order: those pictures together that are read among the same characters."""
    result_by_index: dict[int, Recognition | YomiteError] = {}
    for among in dict.fromkeys(among for _, among in items):
        indices = [index for index, item in enumerate(items) if item[1] == among]
        pictures = [items[index][0] for index in indices]
        results = reader.recognize_many(pictures, top=MAX_TOP, prior=prior, among=among, errors="return")
        result_by_index.update(zip(indices, results, strict=True))
    return [result_by_index[index] for index in range(len(items))]


def check_top(top: object) -> int:
    """Return the number of candidates if it is one that is allowed."""
    if isinstance(top, bool) or not isinstance(top, int) or not 1 <= top <= MAX_TOP:
        raise YomiteError(f"top is not a whole number from 1 to {MAX_TOP}")
    return top


def list_groups(reader: Recognizer, among: object) -> tuple[str, ...]:
    """Return the look-alikes among the characters that may be answered.

    Raises:
        CharsetError: `among` is no text, or names what there is not.
    """
    if among is None:
        return reader.lookalike_groups
    if not isinstance(among, str):
        raise CharsetError(f"among is of type {type(among).__name__}; send one text or null")
    allowed = frozenset(reader.list_characters(among))
    return tuple("".join(one for one in group if one in allowed) for group in reader.lookalike_groups)


def to_json(result: Recognition, top: int, groups: tuple[str, ...]) -> dict[str, Any]:
    """Return the result as it is everywhere, and of each character its look-alikes and script."""
    plain = replace(result, candidates=result.candidates[:top]).to_dict()
    describe_candidates(plain["candidates"], groups)
    return {"text": result.text, "lookalikes": _list_lookalikes(result.text, groups), **plain}


def describe_candidates(candidates: list[dict[str, Any]], groups: tuple[str, ...]) -> None:
    """Add to each candidate its script and look-alikes."""
    for candidate in candidates:
        candidate["script"] = script_of(candidate["text"])
        candidate["lookalikes"] = _list_lookalikes(candidate["text"], groups)


def to_data_uri(picture: np.ndarray) -> str:
    """Return a picture, uint8 (H, W) or (H, W, 3), as a PNG in a data: URI."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _list_lookalikes(character: str, groups: tuple[str, ...]) -> str:
    return "".join(sorted(lookalikes_of(character, groups) - {character}))
