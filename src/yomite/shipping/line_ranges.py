"""Composed lines, as training draws them, on which the 8 bits of a line model take the ranges of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from pathlib import Path

import numpy as np

from yomite.charset import Charset
from yomite.data.cache import find_cache_folder
from yomite.errors import DataError
from yomite.ink.line import build_line_composer
from yomite.reading.line_file import INPUTS
from yomite.streams.lines import LineStream

NUM_LINES, GROUP = 384, 8
"""Lines, and how many of them stand in a batch; they are alike in length."""


def draw_batches(
    characters: tuple[str, ...], data_root: Path, height: int, *, tells_directions: bool
) -> list[Mapping[str, np.ndarray]]:
    """Draw batches of strips by the inputs of a line model.

    Args:
        characters: What the model knows.
        data_root: The data folder.
        height: Of the strips, H.
        tells_directions: Whether vertical lines have an input of their own.

    Returns:
        For each batch uint8 (N, 1, H, W) by input; both inputs, where there are two.

    Raises:
        DataError: What lines are composed of is missing.
    """
    charset = Charset("exported", characters)
    composer = build_line_composer(data_root, charset, seed=0, cache_folder=find_cache_folder())
    stream = LineStream(composer, charset, num_samples=NUM_LINES, group=GROUP, height=height, seed=0)
    horizontal, vertical = [], []
    for first in range(0, NUM_LINES, GROUP):
        batch = stream.draw(0, np.arange(first, first + GROUP))
        is_vertical = batch.metadata["is_vertical"]
        if is_vertical.all() or not is_vertical.any():
            (vertical if is_vertical[0] else horizontal).append(batch.images.numpy())
    if not horizontal or not vertical:
        raise DataError(f"no lines of both directions in {data_root}; see `yomite data`")
    if not tells_directions:
        return [{INPUTS["horizontal"]: images} for images in (*horizontal, *vertical)]
    return [
        {INPUTS["horizontal"]: across, INPUTS["vertical"]: down}
        for across, down in zip(horizontal, cycle(vertical), strict=False)
    ]
