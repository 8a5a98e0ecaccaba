"""Pictures that a stream bends and lays on paper: real ones of a source, and those that a generator drew."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from yomite.charset import Charset
from yomite.config import GeneratedConfig
from yomite.data.cache import open_cache
from yomite.data.sources import open_source
from yomite.data.splits import find_held_out
from yomite.errors import DataError


def read_pictures(
    name: str, charset: Charset, data_root: Path, size: int, fold: str | None, seed: int
) -> list[tuple[np.ndarray, int]]:
    """Pictures of a source: uint8 (H, W), ink bright, the paper's own level 0; and their labels.

    Args:
        name: Of the source, or its path.
        charset: The classes; samples of other characters are left out.
        data_root: The data folder.
        size: Side of the canvas that the held-out part is validated on.
        fold: Such as 2/5: the second of five parts is left out.
        seed: Of the deal.

    Raises:
        DataError: If the source is missing, or holds no character of the charset.
    """
    source = open_source(name, data_root)
    cache = open_cache(source, form="gray")
    known = [index for index, character in enumerate(cache.characters) if character in charset]
    if fold:
        # By name: a blank picture is among the gray ones, but is no canvas.
        canvases = open_cache(source, size=size)
        held_out = find_held_out(canvases.characters, canvases.writers, charset, fold, seed)
        names = {canvases.names[index] for index in np.flatnonzero(held_out).tolist()}
        known = [index for index in known if cache.names[index] not in names]
    pictures = []
    for index in known:
        gray = cache[index].picture.astype(np.int16)
        paper = int(np.median(gray))
        ink = paper - gray if paper >= 128 else gray - paper
        pictures.append((np.clip(ink, 0, 255).astype(np.uint8), charset.label(cache.characters[index])))
    if not pictures:
        raise DataError(f"{name} holds no picture of a character in the charset")
    return pictures


def read_generated(
    config: GeneratedConfig, charset: Charset, data_root: Path
) -> list[tuple[np.ndarray, int]]:
    """Pictures that a generator drew and that are read right, as `read_pictures` gives real ones.

    Raises:
        YomiteError: If no generator is named, or it does not do.
    """
    from yomite.generation.generated import Wish, open_generated

    if config.weights is None:
        raise DataError(
            "data.generated.share is above 0 but data.generated.weights is not set; give the weights of a "
            "generator, as `yomite train configs/diffusion.yaml` writes them"
        )
    wish = Wish(**config.model_dump(exclude={"share"}))
    ink = open_generated(wish, charset, data_root)
    return [
        (image, charset.label(character)) for image, character in zip(ink.images, ink.characters, strict=True)
    ]
